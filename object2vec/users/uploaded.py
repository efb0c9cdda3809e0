"""The past that uploads tell: each user's latest interactions, in small files; a request needs one of them.

`histories/<version>/<prefix>.json.gz` holds all users whose MD5 begins with the prefix, as many digits as
make about `USERS_PER_FILE`; `histories/current.json` names the version. Derived data: it can be built again
at any time from `curated/interactions/`.
"""

import gzip
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from object2vec.core.history import RECENT, Seen
from object2vec.storage import NotFoundError, ObjectStore

PREFIX = "histories/"
CURRENT = f"{PREFIX}current.json"
INTERACTIONS = "curated/interactions/"
USERS_PER_FILE = 64
CHECK_EVERY_S = 10.0
_USERS_AT_ONCE = 20_000  # 1,000 pairs each: about 2 GB while they are gathered

_LATEST = """
    SELECT left(md5(user_id), $digits) AS file, user_id,
        max_by({item: item_id, time: timestamp}, (timestamp, item_id), $recent) AS latest
    FROM read_parquet($files, union_by_name = true)
    WHERE ('0x' || left(md5(user_id), 8))::BIGINT * $parts // 4294967296 = $part
    GROUP BY user_id ORDER BY file, user_id"""


class UploadedHistories:
    """`Histories` of what was uploaded, and of events that were curated since."""

    def __init__(self, store: ObjectStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._check_at = -float("inf")
        self._version, self._digits = "", 0
        self._file = lru_cache(maxsize=64)(self._read)

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[Seen]:
        if self._clock() >= self._check_at:
            self._version, self._digits = current(self._store)
            self._file.cache_clear()  # somebody may have been forgotten
            self._check_at = self._clock() + CHECK_EVERY_S
        if not self._version:
            return []
        pairs = self._file(file_key(self._version, user_id, self._digits)).get(user_id, [])
        return [Seen(item, moment) for item, moment in pairs[-limit:]]

    def _read(self, key: str) -> Mapping[str, list[tuple[str, int]]]:
        try:
            return read_file(self._store, key)
        except NotFoundError:  # nobody there, or replaced by a version that is seen at the next look
            return {}


def current(store: ObjectStore) -> tuple[str, int]:
    """The version to read and its number of digits; `""` if there is none yet."""
    try:
        pointer = orjson.loads(store.get(CURRENT))
    except NotFoundError:
        return "", 0
    return pointer["version"], pointer["digits"]


def file_key(version: str, user_id: str, digits: int) -> str:
    """Where a user's history lies."""
    name = hashlib.md5(user_id.encode(), usedforsecurity=False).hexdigest()[:digits]
    return f"{PREFIX}{version}/{name or 'all'}.json.gz"


def read_file(store: ObjectStore, key: str) -> dict[str, list[tuple[str, int]]]:
    """User → (item, epoch seconds), oldest first. Raises NotFoundError."""
    found: dict[str, list[tuple[str, int]]] = orjson.loads(gzip.decompress(store.get(key)))
    return found


def write_file(store: ObjectStore, key: str, users: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """The other way round."""
    store.put(key, gzip.compress(orjson.dumps(users), 1, mtime=0))


def forget_user(store: ObjectStore, user_id: str) -> list[str]:
    """Takes a user out; gives the file that had them. Of other versions than the current one nothing is left.
    Readers see it at their next look, at most `CHECK_EVERY_S` later."""
    version, digits = current(store)
    if not version:
        return []
    for entry in list(store.list(PREFIX)):
        if entry.key != CURRENT and not entry.key.startswith(f"{PREFIX}{version}/"):
            store.delete(entry.key)
    key = file_key(version, user_id, digits)
    try:
        users = read_file(store, key)
    except NotFoundError:
        return []
    if user_id not in users:
        return []
    del users[user_id]
    write_file(store, key, users)
    return [key]


def build_histories(store: ObjectStore) -> str:
    """Builds them from the curated interactions as they are now, unless that was done; gives the version."""
    entries = [entry for entry in store.list(INTERACTIONS) if entry.key.endswith(".parquet")]
    version = hashlib.sha256(repr([(e.key, e.etag) for e in entries]).encode()).hexdigest()[:16]
    before, _ = current(store)
    if version == before or not (entries or before):
        return before
    with TemporaryDirectory() as folder:
        paths = []
        for number, entry in enumerate(entries):
            paths.append(str(Path(folder) / f"{number}.parquet"))
            store.download(entry.key, Path(paths[-1]))
        digits = _write_version(store, version, paths, Path(folder))
    store.put(CURRENT, orjson.dumps({"version": version, "digits": digits}))
    for entry in list(store.list(PREFIX)):  # readers may still be at the version before
        if entry.key != CURRENT and not entry.key.startswith((f"{PREFIX}{version}/", f"{PREFIX}{before}/")):
            store.delete(entry.key)
    return version


def _write_version(store: ObjectStore, version: str, paths: list[str], scratch: Path) -> int:
    users = _count_users(paths) if paths else 0
    digits = 0
    while users > USERS_PER_FILE * 16**digits:
        digits += 1
    parts = -(-users // _USERS_AT_ONCE)
    for part in range(parts):
        rows = _latest(paths, digits, part, parts, scratch)
        for name, members in groupby(rows, lambda row: row[0]):
            content = {
                user: [(seen["item"], seen["time"]) for seen in reversed(seen)] for _, user, seen in members
            }
            write_file(store, f"{PREFIX}{version}/{name or 'all'}.json.gz", content)
    return digits


def _count_users(paths: list[str]) -> int:
    import duckdb  # readers have none

    with duckdb.connect() as db:
        found = db.execute(
            "SELECT count(DISTINCT user_id) FROM read_parquet($1, union_by_name = true)", [paths]
        ).fetchone()
    return int(found[0]) if found else 0


def _latest(
    paths: list[str], digits: int, part: int, parts: int, scratch: Path
) -> Iterator[tuple[str, str, list[dict[str, object]]]]:
    """Rows of (file, user, latest interactions from the latest back) of one part of the users."""
    import duckdb

    with duckdb.connect(config={"temp_directory": str(scratch / "spill"), "threads": 1}) as db:
        rows = db.execute(
            _LATEST, {"files": paths, "digits": digits, "recent": RECENT, "part": part, "parts": parts}
        )
        while batch := rows.fetchmany(1_000):
            yield from batch
