"""The session store in one file, for one machine."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from object2vec.core.event import Event
from object2vec.core.history import RECENT, Seen

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS event (
        user_id TEXT, event_id TEXT, item_id TEXT, timestamp INTEGER, PRIMARY KEY (user_id, event_id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_time ON event (user_id, timestamp)"""


class SqliteHistory:
    """`SessionStore` in a SQLite file. Every call opens its own connection: threads may share an instance."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    def add(self, events: Sequence[Event]) -> None:
        rows = [(event.user_id, event.event_id, event.item_id, event.timestamp) for event in events]
        with self._connection() as connection:
            connection.executemany("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)", rows)

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[Seen]:
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT item_id, timestamp FROM event WHERE user_id = ? ORDER BY timestamp DESC LIMIT ?",
                (user_id, limit),
            ).fetchall()
        return [Seen(*row) for row in reversed(rows)]

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
