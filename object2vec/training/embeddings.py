"""All items as vectors, from a table in memory: for validation and evaluation."""

import numpy as np

from object2vec.core.encoder import Vectors
from object2vec.model.retrieval.artefact import Weights
from object2vec.model.retrieval.bags import pool
from object2vec.model.retrieval.cold_start import landmarks_in
from object2vec.model.retrieval.towers import unit
from object2vec.training.features import ItemFeatures


def text_vectors(weights: Weights, features: ItemFeatures) -> Vectors:
    """(items, d) what a query is compared with: the texts alone, once people taught the model more."""
    if landmarks_in(weights) is None:
        return unit(item_sums(weights, features))
    words = pool(weights.words, features.content)[features.content_of]
    return unit(words + _dense(weights, features))


def item_sums(weights: Weights, features: ItemFeatures) -> Vectors:
    """(items, d) own or borrowed row, means of the words and the vector's part, not normalised."""
    words = pool(weights.words, features.content)
    sums = words[features.content_of] + _dense(weights, features)
    known = features.row_of >= 0
    if weights.items is not None and known.any():
        sums[known] += weights.items[features.row_of[known] - len(weights.words)]
    landmarks = landmarks_in(weights)
    if landmarks is not None and features.new is not None and features.new.any():
        sums[features.new] += landmarks.borrowed(words, features.content_of[features.new])
    return sums


def _dense(weights: Weights, features: ItemFeatures) -> Vectors:
    """(items, d) what the items' own dense vectors add."""
    added = np.zeros((len(features.content_of), weights.words.shape[1]), np.float32)
    if weights.vector_head is not None and features.vectors is not None:
        with_vector = features.vectors.of >= 0
        added[with_vector] = (features.vectors.matrix @ weights.vector_head)[features.vectors.of[with_vector]]
    return added
