"""Writes checkpoints of the item log, and removes segments and checkpoints that no reader needs any more.

A checkpoint keeps every removal and every current item. Where a file's version hides what the API wrote, it
keeps that write, followed by a removal. Replaying a checkpoint gives the same items in the same order as
replaying the log.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from object2vec.core.keys import ITEM_LOG
from object2vec.core.time import DAY_S
from object2vec.storage import item_log
from object2vec.storage.base import ConflictError, Entry, ObjectStore
from object2vec.storage.checkpoint_pointer import (
    Checkpoint,
    listed_checkpoints,
    load_versioned,
    newest_checkpoint,
    save_pointer,
)
from object2vec.storage.log_index import LogColumns, write_index
from object2vec.storage.log_records import Removed, change_line, records

MAX_SEGMENTS = 1_000
"""Most segments after the last checkpoint: as many as one listing gives."""
MAX_BYTES = 8 << 20
GROWTH = 10
"""A checkpoint is written again when the segments after it have so many-th of its size, and `MAX_BYTES`."""
KEEP_S = 14 * DAY_S
"""A checkpoint that was the last one so recently may be what a training reads."""
MAX_REMOVALS = 2_000
"""Most objects removed in one run: the next run goes on."""


def checkpoint_if_due(store: ObjectStore) -> int | None:
    """Writes a checkpoint if the log has grown enough; returns its number. If it has not, this is one
    listing."""
    before, _ = load_versioned(store)
    number = before.number if before else 0
    size = _size(store, before)
    after = [entry.size for entry in store.list(ITEM_LOG, after=item_log.segment_key(number))]
    if len(after) <= MAX_SEGMENTS and sum(after) <= max(MAX_BYTES, size // GROWTH):
        return None
    return write_checkpoint(store)


def write_checkpoint(store: ObjectStore) -> int | None:
    """Writes a checkpoint of the log as it is now; returns its number, None if there is one already."""
    before, etag = load_versioned(store)
    fold = _Fold(before.files if before else {})
    number = 0
    for number, data in item_log.read_raw(store):  # noqa: B007  the last one counts
        fold.add(data)
    if number == (before.number if before else 0):
        return None
    checkpoint = Checkpoint(number, fold.files)
    with TemporaryDirectory() as folder:
        rows, index = Path(folder) / "rows", Path(folder) / "index"
        fold.write(rows, index)
        store.upload(index, checkpoint.index)
        store.upload(rows, checkpoint.rows)
    try:
        save_pointer(store, checkpoint, etag)
    except ConflictError:  # another run was first, with as much or nearly so
        return None
    return number


def remove_old(store: ObjectStore, needed: Iterable[int], now: float | None = None) -> int:
    """Removes segments and checkpoints that nobody reads; returns how many. May be stopped and repeated.

    `needed` are the watermarks of bases that a reader may start from: everything behind the last checkpoint
    before each of them stays. So does every checkpoint that was the last one within the last `KEEP_S`
    seconds.
    """
    known = list(listed_checkpoints(store))
    if not known:
        return 0
    until = (time.time() if now is None else now) - KEEP_S
    old = [number for number, entry in known if entry.modified <= until]
    starts = [old[-1] if old else 0]
    for watermark in needed:
        found = newest_checkpoint(store, watermark)
        starts.append(found.number if found else 0)
    removed = 0
    for key in _before(store, min(starts), known):
        store.delete(key)
        removed += 1
        if removed == MAX_REMOVALS:
            break
    return removed


def _before(store: ObjectStore, start: int, known: list[tuple[int, Entry]]) -> Iterator[str]:
    """The keys before the checkpoint `start`: segments from the first one on, so that none is missing between
    others, then checkpoints."""
    for entry in store.list(ITEM_LOG):
        if entry.key >= item_log.segment_key(start):
            break
        yield entry.key
    for number, _ in known:
        if number < start:
            yield Checkpoint(number).index
            yield Checkpoint(number).rows


def _size(store: ObjectStore, checkpoint: Checkpoint | None) -> int:
    entry = store.head(checkpoint.rows) if checkpoint else None
    return entry.size if entry else 0


class _Fold:
    """The state that all added segments lead to, as the lines of a checkpoint."""

    def __init__(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        self.files = dict(files)
        self._items: dict[str, bytes] = {}
        self._removed: dict[str, bytes] = {}
        self._written: dict[str, bytes] = {}

    def add(self, data: bytes) -> None:
        for _, line, record in records(data):
            label = record["label"]
            if "file" in record:
                self._take_file(record["file"])
                continue
            if "at" in record:
                self._written[label] = line
            if record.get("deleted"):
                self._items.pop(label, None)
                self._removed[label] = line
            else:
                self._removed.pop(label, None)
                self._items[label] = line

    def write(self, rows: Path, index: Path) -> None:
        columns = LogColumns()
        with open(rows, "wb") as file:
            for part in self._lines():
                _write(file, columns, part)
        write_index(index, columns)

    def _take_file(self, state: Mapping[str, Any]) -> None:
        if state.get("rows") or state.get("before"):
            self.files[state["key"]] = state
        else:
            self.files.pop(state["key"], None)

    def _lines(self) -> Iterator[bytes]:
        """The lines, some thousand at a time."""
        yield from _joined(self._hidden())
        yield from _joined(self._removed.values())
        yield from _joined(self._items.values())

    def _hidden(self) -> Iterator[bytes]:
        for label, line in self._written.items():
            if line not in (self._items.get(label), self._removed.get(label)):
                yield line
                yield change_line(Removed(label))


def _joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    part: list[bytes] = []
    for line in lines:
        part.append(line)
        if len(part) == item_log.SEGMENT_RECORDS:
            yield b"\n".join(part) + b"\n"
            part = []
    if part:
        yield b"\n".join(part) + b"\n"


def _write(file: BinaryIO, columns: LogColumns, part: bytes) -> None:
    start = file.tell()
    columns.add(0, part, start)
    file.write(part)
