"""The item log: every upsert and removal of a catalogue item, in one order, independent of any model.

A segment is one immutable object, `item-log/<number>.jsonl`; its number is claimed by a conditional create,
so writers need neither a lock nor a queue, and whoever reads numbers 1…n has seen exactly what was written
up to then. A release names the last segment its base index contains (the watermark); readers apply the rest.

`catalog/end.json` is a hint at the last number: it may be a few behind, never ahead. A checkpoint
(log_checkpoint.py) stands for all segments up to its number, of which old ones may be gone.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from pathlib import Path

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import InputError
from object2vec.core.keys import ITEM_LOG, LOG_END
from object2vec.storage.base import ConflictError, Entry, NotFoundError, ObjectStore, put_over
from object2vec.storage.checkpoint_pointer import FOLDER as CHECKPOINT_FOLDER
from object2vec.storage.checkpoint_pointer import load_pointer, newest_checkpoint
from object2vec.storage.log_records import Change, Removed, change_line, parse_segment
from object2vec.storage.sealed import sealed, unsealed

__all__ = ["CatalogItem", "Change", "Removed", "Segment", "parse_segment"]

SEGMENT_RECORDS = 5_000
MANY_CONFLICTS = 8
"""Conflicts in a row after which the hint is far behind, and one listing finds the end."""
_AHEAD = 8
_SEGMENT = re.compile(rf"(?:{ITEM_LOG})?(\d{{1,18}})\.jsonl")

Clock = Callable[[], float]
"""Gives the time, seconds since 1970."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Segment:
    """Changes that were appended together and become visible together; a checkpoint is one."""

    number: int
    changes: Sequence[Change]


def append(store: ObjectStore, changes: Iterable[Change], clock: Clock = time.time) -> int:
    """Appends changes made through the API, in order, at most `SEGMENT_RECORDS` a segment. Returns the last
    segment's number (the log's end if there was nothing to append). Any number of writers may append at
    once; a segment costs three requests."""
    pending, log = iter(changes), None
    while batch := list(islice(pending, SEGMENT_RECORDS)):
        log = log or LogEnd(store)
        log.append(partial(_lines, batch), clock)
    return log.number if log else end(store)


def _lines(changes: Sequence[Change], at: float) -> bytes:
    return b"".join(change_line(change, at) + b"\n" for change in changes)


class LogEnd:
    """A writer's view of the log's end."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._etag: str | None
        self.number, self._etag = _hint(store)

    def append(self, lines: Callable[[float], bytes], clock: Clock = time.time) -> None:
        """Writes the lines that `lines` makes of the time of the write, as a segment behind all others.

        The clock is read again for every number that is tried. Until a number is taken, a file that was
        uploaded meanwhile may take it. A write that kept the time of its first try would then stand behind
        the file in the log, and be in effect, but be older by its time: the next file that is read would undo
        it. As it is, a write has seen all segments before its own when it reads the clock, so it
        is later than every file that they speak of, however long it waits for the disk."""
        number, conflicts = self.number + 1, 0
        while True:
            try:
                self._store.create(segment_key(number), lines(clock()))
            except ConflictError:
                conflicts += 1
                if conflicts % MANY_CONFLICTS == 0:
                    number = _listed_end(self._store, number)
                number += 1
            else:
                break
        self._advance(number)

    def append_as(self, number: int, data: bytes) -> None:
        """Writes the segment `number`; the one before must exist. Raises ConflictError if this one does."""
        self._store.create(segment_key(number), data)
        self._advance(number)

    def _advance(self, number: int) -> None:
        """Moves the hint. The segment is written already, so an error here only costs a later writer a
        request."""
        self.number = number
        data = sealed({"last": number})
        try:
            etag = _hint(self._store)[1] if self._etag is None else self._etag
            self._etag = put_over(self._store, LOG_END, data, etag)
        except Exception as error:
            self._etag = None  # to be read again
            if not isinstance(error, ConflictError):
                _log.warning("the hint at the log's end could not be written", exc_info=True)


def read(store: ObjectStore, after: int = 0) -> Iterator[Segment]:
    """The segments with a number above `after`, in order, up to the first gap. Where the next one is gone,
    the last checkpoint comes first: applied to any earlier state it gives the state at its number."""
    return (_parsed(number, data) for number, data in read_raw(store, after))


def read_raw(store: ObjectStore, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """The segments that `read` gives, as bytes: their numbers and contents."""
    with ThreadPoolExecutor(1) as meanwhile:  # a reader who is up to date asks for both, at once
        checkpoint = meanwhile.submit(load_pointer, store)
        following = _get(store, after + 1)
    pointer = None if after and following is not None else checkpoint.result()
    if pointer is not None and pointer.number > after:
        yield pointer.number, store.get(pointer.rows)
        yield from _following(store, pointer.number + 1)
    elif following is not None:
        yield after + 1, following
        yield from _following(store, after + 2)


def read_to(store: ObjectStore, number: int) -> Iterator[Segment]:
    """The log up to a segment, from the last checkpoint that does not go beyond it. Ends earlier where
    segments are gone that no such checkpoint stands for."""
    start = newest_checkpoint(store, number)
    if start is not None:
        yield _parsed(start.number, store.get(start.rows))
    first = start.number + 1 if start else 1
    for found, data in takewhile(lambda segment: segment[0] <= number, _following(store, first)):
        yield _parsed(found, data)


def read_folder(folder: Path) -> Iterator[Segment]:
    """The log of a folder into which the `objects` of a store, or all its segments, were copied. Raises
    InputError for a gap: a change before the rest is unknown."""
    files = [path for path in sorted(folder.rglob("*.jsonl")) if _SEGMENT.fullmatch(path.name)]
    checkpoints = [path for path in files if path.parent.name == CHECKPOINT_FOLDER]
    last = 0
    if checkpoints:
        last = int(checkpoints[-1].stem)
        yield Segment(last, parse_segment(checkpoints[-1].read_bytes()))
    for path in files:
        if path in checkpoints or int(path.stem) <= last:
            continue
        if int(path.stem) != last + 1:
            raise InputError(
                f"item-log segment {last + 1} is missing in {folder}: restore it, then run again"
            )
        last += 1
        yield Segment(last, parse_segment(path.read_bytes()))


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of which the whole log can be read, in order."""

    entries: Sequence[Entry]
    end: int
    """Number of the last segment; 0 for an empty log."""
    last: Entry | None
    """The last segment, which stands for all before it: the log only grows."""


def objects(store: ObjectStore) -> Objects:
    """The last checkpoint and the segments after it."""
    pointer = load_pointer(store)
    start = pointer.number if pointer else 0
    segments = list(_listed(store, max(start - 1, 0)))
    after = [entry for number, entry in segments if number > start]
    rows = store.head(pointer.rows) if pointer else None
    end_ = max((number for number, _ in segments), default=start)
    return Objects([*([rows] if rows else []), *after], end_, segments[-1][1] if segments else rows)


def end(store: ObjectStore) -> int:
    """Number of the last segment; 0 for an empty log."""
    number = _hint(store)[0]
    while store.head(segment_key(number + 1)):
        number += 1
    return number


def replay(segments: Iterable[Segment]) -> tuple[dict[str, CatalogItem], int]:
    """The catalogue the segments lead to, last writer wins, and the last segment's number (0 for none)."""
    items: dict[str, CatalogItem] = {}
    number = 0
    for segment in segments:
        number = segment.number
        for change in segment.changes:
            if isinstance(change, Removed):
                items.pop(change.id, None)
            else:
                items[change.id] = change
    return items, number


def segment_key(number: int) -> str:
    """Where segment `number` lies; segments sort by number."""
    return f"{ITEM_LOG}{number:012d}.jsonl"


def number_of(key: str) -> int:
    """The number of the segment at this key."""
    return int(key.removeprefix(ITEM_LOG).removesuffix(".jsonl"))


def _parsed(number: int, data: bytes) -> Segment:
    """Raises InputError."""
    try:
        return Segment(number, parse_segment(data))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(number, str(error)) from error


def _damaged(number: int, why: str) -> InputError:
    return InputError(
        f"the item log is damaged at segment {number} ({why}): restore {segment_key(number)} or, where "
        "that is gone, the checkpoint of this number, from a copy"
    )


def _following(store: ObjectStore, number: int) -> Iterator[tuple[int, bytes]]:
    """Segments from `number` up to the first that is missing; where there are several, some at a time."""
    with ThreadPoolExecutor(_AHEAD) as pool:
        ahead = 1
        while True:
            numbers = range(number, number + ahead)
            found = list(pool.map(lambda n: _get(store, n), numbers)) if ahead > 1 else [_get(store, number)]
            for data in found:
                if data is None:
                    return
                yield number, data
                number += 1
            ahead = min(2 * ahead, _AHEAD)


def _get(store: ObjectStore, number: int) -> bytes | None:
    """A segment, if there is one. Raises InputError for an empty one, which nobody writes; a checkpoint of a
    shop without items is empty."""
    try:
        data = store.get(segment_key(number))
    except NotFoundError:
        return None
    if not data:
        raise _damaged(number, "it is empty")
    return data


def _hint(store: ObjectStore) -> tuple[int, str]:
    """The last segment's number and the hint's etag. Without a readable hint the segments are listed."""
    etag = ""
    try:
        data, etag = store.get_versioned(LOG_END)
        return int(unsealed(data)["last"]), etag
    except (NotFoundError, ValueError, TypeError, KeyError):
        return _listed_end(store, 0), etag


def _listed_end(store: ObjectStore, after: int) -> int:
    return max((number for number, _ in _listed(store, after)), default=after)


def _listed(store: ObjectStore, after: int) -> Iterator[tuple[int, Entry]]:
    """The segments' numbers. Other files (a file manager may leave some) are passed over."""
    for entry in store.list(ITEM_LOG, after=segment_key(after)):
        if _SEGMENT.fullmatch(entry.key):
            yield number_of(entry.key), entry
