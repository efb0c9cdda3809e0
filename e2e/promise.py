"""The promises of the story. The first broken one ends it, with what was expected and what was seen."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class BrokenPromiseError(AssertionError):
    """The message says what was promised, expected and seen."""


def expect(what: str, seen: object, expected: object) -> None:
    """Raises BrokenPromiseError unless they are equal."""
    if seen != expected:
        raise BrokenPromiseError(f"{what}\n  expected: {expected!r}\n  seen:     {seen!r}")


def until(what: str, look: Callable[[], T], holds: Callable[[T], object], seconds: float = 60) -> T:
    """Calls `look` until `holds` is true of what it returns. Raises BrokenPromiseError with the last thing
    seen."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if holds(seen):
            return seen
        if time.monotonic() > deadline:
            raise BrokenPromiseError(f"{what}\n  expected: within {seconds:.0f} s\n  seen:     {seen!r}")
        time.sleep(0.5)
