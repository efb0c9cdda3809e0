"""Curates the event log: all batches of a day become one Parquet file beside the uploaded interactions.

The file is replaced only over the version it was made from, and a batch is removed only after the file has
its events; so a run that was killed, or ran twice, is completed by the next without an event lost or doubled.
`reports/events/<day>.json` says how many events the day has so far, `{"accepted": 3}`, as an upload's report
does: whoever waits for enough new data counts those, and recording an event counts nothing.
"""

from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import orjson

from object2vec.storage import ConflictError, NotFoundError, ObjectStore
from object2vec.users.log import REPORTS, EventLog, day_of

CURATED = "curated/interactions/events/"

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
_ONCE = (
    "SELECT * FROM event QUALIFY row_number() OVER (PARTITION BY user_id, event_id ORDER BY timestamp) = 1 "
    "ORDER BY timestamp, user_id, event_id"
)


def compact(store: ObjectStore) -> int:
    """Returns how many batches were curated. Raises ConflictError if others keep writing the same day."""
    keys = [entry.key for entry in EventLog(store).batches()]
    for day, batches in groupby(keys, day_of):
        _curate_day(store, day, list(batches))
    return len(keys)


def curated_day(day: str) -> str:
    """Where a day's events lie."""
    return f"{CURATED}{day}.parquet"


def _curate_day(store: ObjectStore, day: str, batches: list[str]) -> None:
    with TemporaryDirectory() as folder:
        fetched = []
        for number, key in enumerate(batches):
            path = Path(folder) / f"{number}.jsonl"
            try:
                store.download(key, path)
            except NotFoundError:  # erased meanwhile
                continue
            fetched.append(str(path))
        events = _merge(store, curated_day(day), fetched, Path(folder))
    store.put(f"{REPORTS}{day}.json", orjson.dumps({"accepted": events}))
    for key in batches:
        store.delete(key)


def _merge(store: ObjectStore, key: str, batches: list[str], scratch: Path, attempts: int = 5) -> int:
    """Returns how many events the day has now."""
    before, merged = scratch / "before.parquet", scratch / "merged.parquet"
    try:
        data, etag = store.get_versioned(key)
    except NotFoundError:
        data, etag = b"", ""
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE event ({', '.join(map(' '.join, _SCHEMA.items()))})")
        if data:
            before.write_bytes(data)
            db.execute("INSERT INTO event BY NAME SELECT * FROM read_parquet($1)", [str(before)])
        if batches:
            db.execute(_READ_BATCHES, [batches])
        once = db.sql(_ONCE)
        once.write_parquet(str(merged), compression="zstd")
        events = len(once)
    try:
        if data:
            store.replace(key, merged.read_bytes(), etag)
        else:
            store.create(key, merged.read_bytes())
    except ConflictError:
        if attempts == 1:
            raise
        return _merge(store, key, batches, scratch, attempts - 1)
    return events
