"""What rows of a file say about other rows of it, kept on disk: a file may have millions of parents."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import orjson

_AT_ONCE = 500
_GATHERED = 100


class Parents:
    """Parents by key: how often each was named, and its fields. The first value of a field counts."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "parents.db")
        self._database.executescript(
            """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
            CREATE TABLE parents (key TEXT PRIMARY KEY, children INTEGER, inherited BLOB) WITHOUT ROWID;
            CREATE TABLE gathered (key TEXT, place INTEGER, value TEXT, PRIMARY KEY (key, place, value))
            WITHOUT ROWID;"""
        )

    def add(self, rows: Iterable[tuple[str, int, Mapping[str, object] | None]]) -> None:
        """Key, how many children to count, what is known or None."""
        self._database.executemany(
            """INSERT INTO parents VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET
               children = children + excluded.children,
               inherited = coalesce(inherited, excluded.inherited)""",
            [
                (key, count, None if inherited is None else orjson.dumps(inherited, default=str))
                for key, count, inherited in rows
            ],
        )

    def get(self, keys: Sequence[str]) -> dict[str, tuple[int, dict[str, object]]]:
        """Children and what is known, of those keys that were named."""
        found: dict[str, tuple[int, dict[str, object]]] = {}
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._database.execute(f"SELECT * FROM parents WHERE key IN ({marks})", part)  # noqa: S608
            found |= {
                key: (count, orjson.loads(inherited) if inherited else {}) for key, count, inherited in rows
            }
        return found

    def gather(self, rows: Iterable[tuple[str, int, str]]) -> None:
        """Key, place and value: of what several rows hold for one product, a picture each, say."""
        self._database.executemany("INSERT OR IGNORE INTO gathered VALUES (?, ?, ?)", rows)

    def gathered(self, keys: Sequence[str]) -> dict[str, list[str]]:
        """The values of each of these keys by their places."""
        found: dict[str, list[str]] = {}
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._database.execute(
                f"SELECT key, value FROM gathered WHERE key IN ({marks}) ORDER BY place, value",  # noqa: S608
                part,
            )
            for key, value in rows:
                values = found.setdefault(key, [])
                if value not in values and len(values) < _GATHERED:
                    values.append(value)
        return found

    def close(self) -> None:
        """Releases the file."""
        self._database.close()
