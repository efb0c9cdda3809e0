"""Two releases, a deployment and a rollback at once, in any order of their looks: they end in one state."""

from itertools import product

import pytest

from object2vec.release import live, pointer
from object2vec.release.rollback import point_back
from object2vec.release.rollout import Waiting, advance
from object2vec.storage import ConflictError


def release(world, manifest):
    return lambda: advance(world.store, world.endpoints, manifest, instead_of=world.old.model_version)


def deployment(world):
    def look():
        now = live(world.store)
        return advance(world.store, world.endpoints, now, instead_of=now.model_version)

    return look


def rollback(world):
    def look():
        try:
            point_back(world.store, to="old", instead_of="new", reason="by hand")
        except ConflictError as conflict:
            return conflict
        return deployment(world)()

    return look


ORDERS = sorted({order for order in product("nodr", repeat=5) if {"n", "o", "d"} <= set(order)})[::7]


@pytest.mark.parametrize("order", ORDERS, ids="".join)
def test_whoever_looks_first_one_model_is_live_with_its_endpoint_alone(make_world, order):
    world = make_world()
    actors = {
        "n": release(world, world.new),
        "o": release(world, world.other),
        "d": deployment(world),
        "r": rollback(world),
    }
    under_way = set(order)
    for name in [*order, *sorted(set(order)) * 8]:
        if name in under_way and not isinstance(actors[name](), Waiting):
            under_way.remove(name)
        assert live(world.store) is not None
    assert not under_way
    now = live(world.store)
    assert now in (world.old, world.new, world.other)
    assert set(world.endpoints.names()) <= {world.endpoints.name_for(now.model_version)}
    found = pointer(world.store)
    assert found.previous in (None, "old")
