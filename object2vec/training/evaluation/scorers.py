"""The systems that are compared on next items; each scores all items for the users of a holdout."""

from collections.abc import Sequence

import numpy as np

from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.forward import session_vectors, unit
from object2vec.model.retrieval.items import item_sums
from object2vec.training.dataset import Catalogue
from object2vec.training.evaluation.bm25 import BM25, query_terms
from object2vec.training.features import ItemFeatures
from object2vec.training.ranking import Holdout, Scorer

OWN_HALF_LIFE_DAYS = 90.0  # best of 30, 60, 90 and 180 on the sample shop's validation period
_TEXT_ITEMS = 50  # newest of a history that BM25 takes for its query


def model_scorer(artefact: Artefact, features: ItemFeatures, users: Holdout) -> Scorer:
    """Cosine of session and item, as the search answers it."""
    sums = item_sums(artefact.weights, features)
    sessions = session_vectors(artefact.weights, sums, users.histories, artefact.manifest.recency_half_lives)
    items = unit(sums)
    return lambda at: sessions[at] @ items.T


def popularity_scorer(popularity: Rows) -> Scorer:
    """The same list for everyone."""
    return lambda at: np.tile(popularity.astype(np.float32), (len(at), 1))


def own_frequency_scorer(popularity: Rows, users: Holdout) -> Scorer:
    """What the user bought before, recent purchases counting more; popularity behind."""
    behind = (popularity / (popularity.max(initial=0) + 1) * 1e-3).astype(np.float32)

    def score(at: Rows) -> Matrix:
        scores = np.tile(behind, (len(at), 1))
        for row, user in zip(scores, at, strict=True):
            weights = np.exp2(-users.ages[user] / OWN_HALF_LIFE_DAYS).astype(np.float32)
            np.add.at(row, users.histories[user], weights)
        return scores

    return score


def bm25_scorer(catalogue: Catalogue, features: ItemFeatures, users: Holdout) -> Scorer:
    """The texts of the latest items as a query."""
    texts = _distinct(catalogue, features)
    index = BM25(texts)

    def score(at: Rows) -> Matrix:
        rows = [_history_scores(index, texts, features.text_of[users.histories[user]]) for user in at]
        return np.stack(rows)[:, features.text_of]

    return score


def _history_scores(index: BM25, texts: Sequence[str], history: Rows) -> Matrix:
    recent = history[-_TEXT_ITEMS:]
    weights = np.exp2(-np.arange(len(recent))[::-1] / _TEXT_ITEMS)
    return index.scores(query_terms([texts[code] for code in recent], list(weights)))


def _distinct(catalogue: Catalogue, features: ItemFeatures) -> list[str]:
    _, first = np.unique(features.text_of, return_index=True)
    return [catalogue.texts[item] for item in first]
