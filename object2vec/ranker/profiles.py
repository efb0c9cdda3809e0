"""User-kNN: items that users with similar profiles have; profiles fade with time.

TIFU-KNN without its groups of baskets (Hu et al. 2020, "Modeling Personalized Item Frequency Information for
Next-basket Recommendation"):

    v_ui          what user u did with item i, each event by 0.5^(age / half-life)
    similarity(u)   Σ_i √w_i · √v_ui / ‖√v_u‖         w_i  the same of the history that asks
    taste(j)      the mean of v_uj over the `NEAREST` users; where less than `FILLED` users have anything in
                  common with the history, everybody's mean takes the place of those who are missing

One event is enough to find the baskets of all who had the item.
A release carries profiles of a bounded number of users, without who they are;
object2vec/search/counting/profiles.py counts them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, Values
from object2vec.model.retrieval.forward import ragged_range
from object2vec.ranker.copurchase import best_rows, placed_ids
from object2vec.ranker.history import History, KeptByHistory
from object2vec.storage.checked_file import are_below, damaged, is_cut, read_table, write_table

FILE = "profiles.safetensors"
FORMAT = "1"
HALF_LIFE_DAYS = 90.0
HALF_LIFE_EVENTS = 20.0
"""The half-life in events, for a history whose times are unknown."""
NEAREST = 100
"""Users whose profiles are averaged."""
FILLED = 50
"""Chosen on two inner periods of the sample shop, among users whom the profiles do not know; the toys and
sessions of newcomers agree (docs/lab/ranker.md)."""
FEWEST = 5
"""Fewer users than that are not asked: a list must not show what one person has."""
ASKING = 64
"""Items of a history that ask: those with the greatest weight."""
_ARRAYS = ("starts", "items", "values")


@dataclass(frozen=True, eq=False)
class Profiles:
    """The profiles of m users over p items: n pairs of user and item, one user's after the other's."""

    item_ids: Sequence[str]
    """(p,)"""
    starts: Rows
    """(m + 1,) where each user's items begin."""
    items: NDArray[np.int32]
    """(n,) numbers of items."""
    values: NDArray[np.float16]
    """(n,) v, above 0."""

    @classmethod
    def empty(cls) -> "Profiles":
        """No profiles."""
        return cls((), np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float16))

    def placed(self, row_of: Callable[[str], int | None], rows: int) -> "PlacedProfiles":
        """The profiles by the rows of a catalogue, which may lack some of the items."""
        return PlacedProfiles(self, *placed_ids(self.item_ids, row_of, rows, unknown=len(self.item_ids)))


@dataclass(frozen=True, eq=False)
class PlacedProfiles:
    """`Profiles` by the rows of a catalogue."""

    table: Profiles
    numbers: Rows
    """(rows,) the item's number; p where nothing is known of it."""
    rows: Rows
    """(p,) the item's row, -1 where it is none of the catalogue's."""

    def tastes(self, history: History) -> Values:
        """(p + 1,) how much the users nearest to a history have of each item, on average; the last is 0."""
        return self._kept.of(history, self._averaged)

    def _averaged(self, history: History) -> Values:
        users, similarity = self._similar_users(history)
        if len(users) < FEWEST:
            users = users[:0]
        if len(users) > NEAREST:
            users = users[np.argpartition(-similarity, NEAREST - 1)[:NEAREST]]
        starts, missing = self.table.starts, max(FILLED - len(users), 0)
        entries = ragged_range(starts[users], starts[users + 1] - starts[users])
        summed = self._summed(entries) + missing * self._everybody
        return np.asarray(summed / (len(users) + missing), np.float64)

    def at(self, history: History, rows: Rows) -> Values:
        """(n,) the tastes of n rows; 0 for an item that no profile has."""
        return self.tastes(history)[self.numbers[rows]]

    def nearest(self, history: History, count: int) -> Rows:
        """Up to `count` rows with the highest tastes, best first."""
        return best_rows(self.tastes(history)[:-1], self.rows, count)

    def _similar_users(self, history: History) -> tuple[Rows, Values]:
        """The users who have any of the history's items, and how similar each is."""
        items = len(self.table.item_ids)
        weights = np.bincount(self.numbers[history.rows], faded(history), minlength=items + 1)[:items]
        asking = np.flatnonzero(weights)
        if len(asking) > ASKING:
            asking = asking[np.argpartition(-weights[asking], ASKING - 1)[:ASKING]]
        starts, users, shares = self._by_item
        lengths = starts[asking + 1] - starts[asking]
        found = ragged_range(starts[asking], lengths)
        parts = shares[found] * np.repeat(np.sqrt(weights[asking]), lengths)
        summed = np.bincount(users[found], parts, minlength=len(self.table.starts) - 1)
        similarity = np.asarray(summed, np.float64)
        some: Rows = np.flatnonzero(similarity > 0).astype(np.int64)
        return some, similarity[some]

    def _summed(self, entries: Rows | slice) -> Values:
        """(p + 1,) the sum of some entries by item."""
        items, values = self.table.items[entries], self._values[entries]
        return np.asarray(np.bincount(items, values, minlength=len(self.table.item_ids) + 1), np.float64)

    @cached_property
    def _everybody(self) -> Values:
        """(p + 1,) the mean of all users; 0 where they are too few."""
        users = len(self.table.starts) - 1
        if users < FEWEST:
            return np.zeros(len(self.table.item_ids) + 1)
        return np.asarray(self._summed(slice(None)) / users, np.float64)

    @cached_property
    def _kept(self) -> KeptByHistory[Values]:
        return KeptByHistory()

    @cached_property
    def _values(self) -> Values:
        return self.table.values.astype(np.float64)

    @cached_property
    def _by_item(self) -> tuple[Rows, Rows, Values]:
        """The profiles sorted by item: (p + 1,) where each item's users begin, (n,) the users, and (n,) their
        √v_ui / ‖√v_u‖."""
        table = self.table
        owners = np.repeat(np.arange(len(table.starts) - 1), np.diff(table.starts))
        lengths = np.sqrt(np.bincount(owners, self._values, minlength=len(table.starts) - 1))
        order = np.argsort(table.items, kind="stable")
        counts = np.bincount(table.items, minlength=len(table.item_ids))
        shares = np.sqrt(self._values) / lengths[owners]
        return np.concatenate([[0], np.cumsum(counts)]), owners[order], shares[order]


def faded(history: History) -> Values:
    """(n,) the weight of each event: by its age in days, or in events where times are unknown."""
    if history.ages is None:
        return np.asarray(np.exp2(-history.positions / HALF_LIFE_EVENTS), np.float64)
    return np.asarray(np.exp2(-history.ages / HALF_LIFE_DAYS), np.float64)


def write_profiles(table: Profiles, path: Path) -> None:
    """Writes one file."""
    write_table(path, table.item_ids, {name: getattr(table, name) for name in _ARRAYS}, FORMAT)


def read_profiles(path: Path) -> Profiles:
    """Reads and checks one file. Raises CheckedFileError."""
    ids, (starts, items, values) = read_table(path, _ARRAYS, FORMAT)
    kinds = [array.dtype for array in (starts, items, values)] == [np.int64, np.int32, np.float16]
    above_zero = bool((np.isfinite(values) & (values > 0)).all())
    if not (kinds and is_cut(starts, items, values) and are_below(items, len(ids)) and above_zero):
        raise damaged(path)
    return Profiles(ids, starts, items, values)
