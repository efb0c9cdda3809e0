"""What is wrong with the local system just now: a person sees each once, `/health` all of them."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from local.console import console

ADVICE = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.EROFS: "the disk is read-only: make it writable",
    errno.EACCES: "a file or folder may not be written: give this user the right to",
}

_log = logging.getLogger(__name__)


class Troubles:
    """By the work that fails; gone as soon as the same work succeeds."""

    def __init__(self) -> None:
        self._by_work: dict[str, str] = {}

    @contextmanager
    def guard(self, work: str) -> Iterator[None]:
        """Whatever goes wrong inside is a trouble, and not the end of the server."""
        try:
            yield
        except Exception as error:
            _log.debug("%s", work, exc_info=True)
            self.note(work, explained(error))
        else:
            self._by_work.pop(work, None)

    def note(self, work: str, sentence: str) -> None:
        """Keeps it until the work succeeds."""
        if self._by_work.get(work) != sentence:
            console.print(f"[red]{work}:[/] ", end="")
            console.print(sentence, markup=False)
        self._by_work[work] = sentence

    def __str__(self) -> str:
        return "; ".join(f"{work}: {sentence}" for work, sentence in self._by_work.items())


def explained(error: Exception) -> str:
    """One sentence about an error, with what to do where that is known."""
    if isinstance(error, OSError) and error.errno in ADVICE:
        return f"{ADVICE[error.errno]} ({error.strerror}). It is tried again."
    return f"{type(error).__name__}: {error}"
