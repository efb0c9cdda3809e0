"""All items and many sessions as vectors, from a table in memory: for validation and evaluation."""

from collections.abc import Sequence

import numpy as np

from object2vec.encoder import Vectors
from object2vec.model.artefact import Weights
from object2vec.model.bags import MAX_SESSION_ITEMS, Bags, pool, recency_weights
from object2vec.training.dataset import Codes
from object2vec.training.features import ItemFeatures


def item_sums(weights: Weights, features: ItemFeatures) -> Vectors:
    """(items, d) own row plus mean of the words, not normalised."""
    sums = pool(weights.words, features.words)[features.text_of]
    known = features.row_of >= 0
    if weights.items is not None and known.any():
        sums[known] += weights.items[features.row_of[known] - len(weights.words)]
    return sums


def session_vectors(weights: Weights, sums: Vectors, histories: Sequence[Codes], half_life: float) -> Vectors:
    """(n, d) unit vectors of histories of items, oldest first; zeros for an empty one."""
    pooled = np.zeros((len(histories), sums.shape[1]), np.float32)
    for at, history in enumerate(histories):
        recent = history[-MAX_SESSION_ITEMS:]
        pooled[at] = recency_weights(len(recent), half_life) @ sums[recent]
    empty = np.fromiter((not len(history) for history in histories), bool, len(histories))
    projected = pooled if weights.session_head is None else pooled @ weights.session_head
    if weights.session_bias is not None:
        projected = projected + weights.session_bias
    projected[empty] = 0.0
    return unit(projected)


def query_vectors(weights: Weights, queries: Bags) -> Vectors:
    """(n, d) unit vectors of bags of words."""
    pooled = pool(weights.words, queries)
    return unit(pooled if weights.query_head is None else pooled @ weights.query_head)


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 1e-12)
    return scaled
