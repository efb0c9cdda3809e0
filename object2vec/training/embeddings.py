"""All items as vectors, from a table in memory: for validation and evaluation."""

from object2vec.encoder import Vectors
from object2vec.model.artefact import Weights
from object2vec.model.bags import pool
from object2vec.training.features import ItemFeatures


def item_sums(weights: Weights, features: ItemFeatures) -> Vectors:
    """(items, d) own row, means of the words and the vector's part, not normalised."""
    sums = pool(weights.words, features.content)[features.content_of]
    known = features.row_of >= 0
    if weights.items is not None and known.any():
        sums[known] += weights.items[features.row_of[known] - len(weights.words)]
    if weights.vector_head is not None and features.vectors is not None:
        with_vector = features.vectors.of >= 0
        sums[with_vector] += (features.vectors.matrix @ weights.vector_head)[features.vectors.of[with_vector]]
    return sums
