"""Curates the event log: all batches of a day become one Parquet file beside the uploaded interactions.

An event that was sent twice, after midnight or by a clock that had jumped, is dropped if a day near by has
it.

A file is replaced only over the version that it was made from, and a batch is removed only when the file has
its events. So the next run completes one that was killed, and no event is lost or doubled.

A person may be erased at the same time. The erasure looks at the batches first and at the curated data
afterwards. The curation looks at the batches again after it has written, and writes once more if one of them
changed. So at least one of the two sees what the other did. A run that is killed before this second look
leaves a note in `curated/unfinished/`; the next run removes the people who were erased since.

`reports/events/<day>.json` says how many events the day has so far, `{"accepted": 3}`, as an upload's report
does: the retraining counts new interactions by these reports.
"""

import logging
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import orjson

from object2vec.core.erasure_ids import erasure_id
from object2vec.core.errors import InputError
from object2vec.core.event import Event
from object2vec.core.keys import CURATED, CURATED_EVENTS, EVENT_REPORTS, QUARANTINE
from object2vec.core.progress import each
from object2vec.storage import ConflictError, Entry, NotFoundError, ObjectStore, put_over
from object2vec.users.damaged import damaged_file
from object2vec.users.erasure import erased_ids_since, erased_since
from object2vec.users.log import EventLog, day_of, sift

UNFINISHED = f"{CURATED}unfinished/"
"""`<day or month>-<token>.json`, a note for each run that has begun to write that file."""
NEAR_BY = (-3, -2, -1, 1)
"""Days before and after in which an event is looked for that was sent again."""
LONGEST_RUN_S = 1_800
"""No run takes as long: a function has 15 minutes."""
ATTEMPTS = 5

_log = logging.getLogger(__name__)

_SCHEMA = {
    "event_id": "VARCHAR",
    "user_id": "VARCHAR",
    "item_id": "VARCHAR",
    "timestamp": "BIGINT",
    "event_type": "VARCHAR",
    "event_value": "DOUBLE",
}
_READ_BATCHES = (
    f"INSERT INTO event BY NAME FROM read_json($1, format = 'newline_delimited', columns = {_SCHEMA})"
)
EACH_EVENT_ONCE = (
    "SELECT * FROM event QUALIFY row_number() OVER (PARTITION BY user_id, event_id ORDER BY timestamp) = 1 "
    "ORDER BY timestamp, user_id, event_id"
)


def curate(store: ObjectStore) -> int:
    """Curates all batches; returns how many there were. Raises ConflictError if other writers keep replacing
    a day, and InputError for a damaged file of a day once the other days are done."""
    entries = list(EventLog(store).batches())
    _finish_killed_runs(store)
    damaged = []
    days = [(day, [*batches]) for day, batches in groupby(entries, lambda entry: day_of(entry.key))]
    for day, batches in each(days):
        try:
            _curate_day(store, day, batches)
        except InputError as error:
            damaged.append(error)
    if damaged:
        raise damaged[0]
    return len(entries)


def _finish_killed_runs(store: ObjectStore) -> None:
    """Erases people from days that a killed run wrote: it may have read their rows before they were
    erased."""
    for note in list(store.list(UNFINISHED)):
        period, _, _ = note.key.removeprefix(UNFINISHED).rpartition("-")
        if gone := erased_ids_since(store, note.modified):
            erase_users(store, curated_file(period), gone)
        if time.time() - note.modified > LONGEST_RUN_S:  # else the run may be alive, and looks again itself
            store.delete(note.key)


def curated_file(period: str) -> str:
    """The key of the events of a day, `2026-01-05`, or of a month whose days were folded, `2026-01`."""
    return f"{CURATED_EVENTS}{period}.parquet"


def period_of(key: str) -> str:
    """The day or month of a file of events."""
    return key.removeprefix(CURATED_EVENTS).removesuffix(".parquet")


def unfinished_note(period: str) -> str:
    """A new key for the note of a run that begins to write the file of this period."""
    return f"{UNFINISHED}{period}-{secrets.token_hex(4)}.json"


def _curate_day(store: ObjectStore, day: str, entries: Sequence[Entry]) -> None:
    note = unfinished_note(day)
    store.put(note, b"{}")
    events, batches = _merge_batches(store, day, entries)
    for _ in range(ATTEMPTS):
        if not (erased := _erased(store, batches)):
            break
        events, batches = _merge_batches(store, day, entries, without=erased)
    else:
        raise ConflictError(f"the events of {day} are being erased again and again")
    store.put(f"{EVENT_REPORTS}{day}.json", orjson.dumps({"accepted": events}))
    for entry in entries:
        store.delete(entry.key)
    store.delete(note)


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """A batch of the log as it was read."""

    etag: str
    written: float
    """Seconds since 1970."""
    events: Sequence[Event]


BatchesByKey = dict[str, ReadBatch]
"""Batches by their keys in the store."""


def _merge_batches(
    store: ObjectStore, day: str, entries: Sequence[Entry], without: Sequence[Event] = ()
) -> tuple[int, BatchesByKey]:
    """Merges the batches into the day's file; returns how many events it has, and the batches as they were
    read."""
    read: BatchesByKey = {}
    with TemporaryDirectory() as folder:
        fetched = []
        for number, (key, written) in enumerate((entry.key, entry.modified) for entry in entries):
            try:
                data, etag = store.get_versioned(key)
            except NotFoundError:  # erased meanwhile
                continue
            events, damaged = sift(data)
            if damaged:
                _log.error("%s has %d damaged lines: kept in %s%s", key, len(damaged), QUARANTINE, key)
                store.put(f"{QUARANTINE}{key}", b"\n".join(damaged) + b"\n")
            lines = b"".join(line + b"\n" for line, _ in events)
            read[key] = ReadBatch(etag, written, [event for _, event in events])
            if lines:
                path = Path(folder) / f"{number}.jsonl"
                path.write_bytes(lines)
                fetched.append(str(path))
        return _merge(store, curated_file(day), fetched, Path(folder), without=without), read


def _erased(store: ObjectStore, batches: BatchesByKey) -> list[Event]:
    """Events of these batches that an erasure has removed since they were read. A batch that is gone may have
    been curated by another worker instead: of its events only those of erased people are returned."""
    erased = []
    for key, batch in batches.items():
        try:
            now, etag = store.get_versioned(key)
        except NotFoundError:
            erased += [event for event in batch.events if erased_since(store, event.user_id, batch.written)]
            continue
        if etag != batch.etag:
            left = {event for _, event in sift(now)[0]}
            erased += [event for event in batch.events if event not in left]
    return erased


def _merge(
    store: ObjectStore, key: str, batches: list[str], scratch: Path, *, without: Sequence[Event]
) -> int:
    """Writes the batches' events into the day's file, `without` some; returns how many events it has. Raises
    InputError if the file is damaged, ConflictError if others keep writing it."""
    merged = scratch / "merged.parquet"
    for left in reversed(range(ATTEMPTS)):
        try:
            data, etag = store.get_versioned(key)
        except NotFoundError:
            data, etag = b"", ""
        with duckdb.connect() as db:
            _read_events(store, key, batches, data, db=db, scratch=scratch)
            for event in without:
                db.execute(
                    "DELETE FROM event WHERE user_id = $1 AND event_id = $2", [event.user_id, event.event_id]
                )
            once = db.sql(EACH_EVENT_ONCE)
            once.write_parquet(str(merged), compression="zstd")
            events = len(once)
        try:
            put_over(store, key, merged.read_bytes(), etag)
            break
        except ConflictError:
            if not left:
                raise
    return events


def _read_events(
    store: ObjectStore,
    key: str,
    batches: list[str],
    data: bytes,
    *,
    db: duckdb.DuckDBPyConnection,
    scratch: Path,
) -> None:
    """Fills the table `event` from the batches and from `data`, the day's file as it is; raises InputError if
    that is damaged."""
    db.execute(f"CREATE TABLE event ({', '.join(map(' '.join, _SCHEMA.items()))})")
    if batches:
        db.execute(_READ_BATCHES, [batches])
        _drop_known(store, key, db, scratch)
    if data:
        before = scratch / "before.parquet"
        before.write_bytes(data)
        try:
            db.execute("INSERT INTO event BY NAME SELECT * FROM read_parquet($1)", [str(before)])
        except duckdb.Error as error:
            raise damaged_file(key) from error


def _drop_known(store: ObjectStore, key: str, db: duckdb.DuckDBPyConnection, scratch: Path) -> None:
    """Drops the events just read that a day near by has. Two workers on neighbouring days may each miss what
    the other writes; then both days keep the event, and training counts it once."""
    day = date.fromisoformat(period_of(key))
    for distance in NEAR_BY:
        other = curated_file((day + timedelta(days=distance)).isoformat())
        near = scratch / f"near{distance}.parquet"
        try:
            near.write_bytes(store.get(other))
            known = "SELECT user_id, event_id FROM read_parquet($1)"
            db.execute(f"DELETE FROM event WHERE (user_id, event_id) IN ({known})", [str(near)])  # noqa: S608
        except NotFoundError:
            continue
        except duckdb.Error as error:  # its own day says so
            _log.error("%s is damaged (%s): events of it that were sent again are kept", other, error)


def erase_users(store: ObjectStore, key: str, gone: Collection[str]) -> None:
    """Takes the rows of users with these erasure ids out of the file of a day or month. Raises ConflictError
    if others keep writing it."""
    for _ in range(ATTEMPTS):
        try:
            data, etag = store.get_versioned(key)
        except NotFoundError:
            return
        with TemporaryDirectory() as folder, duckdb.connect() as db:
            day, rest = Path(folder) / "day.parquet", Path(folder) / "rest.parquet"
            day.write_bytes(data)
            db.read_parquet(str(day)).create_view("event")
            users = [user for (user,) in db.execute("SELECT DISTINCT user_id FROM event").fetchall()]
            if not (erased := [user for user in users if erasure_id(user) in gone]):
                return
            left = db.sql("FROM event WHERE NOT list_contains($1, user_id)", params=[erased])
            left.write_parquet(str(rest), compression="zstd")
            try:
                store.replace(key, rest.read_bytes(), etag)
            except ConflictError:
                continue
            return
    raise ConflictError(f"{key} is being written again and again")
