"""The row that an item borrows when it came after the training of the model.

What shoppers taught about an item beyond its words is in a row of its own. A newcomer has none, and with its
words alone it stands behind all that is known, however well it fits. It borrows from the known items whose
words are nearest: attributes mapped to factors by nearest neighbours (Gantner et al. 2010, "Learning
attribute-to-feature mappings for cold-start recommendations"). An item that was there in training and that
hardly anybody wanted borrows nothing: that nobody wanted it is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.encoder import Vectors
from object2vec.model.retrieval.artefact import Weights
from object2vec.model.retrieval.towers import unit

NEAREST, SHARPNESS = 10, 60.0
"""Texts that a newcomer borrows from, and by how much the nearer count more: e^(60 · cosine)."""
MOST = 20_000
"""Texts to be near to: 20 MB at 128 dimensions, a millisecond for one newcomer."""
_CHUNK = 1_000  # texts of newcomers at once


@dataclass(frozen=True, slots=True)
class Landmarks:
    """t distinct texts of known items."""

    words: Vectors
    """(t, d) unit vectors of their words."""
    rows: Vectors
    """(t, d) the direction of their items' rows, each as long as a newcomer's row is to be."""

    @property
    def length(self) -> float:
        """Of a newcomer's row."""
        return float(np.linalg.norm(self.rows, axis=1).mean())

    def borrowed(self, words: Vectors, text_of: NDArray[np.int64]) -> Vectors:
        """The rows (n, d) of newcomers, each with one of the means of words (c, d); zeros without words.

        Many items have the same words: each text is compared once."""
        texts, place = np.unique(text_of, return_inverse=True)
        sought = unit(words[texts])
        parts = [self._borrowed(sought[at : at + _CHUNK]) for at in range(0, len(sought), _CHUNK)]
        rows = np.concatenate([*parts, np.zeros((0, words.shape[1]), np.float32)])
        return unit(rows)[place] * np.float32(self.length)

    def _borrowed(self, sought: Vectors) -> Vectors:
        cosines = sought @ self.words.T  # (n, t)
        last = max(len(self.words) - NEAREST, 0)
        nearest = np.argpartition(cosines, last, axis=1)[:, last:]  # (n, k)
        near = np.take_along_axis(cosines, nearest, axis=1)
        shares = np.exp(SHARPNESS * (near - near.max(axis=1, keepdims=True)))
        shares *= sought.any(axis=1, keepdims=True) / shares.sum(axis=1, keepdims=True)
        rows: Vectors = np.einsum("nk,nkd->nd", shares, self.rows[nearest]).astype(np.float32)
        return rows


def landmarks_of(
    words: Vectors, text_of: NDArray[np.int64], rows: Vectors, uses: NDArray[np.int64], length: float
) -> Landmarks:
    """From the unit vectors of all texts (t, d), and of the n items that taught something their texts, rows
    (n, d) and how often each was used: the texts that were used most come in. `length` is that of a
    newcomer's row."""
    items, used = (np.bincount(text_of, weights, len(words)) for weights in (None, uses))
    kept = np.argsort(-used, kind="stable")[: min(MOST, np.count_nonzero(items))]
    sums = np.zeros_like(words)
    np.add.at(sums, text_of, rows)
    return Landmarks(words[kept], (unit(sums[kept]) * length).astype(np.float32))


def landmarks_in(weights: Weights) -> Landmarks | None:
    """Those of a model; None where nobody taught it anything about its items."""
    words, rows = weights.landmark_words, weights.landmark_rows
    return None if words is None or rows is None or not len(words) else Landmarks(words, rows)
