"""Facets: how often each value of a field, or each range of its numbers, occurs in a result."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows
from object2vec.search.embedded.columns import FieldColumn
from object2vec.search.index import FacetRange, FacetValue

MAX_VALUES = 100
"""Values returned a facet, most frequent first."""
MAX_BOUNDARIES = 50


def count(
    column: FieldColumn, rows: Rows, total_rows: int, boundaries: Sequence[float] = ()
) -> list[FacetValue | FacetRange]:
    """The column's most frequent words in these rows, then its numbers, in ranges if there are many."""
    words: list[FacetValue | FacetRange] = [*_words(column, rows, total_rows)]
    if not column.numeric:
        return words
    numbers = column.numbers[rows]
    numbers = numbers[~np.isnan(numbers)]
    if len(column.more_numbers):
        inside = np.zeros(total_rows, np.bool_)
        inside[rows] = True
        numbers = np.concatenate([numbers, column.more_numbers[inside[column.more_number_rows]]])
    edges = tuple(boundaries) or column.boundaries
    return words + ([*_ranges(numbers, edges)] if edges else [*_singles(numbers)])


def _words(column: FieldColumn, rows: Rows, total_rows: int) -> list[FacetValue]:
    if not column.words:
        return []
    counts = np.bincount(column.codes[rows] + 1, minlength=len(column.words) + 1)[1:]
    if len(column.more_rows):
        inside = np.zeros(total_rows, np.bool_)
        inside[rows] = True
        counts += np.bincount(column.more_codes[inside[column.more_rows]], minlength=len(column.words))
    best = np.argsort(-counts, kind="stable")[: MAX_VALUES * 2]
    values = [FacetValue(column.words[code], int(counts[code])) for code in best if counts[code]]
    return sorted(values, key=lambda value: (-value.count, str(value.value)))[:MAX_VALUES]


def _singles(numbers: NDArray[np.float64]) -> list[FacetValue]:
    values, counts = np.unique(numbers, return_counts=True)
    return [FacetValue(float(value), int(n)) for value, n in zip(values, counts, strict=True)]


def _ranges(numbers: NDArray[np.float64], edges: Sequence[float]) -> list[FacetRange]:
    counts = np.bincount(np.searchsorted(edges, numbers, side="right"), minlength=len(edges) + 1)
    bounds = [None, *edges, None]
    ranges = zip(bounds[:-1], bounds[1:], counts, strict=True)
    return [FacetRange(gte, lt, int(n)) for gte, lt, n in ranges if n]
