"""Which rows of the catalogue files, and which writes of the API, are in effect (docs/adr/0024).

The item log holds the state of every catalogue file: which rows it owns, and those of versions whose
withdrawal is not finished. A worker appends at the number that follows what it has read. If two workers try
the same number, one fails, reads what the other wrote, and decides again.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import islice

from object2vec.core.keys import OWNED_ROWS
from object2vec.ingest.ownership.changes import Guard, OwnerCandidate, OwnershipChanges, OwnershipWork
from object2vec.ingest.ownership.held_rows import RowCounts, delete_rows
from object2vec.ingest.ownership.versions import FileState, Version, state_of
from object2vec.storage import ConflictError, ObjectStore
from object2vec.storage.item_log import SEGMENT_RECORDS, LogEnd
from object2vec.storage.log_index import LogIndex
from object2vec.storage.log_records import file_line

ORPHAN_S = 86_400
"""Rows that no state of a file has named for so long were stored by a worker that was killed."""


class OvertakenError(RuntimeError):
    """The upload is another one by now: look again."""


def publish(
    store: ObjectStore, candidate: OwnerCandidate, is_current: Callable[[], bool], guard: Guard
) -> tuple[RowCounts, int | None]:
    """Makes the version what its file owns, and the catalogue what follows from that; gives what the version
    changed, and the last segment where there is a new one. Doing it again changes nothing.

    Raises OvertakenError when the upload is another one by now, and what `guard` raises.
    """
    index = LogIndex(store)
    work = OwnershipWork(store, candidate)
    last = None
    while True:
        if not is_current():
            raise OvertakenError(candidate.version.key)
        before = state_of(index.files.get(candidate.version.key), candidate.version.key)
        state = work.next_state(before, guard)
        changes = work.changes(index, state)
        if changes or before != replace(state, before=()):
            try:
                last = _append(store, index.number, state, changes)
            except ConflictError:
                index.read_on()
                continue
        _tidy(store, state)
        return RowCounts(**state.counts), last


def _append(store: ObjectStore, number: int, state: FileState, changes: OwnershipChanges) -> int:
    """Appends after segment `number`; the last segment says that nothing is left to withdraw. Raises
    ConflictError as soon as somebody else has appended."""
    log = LogEnd(store)
    last = replace(state, before=())
    pending = changes.lines()
    for begun in range(0, max(len(changes), 1), SEGMENT_RECORDS):
        is_last = begun + SEGMENT_RECORDS >= len(changes)
        lines = [file_line(asdict(last if is_last else state))]
        lines += islice(pending, SEGMENT_RECORDS)
        number += 1
        log.append_as(number, b"\n".join(lines) + b"\n")
    return number


def _tidy(store: ObjectStore, state: FileState) -> None:
    """Removes the rows of versions that are withdrawn, and what killed workers left."""
    for prefix in state.before:
        delete_rows(store, prefix)
    if not state.before:
        return
    folder = Version(state.key).folder(OWNED_ROWS)
    for entry in list(store.list(folder)):
        prefix = entry.key.rpartition(".")[0]
        if prefix != state.rows and entry.modified < time.time() - ORPHAN_S:
            store.delete(entry.key)
