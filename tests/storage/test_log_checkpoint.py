"""Checkpoints: the same catalogue as the whole log, fewer requests, and nothing removed that is needed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import InputError
from object2vec.core.keys import ITEM_LOG, LOG_END
from object2vec.storage import FolderStore, item_log, log_checkpoint
from object2vec.storage.item_log import Change, Removed, Segment
from object2vec.storage.log_checkpoint import remove_old, write_checkpoint
from object2vec.storage.log_index import NEVER, LogIndex
from object2vec.storage.log_records import GONE, change_line, file_line, id_digest
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import ObservedStore, killed_at

IDS = st.sampled_from(["a", "b", "c", "d"])
CHANGE = st.builds(CatalogItem, IDS, st.text(max_size=2)) | st.builds(Removed, IDS)
BY_FILE = st.booleans()
SEGMENTS = st.lists(st.tuples(BY_FILE, st.lists(CHANGE, min_size=1, max_size=3)), min_size=1, max_size=8)
LATER = 4_000_000_000.0


def add(store, changes: list[Change], *, by_file: bool = False) -> None:
    if by_file:
        lines = [file_line({"key": "f", "rows": "r", "before": []}), *map(change_line, changes)]
        log = item_log.LogEnd(store)
        log.append_as(log.number + 1, b"\n".join(lines) + b"\n")
    else:
        item_log.append(store, changes, clock=lambda: 1.0)


def replayed(segments):
    items, number = item_log.replay(segments)
    return list(items.values()), number


def test_a_write_costs_three_requests_after_a_hundred_thousand(tmp_path):
    """The segments are not made: a writer must not look at them."""
    store = FolderStore(tmp_path)
    store.put(item_log.segment_key(100_000), change_line(CatalogItem("before", "")) + b"\n")
    store.put(LOG_END, orjson.dumps({"last": 100_000}))
    observed = ObservedStore(store)
    for number in range(20):
        assert item_log.append(observed, [CatalogItem(str(number), "text")]) == 100_001 + number
        assert observed.requests.total() == 3 * (number + 1)
    assert [segment.number for segment in item_log.read(store, after=100_000)][-1] == 100_020


@pytest.mark.parametrize("hint", [b"", b"{}", b'{"last": "x"}', None])
def test_a_log_without_a_hint_is_listed_once(store, hint):
    """A log that earlier code has written, or one with a damaged hint."""
    for number in (1, 2, 3):
        store.put(item_log.segment_key(number), change_line(CatalogItem(str(number), "")) + b"\n")
    if hint is not None:
        store.put(LOG_END, hint)
    assert item_log.end(store) == 3
    assert item_log.append(store, [CatalogItem("4", "")]) == 4
    observed = ObservedStore(store)
    assert item_log.append(observed, [CatalogItem("5", "")]) == 5
    assert observed.requests == {"get_versioned": 1, "create": 1, "replace": 1}


def test_a_hint_that_lies_far_behind_costs_a_listing(store):
    for number in range(1, 41):
        store.put(item_log.segment_key(number), change_line(CatalogItem(str(number), "")) + b"\n")
    store.put(LOG_END, orjson.dumps({"last": 3}))
    observed = ObservedStore(store)
    assert item_log.append(observed, [CatalogItem("new", "")]) == 41
    assert observed.requests.total() < 15
    assert item_log.end(store) == 41


def test_a_foreign_file_in_the_log_is_no_segment(store):
    item_log.append(store, [CatalogItem("a", "")])
    store.put("item-log/.DS_Store", b"\0")
    store.delete(LOG_END)
    assert item_log.append(store, [CatalogItem("b", "")]) == item_log.end(store) == 2
    assert [entry.key for entry in item_log.objects(store).entries] == [
        item_log.segment_key(1), item_log.segment_key(2)
    ]  # fmt: skip


def test_a_reader_starts_at_the_checkpoint(store):
    add(store, [CatalogItem("a", "1"), CatalogItem("b", "1")])
    add(store, [CatalogItem("a", "2"), Removed("b")])
    assert write_checkpoint(store) == 2
    add(store, [CatalogItem("c", "3")])
    observed = ObservedStore(store)
    segments = list(item_log.read(observed))
    assert segments == [
        Segment(2, [Removed("b"), CatalogItem("a", "2")]),
        Segment(3, [CatalogItem("c", "3")]),
    ]
    assert observed.requests["list"] == 0
    assert [segment.number for segment in item_log.read(store, after=2)] == [3]
    assert [segment.number for segment in item_log.read(store, after=1)] == [2, 3]


def test_a_checkpoint_of_a_shop_without_items_is_read_and_an_empty_segment_is_damage(store):
    """A file that brought no item leaves a line of itself alone, which a checkpoint keeps elsewhere."""
    add(store, [], by_file=True)
    assert write_checkpoint(store) == 1
    assert list(item_log.read(store)) == [Segment(1, [])]
    store.put(item_log.segment_key(2), b"")
    with pytest.raises(InputError, match="damaged at segment 2"):
        list(item_log.read(store))


def test_where_the_next_segment_is_gone_the_checkpoint_repairs_any_earlier_state(store):
    add(store, [CatalogItem("a", "1"), CatalogItem("b", "1")])
    state = dict(item_log.replay(item_log.read(store))[0])
    for changes in ([CatalogItem("a", "2")], [Removed("b")], [CatalogItem("c", "3")]):
        add(store, changes)
    write_checkpoint(store)
    assert remove_old(store, needed=[], now=LATER) == 3
    for segment in item_log.read(store, after=1):
        for change in segment.changes:
            state.pop(change.id, None)
            if isinstance(change, CatalogItem):
                state[change.id] = change
    assert state == item_log.replay(item_log.read(store))[0]
    assert list(item_log.read(store, after=4)) == []
    assert item_log.append(store, [CatalogItem("d", "")]) == 5


def test_what_a_base_or_a_training_may_still_read_stays(store):
    for number in range(1, 7):
        add(store, [CatalogItem(str(number), "")])
        if number % 2 == 0:
            write_checkpoint(store)
    assert remove_old(store, needed=[1]) == remove_old(store, needed=[], now=1.0) == 0
    assert remove_old(store, needed=[5], now=LATER) == 5  # segments 1 to 3, checkpoint 2
    assert replayed(item_log.read_to(store, 5)) == ([CatalogItem(str(n), "") for n in range(1, 6)], 5)
    assert remove_old(store, needed=[6], now=LATER) == 4
    assert replayed(item_log.read_to(store, 5)) == ([], 0)
    assert len(replayed(item_log.read(store))[0]) == 6


def test_a_checkpoint_is_due_by_segments_and_by_bytes(store, monkeypatch):
    monkeypatch.setattr(log_checkpoint, "MAX_SEGMENTS", 3)
    for number in range(3):
        add(store, [CatalogItem(str(number), "")])
    assert log_checkpoint.checkpoint_if_due(store) is None
    add(store, [CatalogItem("4", "")])
    assert log_checkpoint.checkpoint_if_due(store) == 4
    assert log_checkpoint.checkpoint_if_due(store) is None
    monkeypatch.setattr(log_checkpoint, "MAX_BYTES", 10)
    add(store, [CatalogItem("5", "")])
    assert log_checkpoint.checkpoint_if_due(store) == 5
    assert write_checkpoint(store) is None


@settings(max_examples=60)
@given(SEGMENTS, st.integers(0, 7))
def test_checkpoints_change_nothing_that_is_read(tmp_path_factory, segments, at):
    """Items, their order, the ids that are gone; what the API wrote and what is in effect."""
    root = tmp_path_factory.mktemp("log")
    plain, compacted = FolderStore(root / "a"), FolderStore(root / "b")
    for number, (by_file, changes) in enumerate(segments):
        for store in (plain, compacted):
            add(store, changes, by_file=by_file)
        if number >= at:
            write_checkpoint(compacted)
    remove_old(compacted, needed=[], now=LATER)
    assert replayed(item_log.read(plain)) == replayed(item_log.read(compacted))
    removed = [
        {change.id for segment in item_log.read(store) for change in segment.changes}
        for store in (plain, compacted)
    ]
    assert removed[0] == removed[1]
    ids = sorted(int.from_bytes(id_digest(name), "little") for name in "abcd")
    one, other = LogIndex(plain), LogIndex(compacted)
    assert (one.number, dict(one.files)) == (other.number, dict(other.files))
    columns = np.array(ids, np.uint64)
    removed_or_never = (np.uint64(GONE), np.uint64(NEVER))
    for left, right in zip(one.effective(columns), other.effective(columns), strict=True):
        assert left == right or {left, right} <= set(removed_or_never)
    written = [index.written(columns) for index in (one, other)]
    assert list(np.isinf(written[0].at)) == list(np.isinf(written[1].at))


@settings(max_examples=40)
@given(SEGMENTS, st.integers(0, 12), st.booleans())
def test_a_compaction_that_is_killed_anywhere_is_done_by_the_next(tmp_path_factory, segments, write, after):
    store = FolderStore(tmp_path_factory.mktemp("log"))
    for by_file, changes in segments:
        add(store, changes, by_file=by_file)
    expected = replayed(item_log.read(store))
    for _ in range(2):
        dying = killed_at(store, write, after=after)
        try:
            write_checkpoint(dying)
            remove_old(dying, needed=[], now=LATER)
        except KilledError:
            pass
        assert replayed(item_log.read(store)) == expected
        add(store, [CatalogItem("new", "")])
        expected = replayed(item_log.read(store))
    write_checkpoint(store)
    remove_old(store, needed=[], now=LATER)
    assert replayed(item_log.read(store)) == expected
    assert len(list(store.list("item-log/"))) == 1


def test_writers_readers_and_a_compacting_indexer_at_once(store, monkeypatch):
    monkeypatch.setattr(log_checkpoint, "MAX_SEGMENTS", 2)
    writers, count = 4, 6

    def write(writer: int) -> None:
        for number in range(count):
            item_log.append(store, [CatalogItem(f"{writer}-{number}", "")])

    def compact(_: int) -> None:
        for _ in range(count):
            log_checkpoint.checkpoint_if_due(store)
            remove_old(store, needed=[], now=LATER)

    def follow(_: int) -> set[str]:
        seen: set[str] = set()
        number = 0
        while len(seen) < writers * count:
            for segment in item_log.read(store, after=number):
                assert segment.number > number
                number = segment.number
                seen |= {change.id for change in segment.changes}
        return seen

    with ThreadPoolExecutor(writers + 2) as pool:
        done = [
            pool.submit(follow, 0),
            pool.submit(compact, 0),
            *(pool.submit(write, w) for w in range(writers)),
        ]
        everything = done[0].result(timeout=120)
        for each in done:
            each.result(timeout=120)
    assert everything == set(item_log.replay(item_log.read(store))[0])


@settings(max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.booleans())
def test_writers_that_are_killed_at_any_write_leave_a_log_without_gap(tmp_path_factory, kills, after):
    store = FolderStore(tmp_path_factory.mktemp("log"))
    answered: list[str] = []
    for number, write in enumerate(kills):
        names = [f"{number}-{n}" for n in range(2)]
        dying = killed_at(store, write, after=after)
        try:
            for name in names:
                item_log.append(dying, [CatalogItem(name, "")])
                answered.append(name)
        except KilledError:
            pass
        item_log.append(store, [CatalogItem(f"{number}-after", "")])
        answered.append(f"{number}-after")
    items, last = item_log.replay(item_log.read(store))
    assert set(answered) <= set(items)
    assert last == item_log.end(store) == len(list(store.list(ITEM_LOG)))


def test_a_copied_log_is_read_from_its_folder(store, tmp_path):
    for number in range(3):
        add(store, [CatalogItem(str(number), "")])
    write_checkpoint(store)
    add(store, [Removed("0")])
    for entry in item_log.objects(store).entries:
        store.download(entry.key, tmp_path / "copy" / entry.key)
    assert replayed(item_log.read_folder(tmp_path / "copy")) == replayed(item_log.read(store))


def test_a_gap_in_a_copied_log_is_said(store, tmp_path: Path):
    for number in range(3):
        add(store, [CatalogItem(str(number), "")])
    for number in (1, 3):
        store.download(item_log.segment_key(number), tmp_path / "copy" / f"{number:012d}.jsonl")
    with pytest.raises(InputError, match="segment 2 is missing"):
        list(item_log.read_folder(tmp_path / "copy"))


def test_a_damaged_pointer_is_named(store):
    store.put("catalog/checkpoint.json", b"{")
    with pytest.raises(InputError, match=r"catalog/checkpoint\.json cannot be read"):
        list(item_log.read(store))
