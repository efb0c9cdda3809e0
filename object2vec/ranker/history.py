"""A shopper's history as rows of the catalogue, oldest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from object2vec.core.history import RECENT
from object2vec.core.time import DAY_S

OfHistory = TypeVar("OfHistory")


@dataclass(frozen=True, eq=False)
class History:
    """n events, oldest first; older ones than the latest `RECENT` are left out, in training as in serving."""

    rows: NDArray[np.int64]
    """(n,) into the catalogue."""
    ages: NDArray[np.float64] | None = None
    """(n,) days from each event to now, never rising; None where the times are unknown."""

    @classmethod
    def of(
        cls, rows: Sequence[int] | NDArray[np.int64], times: Sequence[float] | None = None, now: float = 0.0
    ) -> "History":
        """A history of events at `times` in epoch seconds (None: unknown); an event after `now` counts as
        now."""
        kept = np.asarray(rows, np.int64)[-RECENT:]
        if times is None:
            return cls(kept)
        ages = np.maximum(now - np.asarray(times, np.float64)[-RECENT:], 0.0) / DAY_S
        return cls(kept, ages)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """(n,) number of later events."""
        return np.arange(len(self.rows) - 1, -1, -1, dtype=np.float64)

    @cached_property
    def visits(self) -> NDArray[np.float64]:
        """(n,) number of later visits; events of one moment are one visit. Only where times are known."""
        assert self.ages is not None
        newer = np.concatenate([self.ages[1:] != self.ages[:-1], [False]])
        return np.cumsum(newer[::-1])[::-1].astype(np.float64)


class KeptByHistory(Generic[OfHistory]):
    """What is computed from a history, kept as long as the history lives: both candidates and features ask
    for it."""

    def __init__(self) -> None:
        self._values: WeakKeyDictionary[History, OfHistory] = WeakKeyDictionary()

    def of(self, history: History, compute: Callable[[History], OfHistory]) -> OfHistory:
        """The value of this history, computed the first time."""
        value = self._values.get(history)
        if value is None:
            value = self._values[history] = compute(history)
        return value
