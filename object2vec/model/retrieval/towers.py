"""The two towers in numpy: what the network learned, applied to queries and sessions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from object2vec.core.encoder import Vectors
from object2vec.model.retrieval.artefact import Weights
from object2vec.model.retrieval.bags import Bags, pool, pool_sessions


def query_vectors(weights: Weights, queries: Bags) -> Vectors:
    """(n, d) unit vectors of bags of words."""
    return unit(_projected(pool(weights.words, queries), weights.query_head))


def session_vectors(
    weights: Weights, items: Vectors, sessions: Sequence[NDArray[np.int64]], half_lives: Sequence[float]
) -> Vectors:
    """(n, d) unit vectors of sessions, each the positions of its items in `items` (m, d), oldest first; zeros
    for a session of nothing, or of items of which nothing is known."""
    pooled = pool_sessions(items, sessions, half_lives)
    projected = _projected(pooled, weights.session_head)
    if weights.session_bias is not None:
        projected = projected + weights.session_bias
    projected[~pooled.any(axis=1)] = 0.0
    return unit(projected)


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 1e-12)
    return scaled


def _projected(pooled: Vectors, head: NDArray[np.float32] | None) -> Vectors:
    return pooled if head is None else pooled @ head
