"""Successors: the items that users turned to after an item.

Sequential rules (Ludewig & Jannach 2018, "Evaluation of session-based recommendation algorithms"):

    c_ij      over all users, d^-1/2 where j came d ≤ 10 events after i; a user counts once, by their nearest
              pair of i and j
    w_ij      c_ij + 0.3 c_ji: who came after whom decides, but what came before goes with an item too
    score(j)  Σ_i 2^(-p_i / half-life) · w_ij       p_i  how many later events a history has after its event i

Unlike co-purchase it has a direction and knows items that few have. An item keeps its 50 strongest weights:
400 bytes. object2vec/search/counting/successors.py counts them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from object2vec.core.arrays import Matrix, Rows, TokenIds, Values
from object2vec.model.retrieval.forward import ragged_range
from object2vec.ranker.copurchase import best_rows, placed_ids
from object2vec.ranker.history import History, KeptByHistory
from object2vec.storage.checked_file import are_below, damaged, is_cut, read_table, write_table

FILE = "successors.safetensors"
FORMAT = "1"
LATEST, RECENT = 1.0, 5.0
"""Half-lives of an event's weight, in later events."""
_LATEST_EVENTS = 50
"""Older events are left out: they are ten half-lives away."""
_ARRAYS = ("starts", "others", "weights")


@dataclass(frozen=True, eq=False)
class Successors:
    """The successors of m items: n weights, one item's after the other's."""

    item_ids: Sequence[str]
    """(m,)"""
    starts: Rows
    """(m + 1,) where each item's successors begin."""
    others: TokenIds
    """(n,) numbers of items."""
    weights: Matrix
    """(n,) w, above 0."""

    @classmethod
    def empty(cls) -> "Successors":
        """No successors: nothing was counted."""
        return cls((), np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))

    def placed(self, row_of: Callable[[str], int | None], rows: int) -> "PlacedSuccessors":
        """The successors by the rows of a catalogue, which may lack some of the items."""
        return PlacedSuccessors(self, *placed_ids(self.item_ids, row_of, rows, unknown=len(self.item_ids)))


@dataclass(frozen=True, eq=False)
class PlacedSuccessors:
    """`Successors` by the rows of a catalogue."""

    table: Successors
    numbers: Rows
    """(rows,) the item's number; m where nothing is known of it."""
    rows: Rows
    """(m,) the item's row, -1 where it is none of the catalogue's."""

    def at(self, history: History, rows: Rows, half_life: float) -> Values:
        """(n,) the scores of n rows, relative to the mean of all that follows an item, so that they do not
        grow with the log."""
        return self._scores(history)[half_life][self.numbers[rows]] / self._usual

    def share(self, history: History, rows: Rows) -> Values:
        """(n,) the shares of n rows in all that follows the latest events."""
        scores = self._scores(history)[LATEST]
        shares: Values = scores[self.numbers[rows]] / max(float(scores.sum()), 1e-9)
        return shares

    def nearest(self, history: History, count: int) -> Rows:
        """Up to `count` rows with the highest scores for the latest events, best first."""
        return best_rows(self._scores(history)[LATEST][:-1], self.rows, count)

    def _scores(self, history: History) -> dict[float, Values]:
        """(m + 1,) the score of each item by half-life; the last is 0."""
        return self._kept.of(history, self._counted)

    def _counted(self, history: History) -> dict[float, Values]:
        size = len(self.table.item_ids)
        numbers = self.numbers[history.rows[-_LATEST_EVENTS:]]
        known = numbers < size
        numbers, positions = numbers[known], history.positions[-_LATEST_EVENTS:][known]
        starts = self.table.starts
        lengths = starts[numbers + 1] - starts[numbers]
        found = ragged_range(starts[numbers], lengths)
        others, weights = self.table.others[found], self.table.weights[found].astype(np.float64)
        return {
            half_life: np.bincount(
                others, weights * np.repeat(np.exp2(-positions / half_life), lengths), minlength=size + 1
            ).astype(np.float64)
            for half_life in (LATEST, RECENT)
        }

    @cached_property
    def _usual(self) -> float:
        """The mean of all that follows an item; 1 where nothing does."""
        total = float(self.table.weights.sum())
        return total / len(self.table.item_ids) if total else 1.0

    @cached_property
    def _kept(self) -> KeptByHistory[dict[float, Values]]:
        return KeptByHistory()


def write_successors(table: Successors, path: Path) -> None:
    """Writes one file."""
    write_table(path, table.item_ids, {name: getattr(table, name) for name in _ARRAYS}, FORMAT)


def read_successors(path: Path) -> Successors:
    """Reads and checks one file. Raises CheckedFileError."""
    ids, (starts, others, weights) = read_table(path, _ARRAYS, FORMAT)
    kinds = starts.dtype == np.int64 and others.dtype == np.int32 and weights.dtype == np.float32
    if not (kinds and is_cut(starts, others, weights) and len(starts) == len(ids) + 1):
        raise damaged(path)
    if not (are_below(others, len(ids)) and np.isfinite(weights).all() and (weights > 0).all()):
        raise damaged(path)
    return Successors(ids, starts, others, weights)
