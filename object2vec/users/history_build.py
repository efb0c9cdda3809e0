"""Builds the histories of `uploaded.py` from the curated interactions: only the files whose users changed.

The state `histories/state.json` holds, for each file, a sum over its users' events. A run reads all curated
interactions, which is quick, and writes the files whose sum is another one, at most `MOST_FILES` of them; the
rest is left to the next run. When a shop outgrows its layout, the next one is built beside it, and read once
it is whole. A run that was killed is done again.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import orjson

from object2vec.core.event_weights import USUAL, Meanings
from object2vec.core.history import RECENT
from object2vec.dataset.curated_log import open_log
from object2vec.storage import NotFoundError, ObjectStore
from object2vec.users.uploaded import (
    HASH_BITS,
    HASH_DIGITS,
    STATE,
    HistoryLayout,
    HistoryPointer,
    Users,
    write_file,
)

INTERACTIONS = "curated/interactions/"
USERS_PER_FILE = 64
MOST_FILES = 10_000
"""Of one run: about half a minute, and 5 cents of requests."""
_FILES_AT_ONCE = 300  # of 64 users with 1,000 events each: about 2 GB while they are gathered
_SHRINKS_BY = 3  # bits that are too many before a smaller layout is worth it
_WRITERS = 16

_USERS = f"""
    CREATE TABLE shopper AS
    SELECT user_id, ('0x' || left(md5(user_id), {HASH_DIGITS}))::BIGINT AS hash
    FROM (SELECT DISTINCT user_id FROM event WHERE weight <> 0)
"""  # noqa: S608
_SUMS = """
    SELECT hash >> $shift AS file, sum(hash(user_id, item_id, timestamp, event_type, event_value))::VARCHAR
    FROM event JOIN shopper USING (user_id) WHERE weight <> 0 GROUP BY file
"""
_LATEST = """
    SELECT hash >> $shift AS file, user_id,
           max_by({item: item_id, time: timestamp, type: event_type,
                   value: CASE WHEN isfinite(event_value) THEN event_value END},
                  (timestamp, item_id), $recent) AS latest
    FROM event JOIN shopper USING (user_id)
    WHERE weight <> 0 AND list_contains($files, hash >> $shift)
    GROUP BY file, user_id ORDER BY file, user_id
"""


@dataclass(frozen=True, slots=True)
class BuildState:
    """What was built last."""

    version: str = ""
    bits: int = 0
    sources: Mapping[str, str] = field(default_factory=dict)
    """The curated files by key with their ETags."""
    setting: Mapping[str, float] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)
    """Of each file, by its number."""
    left: int = 0
    """Files that are not as they should be yet."""


@dataclass(frozen=True, slots=True)
class HistoryRun:
    """What one run did."""

    version: str
    written: int
    """Files."""
    left: int
    """For the next run."""


def build_histories(
    store: ObjectStore, event_weights: Mapping[str, float] = USUAL, most_files: int = MOST_FILES
) -> HistoryRun:
    """Brings the histories up to the curated interactions as they are now, as far as one run goes."""
    state, pointer = _load(store), _without_old_layouts(store)
    listed = (entry for entry in store.list(INTERACTIONS) if entry.key.endswith(".parquet") and entry.size)
    sources = {entry.key: entry.etag for entry in listed}
    same = (state.sources, state.setting) == (sources, event_weights) and pointer.layout.version
    if (same and not state.left) or not (sources or state.version or pointer.layout.version):
        return HistoryRun(pointer.layout.version, 0, 0)
    with TemporaryDirectory() as folder, _database(Path(folder)) as db:
        meanings = _open(db, store, list(sources), Path(folder), event_weights)
        layout = _layout(db, state, sources, meanings)
        sums = {
            str(n): total for n, total in db.execute(_SUMS, {"shift": HASH_BITS - layout.bits}).fetchall()
        }
        built = dict(state.sums) if state.version == layout.version else {}
        changed = sorted((n for n in sums | built if sums.get(n) != built.get(n)), key=int)
        now = changed[:most_files]
        if layout.version != pointer.layout.version:  # so that who is forgotten now is forgotten there too
            pointer = HistoryPointer(pointer.layout, [layout])
            pointer.save(store)
        _write(store, db, layout, [int(n) for n in now])
    for number in (n for n in now if n not in sums):
        store.delete(layout.key(int(number)))
    left = len(changed) - len(now)
    done = built | {n: sums.get(n, "") for n in now}
    done = {n: total for n, total in done.items() if total}
    _save(store, BuildState(layout.version, layout.bits, sources, dict(event_weights), done, left))
    if layout.version == pointer.layout.version:
        HistoryPointer(layout, pointer.others).save(store)
    elif not left:
        HistoryPointer(layout, [pointer.layout] if pointer.layout.version else []).save(store)
    return HistoryRun(layout.version, len(now), left)


def _layout(
    db: duckdb.DuckDBPyConnection, state: BuildState, sources: Mapping[str, str], meanings: Meanings
) -> HistoryLayout:
    """The last one, unless the users have become too many for it, or far too few."""
    ((users,),) = db.execute("SELECT count(*) FROM shopper").fetchall()
    bits = max(0, (max(users, 1) - 1) // USERS_PER_FILE).bit_length()
    types = meanings.record()
    if state.version and state.bits - _SHRINKS_BY < bits <= state.bits:
        return HistoryLayout(state.version, state.bits, types)
    version = hashlib.sha256(repr((bits, sorted(sources.items()))).encode()).hexdigest()[:16]
    return HistoryLayout(version, bits, types)


def _write(
    store: ObjectStore, db: duckdb.DuckDBPyConnection, layout: HistoryLayout, numbers: Sequence[int]
) -> None:
    def save(content: tuple[int, Users]) -> None:
        write_file(store, layout.key(content[0]), content[1])

    with ThreadPoolExecutor(_WRITERS) as pool:
        for start in range(0, len(numbers), _FILES_AT_ONCE):
            list(pool.map(save, _contents(db, layout, numbers[start : start + _FILES_AT_ONCE])))


def _contents(
    db: duckdb.DuckDBPyConnection, layout: HistoryLayout, numbers: Sequence[int]
) -> Iterator[tuple[int, Users]]:
    asked = {"shift": HASH_BITS - layout.bits, "files": list(numbers), "recent": RECENT}
    rows = db.execute(_LATEST, asked).fetchall()
    for number, members in groupby(rows, lambda row: row[0]):
        yield number, {user: [_stored(event) for event in reversed(latest)] for _, user, latest in members}


def _stored(event: Mapping[str, Any]) -> list[Any]:
    """Without type and value where there are none."""
    whole = [event["item"], event["time"], event["type"], event["value"]]
    return whole[:2] if whole[2:] == [None, None] else whole


def _open(
    db: duckdb.DuckDBPyConnection,
    store: ObjectStore,
    keys: Sequence[str],
    scratch: Path,
    event_weights: Mapping[str, float],
) -> Meanings:
    """The views `event` and `shopper` of what is curated."""
    paths = [scratch / f"{number}.parquet" for number in range(len(keys))]
    with ThreadPoolExecutor(_WRITERS) as pool:  # a file a day: hundreds after a year
        list(pool.map(store.download, keys, paths))
    if not paths:
        paths.append(scratch / "nothing.parquet")
        nothing = db.sql("SELECT '' AS user_id, '' AS item_id, 0::BIGINT AS timestamp WHERE false")
        nothing.write_parquet(str(paths[-1]))
    meanings = open_log(db, paths, event_weights, every_id=True)
    db.execute(_USERS)
    return meanings


def _database(scratch: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"temp_directory": str(scratch / "spill")})


def _without_old_layouts(store: ObjectStore) -> HistoryPointer:
    """Layouts that are neither read nor being built any more go, a run after the last reader saw them."""
    pointer, building = HistoryPointer.load(store), _load(store).version
    old = [other for other in pointer.others if other.version != building]
    for layout in old:
        for entry in list(store.list(layout.prefix)):
            store.delete(entry.key)
    if not old:
        return pointer
    pointer = HistoryPointer(pointer.layout, [other for other in pointer.others if other not in old])
    pointer.save(store)
    return pointer


def _load(store: ObjectStore) -> BuildState:
    try:
        return BuildState(**orjson.loads(store.get(STATE)))
    except (NotFoundError, ValueError, TypeError):  # damaged, say: everything is made again
        return BuildState()


def _save(store: ObjectStore, state: BuildState) -> None:
    store.put(STATE, orjson.dumps(asdict(state)))
