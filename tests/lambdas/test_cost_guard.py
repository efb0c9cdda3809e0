import pytest

from lambdas.cost_guard import handler as module
from object2vec.core.endpoints import EndpointBusyError
from object2vec.release import live
from object2vec.release.endpoint_markers import endpoint_marker
from object2vec.release.manifest import save
from tests.helpers.rollouts import settle


def guard(world, monkeypatch, endpoints):
    monkeypatch.setattr(module, "configured_endpoints", lambda _: endpoints)
    return module.handler({}, None)


def test_a_spent_budget_removes_the_endpoint_and_nobody_starts_it_again(world, monkeypatch):
    (running,) = world.endpoints.names()
    assert guard(world, monkeypatch, world.endpoints) == {"removed": [running]}
    assert "budget" in endpoint_marker(world.store, world.old.model_version)
    settle(world.store, world.endpoints, world.old, instead_of=world.old.model_version)
    assert list(world.endpoints.names()) == []
    assert live(world.store) == world.old


def test_a_second_message_finds_nothing_to_do(world, monkeypatch):
    guard(world, monkeypatch, world.endpoints)
    assert guard(world, monkeypatch, world.endpoints) == {"removed": []}


def test_without_endpoints_it_only_takes_note(world, monkeypatch):
    assert guard(world, monkeypatch, None) == {"removed": []}


def test_an_endpoint_that_is_starting_keeps_no_other_one(world, monkeypatch):
    starting, running = "shop-a", world.endpoints.name_for(world.old.model_version)
    world.endpoints.running = {starting: "", running: ""}
    world.endpoints.busy = {starting}
    with pytest.raises(EndpointBusyError, match=starting):
        guard(world, monkeypatch, world.endpoints)
    assert list(world.endpoints.names()) == [starting]


def test_the_endpoint_of_a_release_under_way_is_removed_once_it_has_started(world, monkeypatch):
    save(world.store, world.new)
    name = world.endpoints.name_for(world.new.model_version)
    world.endpoints.running[name] = ""
    world.endpoints.busy = {name}
    with pytest.raises(EndpointBusyError, match=name):
        guard(world, monkeypatch, world.endpoints)
    world.endpoints.busy = set()
    outcome = settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    assert list(world.endpoints.names()) == []
    assert live(world.store) == world.new
    assert "budget" in outcome.warning
