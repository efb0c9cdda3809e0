"""Negatives that are hard to tell from the right text or item: its nearest neighbours where training starts.

Xiong et al. 2021, "Approximate nearest neighbor negative contrastive learning for dense text retrieval": what
a random batch holds is told apart after a few steps and teaches nothing more.
"""

import numpy as np

from object2vec.core.encoder import Vectors
from object2vec.training.dataset import Codes
from object2vec.training.evaluation.ranking import top_positions

_ROWS = 512


def nearest_others(vectors: Vectors, count: int) -> Codes:
    """(t, count) the nearest others of t unit vectors, the nearest first."""
    count = min(count, len(vectors) - 1)
    found = [np.empty((0, count), np.int64)]
    for at in range(0, len(vectors), _ROWS):
        cosines = vectors[at : at + _ROWS] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, at + rows] = -np.inf
        found.append(top_positions(cosines, count) if count else np.empty((len(rows), 0), np.int64))
    return np.concatenate(found)
