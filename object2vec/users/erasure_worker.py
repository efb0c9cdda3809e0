"""Carries out erasures: removes a person's rows from every place in the bucket, one after the other."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from object2vec.core.errors import InputError
from object2vec.core.history import SessionStore
from object2vec.core.keys import (
    CURATED_INTERACTIONS,
    CURATED_QUERIES,
    EXECUTIONS,
    INTERACTION_UPLOADS,
    QUARANTINE,
    QUERY_UPLOADS,
    SEARCH_REPORTS,
    UPLOAD_REPORTS,
)
from object2vec.core.searches import normal
from object2vec.storage import ConflictError, Entry, NotFoundError, ObjectStore
from object2vec.users.damaged import require_readable
from object2vec.users.erasure import Erasure, SharedErasure, first_report, load_request
from object2vec.users.log import EventLog, sift
from object2vec.users.mentions import Mentions
from object2vec.users.uploaded import erase_user

ATTEMPTS = 5
_VERBATIM = (QUARANTINE, UPLOAD_REPORTS)
_UPLOADED = (INTERACTION_UPLOADS, QUERY_UPLOADS)
_LOGS = ("/interactions.parquet", "/queries.parquet")


def carry_out(
    store: ObjectStore,
    history: SessionStore,
    key: str,
    now: int,
    *,
    trained_model: str | None,
    close: bool = True,
) -> Erasure | None:
    """Removes what is left of the person; returns the report, None if the request is done. The report names
    `trained_model`, the live model, if it may have learnt from the person.

    Without `close` the request stays, so that a later run, while nothing is curated, carries it out once
    more.
    """
    try:
        request = load_request(store, key)
    except NotFoundError:
        return None
    user = request["user_id"]
    mentions = Mentions(user)
    report = SharedErasure(store, first_report(request))
    _start(report, request)
    if report.erasure.finished_at is not None and not close:
        return None
    sessions, leaving = history.erase(user), Leaving(report)
    _erase_batches(store, user, mentions, leaving)
    damaged = _erase_curated(store, user, leaving)
    changed = erase_user(store, user)
    if damaged:
        raise damaged[0]
    uploads, verbatim = _found(store, _UPLOADED, mentions), _found(store, _VERBATIM, mentions)
    verbatim += _found(store, (SEARCH_REPORTS,), Mentions(normal(user)))
    datasets = list(_datasets(store))

    def finish(erasure: Erasure) -> None:
        removed = erasure.count(leaving.run, leaving.files) or leaving.files
        erasure.session_events += sessions
        erasure.left_histories(changed)
        erasure.uploads, erasure.verbatim = uploads, verbatim
        erasure.datasets = datasets if erasure.curated_rows else []
        if removed or erasure.model != trained_model:  # one that was named before is named while it is live
            erasure.model = trained_model if removed else None
        erasure.finished_at = now

    report.change(finish)
    if close:
        store.delete(key)
    return report.erasure


def _start(report: SharedErasure, request: dict[str, Any]) -> None:
    """Opens the report of an earlier request again; the report of a killed run goes on as it is."""

    def start(erasure: Erasure) -> None:
        if erasure.requested_at != request["requested_at"]:
            erasure.requested_at, erasure.finished_at = request["requested_at"], None
            erasure.session_events += request["session_events"]
            erasure.left_histories(request.get("history_files", ()))

    if report.erasure.requested_at != request["requested_at"]:
        report.change(start)


class Leaving:
    """Notes in the report how many rows of a file this run is about to remove, before it removes them."""

    def __init__(self, report: SharedErasure) -> None:
        self.run = secrets.token_hex(4)
        self.files: set[str] = set()
        """Files from which this run has removed rows."""
        self._report = report

    def __call__(self, file: str, rows: int) -> None:
        """Notes the rows; 0 withdraws the note, because another run has moved or removed them."""
        if not rows and file not in self.files:
            return
        (self.files.add if rows else self.files.discard)(file)
        self._report.change(lambda erasure: erasure.note(self.run, file, rows))


def _erase_batches(store: ObjectStore, user_id: str, mentions: Mentions, tell: Leaving) -> None:
    for entry in list(EventLog(store).batches()):
        _erase_batch(store, entry.key, user_id, mentions, tell)


def _erase_batch(store: ObjectStore, key: str, user_id: str, mentions: Mentions, tell: Leaving) -> None:
    """Removes the person's lines from a batch, and damaged lines that mention the person. A batch that is
    gone was curated meanwhile: its rows are in the curated data. One that was replaced meanwhile is read
    again. Raises ConflictError if others keep replacing it."""
    for _ in range(ATTEMPTS):
        try:
            data, etag = store.get_versioned(key)
            events, damaged = sift(data)
            others = [line for line, event in events if event.user_id != user_id]
            others += [line for line in damaged if not mentions.in_bytes(line)]
            removed = len(events) + len(damaged) - len(others)
            tell(key, removed)
            if not removed:
                return
            if others:
                store.replace(key, b"\n".join(others) + b"\n", etag)
            else:
                store.delete_version(key, etag)
            return
        except NotFoundError:
            tell(key, 0)
            return
        except ConflictError:
            continue
    raise ConflictError(f"{key} is being written again and again")


def _erase_curated(store: ObjectStore, user_id: str, tell: Leaving) -> list[InputError]:
    """Removes the person's rows from all files that can be read; returns the errors of the others."""
    damaged = []
    for prefix in (CURATED_INTERACTIONS, CURATED_QUERIES):
        for entry in list(store.list(prefix)):
            if entry.key.endswith(".parquet") and entry.size:
                try:
                    _erase_from(store, entry, user_id, tell)
                except InputError as error:
                    damaged.append(error)
    return damaged


def _erase_from(store: ObjectStore, entry: Entry, user_id: str, tell: Leaving) -> None:
    """Removes the person's rows from a file; a file that was replaced meanwhile is read again."""
    for _ in range(ATTEMPTS):
        try:
            _erase_rows(store, entry, user_id, tell)
            return
        except NotFoundError:  # a day whose events are in its month by now
            tell(entry.key, 0)
            return
        except ConflictError:
            entry = store.head(entry.key) or entry
    raise ConflictError(f"{entry.key} is being written again and again")


def _erase_rows(store: ObjectStore, entry: Entry, user_id: str, tell: Leaving) -> None:
    """Rewrites one file without the person; one that held nobody else stays, empty, since a training under
    way may have been told to read it. Raises ConflictError if it changed meanwhile."""
    with TemporaryDirectory() as folder, duckdb.connect() as db:
        file, rest = Path(folder) / "file.parquet", Path(folder) / "rest.parquet"
        store.download(entry.key, file)
        if not file.stat().st_size:  # its upload was deleted meanwhile
            tell(entry.key, 0)
            return
        try:
            db.read_parquet(str(file)).create_view("log")
            ((found,),) = db.execute("SELECT count(*) FROM log WHERE user_id = $1", [user_id]).fetchall()
            if not found:
                tell(entry.key, 0)
                return
            others = db.sql("SELECT * FROM log WHERE user_id IS DISTINCT FROM $1", params=[user_id])
            others.write_parquet(str(rest), compression="zstd")
        except duckdb.Error:
            require_readable([entry.key], [file])
            raise
        tell(entry.key, int(found))
        store.replace(entry.key, rest.read_bytes(), entry.etag)


def _found(store: ObjectStore, prefixes: tuple[str, ...], mentions: Mentions) -> list[str]:
    """The files that mention the person."""
    keys = [entry.key for prefix in prefixes for entry in store.list(prefix)]
    return [key for key in keys if mentions.in_object(store, key)]


def _datasets(store: ObjectStore) -> Iterator[str]:
    """Data sets of trainings. They are named without being read: there may be gigabytes, and each is deleted
    as a whole."""
    for entry in store.list(EXECUTIONS):
        if "/dataset/" in entry.key and (entry.key.endswith(_LOGS) or "/dataset/interactions/" in entry.key):
            yield entry.key
