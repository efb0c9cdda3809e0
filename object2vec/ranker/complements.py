"""Complements: items that are bought with an item, from counts alone.

    share(j | i) = (c_ij + λ p_j) / (c_i + λ)      c_ij  how often j was bought near i
    lift(j | i)  = share(j | i) / p_j              c_i   all that was bought near i
                                                   p_j   j's share of all purchases
λ shrinks the shares of an item towards popularity (Jelinek & Mercer 1980), so that two rare items that met
once do not win. λ is ½ / Σ p_j², half the number of equally popular items that would be as diverse as the log
(Simpson 1949). An item's complements are the items that were bought near it often enough, and not much less
often than by chance, in the order of the share: lift alone would put the rarest first.

A log of baskets is counted twice. Counts across baskets tell better what goes with an item in general; counts
within single baskets tell better what else is in a basket (docs/lab/evaluation.md). complements_fit.py
makes them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows, TokenIds
from object2vec.storage.checked_file import (
    Arrays,
    are_below,
    damaged,
    format_of,
    ids_array,
    ids_in,
    is_cut,
    read_checked,
    write_checked,
)

FILE = "complements.safetensors"
FORMAT = "2"
_WITHOUT_BASKETS = "1"
MOST = 50
"""Complements that are kept of each item."""
_TABLE = ("ids", "shrinkage", "totals", "starts", "others", "shares", "lifts")
_IN_BASKET = "basket_"
"""The prefix of the second table's arrays: complements counted within single baskets."""


class Complement(NamedTuple):
    """An item that is bought with the items that were asked about."""

    item_id: str
    share: float
    lift: float


@dataclass(frozen=True, eq=False)
class Complements:
    """The complements of m items that were counted: n in all, one item's after the other's."""

    item_ids: Sequence[str]
    """(m,) those whose purchases were counted, whether anything goes with them or not."""
    totals: Rows
    """(m,) all that was bought near each."""
    starts: Rows
    """(m + 1,) where each item's complements begin."""
    others: TokenIds
    """(n,) numbers of items, of each item the best first."""
    shares: Matrix
    """(n,)"""
    lifts: Matrix
    """(n,)"""
    shrinkage: float = 1.0
    """λ, in purchases."""
    in_basket: "Complements | None" = None
    """The complements within single baskets; None where the log has no baskets of several items, or an
    earlier version counted it."""

    @classmethod
    def empty(cls) -> "Complements":
        """No complements: nothing was counted."""
        nothing = np.zeros(0, np.float32)
        return cls((), np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int32), nothing, nothing)

    def __contains__(self, item_id: object) -> bool:
        """Whether the item's purchases were counted: if so, no complements means that there are none."""
        return item_id in self._numbers

    def of(self, basket: Sequence[str], limit: int | None = None) -> list[Complement]:
        """The complements of a basket (one item is a basket too), best first, with the mean of the shares and
        the greatest lift. Items of the basket that were not counted are ignored; none of them is a
        complement."""
        counted = [item_id for item_id in dict.fromkeys(basket) if item_id in self._numbers]
        return self.pooled({item_id: 1 / len(counted) for item_id in counted}, counted)[:limit]

    def pooled(self, weights: Mapping[str, float], without: Collection[str] = ()) -> list[Complement]:
        """The complements of several counted items, each with a weight, in the order of Σ weight · share,
        best first; `without` some items."""
        weighed = [(self._numbers[item_id], weight) for item_id, weight in weights.items()]
        left_out = {self._numbers.get(item_id) for item_id in without}
        shares: dict[int, float] = {}
        lifts: dict[int, float] = {}
        for number, weight in weighed:
            part = slice(self.starts[number], self.starts[number + 1])
            columns = (table[part].tolist() for table in (self.others, self.shares, self.lifts))
            for other, share, lift in zip(*columns, strict=True):
                if other not in left_out:
                    shares[other] = shares.get(other, 0.0) + weight * share
                    lifts[other] = max(lift, lifts.get(other, 0.0))
        best = sorted(shares, key=lambda other: (-shares[other], other))
        return [Complement(self.item_ids[other], shares[other], lifts[other]) for other in best]

    def sureness(self, item_id: str) -> float:
        """c / (c + λ): 0 for an item that was not counted, near 1 for one that was counted often."""
        number = self._numbers.get(item_id)
        total = 0 if number is None else int(self.totals[number])
        return total / (total + self.shrinkage)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {item_id: number for number, item_id in enumerate(self.item_ids)}


def write_complements(table: Complements, path: Path) -> None:
    """Writes one file."""
    second = table.in_basket or Complements.empty()
    arrays = _arrays(table) | {_IN_BASKET + name: array for name, array in _arrays(second).items()}
    write_checked(path, arrays, FORMAT)


def read_complements(path: Path) -> Complements:
    """Reads and checks one file. Raises CheckedFileError."""
    if format_of(path) == _WITHOUT_BASKETS:
        return _table(read_checked(path, _TABLE, _WITHOUT_BASKETS)[0], path)
    names = [*_TABLE, *(_IN_BASKET + name for name in _TABLE)]
    arrays, _ = read_checked(path, names, FORMAT)
    second = _table({name: arrays[_IN_BASKET + name] for name in _TABLE}, path)
    return replace(_table(arrays, path), in_basket=second if len(second.item_ids) else None)


def _arrays(table: Complements) -> dict[str, NDArray[Any]]:
    """The table's arrays by the names of `_TABLE`."""
    flat = {name: getattr(table, name) for name in _TABLE[2:]}
    return {"ids": ids_array(table.item_ids), "shrinkage": np.array([table.shrinkage]), **flat}


def _table(arrays: Arrays, path: Path) -> Complements:
    """The table of these arrays, checked. Raises CheckedFileError."""
    ids, shrinkage = ids_in(arrays["ids"], path), arrays["shrinkage"]
    totals, starts, others, shares, lifts = (arrays[name] for name in _TABLE[2:])
    whole = totals.shape == (len(ids),) and starts.shape == (len(ids) + 1,)
    inside = is_cut(starts, others, shares, lifts) and are_below(others, len(ids))
    if not (whole and inside and np.isfinite(shares).all() and shrinkage.shape == (1,) and shrinkage[0] > 0):
        raise damaged(path)
    return Complements(ids, totals, starts, others, shares, lifts, float(shrinkage[0]))
