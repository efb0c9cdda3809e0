"""Carries out erasures: everywhere a person's rows lie in the bucket, one place after the other."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import orjson

from object2vec.core.history import SessionStore
from object2vec.ingest.loading import curated_key
from object2vec.storage import ConflictError, Entry, NotFoundError, ObjectStore
from object2vec.users.erasure import Erasure, erasure_id, load_erasure, save_erasure
from object2vec.users.log import EventLog, decode, encode
from object2vec.users.uploaded import forget_user

ATTEMPTS = 5
_CURATED = ("curated/interactions/", "curated/queries/")
_VERBATIM = ("quarantine/", "reports/uploads/")
_UPLOADED = ("uploads/interactions/", "uploads/queries/")


def carry_out(
    store: ObjectStore, history: SessionStore, key: str, now: int, *, trained_model: str | None
) -> Erasure | None:
    """Removes whatever is left of the person; None if the request was done before. The report names
    `trained_model`, the live one, where it may have learnt from the person."""
    try:
        request: dict[str, Any] = orjson.loads(store.get(key))
    except NotFoundError:
        return None
    user = request["user_id"]
    erasure = _begun(store, request)
    erasure.session_events += history.erase(user)
    erasure.logged_events += _erase_batches(store, user)
    for file, rows in _erase_curated(store, user):
        erasure.curated_rows[file] = erasure.curated_rows.get(file, 0) + rows
        save_erasure(store, erasure)
    erasure.history_files += forget_user(store, user)
    removed = set(erasure.curated_rows)
    uploads = [entry.key for prefix in _UPLOADED for entry in store.list(prefix)]
    erasure.uploads = [upload for upload in uploads if curated_key(upload) in removed]
    erasure.verbatim = list(_mentions(store, user))
    if removed or erasure.logged_events:
        erasure.model = trained_model
    erasure.finished_at = now
    save_erasure(store, erasure)
    store.delete(key)
    return erasure


def _begun(store: ObjectStore, request: dict[str, Any]) -> Erasure:
    """Goes on counting where a run ended that was killed."""
    user_id, requested_at = request["user_id"], request["requested_at"]
    before = load_erasure(store, user_id)
    if before is not None and before.requested_at == requested_at:
        return before
    return Erasure(erasure_id(user_id), requested_at, session_events=request["session_events"])


def _erase_batches(store: ObjectStore, user_id: str) -> int:
    removed = 0
    for entry in list(EventLog(store).batches()):
        try:
            events = decode(store.get(entry.key))
        except NotFoundError:
            continue
        others = [event for event in events if event.user_id != user_id]
        if len(others) == len(events):
            continue
        removed += len(events) - len(others)
        if others:
            store.replace(entry.key, encode(others), entry.etag)
        else:
            store.delete(entry.key)
    return removed


def _erase_curated(store: ObjectStore, user_id: str) -> Iterator[tuple[str, int]]:
    for prefix in _CURATED:
        for entry in list(store.list(prefix)):
            if entry.key.endswith(".parquet") and (rows := _erase_from(store, entry, user_id)):
                yield entry.key, rows


def _erase_from(store: ObjectStore, entry: Entry, user_id: str) -> int:
    """A file that is replaced meanwhile, by a new version of its upload say, is looked at again."""
    for _ in range(ATTEMPTS):
        try:
            return _erase_rows(store, entry, user_id)
        except NotFoundError:
            return 0
        except ConflictError:
            entry = next(found for found in store.list(entry.key) if found.key == entry.key)
    raise ConflictError(f"{entry.key} is being written again and again")


def _erase_rows(store: ObjectStore, entry: Entry, user_id: str) -> int:
    """Rewrites one file without the person. Raises ConflictError if it changed meanwhile."""
    with TemporaryDirectory() as folder, duckdb.connect() as db:
        file, rest = Path(folder) / "file.parquet", Path(folder) / "rest.parquet"
        store.download(entry.key, file)
        db.read_parquet(str(file)).create_view("log")
        count = "SELECT count(*) FILTER (user_id = $1), count(*) FROM log"
        ((found, rows),) = db.execute(count, [user_id]).fetchall()
        if not found:
            return 0
        if found == rows:
            store.delete(entry.key)
            return int(found)
        others = db.sql("SELECT * FROM log WHERE user_id IS DISTINCT FROM $1", params=[user_id])
        others.write_parquet(str(rest), compression="zstd")
        store.replace(entry.key, rest.read_bytes(), entry.etag)
    return int(found)


def _mentions(store: ObjectStore, user_id: str) -> Iterator[str]:
    """Files with rows as they were uploaded, in which the id stands as a word of its own."""
    word = re.compile(rb"(?<![\w-])" + re.escape(user_id.encode()) + rb"(?![\w-])")
    for prefix in _VERBATIM:
        for entry in store.list(prefix):
            if word.search(_readable(store.get(entry.key))):
                yield entry.key


def _readable(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
