"""Co-purchase: how strongly having one item speaks for another, as a table that is small enough to be served.

EASE, a linear autoencoder of the users' logarithmic counts (Steck 2019, "Embarrassingly shallow autoencoders
for sparse data"), of which each item keeps its strongest weights. It scores items from a history alone, so
the user need not be known from training. copurchase_fit.py fits it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, Values
from object2vec.ranker.history import History, KeptByHistory
from object2vec.storage.checked_file import are_below, damaged, read_table, write_table

FILE = "copurchase.safetensors"
FORMAT = "1"
_ARRAYS = ("neighbours", "weights")
EVENTS = 100.0
"""Half-life of an event's weight, in later events."""


@dataclass(frozen=True, eq=False)
class Copurchase:
    """Weights between m items, the k strongest of each."""

    item_ids: Sequence[str]
    """(m,)"""
    neighbours: NDArray[np.uint16]
    """(m, k) numbers of items."""
    weights: NDArray[np.float16]
    """(m, k) what one in the history adds to the score of each neighbour; 0 where an item has fewer."""

    @classmethod
    def empty(cls) -> "Copurchase":
        """No weights: nothing was bought."""
        return cls((), np.zeros((0, 0), np.uint16), np.zeros((0, 0), np.float16))

    def placed(self, row_of: Callable[[str], int | None], rows: int) -> "PlacedCopurchase":
        """The table by the rows of a catalogue, which may lack some of the items."""
        numbers, found = placed_ids(self.item_ids, row_of, rows, unknown=-1)
        return PlacedCopurchase(
            numbers, found, self.neighbours.astype(np.int64), self.weights.astype(np.float64)
        )


@dataclass(frozen=True, eq=False)
class PlacedCopurchase:
    """`Copurchase` by the rows of a catalogue."""

    numbers: Rows
    """(rows,) the item's number, -1 where nothing is known of it."""
    rows: Rows
    """(m,) the item's row, -1 where it is none of the catalogue's."""
    neighbours: Rows
    """(m, k)"""
    weights: Values
    """(m, k)"""

    def recent(self, history: History, rows: Rows) -> Values:
        """(n,) scores of n rows, from the shares of the items in the latest events."""
        return self._by_latest(history)[self.numbers[rows]]

    def nearest(self, history: History, count: int) -> Rows:
        """Up to `count` rows with the highest scores of `recent`, best first."""
        return best_rows(self._by_latest(history)[:-1], self.rows, count)

    def whole(self, history: History, rows: Rows) -> Values:
        """(n,) scores of n rows from the whole history: EASE's reconstruction of its logarithmic counts."""
        counts = np.log1p(self._summed(history, np.ones(len(history))))
        return self._by_number(counts)[self.numbers[rows]]

    def _by_latest(self, history: History) -> Values:
        """(m + 1,) the score of each item from the latest events; the last is 0."""
        return self._kept.of(history, lambda asking: self._by_number(self._latest(asking)))

    @cached_property
    def _kept(self) -> KeptByHistory[Values]:
        return KeptByHistory()

    def _latest(self, history: History) -> Values:
        """(m,) the share of each item in the latest events."""
        weights = np.exp2(-history.positions / EVENTS)
        return self._summed(history, weights / max(float(weights.sum()), 1e-9))

    def _summed(self, history: History, weights: Values) -> Values:
        """(m,) the summed weights (n,) of each item's events."""
        numbers = self.numbers[history.rows]
        known = numbers >= 0
        summed = np.bincount(numbers[known], weights[known], minlength=len(self.weights))
        return summed.astype(np.float64)

    def _by_number(self, had: Values) -> Values:
        """(m + 1,) the score of each item from how much a history has of each item, `had` (m,); the last is
        0."""
        items = np.flatnonzero(had)
        parts = self.weights[items] * had[items, None]
        size = len(self.weights) + 1  # the last place is for rows that are none of the m items
        scores = np.bincount(self.neighbours[items].ravel(), parts.ravel(), minlength=size)
        return scores.astype(np.float64)


def placed_ids(
    item_ids: Sequence[str], row_of: Callable[[str], int | None], rows: int, *, unknown: int
) -> tuple[Rows, Rows]:
    """(rows,) the number that each row of a catalogue has among the m ids, `unknown` where it has none; and
    (m,) the row of each id, -1 where the catalogue lacks it."""
    found = np.array([-1 if (row := row_of(item_id)) is None else row for item_id in item_ids], np.int64)
    numbers = np.full(rows, unknown, np.int64)
    known = np.flatnonzero(found >= 0)
    numbers[found[known]] = known
    return numbers, found


def best_rows(scores: Values, rows: Rows, count: int) -> Rows:
    """Up to `count` of `rows` (m,) with the highest scores (m,) above 0, best first; -1 is no row."""
    good = np.flatnonzero((scores > 0) & (rows >= 0))
    if len(good) > count:
        good = good[np.argpartition(-scores[good], count - 1)[:count]]
    return rows[good[np.lexsort((good, -scores[good]))]]


def write_copurchase(table: Copurchase, path: Path) -> None:
    """Writes one file."""
    write_table(path, table.item_ids, {name: getattr(table, name) for name in _ARRAYS}, FORMAT)


def read_copurchase(path: Path) -> Copurchase:
    """Reads and checks. Raises CheckedFileError."""
    ids, (neighbours, weights) = read_table(path, _ARRAYS, FORMAT)
    whole = neighbours.ndim == 2 and neighbours.shape == weights.shape and len(neighbours) == len(ids)
    numbers = neighbours.dtype == np.uint16 and weights.dtype == np.float16 and np.isfinite(weights).all()
    if not (whole and numbers and are_below(neighbours, len(ids))):
        raise damaged(path)
    return Copurchase(ids, neighbours, weights)
