"""BM25 over the items' texts: the baseline that a learned model has to beat.

Tokens, word forms and formula are those of the search index, in the catalogue's languages. So a model is
compared with the search that shoppers would get without it, except that the text is one field here.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np

from object2vec.core.arrays import Matrix, Rows
from object2vec.search.analysis import Analysis
from object2vec.search.embedded.text.bm25 import Bm25, WordScores
from object2vec.search.embedded.text.index import catalogue_languages
from object2vec.search.embedded.text.postings import Field, Postings
from object2vec.training.dataset import Catalogue
from object2vec.training.features import distinct_codes
from object2vec.training.holdouts import Holdout
from object2vec.training.ranking_metrics import Scorer

_NEWEST = 50  # items of a history


class TextBaseline:
    """Scores all documents for a weighted set of terms, from posting lists in memory."""

    def __init__(self, documents: Sequence[str], analysis: Analysis) -> None:
        self._count = len(documents)
        self._terms = Bm25(
            Field(Postings.of([(text, "") for text in documents], analysis)), np.ones(self._count, np.bool_)
        )

    def scores(self, terms: Mapping[str, float]) -> WordScores:
        """(documents,) the weighted sum of the terms' scores; an unknown term adds nothing."""
        total = np.zeros(self._count, np.float32)
        for term, weight in terms.items():
            rows, scores = self._terms.scores(term)
            total[rows] += np.float32(weight) * scores
        return total


def analysis_of(catalogue: Catalogue) -> Analysis:
    """The analysis for the languages that the index would find in the catalogue without a setting."""
    return Analysis(catalogue_languages(catalogue.items()))


def query_terms(texts: Sequence[str], weights: Sequence[float], analysis: Analysis) -> dict[str, float]:
    """The summed weight of each term over weighted texts, without stop words unless a text has no others."""
    return _summed(map(analysis.telling, texts), weights)


def _summed(texts: Iterable[Iterable[str]], weights: Sequence[float]) -> dict[str, float]:
    summed: dict[str, float] = {}
    for terms, weight in zip(texts, weights, strict=True):
        for term in terms:
            summed[term] = summed.get(term, 0.0) + weight
    return summed


def bm25_scorer(catalogue: Catalogue, users: Holdout) -> Scorer:
    """A scorer for next items that knows words alone: the texts of a history's latest items are the query."""
    text_of, texts = distinct_codes(catalogue.texts)
    analysis = analysis_of(catalogue)
    index = TextBaseline(texts, analysis)

    @cache  # users share items: each text is cut into terms once
    def terms(code: int) -> tuple[str, ...]:
        return tuple(analysis.telling(texts[code]))

    def history_scores(history: Rows) -> WordScores:
        recent = history[-_NEWEST:].tolist()
        weights = np.exp2(-np.arange(len(recent))[::-1] / _NEWEST)
        return index.scores(_summed(map(terms, recent), list(weights)))

    def score(at: Rows) -> Matrix:
        rows = [history_scores(text_of[users.histories[user]]) for user in at.tolist()]
        return np.stack(rows)[:, text_of]

    return score
