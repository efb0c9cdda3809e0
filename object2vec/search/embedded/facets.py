"""Facets: how often each value of a field, or each range of its numbers, occurs in a result."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, Scores
from object2vec.search.embedded.columns import FieldColumn
from object2vec.search.index import FacetRange, FacetValue

FacetKey = TypeVar("FacetKey", bound=np.generic)
MAX_VALUES = 100
"""Values returned a facet, most frequent first."""
MAX_BOUNDARIES = 50


def count(
    column: FieldColumn, rows: Rows, boundaries: Sequence[float] = (), groups: Rows | None = None
) -> list[FacetValue | FacetRange]:
    """The column's most frequent words in these rows, then its numbers, in ranges if there are many. `groups`
    (n,) of the rows: where there are some, a value counts once for each group of rows that has it."""
    place = _Places(rows, len(column.codes))
    words: list[FacetValue | FacetRange] = [*_words(column, place, groups)]
    if not column.numeric:
        return words
    numbers = column.numbers[rows]
    more, extra = place.among(column.more_number_rows)
    at = np.concatenate([np.flatnonzero(~np.isnan(numbers)), more])
    numbers = np.concatenate([numbers[~np.isnan(numbers)], column.more_numbers[extra]])
    edges = tuple(boundaries) or column.boundaries
    owners = None if groups is None else groups[at]
    words += _ranges(numbers, edges, owners) if edges else _singles(numbers, owners)
    return words


class _Places:
    """Where rows are in a result."""

    def __init__(self, rows: Rows, total_rows: int) -> None:
        self.rows, self._total_rows = rows, total_rows

    def among(self, entries: NDArray[np.integer]) -> tuple[Rows, Rows]:
        """Of the entries (rows) that are in the result: their places in it, and which of the entries they
        are."""
        if not len(entries):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        place = np.full(self._total_rows, -1)
        place[self.rows] = np.arange(len(self.rows))
        found = place[entries]
        return found[found >= 0], np.flatnonzero(found >= 0)


def _words(column: FieldColumn, place: _Places, groups: Rows | None) -> list[FacetValue]:
    if not column.words:
        return []
    first = column.codes[place.rows]
    more, extra = place.among(column.more_rows)
    if groups is None:
        counts = np.bincount(first + 1, minlength=len(column.words) + 1)[1:]
        counts += np.bincount(column.more_codes[extra], minlength=len(column.words))
    else:
        codes = np.concatenate([first[first >= 0], column.more_codes[extra]])
        owners = groups[np.concatenate([np.flatnonzero(first >= 0), more])]
        counts = np.bincount(_once(owners, codes), minlength=len(column.words))
    best = np.argsort(-counts, kind="stable")[: MAX_VALUES * 2]
    values = [FacetValue(column.words[code], int(counts[code])) for code in best if counts[code]]
    return sorted(values, key=lambda value: (-value.count, str(value.value)))[:MAX_VALUES]


def _singles(numbers: Scores, owners: Rows | None) -> list[FacetValue]:
    values, counts = np.unique(_once(owners, numbers), return_counts=True)
    return [FacetValue(float(value), int(n)) for value, n in zip(values, counts, strict=True)]


def _ranges(numbers: Scores, edges: Sequence[float], owners: Rows | None) -> list[FacetRange]:
    bins = np.searchsorted(edges, numbers, side="right")
    counts = np.bincount(_once(owners, bins), minlength=len(edges) + 1)
    bounds = [None, *edges, None]
    ranges = zip(bounds[:-1], bounds[1:], counts, strict=True)
    return [FacetRange(gte, lt, int(n)) for gte, lt, n in ranges if n]


def _once(owners: Rows | None, values: NDArray[FacetKey]) -> NDArray[FacetKey]:
    """The values without those that the same owner has again."""
    if owners is None:
        return values
    order = np.lexsort((values, owners))
    owners, values = owners[order], values[order]
    first = np.ones(len(values), np.bool_)
    first[1:] = (owners[1:] != owners[:-1]) | (values[1:] != values[:-1])
    return values[first]
