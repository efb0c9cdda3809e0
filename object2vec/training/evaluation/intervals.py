"""Confidence intervals: of a system's mean over users or queries, and of the difference of two systems.

Efron & Tibshirani 1993, "An introduction to the bootstrap": users are drawn with replacement, the same for
all systems, and 95 % of the means (or of their differences) lie in the interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from object2vec.core.arrays import Matrix, Scores

_SAMPLES = 1_000
SATURATED = 0.97
"""Every system at or above this mean: the test is too easy to tell them apart."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of one system minus that of another, over the same users."""

    ours: float
    theirs: float
    low: float
    high: float

    @property
    def mean(self) -> float:
        """Above 0 where ours is better."""
        return self.ours - self.theirs


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of one question, asked of every system about the same n users, queries or items."""

    values: Mapping[str, Scores]  # by system: (n,)

    @property
    def count(self) -> int:
        """Number n of users, queries or items that were measured."""
        return len(next(iter(self.values.values()))) if self.values else 0

    @property
    def saturated(self) -> bool:
        """Whether every system is near 1."""
        return bool(self.values) and all(v.mean() >= SATURATED for v in self.values.values())

    def interval(self, system: str) -> tuple[float, float]:
        """95 % interval of the system's mean."""
        return mean_interval(self.values[system])

    def difference(self, ours: str, theirs: str) -> Difference:
        """Difference of `ours` from `theirs`, with the paired interval."""
        low, high = paired_interval(self.values[ours], self.values[theirs])
        return Difference(float(self.values[ours].mean()), float(self.values[theirs].mean()), low, high)


def paired_interval(ours: Scores, theirs: Scores) -> tuple[float, float]:
    """95 % interval of mean(ours - theirs) over the same users (n,)."""
    return mean_interval(ours - theirs)


def mean_interval(values: Scores) -> tuple[float, float]:
    """95 % interval of the mean of one value a user: (n,)."""
    means = _draws(len(values)) @ values.astype(np.float32) / len(values)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


@cache
def _draws(count: int) -> Matrix:
    """(samples, count) how often each of `count` users is drawn."""
    rng = np.random.default_rng(0)
    return rng.multinomial(count, np.full(count, 1 / count), size=_SAMPLES).astype(np.float32)
