"""Dense vectors that items bring along (an image embedding, say): standardised, then projected linearly.

    part of the item = ((vector - mean) · scale) @ head,  scale = 1 / (standard deviation · √p)

so that a usual vector of p numbers has length 1 before the projection, whatever its model and its p.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

_CONSTANT = 1e-6  # a spread below this share of the size of the numbers is rounding, not information


@dataclass(frozen=True, slots=True)
class Standardisation:
    """What vectors of p numbers were like in the training data."""

    mean: NDArray[np.float32]  # (p,)
    scale: NDArray[np.float32]  # (p,), 0 where all vectors have the same number

    @classmethod
    def of(cls, vectors: Matrix) -> "Standardisation":
        """From (n, p) vectors."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        spread = vectors.std(axis=0, dtype=np.float64)
        varies = spread > _CONSTANT * np.maximum(np.abs(mean), 1e-12)
        scale = np.divide(1 / np.sqrt(len(mean)), spread, out=np.zeros_like(spread), where=varies)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    @property
    def length(self) -> int:
        """p."""
        return len(self.mean)

    def apply(self, vectors: Matrix) -> Matrix:
        """(n, p) → (n, p)."""
        standard: Matrix = (vectors - self.mean) * self.scale
        return standard


@dataclass(frozen=True, slots=True)
class Projection:
    """What a model makes of a vector."""

    standardisation: Standardisation
    head: Matrix  # (p, d)

    def apply(self, vectors: Matrix) -> Matrix:
        """(n, p) → (n, d)."""
        projected: Matrix = self.standardisation.apply(vectors) @ self.head
        return projected


def usable(vectors: Iterable[Sequence[float] | None], length: int) -> tuple[NDArray[np.int64], Matrix]:
    """The places (k,) of the vectors of `length` numbers, and these (k, length). One of another length comes
    from another image model; it counts from the next training on."""
    found = [(place, v) for place, v in enumerate(vectors) if v is not None and len(v) == length]
    places = np.array([place for place, _ in found], np.int64)
    return places, np.array([v for _, v in found], np.float32).reshape(len(found), length)
