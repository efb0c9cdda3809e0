"""Present faults of the local system: the console shows each once, `/health` all of them."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Any

import orjson

from local.console import console
from local.http import Handler
from object2vec.core.errors import sentence

ADVICE = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.EROFS: "the disk is read-only: make it writable",
    errno.EACCES: "a file or folder may not be read or written: give this user the right to",
}
"""What to do about the faults of a disk."""

_log = logging.getLogger(__name__)


class Troubles:
    """Faults by the work that fails; each ends when the same work succeeds. Other processes read them in
    `file`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._by_work: dict[str, str] = {}
        self._told, self._telling = b"", Lock()

    @contextmanager
    def guard(self, work: str) -> Iterator[None]:
        """A context whose errors become a trouble, and do not end the server."""
        try:
            yield
        except Exception as error:
            _log.debug("%s", work, exc_info=True)
            self.note(work, f"{explained(error)}. It is tried again.")
        else:
            self.over(work)

    def any_but(self, *works: str) -> bool:
        """Whether other work fails."""
        return bool(self._by_work.keys() - {*works})

    def over(self, work: str) -> None:
        """The work succeeds again."""
        self._by_work.pop(work, None)
        self._tell()

    def note(self, work: str, sentence: str) -> None:
        """Keeps the sentence until the work succeeds."""
        if self._by_work.get(work) == sentence:
            return
        console.print(f"[red]{work}:[/] ", end="")
        console.print(sentence, markup=False)
        self._by_work[work] = sentence
        self._tell()

    def _tell(self) -> None:
        with self._telling, suppress(OSError):  # a disk that takes nothing: told at the next look
            if (now := orjson.dumps(self._by_work)) != self._told:
                part = self._file.with_suffix(".part")
                part.write_bytes(now)
                part.replace(self._file)
                self._told = now


def told(answer: Handler, file: Path) -> Handler:
    """The API's answers; `/health` tells what is wrong with this machine too: the troubles in `file`, and
    whether the disk it lies on takes writes, since a full one does not take the news."""

    def with_troubles(event: dict[str, Any], context: Any) -> dict[str, Any]:
        reply = answer(event, context)
        if event["path"] == "/health" and reply["statusCode"] == 200 and (wrong := _wrong(file)):
            health = orjson.loads(reply["body"])
            health["status"] = "degraded" if health["status"] == "ok" else health["status"]
            health["problem"] = "; ".join(filter(None, (health.get("problem"), wrong)))
            reply["body"] = orjson.dumps(health).decode()
        return reply

    return with_troubles


def _wrong(file: Path) -> str:
    try:
        with TemporaryFile(dir=file.parent) as probe:
            probe.write(b"x")
    except OSError as error:
        return f"work folder: {explained(error)}"
    try:
        by_work = orjson.loads(file.read_bytes())
        return "; ".join(f"{work}: {sentence}" for work, sentence in by_work.items())
    except (OSError, ValueError, AttributeError):
        return ""


def explained(error: BaseException) -> str:
    """One sentence about an error, with what to do where that is known."""
    if isinstance(error, OSError) and error.errno in ADVICE:
        return f"{ADVICE[error.errno]} ({error.strerror})"
    return sentence(error)
