"""Vectors in a quarter of their memory, to find the few that are worth an exact product.

Flat search is bound by how fast memory can be read. Every coordinate becomes a signed byte; how far the
rounding can move an inner product is bounded by Cauchy-Schwarz, q·x - q̂·x̂ = q̂·(x - x̂) + (q - q̂)·x, so that a
caller can know of every vector that it need not read.
"""

import faiss
import numpy as np

from object2vec.core.arrays import Mask, Matrix, Rows, Vector

_CHUNK_ROWS = 8_192
_LEVELS = 127
SAMPLED = 32
"""One row in so many is asked first, to guess how great the products of the nearest are."""


class CoarseVectors:
    """Vectors, rounded to bytes."""

    def __init__(self, matrix: Matrix) -> None:
        """From float32 of shape (rows, dim)."""
        # One inverted list of everything: only these can be asked for all rows above a bound in one quick
        # pass, which keeps no order while it reads. Keeping one takes as long as the reading.
        dim, metric = matrix.shape[1], faiss.METRIC_INNER_PRODUCT
        one, anything = faiss.IndexFlatIP(dim), np.zeros((1, dim), np.float32)
        one.add(anything)
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        self._index = faiss.IndexIVFScalarQuantizer(one, dim, 1, kind, metric, False)
        self._index.train(anything)
        self._sample = np.ascontiguousarray(matrix[::SAMPLED])
        self._step = _step(matrix)
        self._error = self._longest = 0.0
        for start in range(0, len(matrix), _CHUNK_ROWS):
            chunk = matrix[start : start + _CHUNK_ROWS]
            codes = np.rint(chunk / np.float32(self._step))
            self._index.add(codes)
            self._error = max(self._error, _longest(chunk - codes * self._step))
            self._longest = max(self._longest, _longest(chunk))

    def guess(self, query: Vector, count: float, allowed: Mask) -> float:
        """A score that about `count` allowed rows exceed; -1 if there are no more rows than that: all exceed
        it."""
        products = np.einsum("ij,j->i", self._sample, query)[allowed[::SAMPLED]]  # BLAS would wake threads
        place = round(count / SAMPLED)
        return float(-np.partition(-products, place)[place]) if place < len(products) else -1.0

    def reaching(self, query: Vector, bound: float) -> Rows:
        """The rows, ascending, whose exact product with the query may reach the bound; no other's does.

        Of all rows: reading them takes less time than asking of each one whether it is allowed."""
        step = _step(query)
        codes = np.rint(query / np.float32(step))
        length, error = float(np.linalg.norm(codes * step)), float(np.linalg.norm(query - codes * step))
        least = (bound - length * self._error - error * self._longest) / (self._step * step)
        _, _, rows = self._index.range_search(codes[None, :], least - 1)  # an open range
        return np.sort(rows)


def _longest(vectors: Matrix) -> float:
    return float(np.linalg.norm(vectors, axis=1).max(initial=0.0))


def _step(values: Matrix | Vector) -> float:
    """Between two levels of a byte."""
    return float(max(values.max(initial=0.0), -values.min(initial=0.0))) / _LEVELS or 1.0
