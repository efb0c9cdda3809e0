from contextlib import suppress
from dataclasses import replace

import pytest

from object2vec.core.endpoints import EndpointState
from object2vec.release import go_live, live, pointer, save
from object2vec.release.endpoint_markers import clear_markers, endpoint_marker
from object2vec.release.rollout import Done, Refused, Waiting, advance
from tests.helpers.killing import KilledError, Killer
from tests.helpers.rollouts import FAILS, REASON, STARTS, settle


def release_new(world):
    return settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)


def endpoint_of(world, manifest):
    return world.endpoints.name_for(manifest.model_version)


def test_a_release_waits_for_its_endpoint_and_takes_over(world):
    step = lambda: advance(world.store, world.endpoints, world.new, instead_of=world.old.model_version)  # noqa: E731
    assert step() == Waiting(f"endpoint {endpoint_of(world, world.new)} was asked for")
    assert step() == Waiting(f"endpoint {endpoint_of(world, world.new)} is starting")
    assert live(world.store) == world.old
    assert step() == Done("new")
    assert live(world.store) == world.new
    assert world.endpoints.names() == [endpoint_of(world, world.new)]
    assert endpoint_marker(world.store, world.new.model_version) == ""


def test_taking_up_a_finished_release_again_changes_nothing(world):
    assert release_new(world) == Done("new")
    before = pointer(world.store)
    world.endpoints.calls.clear()
    assert release_new(world) == Done("new")
    assert (pointer(world.store), world.endpoints.calls) == (before, [])


def test_the_first_release_takes_the_place_of_nothing(store, world):
    save(store, world.new)
    assert settle(store, None, world.new, instead_of=None) == Done("new")
    assert live(store) == world.new


def test_without_endpoints_a_release_is_live_at_once(world):
    outcome = advance(world.store, None, world.new, instead_of=world.old.model_version)
    assert (outcome, live(world.store)) == (Done("new"), world.new)


def test_a_failed_endpoint_is_removed_and_the_version_goes_live_without(make_world):
    world = make_world(script=FAILS)
    assert release_new(world) == Done("new", REASON)
    assert live(world.store) == world.new
    assert endpoint_marker(world.store, world.new.model_version) == REASON
    assert world.endpoints.names() == []


def test_no_capacity_lets_the_version_go_live_without(make_world):
    world = make_world(refusal="quota of ml.m5.large is 0")
    assert release_new(world) == Done("new", "quota of ml.m5.large is 0")
    assert live(world.store) == world.new
    assert endpoint_marker(world.store, world.new.model_version) == "quota of ml.m5.large is 0"
    assert world.endpoints.names() == []


def test_an_endpoint_that_failed_is_tried_again_only_when_asked_to(make_world):
    world = make_world(script=FAILS)
    release_new(world)
    world.endpoints.script = STARTS
    world.endpoints.calls.clear()
    assert release_new(world) == Done("new", REASON)
    assert world.endpoints.calls == []
    clear_markers(world.store, world.new.model_version)
    assert release_new(world) == Done("new")
    assert world.endpoints.names() == [endpoint_of(world, world.new)]


def serve_another_model(world):
    world.endpoints.encoders[world.new.model_artifact] = world.endpoints.encoders[world.other.model_artifact]


def test_an_endpoint_of_another_model_is_refused_and_the_old_one_stays(world):
    serve_another_model(world)
    outcome = release_new(world)
    assert outcome == Refused(
        f"endpoint {endpoint_of(world, world.new)} serves {world.other.model_version}, "
        f"not {world.new.model_version}"
    )
    assert live(world.store) == world.old
    assert world.endpoints.names() == [endpoint_of(world, world.old)]


def test_an_endpoint_that_computes_something_else_is_refused(world, monkeypatch):
    embed = world.endpoints.embed
    monkeypatch.setattr(
        world.endpoints,
        "embed",
        lambda *a: (answer := embed(*a)) and replace(answer, vector=answer.vector[::-1]),
    )
    outcome = release_new(world)
    assert isinstance(outcome, Refused)
    assert "disagree" in outcome.reason
    assert live(world.store) == world.old
    assert world.endpoints.names() == [endpoint_of(world, world.old)]


@pytest.mark.parametrize("vector", [[], [1.0], [0.0, 0.0], [float("nan")] * 2, [float("inf"), 1.0]])
def test_an_answer_that_is_no_embedding_is_refused(world, monkeypatch, vector):
    embed = world.endpoints.embed
    monkeypatch.setattr(world.endpoints, "embed", lambda *a: replace(embed(*a), vector=vector))
    assert isinstance(release_new(world), Refused)
    assert live(world.store) == world.old


def other_goes_live(world):
    settle(world.store, world.endpoints, world.other, instead_of=world.old.model_version)


def test_a_model_that_went_live_meanwhile_stays(world):
    advance(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    other_goes_live(world)
    outcome = release_new(world)
    assert isinstance(outcome, Refused)
    assert world.other.model_version in outcome.reason
    assert world.old.model_version in outcome.reason
    assert live(world.store) == world.other
    assert world.endpoints.names() == [endpoint_of(world, world.other)]


def test_a_model_that_goes_live_at_the_last_moment_is_noticed(world, monkeypatch):
    """Between the last look at the pointer and its write."""
    save(world.store, world.other)
    replace_pointer = world.store.replace

    def other_first(*arguments):
        monkeypatch.setattr(world.store, "replace", replace_pointer)
        go_live(world.store, "other", instead_of="old")
        return replace_pointer(*arguments)

    monkeypatch.setattr(world.store, "replace", other_first)
    assert isinstance(release_new(world), Refused)
    assert live(world.store) == world.other


def test_an_index_rebuilt_for_the_old_model_meanwhile_does_not_stand_in_the_way(world):
    rebuilt = replace(world.old, version="old-9", watermark=9)
    save(world.store, rebuilt)
    go_live(world.store, "old-9", instead_of="old")
    assert release_new(world) == Done("new")
    assert live(world.store) == world.new


def test_a_newer_index_of_the_same_model_is_never_taken_back(world):
    """The message of a finished release may come again after the indexer has done its work."""
    release_new(world)
    rebuilt = replace(world.new, version="new-9", watermark=9)
    save(world.store, rebuilt)
    go_live(world.store, "new-9", instead_of="new")
    assert release_new(world) == Done("new-9")
    assert live(world.store) == rebuilt
    assert world.endpoints.names() == [endpoint_of(world, world.new)]


def test_the_old_endpoint_answers_until_the_pointer_has_moved(world):
    live_at_deletion = []
    delete = world.endpoints.delete
    world.endpoints.delete = lambda name: (live_at_deletion.append((name, live(world.store))), delete(name))
    release_new(world)
    assert live_at_deletion == [(endpoint_of(world, world.old), world.new)]


def converge(world):
    """Brings up the live model's endpoint, as a deployment does."""
    return settle(world.store, world.endpoints, world.old, instead_of=world.old.model_version)


def test_changed_settings_renew_the_endpoint_of_the_live_model(world):
    name = endpoint_of(world, world.old)
    world.endpoints.outdated = {name}
    assert converge(world) == Done("old")
    assert world.endpoints.calls == [f"start {name}"]
    assert world.endpoints.names() == [name]


def test_settings_that_do_not_come_up_leave_the_endpoint_as_it_was(world, monkeypatch):
    """The provider goes back to the earlier settings; asking again and again would never end."""
    name = endpoint_of(world, world.old)
    world.endpoints.outdated = {name}
    world.endpoints.scaled.clear()
    monkeypatch.setattr(
        world.endpoints, "start", lambda name, _: world.endpoints.calls.append(f"start {name}")
    )
    outcome = converge(world)
    assert "keeps its earlier settings" in outcome.warning
    assert world.endpoints.scaled == [name]
    assert world.endpoints.calls == [f"start {name}"]
    clear_markers(world.store, world.old.model_version)
    converge(world)
    assert world.endpoints.calls == [f"start {name}"] * 2


def test_settings_without_capacity_leave_the_endpoint_as_it_was(world):
    world.endpoints.outdated = {endpoint_of(world, world.old)}
    world.endpoints.refusal = "no quota for ml.g5.xlarge"
    world.endpoints.scaled.clear()
    assert converge(world) == Done(
        "old", "the endpoint keeps its earlier settings: no quota for ml.g5.xlarge"
    )
    assert world.endpoints.scaled == [endpoint_of(world, world.old)]
    assert world.endpoints.names() == [endpoint_of(world, world.old)]


def test_an_endpoint_that_does_not_answer_yet_is_waited_for(world):
    world.endpoints.silent = "Received server error (500)"
    step = lambda: advance(world.store, world.endpoints, world.new, instead_of=world.old.model_version)  # noqa: E731
    assert [type(step()) for _ in range(5)] == [Waiting] * 5
    assert live(world.store) == world.old
    world.endpoints.silent = ""
    assert step() == Done("new")


def test_an_endpoint_that_never_answers_is_given_up(world):
    world.endpoints.silent = "Received server error (500)"
    world.endpoints.running[endpoint_of(world, world.new)] = world.new.model_artifact
    world.endpoints.minutes = 41
    assert release_new(world) == Done("new", "Received server error (500)")
    assert world.endpoints.names() == []


def test_a_provider_in_trouble_is_waited_for_and_given_up_in_the_end(world):
    """A role that is seconds old, throttling, a service that does not answer."""
    world.endpoints.trouble = "ThrottlingException: Rate exceeded"
    at = [1_000.0]
    step = lambda: advance(  # noqa: E731
        world.store, world.endpoints, world.new, instead_of=world.old.model_version, clock=lambda: at[0]
    )
    assert step() == Waiting("the endpoint's provider: ThrottlingException: Rate exceeded")
    at[0] += 9 * 60
    assert isinstance(step(), Waiting)
    assert live(world.store) == world.old
    at[0] += 60
    assert step() == Done("new", "ThrottlingException: Rate exceeded")


def test_trouble_that_has_passed_is_forgotten(world):
    at = [1_000.0]
    step = lambda: advance(  # noqa: E731
        world.store, world.endpoints, world.new, instead_of=world.old.model_version, clock=lambda: at[0]
    )
    for _ in range(3):
        world.endpoints.trouble = "Rate exceeded"
        assert isinstance(step(), Waiting)
        world.endpoints.trouble = ""
        at[0] += 8 * 60
        outcome = step()
    assert outcome == Done("new")


def test_an_endpoint_that_never_comes_up_does_not_hold_the_release_for_ever(make_world):
    world = make_world(script=(EndpointState.STARTING,), minutes=41)
    assert release_new(world) == Done("new", "starting for 41 minutes")
    assert live(world.store) == world.new


def test_an_endpoint_that_cannot_go_yet_is_removed_later(world):
    """A release that lost, say, whose endpoint is still being created."""
    old = endpoint_of(world, world.old)
    world.endpoints.busy = {old}
    with pytest.raises(AssertionError, match=f"still waiting.*{old} is in progress"):
        release_new(world)
    assert live(world.store) == world.new
    world.endpoints.busy.clear()
    assert release_new(world) == Done("new")
    assert world.endpoints.names() == [endpoint_of(world, world.new)]


def refused_until(world, call, minutes):
    """The outcomes while the provider does not take this call for so many minutes, and the one after that."""
    clock = [1_000.0]

    def step():
        return advance(
            world.store,
            world.endpoints,
            world.new,
            instead_of=world.old.model_version,
            clock=lambda: clock[0],
        )

    world.endpoints.refused = {call}
    for _ in range(3):  # asked for, starting, in service
        outcome = step()
    clock[0] += minutes * 60
    return outcome, step()


@pytest.mark.parametrize("call", ["scale", "delete", "names"])
def test_a_provider_that_does_not_take_a_call_refuses_no_version(world, call):
    """Raised, it would roll the stack back, or refuse a good model."""
    waiting, last = refused_until(world, call, 11)
    assert waiting == Waiting(f"the endpoint's provider: {call}: Rate exceeded")
    lacks = "the endpoint does not scale" if call == "scale" else "an endpoint is left"
    assert last == Done("new", f"{lacks}: {call}: Rate exceeded")
    assert live(world.store) == world.new
    assert endpoint_of(world, world.new) in world.endpoints.running
    assert endpoint_marker(world.store, world.new.model_version) == ""


@pytest.mark.parametrize("call", ["scale", "delete", "names"])
def test_a_call_that_is_taken_later_leaves_nothing_undone(world, call):
    waiting, still = refused_until(world, call, 5)
    assert (type(waiting), type(still)) == (Waiting, Waiting)
    world.endpoints.refused.clear()
    assert release_new(world) == Done("new")
    assert world.endpoints.scaled[-1] == endpoint_of(world, world.new)
    assert world.endpoints.names() == [endpoint_of(world, world.new)]
    assert not [entry.key for entry in world.store.list("releases/") if "trouble" in entry.key]


def test_a_silent_endpoint_that_is_being_changed_is_removed_when_that_is_done(world):
    name = endpoint_of(world, world.new)
    world.endpoints.silent, world.endpoints.minutes = "Received server error (500)", 41
    world.endpoints.running[name] = world.new.model_artifact
    world.endpoints.busy = {name}
    with pytest.raises(AssertionError, match=f"still waiting.*{name} is in progress"):
        release_new(world)
    world.endpoints.busy.clear()
    assert release_new(world) == Done("new", "Received server error (500)")
    assert world.endpoints.names() == []


def outdated(world):
    world.endpoints.running[endpoint_of(world, world.new)] = world.new.model_artifact
    world.endpoints.outdated = {endpoint_of(world, world.new)}


SCENARIOS = {
    "takes over": (STARTS, "", lambda world: None),
    "endpoint fails": (FAILS, "", lambda world: None),
    "no capacity": (STARTS, "no capacity", lambda world: None),
    "serves another model": (STARTS, "", serve_another_model),
    "another went live": (STARTS, "", other_goes_live),
    "endpoint is outdated": (STARTS, "", outdated),
}


def run_killed(make_world, name: str, killer: Killer):
    """Releases until killed, then again without; returns all that is left of it."""
    script, refusal, prepare = SCENARIOS[name]
    world = make_world()
    prepare(world)
    world.endpoints.script, world.endpoints.refusal = script, refusal
    store, endpoints = killer.over(world.store), killer.over(world.endpoints)
    with suppress(KilledError):
        settle(store, endpoints, world.new, instead_of=world.old.model_version)
    outcome = release_new(world)
    now = live(world.store)
    assert now is not None
    endpoint = endpoint_of(world, now)
    assert endpoint in world.endpoints.names() or endpoint_marker(world.store, now.model_version)
    return outcome, now, world.endpoints.names(), endpoint_marker(world.store, world.new.model_version)


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_between_any_two_calls_it_ends_the_same(make_world, name):
    undisturbed = Killer()
    expected = run_killed(make_world, name, undisturbed)
    assert undisturbed.calls > 3
    for at in range(undisturbed.calls):
        for done in (False, True):
            killer = Killer(at, done)
            assert run_killed(make_world, name, killer) == expected, f"killed at call {at}, done: {done}"
            assert killer.calls == at + 1
