"""Objects compiled to weighted bags of table rows, the form in which every encoder and loss sees them.

The table holds the V word rows first and one row per known item after them: row V + i is item i.
    item     its own row (weight 1), the mean of its words, and, with less weight, the mean of its reviews
    query    the mean of its words; how much a word says is in the length of its vector
    session  weighted means of its items, newest heaviest: weight 2^(-age / half-life), age in items; one
             mean for each of several half-lives, from "the last item" to "all that is known"
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_SESSION_ITEMS = 512  # older ones weigh next to nothing
_CHUNK_ROWS = 262_144  # rows gathered at once: 128 MB at dim 128

Rows = NDArray[np.int32]
Lengths = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bags:
    """n bags in one flat array: bag k owns the next `lengths[k]` rows with their weights."""

    rows: Rows  # (total,)
    weights: NDArray[np.float32]  # (total,)
    lengths: Lengths  # (n,)

    @property
    def starts(self) -> Lengths:
        """Where each bag begins in `rows`."""
        return np.cumsum(self.lengths) - self.lengths

    def take(self, positions: NDArray[np.int64]) -> "Bags":
        """The bags at some positions, repeats allowed."""
        lengths = self.lengths[positions]
        flat = ragged_range(self.starts[positions], lengths)
        return Bags(self.rows[flat], self.weights[flat], lengths)


def mean_bags(rows: Rows, lengths: Lengths) -> Bags:
    """Every row of a bag with weight 1 / its length."""
    return Bags(rows, np.repeat(1.0 / np.maximum(lengths, 1), lengths).astype(np.float32), lengths)


def beside(first: Bags, second: Bags, weight: float) -> Bags:
    """Bag k of both in one; the second's rows count `weight` times what they counted."""
    lengths = first.lengths + second.lengths
    starts = np.cumsum(lengths) - lengths
    at_first = ragged_range(starts, first.lengths)
    at_second = ragged_range(starts + first.lengths, second.lengths)
    rows, weights = np.empty(int(lengths.sum()), np.int32), np.empty(int(lengths.sum()), np.float32)
    rows[at_first], rows[at_second] = first.rows, second.rows
    weights[at_first], weights[at_second] = first.weights, second.weights * np.float32(weight)
    return Bags(rows, weights, lengths)


def recency_weights(count: int, half_lives: Sequence[float]) -> NDArray[np.float32]:
    """Weights (S, count) of a session's items, oldest first; each row sums to 1."""
    age = np.arange(count - 1, -1, -1, dtype=np.float64)
    weights = np.exp2(-age / np.array(half_lives)[:, None])
    shares: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def pool_sessions(
    items: NDArray[np.float32], sessions: Sequence[NDArray[np.int64]], half_lives: Sequence[float]
) -> NDArray[np.float32]:
    """Sessions are positions into `items` (m, d), oldest first → (n, S·d), zeros for an empty session."""
    pooled = np.zeros((len(sessions), len(half_lives), items.shape[1]), np.float32)
    for at, positions in enumerate(sessions):
        recent = positions[-MAX_SESSION_ITEMS:]
        if len(recent):
            pooled[at] = recency_weights(len(recent), half_lives) @ items[recent]
    return pooled.reshape(len(sessions), len(half_lives) * items.shape[1])


def pool(table: NDArray[np.float32], bags: Bags) -> NDArray[np.float32]:
    """The weighted sum of each bag's rows: (n, d), zeros for an empty bag."""
    pooled = np.zeros((len(bags.lengths), table.shape[1]), np.float32)
    ends = np.cumsum(bags.lengths)
    first = 0
    while first < len(ends):
        base = int(ends[first] - bags.lengths[first])
        last = max(first + 1, int(np.searchsorted(ends, base + _CHUNK_ROWS, side="right")))
        chunk = slice(base, int(ends[last - 1]))
        filled = np.flatnonzero(bags.lengths[first:last])
        if len(filled):
            weighted = table[bags.rows[chunk]] * bags.weights[chunk, None]
            starts = ends[first:last] - bags.lengths[first:last] - base
            pooled[first + filled] = np.add.reduceat(weighted, starts[filled], axis=0)
        first = last
    return pooled


def ragged_range(starts: Lengths, lengths: Lengths) -> Lengths:
    """starts[0], starts[0]+1, … (lengths[0] of them), starts[1], …: the flat positions of ragged slices."""
    offsets = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(starts, lengths) + offsets
