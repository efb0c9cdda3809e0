"""An indexer that ends before or after any of its writes is completed by the next, and answers never stop."""

import pytest

from lambdas.indexer import handler as indexer
from lambdas.settings import IndexerSettings
from local.containers import CODE
from object2vec.core.catalog import CatalogItem
from object2vec.release.seed import publish_seed
from object2vec.search.live import LiveIndex
from object2vec.storage import FolderStore, item_log
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import ObservedStore, killed_at

ITEMS = [CatalogItem(str(n), f"item number {n}", {}) for n in range(30)]


def shop(folder):
    store = FolderStore(folder)
    publish_seed(store, CODE)
    item_log.append(store, ITEMS)
    return store


@pytest.fixture
def look(monkeypatch):
    monkeypatch.setattr(indexer, "TAIL_CHANGES", 10)

    def look(store):
        monkeypatch.setattr(indexer, "open_store", lambda _: store)
        return indexer.look(IndexerSettings(store_url="file:///nowhere"))

    return look


def answered(store):
    live = LiveIndex(store)
    return live.trouble, len(live.get().index.snapshot)


@pytest.mark.parametrize("after", [False, True])
def test_it_is_completed_wherever_it_ends(tmp_path, look, after):
    counting = ObservedStore(shop(tmp_path / "whole"))
    version = look(counting)
    assert version is not None
    assert counting.writes > 5
    for write in range(counting.writes):
        store = shop(tmp_path / str(write))
        with pytest.raises(KilledError):
            look(killed_at(store, write, after=after))
        assert answered(store) == (None, len(ITEMS))
        look(store)
        live = LiveIndex(store).get()
        assert (live.manifest.version, live.manifest.watermark) == (version, 1)
        assert answered(store) == (None, len(ITEMS))
