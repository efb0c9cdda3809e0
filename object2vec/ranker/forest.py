"""A boosted forest that needs nothing but numpy, fast for a thousand candidates at once.

QuickScorer (Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with additive ensembles of
regression trees"): a tree's leaves are bits, from left to right. Every node whose condition fails clears the
leaves on its left; of the leaves that remain, the first is the one reached. The conditions of one feature are
ordered by threshold, so the bits that a value clears in all trees are one row of a table, found by bisection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MAX_LEAVES = 16
EVENTS = "history_events"
"""The feature that says how much is known of a shopper: log(1 + events)."""
_ALL = np.uint16(0xFFFF)
_FEW = 8
"""A value is the usual one of its column if at most one row in so many has another."""
_FIRST_BIT = np.array([0, *((n & -n).bit_length() - 1 for n in range(1, 1 << 16))], np.uint8)


@dataclass(frozen=True, slots=True)
class _Table:
    """One feature's table: the leaves of every tree that are still possible at each of its values."""

    thresholds: NDArray[np.float32]  # (k,) distinct, ascending
    masks: NDArray[np.uint16]  # (k + 2, trees): by number of thresholds below the value; last: not a number


@dataclass(frozen=True, eq=False)
class Forest:
    """m nodes of t trees with at most 16 leaves; a row goes left where its value ≤ the threshold."""

    features: Sequence[str]
    """The names of the features, in the order of a matrix's columns."""
    node_tree: NDArray[np.int32]
    """(m,)"""
    node_feature: NDArray[np.int32]
    """(m,) into `features`"""
    node_threshold: NDArray[np.float32]
    """(m,)"""
    node_nan_left: NDArray[np.bool_]
    """(m,) whether not-a-number goes left"""
    node_mask: NDArray[np.uint16]
    """(m,) the leaves that remain possible on the right"""
    leaves: NDArray[np.float32]
    """(t, 16) values by leaf, from left to right"""
    prior: str = ""
    """The feature that the trees were learned on top of: it is added to their leaves. None if empty."""
    half_trusted: float = 0.0
    """Events of a shopper from which the leaves count for half; of n events they count n / (n + this)."""

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) the sum of the leaves that the rows of (n, features) reach, and of the prior."""
        if not len(matrix):
            return np.zeros(0, np.float32)
        reached = _FIRST_BIT.take(self._left(matrix)).astype(np.int64)
        reached += self._offsets
        total: NDArray[np.float32] = self.leaves.ravel().take(reached).sum(axis=1)
        if self.half_trusted:
            events = np.expm1(matrix[:, self.features.index(EVENTS)])
            known = np.maximum(events, 1)  # who did nothing has no prior either
            total = np.asarray(total * known / (known + self.half_trusted), np.float32)
        return total + matrix[:, self.features.index(self.prior)] if self.prior else total

    def _left(self, matrix: NDArray[np.float32]) -> NDArray[np.uint16]:
        """(n, trees) the leaves that every row leaves possible.

        What a shopper did concerns few items, so most rows share one value: score it once, then correct the
        rows that differ.
        """
        left = np.full((len(matrix), len(self.leaves)), _ALL)
        usual, kept = left[0].copy(), np.empty_like(left)
        middle = matrix[len(matrix) // 2]
        others = (matrix != middle) & ~(np.isnan(matrix) & np.isnan(middle))
        few = np.count_nonzero(others, axis=0) * _FEW <= len(matrix)
        seldom = []
        for feature, table in self._tables.items():
            if few[feature]:
                usual &= table.masks[_bins(table, middle[feature : feature + 1])[0]]
                seldom.append(feature)
            else:
                bins = _bins(table, np.ascontiguousarray(matrix[:, feature]))
                np.take(table.masks, bins, axis=0, out=kept, mode="clip")
                left &= kept
        rows = np.flatnonzero(others[:, seldom].any(axis=1))
        leaves = left[rows]
        left &= usual
        if len(rows):
            for feature in seldom:
                table = self._tables[feature]
                leaves &= table.masks[_bins(table, matrix[rows, feature])]
            left[rows] = leaves
        return left

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        offsets: NDArray[np.int64] = np.arange(len(self.leaves)) * MAX_LEAVES
        return offsets

    @cached_property
    def _tables(self) -> dict[int, _Table]:
        return {int(feature): self._table(int(feature)) for feature in np.unique(self.node_feature)}

    def _table(self, feature: int) -> _Table:
        nodes = np.flatnonzero(self.node_feature == feature)
        nodes = nodes[np.argsort(self.node_threshold[nodes], kind="stable")]
        thresholds, first = np.unique(self.node_threshold[nodes], return_index=True)
        masks = np.full((len(thresholds) + 2, len(self.leaves)), _ALL)
        for below, (start, end) in enumerate(zip(first, [*first[1:], len(nodes)], strict=True), 1):
            masks[below] = masks[below - 1]
            at = nodes[start:end]
            np.bitwise_and.at(masks[below], self.node_tree[at], self.node_mask[at])
        right = nodes[~self.node_nan_left[nodes]]
        np.bitwise_and.at(masks[-1], self.node_tree[right], self.node_mask[right])
        return _Table(thresholds, masks)


def _bins(table: _Table, values: NDArray[np.float32]) -> NDArray[np.int64]:
    bins = table.thresholds.searchsorted(values)
    bins[np.isnan(values)] = len(table.thresholds) + 1
    return bins
