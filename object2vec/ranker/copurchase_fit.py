"""Fits EASE to the counts of a log in closed form (Steck 2019): numpy alone, one inverse."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix
from object2vec.ranker.copurchase import Copurchase

MAX_ITEMS = 4_000
"""The inverse takes their cube in time, 6 s, and their square in memory, 0.5 GB."""
NEIGHBOURS = 50
PENALTY = 300.0


@dataclass(frozen=True, eq=False)
class Counts:
    """A count for each of n pairs of a user and an item, sorted by user; no pair comes twice."""

    users: NDArray[np.int64]
    """(n,)"""
    items: NDArray[np.int64]
    """(n,)"""
    times: NDArray[np.integer] | NDArray[np.floating]
    """(n,)"""


def fit_copurchase(item_ids: Sequence[str], counts: Counts) -> Copurchase:
    """Fits the weights between m items; `counts` name each item by its place among the ids."""
    if not item_ids:
        return Copurchase.empty()
    weights = linear_weights(counts, len(item_ids))
    kept = min(NEIGHBOURS, len(item_ids))
    strongest = np.empty((len(item_ids), kept), np.uint16)
    for row, values in zip(strongest, weights, strict=True):
        row[:] = np.sort(np.argpartition(-np.abs(values), kept - 1)[:kept])
    values = np.take_along_axis(weights, strongest.astype(np.int64), axis=1)
    return Copurchase(item_ids, strongest, values.astype(np.float16))


def linear_weights(counts: Counts, items: int) -> Matrix:
    """(m, m) row i: what item i in a history adds to the score of every item; the diagonal is 0."""
    return _ease(_gram(counts, items))


def _gram(counts: Counts, items: int) -> Matrix:
    """(m, m) the sum over the users of the outer product of their logarithmic counts."""
    gram = np.zeros((items, items), np.float32)
    values = np.log1p(counts.times).astype(np.float32)
    borders = np.flatnonzero(np.diff(counts.users, prepend=-1, append=-1))
    for start, end in pairwise(borders.tolist()):
        of_user, had = values[start:end], counts.items[start:end]
        gram[np.ix_(had, had)] += np.outer(of_user, of_user)
    return gram


def _ease(gram: Matrix) -> Matrix:
    gram[np.diag_indices_from(gram)] += np.float32(PENALTY)
    inverse = np.linalg.inv(gram)
    inverse /= -np.diag(inverse).copy()
    np.fill_diagonal(inverse, 0.0)
    return inverse
