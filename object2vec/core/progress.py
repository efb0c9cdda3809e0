"""How far a long step is: the code that works counts, whoever shows it listens.

A step is a stretch from 0 to 1. Its parts are stretches within it, about as long as they take, and a part
counts its own units: so a step says one number, and no part knows of the others. Where nobody listens this
costs next to nothing.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

Thing = TypeVar("Thing")


class _Stretch:
    """What this process does at present; one step runs at a time."""

    low, high = 0.0, 1.0
    listener: Callable[[float], None] | None = None


@contextmanager
def heard(listener: Callable[[float], None]) -> Iterator[None]:
    """A context in which the listener is told the share of the whole that is done."""
    _Stretch.listener, _Stretch.low, _Stretch.high = listener, 0.0, 1.0
    try:
        yield
    finally:
        _Stretch.listener = None


@contextmanager
def stretch(low: float, high: float) -> Iterator[None]:
    """A context for a part of the present stretch; at its end the part is done."""
    before = _Stretch.low, _Stretch.high
    length = before[1] - before[0]
    _Stretch.low, _Stretch.high = before[0] + low * length, before[0] + high * length
    try:
        yield
    finally:
        tell(1.0)
        _Stretch.low, _Stretch.high = before


def tell(share: float) -> None:
    """Says which share of the present stretch is done."""
    if _Stretch.listener is not None:
        _Stretch.listener(_Stretch.low + min(share, 1.0) * (_Stretch.high - _Stretch.low))


def each(units: Sequence[Thing]) -> Generator[Thing]:
    """Yields the units, and counts those that are done."""
    for done, unit in enumerate(units):
        tell(done / len(units))
        yield unit
