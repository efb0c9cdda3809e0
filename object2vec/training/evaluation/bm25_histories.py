"""Next items by the words of a history alone: the texts of the latest items are the query."""

from collections.abc import Sequence

import numpy as np

from object2vec.core.arrays import Matrix, Rows
from object2vec.training.dataset import Catalogue
from object2vec.training.evaluation.bm25 import BM25, query_terms
from object2vec.training.features import distinct_codes
from object2vec.training.ranking import Holdout, Scorer

_NEWEST = 50  # items of a history


def bm25_scorer(catalogue: Catalogue, users: Holdout) -> Scorer:
    """BM25 of the items' texts."""
    text_of, texts = distinct_codes(catalogue.texts)
    index = BM25(texts)

    def score(at: Rows) -> Matrix:
        rows = [_history_scores(index, texts, text_of[users.histories[user]]) for user in at.tolist()]
        return np.stack(rows)[:, text_of]

    return score


def _history_scores(index: BM25, texts: Sequence[str], history: Rows) -> Matrix:
    recent = history[-_NEWEST:]
    weights = np.exp2(-np.arange(len(recent))[::-1] / _NEWEST)
    return index.scores(query_terms([texts[code] for code in recent], list(weights)))
