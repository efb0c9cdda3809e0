"""BM25 (Robertson et al. 1994, "Okapi at TREC-3") of one field, by the statistics of the items there are.

    idf(t) · (k₁ + 1) · tf / (tf + k₁ · (1 - b + b · length / mean length))
    idf(t) = ln(1 + (N - n + ½) / (n + ½))

what Lucene and tantivy compute, but with exact lengths and without the items that were removed.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Rows
from object2vec.search.embedded.text.postings import Field

WordScores = NDArray[np.float32]
"""(n,) BM25 of n rows: float32, since a query adds up millions of them."""

K1, B = 1.2, 0.75
_NO_ROWS = np.zeros(0, np.int64), np.zeros(0, np.float32)


@dataclass(frozen=True, eq=False)
class Bm25:
    """Scores of single terms."""

    field: Field
    alive: Mask
    """(rows,) the rows that are items of now."""

    def scores(self, term: str) -> tuple[Rows, WordScores]:
        """The rows that have the term, ascending, those of removed items among them, and their scores."""
        narrow, counts = self.field.at(term)
        if not len(narrow):
            return _NO_ROWS
        rows = narrow.astype(np.int64)  # once, not at every use as an index
        items = self._alive_among(rows)
        idf = math.log(1 + (self._items - items + 0.5) / (items + 0.5))
        frequency = counts.astype(np.float32)
        scores: WordScores = np.float32(idf * (K1 + 1)) * frequency / (frequency + self._norms.take(rows))
        return rows, scores

    def frequency(self, term: str) -> int:
        """How many items have the term."""
        return self._alive_among(self.field.at(term)[0])

    def _alive_among(self, rows: NDArray[np.integer]) -> int:
        return len(rows) if self._items == len(self.alive) else int(np.count_nonzero(self.alive[rows]))

    @cached_property
    def _items(self) -> int:
        return int(np.count_nonzero(self.alive))

    @cached_property
    def _norms(self) -> WordScores:
        """(rows,) what the length of a row adds to the denominator."""
        lengths = self.field.lengths
        mean = float(lengths[self.alive].sum()) / max(self._items, 1)
        return (K1 * (1 - B + B * lengths / (mean or 1.0))).astype(np.float32)
