"""Names for the kinds of arrays: a signature says with them what its numbers mean. And distinct numbers."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
"""Positions: of items in a catalogue, of users in a hold-out, of rows in a table."""
TokenIds = NDArray[np.int32]
"""Numbers of a tokenizer's vocabulary, or of rows of a model's table: small and many."""
Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]
Values = NDArray[np.float64]
"""Numbers that are no scores: features, ratings, shares."""
Vector = NDArray[np.float32]
"""(dim,) one embedding."""
Vectors = NDArray[np.float32]
"""(n, dim) embeddings."""
Matrix = NDArray[np.float32]
"""(n, m) of any other float32 numbers."""
Digests = NDArray[np.uint64]
"""Numbers that stand for ids or lines, made from their bytes."""
Whole = TypeVar("Whole", bound=np.integer)
"""Any whole numbers."""


def distinct(values: NDArray[Whole]) -> NDArray[Whole]:
    """(k,) the distinct ones of (n,) integers, ascending, as `numpy.unique` gives them. Sorting alone takes a
    quarter of numpy's time for the few thousand numbers of a list or a batch: numpy hashes them first."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
