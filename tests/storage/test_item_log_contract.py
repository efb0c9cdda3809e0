"""The item log over every store."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.storage import FolderStore, item_log
from object2vec.storage.item_log import Change, Removed, Segment


def item(item_id: str, text: str = "text", **metadata: object) -> CatalogItem:
    return CatalogItem(item_id, text, metadata)


def changes_in(store) -> list[Change]:
    return [change for segment in item_log.read(store) for change in segment.changes]


def test_what_is_appended_is_read_in_order(store):
    first = [item("a", "x", price=1.5, tags=["t", None]), Removed("b")]
    assert item_log.append(store, first) == 1
    assert item_log.append(store, [item('ü\n"', "😀")]) == 2
    assert list(item_log.read(store)) == [Segment(1, first), Segment(2, [item('ü\n"', "😀")])]
    assert [segment.number for segment in item_log.read(store, after=1)] == [2]
    assert list(item_log.read(store, after=2)) == []


def test_appending_nothing_changes_nothing(store):
    assert item_log.append(store, []) == item_log.end(store) == 0
    assert list(item_log.read(store)) == []


def test_many_changes_become_several_segments(store, monkeypatch):
    monkeypatch.setattr(item_log, "SEGMENT_RECORDS", 3)
    assert item_log.append(store, (item(str(n)) for n in range(7))) == 3
    assert [len(segment.changes) for segment in item_log.read(store)] == [3, 3, 1]
    assert [change.id for change in changes_in(store)] == list("0123456")


def test_a_gap_ends_the_reading(store):
    """What is behind a gap may depend on what is missing."""
    for name in "abc":
        item_log.append(store, [item(name)])
    store.delete(item_log.segment_key(2))
    assert [segment.number for segment in item_log.read(store)] == [1]
    assert list(item_log.read(store, after=1)) == []
    assert [segment.number for segment in item_log.read(store, after=2)] == [3]


def test_concurrent_appenders_lose_nothing(store, monkeypatch):
    monkeypatch.setattr(item_log, "SEGMENT_RECORDS", 2)
    writers, count = 6, 5

    def append(writer: int) -> None:
        item_log.append(store, [item(f"{writer}-{n}") for n in range(count)])

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(append, range(writers)))
    read = [change.id for change in changes_in(store)]
    assert sorted(read) == sorted(f"{w}-{n}" for w in range(writers) for n in range(count))
    for writer in range(writers):
        assert [name for name in read if name.startswith(f"{writer}-")] == [
            f"{writer}-{n}" for n in range(count)
        ]
    assert item_log.end(store) == writers * 3


IDS = st.sampled_from(["a", "b", "c"])
JSON = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
METADATA = st.dictionaries(
    st.text(max_size=5), JSON | st.text(max_size=5) | st.lists(JSON, max_size=2), max_size=3
)
CHANGES = st.builds(CatalogItem, IDS, st.text(max_size=10), METADATA) | st.builds(Removed, IDS)
LINES = st.lists(st.lists(CHANGES, max_size=4), max_size=6)


@given(LINES)
def test_replay_equals_a_dict(tmp_path_factory, appended: Sequence[Sequence[Change]]):
    store = FolderStore(tmp_path_factory.mktemp("log"))
    expected: dict[str, CatalogItem] = {}
    for changes in appended:
        item_log.append(store, changes)
        for change in changes:
            expected.pop(change.id, None)
            if isinstance(change, CatalogItem):
                expected[change.id] = change
    items, last = item_log.replay(item_log.read(store))
    assert items == expected
    assert last == item_log.end(store) == sum(bool(changes) for changes in appended)


@pytest.mark.parametrize("key", ["item-log/1.jsonl", "item-log/000000000012.jsonl"])
def test_a_segments_key_says_its_number(key):
    assert item_log.number_of(key) == int(key[9:-6])
