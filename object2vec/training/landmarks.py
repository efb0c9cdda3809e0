"""What a trained model keeps for items that come later: `object2vec/model/newcomers.py`."""

from dataclasses import replace

import numpy as np

from object2vec.model.artefact import Weights
from object2vec.model.bags import pool
from object2vec.model.newcomers import landmarks_of
from object2vec.model.towers import unit
from object2vec.training.dataset import Codes
from object2vec.training.features import ItemFeatures


def with_landmarks(weights: Weights, features: ItemFeatures, uses: Codes) -> Weights:
    """The weights with the landmarks among the items that were used: `uses` (items,), 0 where too rarely."""
    worded = (features.words.lengths > 0)[features.text_of]
    taught = np.flatnonzero((uses > 0) & (features.row_of >= 0) & worded)
    if weights.items is None or not len(taught):
        return weights
    words = unit(pool(weights.words, features.words))
    rows = weights.items[features.row_of[taught] - len(weights.words)]
    landmarks = landmarks_of(words, features.text_of[taught], rows, uses[taught])
    return replace(weights, landmark_words=landmarks.words, landmark_rows=landmarks.rows)
