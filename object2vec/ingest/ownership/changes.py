"""Whose row of each id is in effect once a version of a file is taken, and what must be written for that."""

import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Digests
from object2vec.core.keys import OWNED_ROWS
from object2vec.ingest.ownership.held_rows import (
    NO_ROWS,
    HeldLines,
    HeldRows,
    Offsets,
    compare,
    download_rows,
    label_of,
    upload_rows,
)
from object2vec.ingest.ownership.versions import FileState, Version, state_of
from object2vec.storage import NotFoundError, ObjectStore
from object2vec.storage.item_log import segment_key
from object2vec.storage.log_index import NEVER, LogIndex
from object2vec.storage.log_records import GONE, Removed, change_line

_NOBODY, _API = -1, -2

_log = logging.getLogger(__name__)


class Guard(Protocol):
    """Looks at what a version would change. Raises where it must not go through."""

    def __call__(self, before: HeldRows, after: HeldRows) -> None: ...


@dataclass(frozen=True, slots=True)
class OwnerCandidate:
    """A version of a file, read to its end, in a scratch folder of its own."""

    version: Version
    rows: HeldRows
    lines: Path

    @property
    def folder(self) -> Path:
        return self.lines.parent


class OwnershipWork:
    """One worker's attempt at one version."""

    def __init__(self, store: ObjectStore, candidate: OwnerCandidate) -> None:
        self._store, self._candidate = store, candidate
        self._own: str | None = None
        self._rows: dict[str, HeldRows] = {}
        self._lines: dict[str, HeldLines] = {}

    def next_state(self, before: FileState, guard: Guard) -> FileState:
        """State of the file after `before`: what it is to own."""
        version = self._candidate.version
        if before.is_of(version):
            return before
        earlier = self._held(before.rows) if before.rows else NO_ROWS
        guard(earlier, self._candidate.rows)
        withdrawn = (*before.before, *([before.rows] if before.rows else []))
        counts = asdict(compare(earlier, self._candidate.rows))
        return FileState(
            key=version.key,
            rows=self._stored(),
            etag=version.etag,
            modified=version.modified,
            sequencer=version.sequencer,
            mapping=version.mapping,
            counts=counts,
            before=withdrawn,
        )

    def changes(self, index: LogIndex, state: FileState) -> "OwnershipChanges":
        """Changes to the ids that the file has or had that must be written for the catalogue to be right."""
        own = [self._held(prefix) for prefix in (*state.before, *([state.rows] if state.rows else []))]
        ids = _union([rows.id for rows in own])
        written, effective = index.written(ids), index.effective(ids)
        winner = _Winners(len(ids))
        states = [state, *(state_of(record, key) for key, record in index.files.items() if key != state.key)]
        sources = sorted((found for found in states if found.rows), key=lambda found: found.order)
        for number, source in enumerate(sources):
            winner.take(number, source.modified, ids, self._held(str(source.rows)))
        by_api = (written.at >= winner.modified) & np.isfinite(written.at)
        winner.line[by_api], winner.source[by_api] = written.line[by_api], _API
        wrong = winner.line != effective
        wrong &= ~((effective == NEVER) & (winner.source == _NOBODY))  # nobody has it, nobody ever had
        places = np.flatnonzero(wrong)
        order = np.lexsort((winner.offset[places], winner.source[places]))
        return OwnershipChanges(
            self, index, ids, winner, [str(s.rows) for s in sources], places[order], state
        )

    def lines_of(self, prefix: str) -> HeldLines:
        """The stored lines of a version, from this worker's own file where they are its own."""
        if prefix not in self._lines:
            path = self._candidate.lines
            if prefix != self._own:
                path = self._candidate.folder / f"{len(self._lines)}.jsonl"
                self._store.download(f"{prefix}.jsonl", path)
            self._lines[prefix] = HeldLines(path)
        return self._lines[prefix]

    def line_of_log(self, index: LogIndex, segment: int, offset: int) -> bytes:
        """A line of a segment; of the last checkpoint for segment 0."""
        checkpoint = index.checkpoint
        key = segment_key(segment) if segment or checkpoint is None else checkpoint.rows
        if key not in self._lines:
            path = self._candidate.folder / f"{len(self._lines)}.jsonl"
            self._store.download(key, path)
            self._lines[key] = HeldLines(path)
        return next(self._lines[key].at(np.array([offset])))

    def held(self, prefix: str) -> HeldRows:
        """The digests of a version."""
        return self._held(prefix)

    def _held(self, prefix: str) -> HeldRows:
        if prefix not in self._rows:
            try:
                self._rows[prefix] = download_rows(self._store, prefix, self._candidate.folder)
            except NotFoundError:
                _log.warning("%s is missing: its file owns nothing until it is uploaded again", prefix)
                self._rows[prefix] = NO_ROWS
        return self._rows[prefix]

    def _stored(self) -> str | None:
        """Stores the candidate's rows, once, under a name that nobody else gives."""
        if self._own is None and len(self._candidate.rows):
            self._own = f"{self._candidate.version.folder(OWNED_ROWS)}{uuid.uuid4().hex}"
            upload_rows(self._store, self._own, self._candidate.rows, self._candidate.lines)
            self._rows[self._own] = self._candidate.rows
        return self._own


class _Winners:
    """The file whose line is in effect, for each id."""

    def __init__(self, count: int) -> None:
        self.line: Digests = np.full(count, GONE, np.uint64)
        self.source = np.full(count, _NOBODY, np.int64)
        self.offset: Offsets = np.zeros(count, np.int64)
        self.modified = np.full(count, -np.inf)

    def take(self, source: int, modified: float, ids: Digests, rows: HeldRows) -> None:
        """A source that wins over all that were taken before."""
        there, place = rows.find(ids)
        self.line[there], self.offset[there] = rows.line[place], rows.offset[place]
        self.source[there], self.modified[there] = source, modified


@dataclass(frozen=True, slots=True)
class OwnershipChanges:
    """Lines that have to be appended, source by source."""

    work: OwnershipWork
    index: LogIndex
    ids: Digests
    winner: _Winners
    sources: Sequence[str]
    places: NDArray[np.int64]
    state: FileState

    def __len__(self) -> int:
        return len(self.places)

    def lines(self) -> Iterator[bytes]:
        """Lines of the log, without their ends."""
        of = self.winner.source[self.places]
        for source in (_API, _NOBODY, *range(len(self.sources))):
            places = self.places[of == source]
            if source == _NOBODY:
                yield from (change_line(Removed(label)) for label in self._labels(places))
            elif source == _API:
                yield from self._written(places)
            else:
                yield from self.work.lines_of(self.sources[source]).at(self.winner.offset[places])

    def _labels(self, places: NDArray[np.int64]) -> Iterator[str]:
        """The ids themselves stand in the rows that the file had."""
        left = places
        for prefix in self.state.before:
            rows = self.work.held(prefix)
            there, row = rows.find(self.ids[left])
            yield from map(label_of, self.work.lines_of(prefix).at(rows.offset[row]))
            left = np.delete(left, there)

    def _written(self, places: NDArray[np.int64]) -> Iterator[bytes]:
        written = self.index.written(self.ids[places])
        for segment, offset in zip(written.segment.tolist(), written.offset.tolist(), strict=True):
            yield self.work.line_of_log(self.index, segment, offset)


def _union(columns: Sequence[Digests]) -> Digests:
    if len(columns) == 1:
        return columns[0]  # sorted, each once
    return np.unique(np.concatenate(columns)) if columns else np.zeros(0, np.uint64)
