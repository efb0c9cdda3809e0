"""Objects compiled to weighted bags of table rows, the form in which every encoder and loss sees them.

The table holds the V word rows first and one row per known item after them: row V + i is item i.
    item     its own row (weight 1) and the mean of its words
    query    the mean of its words; how much a word says is in the length of its vector
    session  the weighted mean of its items' bags, newest heaviest: weight 2^(-age / half-life), age in items
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


def item_bags(words: Bags, item_rows: NDArray[np.int64]) -> Bags:
    """The words' bags (n) with the item's own row in front; item_rows (n,), negative for an unknown item."""
    known = item_rows >= 0
    at = words.starts[known]
    return Bags(
        np.insert(words.rows, at, item_rows[known].astype(np.int32)),
        np.insert(words.weights, at, np.float32(1.0)),
        words.lengths + known,
    )


def recency_weights(count: int, half_life: float) -> NDArray[np.float32]:
    """Weights (count,) of a session's items, oldest first, that sum to 1."""
    weights = np.exp2(-np.arange(count - 1, -1, -1, dtype=np.float64) / half_life)
    shares: NDArray[np.float32] = (weights / max(weights.sum(), 1e-12)).astype(np.float32)
    return shares


def session_bags(items: Bags, sessions: Sequence[NDArray[np.int64]], half_life: float) -> Bags:
    """Bags of sessions; each is the positions of its items in `items` (m bags), oldest first."""
    parts = [_session(items, positions[-MAX_SESSION_ITEMS:], half_life) for positions in sessions]
    return Bags(
        np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int32),
        np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.float32),
        np.fromiter((len(part[0]) for part in parts), np.int64, len(parts)),
    )


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


def _session(items: Bags, positions: NDArray[np.int64], half_life: float) -> tuple[Rows, NDArray[np.float32]]:
    lengths = items.lengths[positions]
    flat = ragged_range(items.starts[positions], lengths)
    weights = np.repeat(recency_weights(len(positions), half_life), lengths)
    return items.rows[flat], items.weights[flat] * weights
