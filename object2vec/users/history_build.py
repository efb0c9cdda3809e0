"""Builds the histories of `uploaded.py` from the curated interactions: only the files whose users changed.

The state `histories/state.json` holds a checksum for each file: a sum over its users' events. A run reads all
curated interactions, which is quick, and writes the files whose sum changed, at most `MOST_FILES` of them;
the next run writes the rest. When a shop has outgrown its layout, the next layout is built beside it, and is
read as soon as it is complete. A run that was killed is done again.
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

from object2vec.core.event_weights import USUAL, Meanings
from object2vec.core.history import RECENT
from object2vec.core.keys import CURATED_INTERACTIONS
from object2vec.core.progress import each, stretch, tell
from object2vec.dataset.curated_log import open_log
from object2vec.storage import NotFoundError, ObjectStore
from object2vec.storage.sealed import sealed, unsealed
from object2vec.users.damaged import require_readable
from object2vec.users.uploaded import (
    HASH_BITS,
    HASH_DIGITS,
    STATE,
    HistoryLayout,
    HistoryPointer,
    Users,
    write_file,
)

USERS_PER_FILE = 64
MOST_FILES = 10_000
"""Files that one run writes, at most: about half a minute, and 5 cents of requests."""
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
    """The state after the last run."""

    version: str = ""
    bits: int = 0
    sources: Mapping[str, str] = field(default_factory=dict)
    """The curated files by key with their ETags."""
    setting: Mapping[str, float] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)
    """The checksum of each file, by its number."""
    left: int = 0
    """Number of files still to be written."""


@dataclass(frozen=True, slots=True)
class HistoryRun:
    """The result of one run."""

    version: str
    written: int
    """Number of files it wrote."""
    left: int
    """Number of files left to the next run."""


def build_histories(
    store: ObjectStore, event_weights: Mapping[str, float] = USUAL, most_files: int = MOST_FILES
) -> HistoryRun:
    """Brings the histories up to the curated interactions as they are now, as far as one run goes."""
    state, pointer, sources = _load(store), _without_old_layouts(store), _sources(store)
    if _is_current(state, pointer, sources, event_weights):
        return HistoryRun(pointer.layout.version, 0, 0)
    with TemporaryDirectory() as folder, _database(Path(folder)) as db:
        meanings = _open(db, store, list(sources), Path(folder), event_weights)
        tell(0.2)
        layout = _layout(db, state, sources, meanings)
        sums = _sums(db, layout)
        built = dict(state.sums) if state.version == layout.version else {}
        changed = sorted((n for n in sums | built if sums.get(n) != built.get(n)), key=int)
        now, left = changed[:most_files], len(changed[most_files:])
        if layout.version != pointer.layout.version:  # an erasure then looks into the new layout too
            pointer = HistoryPointer(pointer.layout, [layout])
            pointer.save(store)
        with stretch(0.3, 1.0):
            _write(store, db, layout, [int(n) for n in now])
    for number in (n for n in now if n not in sums):
        store.delete(layout.key(int(number)))
    done = {n: total for n, total in {**built, **{n: sums.get(n) for n in now}}.items() if total}
    _save(store, BuildState(layout.version, layout.bits, sources, dict(event_weights), done, left))
    _point_to(store, pointer, layout, left)
    return HistoryRun(layout.version, len(now), left)


def _sources(store: ObjectStore) -> dict[str, str]:
    """The ETags of the curated files that hold events, by key."""
    listed = store.list(CURATED_INTERACTIONS)
    return {entry.key: entry.etag for entry in listed if entry.key.endswith(".parquet") and entry.size}


def _is_current(
    state: BuildState, pointer: HistoryPointer, sources: Mapping[str, str], event_weights: Mapping[str, float]
) -> bool:
    """Whether nothing is to be done: nothing changed since the last complete run, or there is nothing at
    all."""
    if not (sources or state.version or pointer.layout.version):
        return True
    same = (state.sources, state.setting) == (sources, event_weights)
    return same and not state.left and bool(pointer.layout.version)


def _sums(db: duckdb.DuckDBPyConnection, layout: HistoryLayout) -> dict[str, str]:
    """The checksum of each file that the layout should have, by its number."""
    rows = db.execute(_SUMS, {"shift": HASH_BITS - layout.bits}).fetchall()
    return {str(number): total for number, total in rows}


def _point_to(store: ObjectStore, pointer: HistoryPointer, layout: HistoryLayout, left: int) -> None:
    """Has readers use the layout, a new one only once all its files are written."""
    if layout.version == pointer.layout.version:
        HistoryPointer(layout, pointer.others).save(store)
    elif not left:
        HistoryPointer(layout, [pointer.layout] if pointer.layout.version else []).save(store)


def _layout(
    db: duckdb.DuckDBPyConnection, state: BuildState, sources: Mapping[str, str], meanings: Meanings
) -> HistoryLayout:
    """The last layout, or a new one where the users have become too many for it, or far too few."""
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
        for start in each(range(0, len(numbers), _FILES_AT_ONCE)):
            list(pool.map(save, _contents(db, layout, numbers[start : start + _FILES_AT_ONCE])))


def _contents(
    db: duckdb.DuckDBPyConnection, layout: HistoryLayout, numbers: Sequence[int]
) -> Iterator[tuple[int, Users]]:
    asked = {"shift": HASH_BITS - layout.bits, "files": list(numbers), "recent": RECENT}
    rows = db.execute(_LATEST, asked).fetchall()
    for number, members in groupby(rows, lambda row: row[0]):
        yield number, {user: [_stored(event) for event in reversed(latest)] for _, user, latest in members}


def _stored(event: Mapping[str, Any]) -> list[Any]:
    """The event as a file holds it: without type and value if it has neither."""
    whole = [event["item"], event["time"], event["type"], event["value"]]
    return whole[:2] if whole[2:] == [None, None] else whole


def _open(
    db: duckdb.DuckDBPyConnection,
    store: ObjectStore,
    keys: Sequence[str],
    scratch: Path,
    event_weights: Mapping[str, float],
) -> Meanings:
    """Opens the curated interactions as the views `event` and `shopper`; returns the meanings of their
    types. Raises InputError for a damaged file."""
    paths = [scratch / f"{number}.parquet" for number in range(len(keys))]
    with ThreadPoolExecutor(_WRITERS) as pool:  # a file a day: hundreds after a year
        list(pool.map(store.download, keys, paths))
    readable = list(paths)
    if not paths:
        readable.append(scratch / "nothing.parquet")
        nothing = db.sql("SELECT '' AS user_id, '' AS item_id, 0::BIGINT AS timestamp WHERE false")
        nothing.write_parquet(str(readable[-1]))
    try:
        meanings = open_log(db, readable, event_weights, every_id=True)
        db.execute(_USERS)
    except duckdb.Error:
        require_readable(keys, paths)
        raise
    return meanings


def _database(scratch: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"temp_directory": str(scratch / "spill")})


def _without_old_layouts(store: ObjectStore) -> HistoryPointer:
    """Removes layouts that are neither read nor being built, a run after they were read last."""
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
        return BuildState(**unsealed(store.get(STATE)))
    except (NotFoundError, ValueError, TypeError):  # damaged, say: everything is made again
        return BuildState()


def _save(store: ObjectStore, state: BuildState) -> None:
    store.put(STATE, sealed(asdict(state)))
