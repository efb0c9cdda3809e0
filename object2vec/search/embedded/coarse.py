"""Vectors in a quarter of their memory, to find the few that are worth an exact look.

Flat search is bound by how fast memory can be read. Every coordinate becomes a signed byte; how far the
rounding can move an inner product is bounded by Cauchy-Schwarz, q·x - q̂·x̂ = q̂·(x - x̂) + (q - q̂)·x, so that a
caller can prove that no vector it did not look at belongs to its result.
"""

import faiss
import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Matrix = NDArray[np.float32]

_CHUNK_ROWS = 8_192
_LEVELS = 127


class CoarseVectors:
    """Vectors of at most unit length, rounded."""

    def __init__(self, matrix: Matrix) -> None:
        """From float32 of shape (rows, dim)."""
        self._index = faiss.IndexScalarQuantizer(
            matrix.shape[1], faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        self._step = _step(matrix)
        self._error = 0.0
        for start in range(0, len(matrix), _CHUNK_ROWS):
            chunk = matrix[start : start + _CHUNK_ROWS]
            codes = np.rint(chunk / np.float32(self._step))
            self._index.add(codes)
            self._error = max(self._error, float(np.linalg.norm(chunk - codes * self._step, axis=1).max()))

    def search(
        self, query: NDArray[np.float32], count: int, parameters: faiss.SearchParameters
    ) -> tuple[Rows, float]:
        """About the best `count` rows, and what the exact product of any other one cannot exceed."""
        step = _step(query)
        codes = np.rint(query / np.float32(step))
        scores, rows = self._index.search(codes[None, :], count, params=parameters)
        length, error = float(np.linalg.norm(codes * step)), float(np.linalg.norm(query - codes * step))
        return rows[0], float(scores[0, -1]) * self._step * step + length * self._error + error


def _step(values: Matrix) -> float:
    """Between two levels of a byte."""
    return float(max(values.max(initial=0.0), -values.min(initial=0.0))) / _LEVELS or 1.0
