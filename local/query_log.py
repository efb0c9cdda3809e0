"""The query log in files, one a day, in place of CloudWatch's log groups in AWS."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock

import orjson

from object2vec.core.searches import normal
from object2vec.search.queries.log import Searched, read_line
from object2vec.users.mentions import Mentions

KEPT_DAYS = 30
"""Days that a file is kept, as the functions' logs."""
_NAME = re.compile(r"\d{4}-\d\d-\d\d\.jsonl")


class FolderLog:
    """A log of several processes. Each line is written in one piece, since it is shorter than a page."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock, self._lock = folder, clock, Lock()

    def write(self, line: str) -> None:
        """Writes a line. On a disk that takes nothing it is lost: the answer that it is about is not."""
        path = self._path(_day(self._clock()))
        with self._lock, suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "ab", buffering=0) as file:
                file.write(line.encode() + b"\n")

    def lines(self, since: float, until: float) -> list[bytes]:
        """The lines of a period, sorted by time: several processes do not write quite in turn."""
        found = ((entry.at, line) for line in self._of_days(since, until) if (entry := read_line(line)))
        return [line for at, line in sorted(found) if since <= at < until]

    @property
    def size(self) -> int:
        """The size in bytes, which grows with every line."""
        return sum(path.stat().st_size for path in self._files())

    def remove_old(self) -> None:
        """Removes what is older than a month."""
        first = self._path(_day(self._clock()) - timedelta(days=KEPT_DAYS)).name
        for path in self._files():
            if path.name < first:
                path.unlink(missing_ok=True)

    def forget(self, user_id: str) -> None:
        """Blanks the searches in which somebody typed an id, where they stand, since other processes go on
        appending."""
        typed = normal(user_id)
        mentions, as_written = Mentions(typed), orjson.dumps(typed)[1:-1]
        for path in self._files():
            with open(path, "r+b", buffering=0) as blanked, open(path, "rb") as log:
                begin = 0
                for line in log:
                    if as_written in line and _mentioned(line, mentions):
                        blanked.seek(begin)
                        blanked.write(b" " * len(line.rstrip(b"\n")))
                    begin += len(line)

    def _of_days(self, since: float, until: float) -> Iterator[bytes]:
        day = _day(since)
        while day <= _day(until):
            if (path := self._path(day)).is_file():
                yield from path.read_bytes().splitlines()
            day += timedelta(days=1)

    def _files(self) -> list[Path]:
        return [
            path for path in self._folder.glob("*.jsonl") if _NAME.fullmatch(path.name) and path.is_file()
        ]

    def _path(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.jsonl"


def _mentioned(line: bytes, mentions: Mentions) -> bool:
    entry = read_line(line)
    return isinstance(entry, Searched) and mentions.in_bytes(entry.query.encode())


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()
