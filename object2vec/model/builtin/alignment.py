"""Maps the image's in0 vectors to the space of its in1 vectors, so that their cosine tells what fits.

AWS's network learns to score a pair (comparators, MLP), not to give both sides similar vectors; a dimension
may even count against a fit. A ridge regression on pairs of the training period, from the vectors of in0 to
those of the in1 that they belong to, makes the two comparable:
W = (AᵀA + λI)⁻¹AᵀB, A and B centred (Hoerl and Kennard 1970, "Ridge regression", Technometrics 12).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Vectors
from object2vec.model.retrieval.forward import unit

FILE = "alignment.npz"
_RIDGE = 0.1  # of the mean variance


@dataclass(frozen=True, slots=True)
class Alignment:
    """The linear map, learned from pairs."""

    query_mean: NDArray[np.float32]  # (d,)
    item_mean: NDArray[np.float32]  # (d,)
    matrix: NDArray[np.float32]  # (d, d)

    @classmethod
    def fit(cls, queries: Vectors, items: Vectors) -> "Alignment":
        """Learns from m pairs: the vectors (m, d) of in0 and of in1, in the same order."""
        query_mean, item_mean = queries.mean(axis=0), items.mean(axis=0)
        a, b = (queries - query_mean).astype(np.float64), (items - item_mean).astype(np.float64)
        gram = a.T @ a
        ridge = _RIDGE * float(np.trace(gram)) / len(gram) + 1e-9
        matrix = np.linalg.solve(gram + ridge * np.eye(len(gram)), a.T @ b)
        return cls(query_mean, item_mean, matrix.astype(np.float32))

    @property
    def dim(self) -> int:
        return len(self.item_mean)

    def queries(self, raw: Vectors) -> Vectors:
        """(n, d) comparable unit vectors, from the image's vectors (n, d) of in0."""
        return unit(np.asarray((raw - self.query_mean) @ self.matrix, np.float32))

    def items(self, raw: Vectors) -> Vectors:
        """(n, d) comparable unit vectors, from the image's vectors (n, d) of in1."""
        return unit(raw - self.item_mean)

    def save(self, folder: Path) -> None:
        np.savez(folder / FILE, query_mean=self.query_mean, item_mean=self.item_mean, matrix=self.matrix)

    @classmethod
    def load(cls, folder: Path) -> "Alignment":
        with np.load(folder / FILE) as stored:
            return cls(**{name: stored[name] for name in ("query_mean", "item_mean", "matrix")})
