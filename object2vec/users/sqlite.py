"""The session store in one file, for one machine."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from object2vec.core.event import Event
from object2vec.core.history import RECENT, PastEvent

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS event (
        user_id TEXT, event_id TEXT, item_id TEXT, timestamp INTEGER, event_type TEXT, event_value REAL,
        PRIMARY KEY (user_id, event_id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_time ON event (user_id, timestamp)"""

_COLUMNS = ("user_id", "event_id", "item_id", "timestamp", "event_type", "event_value")
_INSERT = f"INSERT OR IGNORE INTO event ({', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608


class SqliteHistory:
    """`SessionStore` in a SQLite file. Every call opens its own connection: threads may share an instance."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            columns = {row[1] for row in connection.execute("PRAGMA table_info(event)")}
            for name, kind in (("event_type", "TEXT"), ("event_value", "REAL")):
                if name not in columns:  # a file of the time when events had no types
                    connection.execute(f"ALTER TABLE event ADD COLUMN {name} {kind}")

    def add(self, events: Sequence[Event]) -> None:
        rows = [[getattr(event, name) for name in _COLUMNS] for event in events]
        with self._connection() as connection:
            connection.executemany(_INSERT, rows)

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[PastEvent]:
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT item_id, timestamp, event_type, event_value FROM event"
                " WHERE user_id = ? ORDER BY timestamp DESC LIMIT ?",
                (user_id, limit),
            ).fetchall()
        return [PastEvent(*row) for row in reversed(rows)]

    def erase(self, user_id: str) -> int:
        with self._connection() as connection:
            return connection.execute("DELETE FROM event WHERE user_id = ?", (user_id,)).rowcount

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30)
        try:
            with connection:
                yield connection
        finally:
            connection.close()
