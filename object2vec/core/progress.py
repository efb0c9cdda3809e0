"""How far a long step is: the code that works counts, whoever shows it listens.

A step is a stretch from 0 to 1. Its parts are stretches within it, about as long as they take, and a part
counts its own units: so a step says one number, and no part knows of the others. Where nobody listens this
costs next to nothing.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import local
from typing import TypeVar

Thing = TypeVar("Thing")


class _Stretch(local):
    """What a thread does at present: a training and, beside it, the reading of uploads are heard apart."""

    low, high = 0.0, 1.0
    listener: Callable[[float], None] | None = None


_present = _Stretch()


@contextmanager
def heard(listener: Callable[[float], None]) -> Iterator[None]:
    """A context in which the listener is told the share of the whole that is done."""
    _present.listener, _present.low, _present.high = listener, 0.0, 1.0
    try:
        yield
    finally:
        _present.listener = None


@contextmanager
def stretch(low: float, high: float) -> Iterator[None]:
    """A context for a part of the present stretch; at its end the part is done."""
    before = _present.low, _present.high
    length = before[1] - before[0]
    _present.low, _present.high = before[0] + low * length, before[0] + high * length
    try:
        yield
    finally:
        tell(1.0)
        _present.low, _present.high = before


def tell(share: float) -> None:
    """Says which share of the present stretch is done."""
    if _present.listener is not None:
        _present.listener(_present.low + min(share, 1.0) * (_present.high - _present.low))


def each(units: Sequence[Thing]) -> Generator[Thing]:
    """Yields the units, and counts those that are done."""
    for done, unit in enumerate(units):
        tell(done / len(units))
        yield unit
