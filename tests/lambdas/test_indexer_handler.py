from dataclasses import replace

import pytest

from lambdas.indexer import handler as module
from local.worker import LONGEST_TAIL
from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import go_live, live, save
from object2vec.search.embedded.base import load_index
from object2vec.search.index import Request
from object2vec.search.live import LiveIndex
from object2vec.storage import item_log
from object2vec.storage.item_log import Removed
from tests.helpers.curated import write_curated


@pytest.fixture(autouse=True)
def _short_tails(monkeypatch):
    monkeypatch.setattr(module, "TAIL_CHANGES", 3)


def add(store, *names):
    item_log.append(store, [CatalogItem(name, "a red shirt") for name in names])


def test_a_long_tail_becomes_a_base_of_the_same_model(world, models, tmp_path):
    add(world.store, "a", "b")
    item_log.append(world.store, [Removed("a")])
    add(world.store, "c", "d")
    version = f"{world.old.model_version}-3"
    assert module.handler({}, None) == {"released": version}
    now = live(world.store)
    assert f"releases/{version}/index/index.json" in now.digests
    made = {"version": version, "index": f"releases/{version}/index/", "watermark": 3, "digests": now.digests}
    assert now == replace(world.old, **made)
    for entry in world.store.list(now.index):
        world.store.download(entry.key, tmp_path / "index" / entry.key.removeprefix(now.index))
    index = load_index(tmp_path / "index", load_encoder(models[0]), now.version).snapshot
    assert [name for name in "abcd" if index.get(name)] == ["b", "c", "d"]
    assert module.handler({}, None) == {"released": None}


def test_a_short_tail_is_left_to_the_readers(world):
    add(world.store, "a", "b", "c")
    before = [entry.key for entry in world.store.list("releases/")]
    assert module.handler({}, None) == {"released": None}
    assert live(world.store) == world.old
    assert [entry.key for entry in world.store.list("releases/")] == before


def test_few_changes_that_are_long_become_a_base_since_readers_on_one_machine_leave_them(world):
    item_log.append(world.store, [CatalogItem("a", "red " * (LONGEST_TAIL // 8))])
    assert module.handler({}, None) == {"released": None}
    item_log.append(world.store, [CatalogItem("b", "red " * (LONGEST_TAIL // 8))])
    assert module.handler({}, None) == {"released": f"{world.old.model_version}-2"}


def test_only_what_is_behind_the_watermark_counts(world):
    add(world.store, "a", "b", "c", "d")
    module.handler({}, None)
    add(world.store, "e", "f", "g")
    assert module.handler({}, None) == {"released": None}
    add(world.store, "h")
    assert module.handler({}, None) == {"released": f"{world.old.model_version}-3"}


def test_nothing_is_indexed_before_anything_is_live(store):
    add(store, "a", "b", "c", "d")
    assert module.handler({}, None) == {"released": None}


def test_a_release_that_came_first_wins(world, monkeypatch):
    add(world.store, "a", "b", "c", "d")
    rebuild = module.rebuild_base

    def meanwhile(*arguments, **named):
        watermark = rebuild(*arguments, **named)
        save(world.store, world.new)
        go_live(world.store, "new", instead_of="old")
        return watermark

    monkeypatch.setattr(module, "rebuild_base", meanwhile)
    assert module.handler({}, None) == {"released": None}
    assert live(world.store) == world.new


def test_a_run_that_was_cut_off_is_done_again(world, monkeypatch):
    add(world.store, "a", "b", "c", "d")

    def killed(*_arguments, **_keywords):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "go_live", killed)
        with pytest.raises(KeyboardInterrupt):
            module.handler({}, None)
    assert live(world.store) == world.old
    assert module.handler({}, None) == {"released": f"{world.old.model_version}-1"}


def popular(store):
    """The items without a query, and whether anybody is known to like them."""
    hits = LiveIndex(store).get().index.snapshot.search(Request()).hits
    return [hit.item.id for hit in hits if hit.score > 0]


def test_what_people_did_is_counted_though_no_training_has_succeeded(world):
    """So popular lists are right after a first training that was refused, or that failed."""
    add(world.store, "a", "b", "c")
    write_curated(world.store, "one", "cc", "bc", "cb")
    size = world.store.head("curated/interactions/one.parquet").size
    assert module.handler({}, None) == {"released": f"{world.old.model_version}-1-log{size}"}
    assert popular(world.store) == ["c", "b"]
    complements = LiveIndex(world.store).get().index.snapshot.find_complements(["b"])
    assert (complements.strategy, [*complements.shares]) == ("bought-together", ["c"])
    assert module.handler({}, None) == {"released": None}


def test_interactions_are_counted_again_when_there_are_twice_as_many(world):
    """Catalogue, a base, then a few interactions; then many of them, for the same items."""
    add(world.store, "a", "b", "c", "d")
    assert module.handler({}, None) == {"released": f"{world.old.model_version}-1"}
    assert popular(world.store) == []
    write_curated(world.store, "one", "a")
    first = module.handler({}, None)["released"]
    assert popular(world.store) == ["a"]
    write_curated(world.store, "two", "b", "b", "bd")
    second = module.handler({}, None)["released"]
    assert popular(world.store) == ["b", "d", "a"]
    assert len({first, second}) == 2
    write_curated(world.store, "three", "c")
    assert module.handler({}, None) == {"released": None}


def test_before_the_first_item_interactions_make_no_base(world):
    """It would hold the items that they name, those among them that the shop no longer has."""
    write_curated(world.store, "one", "ab", "xy")
    assert module.handler({}, None) == {"released": None}
    add(world.store, "a", "b")
    module.handler({}, None)
    assert popular(world.store) == ["a", "b"]
    assert len(LiveIndex(world.store).get().index.snapshot) == 2
