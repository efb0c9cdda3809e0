"""The accepted rows of one version of a catalogue file: lines of the item log, and a digest of each."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.core.arrays import Digests
from object2vec.ingest.rules import FileError
from object2vec.storage import ObjectStore
from object2vec.storage.checked_file import CheckedFileError, read_checked, write_checked
from object2vec.storage.item_log import Change
from object2vec.storage.log_records import GONE, Removed, change_lines, id_digests

MAX_ITEMS = 20_000_000
"""Most items of one catalogue file: their digests take 32 bytes a row in memory, and some more while they are
sorted."""
FORMAT = "held-rows-1"
_AT_ONCE = 2_000
_GONE = GONE.to_bytes(8, "little")
_COLUMNS = ("id", "line", "offset")

Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HeldRows:
    """One row an id, in ascending order of the id's digest."""

    id: Digests
    line: Digests
    """`GONE` for a row that removes its item."""
    offset: Offsets
    """Place where the line begins."""

    def __len__(self) -> int:
        return len(self.id)

    @property
    def items(self) -> int:
        """Number of rows that are no removals."""
        return int(np.count_nonzero(self.line != GONE))

    def items_in(self, other: "HeldRows") -> int:
        """Number of items that both have."""
        there, row = self.find(other.id)
        return int(np.count_nonzero((other.line[there] != GONE) & (self.line[row] != GONE)))

    def find(self, ids: Digests) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Those of some sorted ids that have a row here, as places among them, and the places of their
        rows."""
        if not len(self.id):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        place = np.minimum(np.searchsorted(self.id, ids), len(self.id) - 1)
        there = np.flatnonzero(self.id[place] == ids)
        return there, place[there]


NO_ROWS = HeldRows(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.int64))


class RowWriter:
    """Takes the changes of a file in its order; of several with one id the last counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "wb")  # noqa: SIM115  closed by `close`
        self._ids, self._lines = bytearray(), bytearray()
        self._lengths, self._numbers = array("q"), array("q")

    def add(self, changes: Sequence[tuple[int, Change]]) -> None:
        """Changes, each with the line of the upload that it stands on. Raises FileError."""
        for start in range(0, len(changes), _AT_ONCE):
            part = changes[start : start + _AT_ONCE]
            self._numbers.extend([number for number, _ in part])
            self._write([change for _, change in part])

    def finish(self, first: int) -> tuple[HeldRows, int, list[int]]:
        """The rows, how many a later one with the same id supersedes, and the lines of the first of those."""
        self._file.flush()
        ids, lines = np.frombuffer(bytes(self._ids), "<u8"), np.frombuffer(bytes(self._lines), "<u8")
        ends = np.cumsum(np.frombuffer(self._lengths, np.int64))
        order = np.argsort(ids, kind="stable")
        again = ids[order[:-1]] == ids[order[1:]]
        kept = order[~np.append(again, False)] if len(order) else order
        numbers = np.sort(np.frombuffer(self._numbers, np.int64)[order[:-1][again]])
        offsets = ends - np.frombuffer(self._lengths, np.int64)
        rows = HeldRows(ids[kept], lines[kept], offsets[kept])
        return rows, len(numbers), [int(number) for number in numbers[:first]]

    def _write(self, changes: Sequence[Change]) -> None:
        lines = change_lines(changes)
        self._file.write(b"\n".join([*lines, b""]))
        self._ids += id_digests([change.id for change in changes])
        digests = [blake2b(line, digest_size=8).digest() for line in lines]
        for place, change in enumerate(changes):
            if isinstance(change, Removed):
                digests[place] = _GONE
        self._lines += b"".join(digests)
        self._lengths.extend([len(line) + 1 for line in lines])
        if len(self._numbers) > MAX_ITEMS:
            raise FileError("too_large", f"The file has more than {MAX_ITEMS:,} items; split it.")

    def close(self) -> None:
        """Closes the file of lines."""
        self._file.close()


class HeldLines:
    """The lines of a file by where they begin."""

    def __init__(self, path: Path) -> None:
        with open(path, "rb") as file:
            self._data = mmap(file.fileno(), 0, access=ACCESS_READ) if path.stat().st_size else b""

    def at(self, offsets: Offsets) -> Iterator[bytes]:
        """The lines at these places, without their ends."""
        data = self._data
        for start in range(0, len(offsets), _AT_ONCE):
            part = offsets[start : start + _AT_ONCE]
            lines = data[part[0] : data.find(b"\n", part[-1])].split(b"\n") if _ascends(part) else []
            if len(lines) == len(part):  # those and no others: they lie one after another
                yield from lines
            else:
                yield from (data[offset : data.find(b"\n", offset)] for offset in part.tolist())


def _ascends(offsets: Offsets) -> bool:
    return bool((np.diff(offsets) > 0).all())


def label_of(line: bytes) -> str:
    """The id of a line's item."""
    return str(orjson.loads(line)["label"])


def upload_rows(store: ObjectStore, prefix: str, rows: HeldRows, lines: Path) -> None:
    """Stores them as `<prefix>.index` and `<prefix>.jsonl`."""
    index = lines.with_name("rows.index")
    write_checked(index, {"id": rows.id, "line": rows.line, "offset": rows.offset}, FORMAT)
    store.upload(lines, f"{prefix}.jsonl")
    store.upload(index, f"{prefix}.index")


def download_rows(store: ObjectStore, prefix: str, scratch: Path) -> HeldRows:
    """Their digests. Raises NotFoundError, CheckedFileError."""
    path = scratch / "held.index"
    store.download(f"{prefix}.index", path)
    try:
        columns, _ = read_checked(path, _COLUMNS, FORMAT)
    except CheckedFileError as error:
        raise CheckedFileError(f"{prefix}.index is damaged: restore it from a copy ({error})") from error
    return HeldRows(columns["id"], columns["line"], columns["offset"])


def delete_rows(store: ObjectStore, prefix: str) -> None:
    """The index goes first: rows without an index are nobody's."""
    store.delete(f"{prefix}.index")
    store.delete(f"{prefix}.jsonl")


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Numbers of rows by which a version of a file differs from the one before."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


def compare(before: HeldRows, after: HeldRows) -> RowCounts:
    """A row that removes its item is counted as removed when it is new."""
    place, row = before.find(after.id)
    earlier = np.full(len(after), _ABSENT, np.uint64)
    earlier[place] = before.line[row]
    was_item = (earlier != _ABSENT) & (earlier != GONE)
    is_item = after.line != GONE
    same = earlier == after.line
    dropped = np.delete(before.line, row)
    removed = np.count_nonzero(~is_item & ~same) + np.count_nonzero(dropped != GONE)
    return RowCounts(
        added=int(np.count_nonzero(is_item & ~was_item)),
        changed=int(np.count_nonzero(is_item & was_item & ~same)),
        removed=int(removed),
        unchanged=int(np.count_nonzero(same)),
    )


_ABSENT = np.uint64(2)
"""No line: a digest is this with a chance of 1 in 2⁶⁴."""
