"""An index of the item log: each id's last line and last API write, as digests; 40 MB for a million items."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Digests
from object2vec.storage.base import ObjectStore
from object2vec.storage.checked_file import read_checked, write_checked
from object2vec.storage.checkpoint_pointer import load_pointer
from object2vec.storage.item_log import read_raw
from object2vec.storage.log_records import GONE, id_digest, records, written_digest

NEVER = 2
"""Mark in place of a digest: the log has never had the id. (A real digest is this with a chance of 1 in
2⁶⁴.)"""
FORMAT = "log-index-1"
_TYPES = {"id": np.uint64, "line": np.uint64, "at": np.float64, "segment": np.int64, "offset": np.int64}


class LogColumns:
    """One row a line of the log: digest of id and line (`GONE` for a removal), time of a write through the
    API (NaN for others), and where the line is."""

    def __init__(self, columns: Mapping[str, NDArray[Any]] | None = None) -> None:
        empty = {name: np.zeros(0, kind) for name, kind in _TYPES.items()}
        self._parts = [dict(columns or empty)]

    def add(self, segment: int, data: bytes, start: int = 0) -> dict[str, Mapping[str, Any]]:
        """Adds a segment, or a checkpoint's lines (segment 0) from byte `start` on; returns the states of
        files in it, by key."""
        files: dict[str, Mapping[str, Any]] = {}
        rows: list[tuple[int, int, float, int, int]] = []
        for offset, line, record in records(data):
            if "file" in record:
                files[record["file"]["key"]] = record["file"]
                continue
            content = GONE if record.get("deleted") else written_digest(record, line)
            item = int.from_bytes(id_digest(record["label"]), "little")
            rows.append((item, content, record.get("at", np.nan), segment, start + offset))
        columns = zip(*rows, strict=True) if rows else ([],) * len(_TYPES)
        kinds = zip(_TYPES.items(), columns, strict=True)
        self._parts.append({name: np.array(column, kind) for (name, kind), column in kinds})
        return files

    def whole(self) -> dict[str, NDArray[Any]]:
        """All rows, in the log's order."""
        self._parts = [{name: np.concatenate([part[name] for part in self._parts]) for name in _TYPES}]
        return self._parts[0]


@dataclass(frozen=True, slots=True)
class Written:
    """The last API write of each of some ids: its time (-inf where there is none), digest and place."""

    at: NDArray[np.float64]
    line: Digests
    segment: NDArray[np.int64]
    offset: NDArray[np.int64]


class LogIndex:
    """The log up to `number`, read from its last checkpoint on."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.files: dict[str, Mapping[str, Any]] = {}
        self._start()
        self.read_on()

    def _start(self) -> None:
        self.checkpoint = load_pointer(self._store)
        self.number = self.checkpoint.number if self.checkpoint else 0
        self.files = dict(self.checkpoint.files) if self.checkpoint else {}
        self._columns = LogColumns(
            read_index(self._store, self.checkpoint.index) if self.checkpoint else None
        )

    def read_on(self) -> None:
        """Adds the segments that were appended since."""
        for number, data in read_raw(self._store, after=self.number):
            if number == self.number + 1:
                self.took(number, data)
            else:  # the next segments are gone, a checkpoint stands for them
                self._start()

    def took(self, number: int, data: bytes) -> None:
        """Adds the next segment."""
        self.files |= self._columns.add(number, data)
        self.number = number

    def effective(self, ids: Digests) -> Digests:
        """The digest of each id's last line, `NEVER` where there is none. `ids` are sorted."""
        columns = self._columns.whole()
        found, place = _last(columns["id"], ids)
        return np.where(found, columns["line"][place], np.uint64(NEVER)) if len(place) else _never(ids)

    def written(self, ids: Digests) -> Written:
        """The last API write of each id. `ids` are sorted."""
        columns = self._columns.whole()
        by_api = np.flatnonzero(~np.isnan(columns["at"]))
        found, place = _last(columns["id"][by_api], ids)
        rows = by_api[place] if len(by_api) else np.zeros(len(ids), np.int64)
        if not len(by_api):
            nothing = np.zeros(len(ids), np.int64)
            return Written(np.full(len(ids), -np.inf), _never(ids), nothing, nothing)
        return Written(
            np.where(found, columns["at"][rows], -np.inf),
            columns["line"][rows],
            columns["segment"][rows],
            columns["offset"][rows],
        )


def write_index(path: Path, columns: LogColumns) -> None:
    """The columns of a checkpoint."""
    write_checked(path, columns.whole(), FORMAT)


def read_index(store: ObjectStore, key: str) -> Mapping[str, NDArray[Any]]:
    """The columns that `write_index` wrote. Raises CheckedFileError, NotFoundError."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        store.download(key, path)
        return read_checked(path, _TYPES, FORMAT)[0]


def _last(column: Digests, ids: Digests) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each id is in the column, and where it is last."""
    if not len(column):
        return np.zeros(len(ids), np.bool_), np.zeros(0, np.int64)
    order = np.argsort(column, kind="stable")
    end = np.searchsorted(column[order], ids, side="right") - 1
    place = order[np.maximum(end, 0)]
    return column[place] == ids, place


def _never(ids: Digests) -> Digests:
    return np.full(len(ids), NEVER, np.uint64)
