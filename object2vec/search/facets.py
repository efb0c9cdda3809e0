"""Facets: how often each value of a field occurs in a result."""

import numpy as np
from numpy.typing import NDArray

from object2vec.search.columns import Column, Columns
from object2vec.search.filters import find
from object2vec.search.index import FacetValue

MAX_VALUES = 100
"""Values returned a facet, most frequent first."""


def count(columns: Columns, names: tuple[str, ...], rows: NDArray[np.int64]) -> dict[str, list[FacetValue]]:
    """For each field its most frequent values in these rows. Raises UnknownFieldError."""
    return {name: _facet(find(columns, name), rows, columns.rows) for name in names}


def _facet(column: Column, rows: NDArray[np.int64], total_rows: int) -> list[FacetValue]:
    values = _words(column, rows, total_rows) + _numbers(column, rows)
    return sorted(values, key=lambda value: (-value.count, str(value.value)))[:MAX_VALUES]


def _words(column: Column, rows: NDArray[np.int64], total_rows: int) -> list[FacetValue]:
    if not column.words:
        return []
    counts = np.bincount(column.codes[rows] + 1, minlength=len(column.words) + 1)[1:]
    if len(column.more_rows):
        inside = np.zeros(total_rows, np.bool_)
        inside[rows] = True
        counts += np.bincount(column.more_codes[inside[column.more_rows]], minlength=len(column.words))
    best = np.argsort(-counts, kind="stable")[: MAX_VALUES * 2]
    return [FacetValue(column.words[code], int(counts[code])) for code in best if counts[code]]


def _numbers(column: Column, rows: NDArray[np.int64]) -> list[FacetValue]:
    numbers = column.numbers[rows]
    values, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    best = np.argsort(-counts, kind="stable")[:MAX_VALUES]
    return [FacetValue(float(values[i]), int(counts[i])) for i in best]
