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
_ALL = np.uint16(0xFFFF)
_FEW = 8
"""At most one row in so many is hardly any."""
_FIRST_BIT = np.array([0, *((n & -n).bit_length() - 1 for n in range(1, 1 << 16))], np.uint8)


@dataclass(frozen=True, slots=True)
class _Table:
    """What a feature's value leaves of every tree."""

    thresholds: NDArray[np.float32]  # (k,) distinct, ascending
    masks: NDArray[np.uint16]  # (k + 2, trees): by number of thresholds below the value; last: not a number


@dataclass(frozen=True, eq=False)
class Forest:
    """m nodes of t trees with at most 16 leaves; a row goes left where its value ≤ the threshold."""

    features: Sequence[str]
    """What the columns of a matrix must be."""
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

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) the sum of the leaves that the rows of (n, features) reach."""
        if not len(matrix):
            return np.zeros(0, np.float32)
        reached = _FIRST_BIT.take(self._left(matrix)).astype(np.int64)
        reached += self._offsets
        total: NDArray[np.float32] = self.leaves.ravel().take(reached).sum(axis=1)
        return total

    def _left(self, matrix: NDArray[np.float32]) -> NDArray[np.uint16]:
        """(n, trees) the leaves that every row leaves possible.

        What a shopper did concerns few items: a value that hardly a row lacks is looked up once, and the rows
        with another one on their own.
        """
        left = np.full((len(matrix), len(self.leaves)), _ALL)
        kept, usual = np.empty_like(left), np.full(len(self.leaves), _ALL)
        seldom, special = [], np.zeros(len(matrix), np.bool_)
        for feature, table in self._tables.items():
            values = np.ascontiguousarray(matrix[:, feature])
            others = _others(values)
            if np.count_nonzero(others) * _FEW > len(matrix):
                np.take(table.masks, _bins(table, values), axis=0, out=kept, mode="clip")
                np.bitwise_and(left, kept, out=left)
            else:
                usual &= table.masks[_bins(table, _middle(values))[0]]
                seldom.append((table, values))
                special |= others
        rows = np.flatnonzero(special)
        own = left[rows]
        left &= usual
        if len(rows):
            for table, values in seldom:
                own &= table.masks[_bins(table, values[rows])]
            left[rows] = own
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


def _middle(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[len(values) // 2 :][:1]


def _others(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where another value is than in the middle; not-a-number equals itself here."""
    middle = _middle(values)
    return ~np.isnan(values) if np.isnan(middle).any() else values != middle


def _bins(table: _Table, values: NDArray[np.float32]) -> NDArray[np.int64]:
    bins = table.thresholds.searchsorted(values)
    bins[np.isnan(values)] = len(table.thresholds) + 1
    return bins
