from concurrent.futures import ThreadPoolExecutor

from object2vec.core.catalog import CatalogItem
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import Removed


def test_the_last_writer_wins_and_removals_remove(tmp_path):
    store = FolderStore(tmp_path)
    item_log.append(store, [CatalogItem("a", "1"), CatalogItem("b", "1")])
    assert item_log.append(store, [Removed("b"), CatalogItem("a", "2", {"price": 1})]) == 2
    assert item_log.replay(item_log.read(store)) == ({"a": CatalogItem("a", "2", {"price": 1})}, 2)
    assert [segment.number for segment in item_log.read(store, after=1)] == [2]


def test_nothing_to_append_leaves_the_log(tmp_path):
    store = FolderStore(tmp_path)
    assert item_log.append(store, []) == 0
    assert not list(item_log.read(store))


def test_concurrent_writers_lose_nothing(tmp_path):
    store = FolderStore(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: item_log.append(store, [CatalogItem(str(n), "t")]), range(40)))
    items, last = item_log.replay(item_log.read(store))
    assert (len(items), last) == (40, 40)
