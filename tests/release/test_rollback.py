"""Back to an earlier release, by order or because of an alarm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from object2vec.core.keys import LIVE
from object2vec.release import CorruptReleaseError, Pointer, go_live, live, pointer, save
from object2vec.release import rollback as module
from object2vec.release.rollback import point_back, point_back_from_new, readmit, withdrawn
from object2vec.release.rollout import Done, Refused, advance
from object2vec.storage import ConflictError
from tests.helpers.killing import KilledError, Killer
from tests.helpers.rollouts import settle


@pytest.fixture
def released(world):
    """`new` took over from `old`."""
    settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    return world


def now(store) -> Pointer:
    found = pointer(store)
    assert found is not None
    return found


def back(world, **changes):
    point_back(world.store, **{"to": "old", "instead_of": "new", "reason": "too few sales"} | changes)


def test_the_release_before_is_live_at_once_and_its_endpoint_follows(released):
    back(released)
    assert live(released.store) == released.old
    assert settle(
        released.store, released.endpoints, released.old, instead_of=released.old.model_version
    ) == Done("old")
    assert released.endpoints.names() == [released.endpoints.name_for(released.old.model_version)]


def test_a_second_order_changes_nothing(released):
    back(released)
    before = pointer(released.store)
    back(released)
    assert pointer(released.store) == before


def test_what_was_rolled_back_says_why_and_does_not_come_back_by_itself(released):
    back(released)
    assert withdrawn(released.store, "new") == "too few sales"
    again = settle(released.store, released.endpoints, released.new, instead_of=released.old.model_version)
    assert again == Refused("new was rolled back: too few sales")
    assert live(released.store) == released.old


def test_what_was_rolled_back_may_be_approved_again(released):
    back(released)
    readmit(released.store, "new")
    assert settle(
        released.store, released.endpoints, released.new, instead_of=released.old.model_version
    ) == Done("new")
    assert now(released.store).previous == "old"


def test_an_order_against_another_release_is_refused(released):
    with pytest.raises(ConflictError, match="new is live, not other"):
        back(released, instead_of="other")
    assert live(released.store) == released.new


def test_never_to_a_damaged_release(released):
    released.store.put(released.old.key, b"{")
    with pytest.raises(CorruptReleaseError):
        back(released)
    assert live(released.store) == released.new


def test_out_of_a_damaged_release(released):
    """The one case in which rolling back matters most."""
    released.store.put(released.new.key, b"{")
    back(released)
    assert live(released.store) == released.old


def test_a_rebuilt_index_is_not_what_one_rolls_back_to(released):
    save(released.store, replace(released.new, version="new-9", watermark=9))
    since = now(released.store).since
    go_live(released.store, "new-9", instead_of="new")
    assert now(released.store) == Pointer("new-9", previous="old", since=since, fallback="old")


def test_an_alarm_leads_back_once(released):
    assert point_back_from_new(released.store, reason="alarm")
    assert live(released.store) == released.old
    assert not point_back_from_new(released.store, reason="alarm")
    assert live(released.store) == released.old


def test_an_alarm_long_after_a_release_is_about_something_else(released, monkeypatch):
    later = datetime.now(UTC) + module.WATCHED + timedelta(minutes=1)
    monkeypatch.setattr(module, "_now", lambda: later)
    assert not point_back_from_new(released.store, reason="alarm")
    assert live(released.store) == released.new


def test_an_alarm_before_anything_was_trained_changes_nothing(world, store):
    assert not point_back_from_new(store, reason="alarm")
    assert not point_back_from_new(world.store, reason="alarm")
    assert live(world.store) == world.old


def test_a_pointer_of_an_earlier_program_is_read(world):
    world.store.put(LIVE, b'{"version": "old", "previous": null}')
    assert now(world.store) == Pointer("old")
    assert not point_back_from_new(world.store, reason="alarm")


def test_killed_between_any_two_calls_it_ends_the_same(make_world):
    def run(killer: Killer):
        world = make_world()
        settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
        killed = replace(world, store=killer.over(world.store), endpoints=killer.over(world.endpoints))
        try:
            back(killed)
            settle(killed.store, killed.endpoints, world.old, instead_of=world.old.model_version)
        except KilledError:
            back(world)
            settle(world.store, world.endpoints, world.old, instead_of=world.old.model_version)
        return live(world.store), withdrawn(world.store, "new"), world.endpoints.names()

    undisturbed = Killer()
    expected = run(undisturbed)
    assert undisturbed.calls > 8
    for at in range(undisturbed.calls):
        for done in (False, True):
            assert run(Killer(at, done)) == expected, f"killed at call {at}, done: {done}"


def test_a_release_under_way_meets_a_rollback(released):
    """`other` was judged against `new`, which was rolled back while it was built."""
    advance(released.store, released.endpoints, released.other, instead_of=released.new.model_version)
    back(released)
    outcome = settle(
        released.store, released.endpoints, released.other, instead_of=released.new.model_version
    )
    assert isinstance(outcome, Refused)
    assert live(released.store) == released.old
