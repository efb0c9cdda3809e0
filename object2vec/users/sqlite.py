"""The session store in one file, for one machine."""

import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from object2vec.core.event import Event
from object2vec.core.history import RECENT, HistoryEvent

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS event (
        user_id TEXT, event_id TEXT, item_id TEXT, timestamp INTEGER, event_type TEXT, event_value REAL,
        PRIMARY KEY (user_id, event_id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_time ON event (user_id, timestamp)"""

_log = logging.getLogger(__name__)
_COLUMNS = ("user_id", "event_id", "item_id", "timestamp", "event_type", "event_value")
_INSERT = f"INSERT OR IGNORE INTO event ({', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608


class SqliteSessionStore:
    """The session store as a SQLite file, which is made when it is first used: where the disk does not take
    it, only what needs a session fails. Threads may share an instance: each has its own connection, since
    closing the last one costs two waits for the disk."""

    def __init__(self, path: Path) -> None:
        self._path, self._of_thread = path, threading.local()
        self._preparing, self._is_prepared = threading.Lock(), False

    def _make(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked or full: the file itself is fine
                raise
            self._set_aside(error)
            self._prepare()

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """A damaged file is kept beside the new one. What it held is in the event log and, from the next
        curation on, in the histories."""
        self._close()
        damaged = self._path.with_name(f"{self._path.name}.damaged")
        _log.error("%s is damaged (%s): kept as %s, sessions start anew", self._path, error, damaged.name)
        self._path.replace(damaged)
        for ending in ("-wal", "-shm"):
            self._path.with_name(f"{self._path.name}{ending}").unlink(missing_ok=True)

    def _prepare(self) -> None:
        with self._transaction() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            ((state,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            if state != "ok":
                raise sqlite3.DatabaseError(state)
            connection.executescript(_SCHEMA)
            columns = {row[1] for row in connection.execute("PRAGMA table_info(event)")}
            for name, kind in (("event_type", "TEXT"), ("event_value", "REAL")):
                if name not in columns:  # a file of the time when events had no types
                    connection.execute(f"ALTER TABLE event ADD COLUMN {name} {kind}")

    def add(self, events: Sequence[Event]) -> None:
        rows = [[getattr(event, name) for name in _COLUMNS] for event in events]
        with self._connection() as connection:
            connection.executemany(_INSERT, rows)

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[HistoryEvent]:
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT item_id, timestamp, event_type, event_value FROM event"
                " WHERE user_id = ? ORDER BY timestamp DESC LIMIT ?",
                (user_id, limit),
            ).fetchall()
        return [HistoryEvent(*row) for row in reversed(rows)]

    def erase(self, user_id: str) -> int:
        with self._connection() as connection:
            removed = connection.execute("DELETE FROM event WHERE user_id = ?", (user_id,)).rowcount
        with self._connection() as connection:  # what was removed is also in the write-ahead log
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A transaction, in a file that is there."""
        with self._preparing:
            if not self._is_prepared:
                self._make()
                self._is_prepared = True
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """What fails closes the connection, so that the next call begins anew."""
        try:
            connection = self._opened()
            with connection:
                yield connection
        except sqlite3.Error:
            self._close()
            raise

    def _opened(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = sqlite3.connect(self._path, timeout=30)
            connection.execute("PRAGMA secure_delete = ON")  # a removed row is overwritten, not only unlinked
            connection.execute("PRAGMA synchronous = NORMAL")  # the event log survives a power failure
        return connection

    def _close(self) -> None:
        connection: sqlite3.Connection | None = self._of_thread.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()
