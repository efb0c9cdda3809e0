"""Collaborative filters that need no deep learning, on the interface of our own scorers.

Each is given training interactions and the users to rank for. `half_life` counts in items of a history,
newest first; None is no recency at all.
"""

from collections.abc import Sequence

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.forward import recency_weights
from object2vec.training.dataset import Interactions
from object2vec.training.ranking_metrics import Scorer


def user_items(events: Interactions, items: int, values: Matrix | None = None) -> sparse.csr_matrix:
    """(users, items) weights of the events, 1 each without `values`; repeats add up."""
    weights = np.ones(len(events), np.float32) if values is None else values
    users = int(events.users.max()) + 1
    return sparse.csr_matrix((weights, (events.users, events.items)), shape=(users, items))


def popularity(events: Interactions, items: int) -> Scorer:
    """The most frequent items, for everyone."""
    counts = events.popularity(items).astype(np.float32)
    return lambda at: np.tile(counts, (len(at), 1))


def item_knn(
    matrix: sparse.csr_matrix, histories: Sequence[Rows], half_life: float | None, neighbours: int = 100
) -> Scorer:
    """Cosine between item columns, the nearest neighbours of each (Sarwar et al. 2001)."""
    gram = _dense(matrix.T @ matrix)
    norms = np.sqrt(np.diag(gram)) + 1e-9
    similarity = np.asarray(gram / norms[:, None] / norms, np.float32)
    np.fill_diagonal(similarity, 0.0)
    cut = np.partition(similarity, -neighbours, axis=1)[:, -neighbours]
    similarity[similarity < cut[:, None]] = 0.0
    return _from_histories(similarity, histories, half_life)


def ease(
    matrix: sparse.csr_matrix, histories: Sequence[Rows], half_life: float | None, penalty: float = 300.0
) -> Scorer:
    """Closed-form linear autoencoder (Steck 2019, "Embarrassingly shallow autoencoders for sparse data")."""
    return _from_histories(ease_weights(matrix, penalty), histories, half_life)


def ease_weights(matrix: sparse.csr_matrix, penalty: float) -> Matrix:
    """(items, items): row i is what item i in a history adds to the score of every item."""
    gram = _dense(matrix.T @ matrix).astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights, np.float32)


def ials(matrix: sparse.csr_matrix, users: Rows, *, factors: int, penalty: float, alpha: float) -> Scorer:
    """Weighted matrix factorisation (Hu, Koren & Volinsky 2008) by `implicit`."""
    model = AlternatingLeastSquares(
        factors=factors, regularization=penalty, alpha=alpha, iterations=20, random_state=0, num_threads=1
    )
    model.fit(matrix, show_progress=False)
    return lambda at: model.user_factors[users[at]] @ model.item_factors.T


def _dense(matrix: sparse.csr_matrix) -> Matrix:
    return np.asarray(matrix.todense(), np.float32)


def _from_histories(weights: Matrix, histories: Sequence[Rows], half_life: float | None) -> Scorer:
    def score(at: Rows) -> Matrix:
        scores = np.empty((len(at), weights.shape[1]), np.float32)
        for row, user in zip(scores, at, strict=True):
            history = histories[user]
            share = recency_weights(len(history), [half_life or np.inf])[0]
            row[:] = share @ weights[history]
        return scores

    return score
