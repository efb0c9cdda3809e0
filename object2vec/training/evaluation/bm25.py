"""BM25 over short texts, as the baseline that no learned model may ignore.

Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond"; Lucene's idf, which is
never negative. Terms are those of the search index.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from object2vec.search.analysis import analyzer

_K1, _B = 1.2, 0.75


class BM25:
    """Scores all documents for a weighted set of terms, from inverted lists in memory."""

    def __init__(self, documents: Sequence[str]) -> None:
        terms = [analyze(text) for text in documents]
        lengths = np.array([len(row) for row in terms], np.float32)
        self._count = len(documents)
        self._numbers: dict[str, int] = {}
        flat = np.fromiter(
            (self._numbers.setdefault(t, len(self._numbers)) for row in terms for t in row), np.int64
        )
        owner = np.repeat(np.arange(self._count), lengths.astype(np.int64))
        pairs, frequency = np.unique(flat * self._count + owner, return_counts=True)
        term, self._documents = np.divmod(pairs, self._count)
        self._starts = np.searchsorted(term, np.arange(len(self._numbers) + 1))
        found = np.diff(self._starts)[term]
        idf = np.log1p((self._count - found + 0.5) / (found + 0.5))
        norm = _K1 * (1 - _B + _B * lengths[self._documents] / max(float(lengths.mean()), 1e-9))
        self._weights = (idf * frequency / (frequency + norm)).astype(np.float32)

    def scores(self, terms: Mapping[str, float]) -> NDArray[np.float32]:
        """(documents,) the weighted sum of the terms' scores; unknown terms count nothing."""
        total = np.zeros(self._count, np.float32)
        for term, weight in terms.items():
            number = self._numbers.get(term)
            if number is not None:
                found = slice(self._starts[number], self._starts[number + 1])
                total[self._documents[found]] += np.float32(weight) * self._weights[found]
        return total


def analyze(text: str) -> list[str]:
    """The index terms of a text, repeats kept."""
    return list(analyzer().analyze(text))


def query_terms(texts: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    """The summed weight of each term over weighted texts."""
    summed: dict[str, float] = {}
    for text, weight in zip(texts, weights, strict=True):
        for term in analyze(text):
            summed[term] = summed.get(term, 0.0) + weight
    return summed
