"""How items look: their pictures' vectors, in the few dimensions in which those of the catalogue differ most.

The dense vectors of items (`metadata.vector`) are compared by cosine. Projected to the leading singular
vectors of the catalogue's own, a tenth of the numbers says nearly the same (Eckart & Young 1936):
docs/lab/pictures.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from object2vec.core.arrays import Mask, Matrix, Rows, Vector, Vectors
from object2vec.core.catalog import CatalogItem, vector_in
from object2vec.core.errors import BadRequestError, CorruptIndexError
from object2vec.model.retrieval.forward import unit

FILE = "looks.npz"
DIM = 128
_SAMPLE = 20_000
_BATCH = 4_096


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks of the m rows that have one; k is `DIM` once a base was built of enough. Immutable."""

    rows: Rows
    """(m,) ascending."""
    matrix: Matrix
    """(m, k) of length 1."""
    basis: Matrix
    """(p, k) from vectors of p numbers; (0, 0) where no item has a vector."""

    @classmethod
    def none(cls) -> "Looks":
        """The looks of items without vectors."""
        return cls.within(np.zeros((0, 0), np.float32))

    @classmethod
    def within(cls, basis: Matrix) -> "Looks":
        """No looks yet, in the space of this basis, (p, k)."""
        return cls(np.zeros(0, np.int64), np.zeros((0, basis.shape[1]), np.float32), basis)

    @classmethod
    def build(cls, items: Sequence[CatalogItem]) -> "Looks":
        """The looks of the items by row. Vectors of another length than most have are of another model: no
        look."""
        return cls.space_of(items).extended(items, 0)

    @classmethod
    def space_of(cls, items: Sequence[CatalogItem]) -> "Looks":
        """No looks yet, in the space that tells these items apart best."""
        length = _usual(items)
        if not length:
            return cls.none()
        _, sample = _given(items[:: max(1, len(items) // _SAMPLE)], length)
        if len(sample) <= DIM or length <= DIM:
            return cls.within(np.eye(length, dtype=np.float32))
        values, directions = np.linalg.eigh((sample.T @ sample).astype(np.float64))
        return cls.within(directions[:, np.argsort(-values)[:DIM]].astype(np.float32))

    @classmethod
    def load(cls, directory: Path) -> "Looks":
        """From the file that `save` wrote. Raises CorruptIndexError."""
        with np.load(directory / FILE, allow_pickle=False) as arrays:
            looks = cls(arrays["rows"], arrays["matrix"], arrays["basis"])
        if looks.matrix.shape != (len(looks.rows), looks.basis.shape[1]):
            raise CorruptIndexError(f"{FILE} has looks of shape {looks.matrix.shape}")
        return looks

    def save(self, directory: Path) -> None:
        """Writes the file."""
        np.savez(directory / FILE, rows=self.rows, matrix=self.matrix, basis=self.basis)

    def extended(self, added: Sequence[CatalogItem], first_row: int) -> "Looks":
        """With further rows, from `first_row` on."""
        length = len(self.basis) or _usual(added)
        if not length:
            return self
        known = self if len(self.basis) else Looks.within(np.eye(length, dtype=np.float32))
        parts = [(known.rows, known.matrix)]
        for at in range(0, len(added), _BATCH):
            places, given = _given(added[at : at + _BATCH], length)
            parts.append((places + first_row + at, unit(given @ known.basis)))
        rows, matrix = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Looks(rows, matrix, known.basis)

    def of(self, vector: Vector) -> Vector:
        """(k,) of a picture's vector; zeros for one of zeros. Raises BadRequestError for another length."""
        if len(vector) != len(self.basis):
            has = f"of {len(self.basis)} numbers" if len(self.basis) else "none"
            raise BadRequestError(
                f"the picture's vector has {len(vector)} numbers, and the items have {has}: upload pictures"
                " of items to uploads/images/, or search by words"
            )
        given = np.asarray(vector, np.float32)[None, :]
        look: Vector = unit(given @ self.basis)[0]
        return look

    def at(self, row: int) -> Vector | None:
        """(k,) the look of a row; None without one."""
        place = int(np.searchsorted(self.rows, row))
        return self.matrix[place] if place < len(self.rows) and self.rows[place] == row else None

    def products(self, rows: Rows, query: Vector) -> Vectors:
        """(n,) the cosines of these rows, ascending, with the query; 0 without a look."""
        products = np.zeros(len(rows), np.float32)
        place = np.searchsorted(self.rows, rows)
        known = np.flatnonzero(place < len(self.rows))
        known = known[self.rows[place[known]] == rows[known]]
        products[known] = self.matrix[place[known]] @ query
        return products

    def nearest(self, query: Vector, count: int, allowed: Mask, above: float = 0.0) -> tuple[Rows, Vectors]:
        """The allowed rows with the `count` greatest cosines above a bound, in no particular order."""
        cosines = self.matrix @ query
        places = np.flatnonzero(allowed[self.rows] & (cosines > above))
        if len(places) > count:
            places = places[np.argpartition(-cosines[places], count - 1)[:count]]
        return self.rows[places], cosines[places]


def _usual(items: Sequence[CatalogItem]) -> int:
    lengths = Counter(len(vector) for item in items if (vector := vector_in(item.metadata)) is not None)
    return lengths.most_common(1)[0][0] if lengths else 0


def _given(items: Sequence[CatalogItem], length: int) -> tuple[Rows, Matrix]:
    """Places of the items with a vector of this length that is not zero, and those at length 1."""
    found = [(at, v) for at, item in enumerate(items) if (v := vector_in(item.metadata)) and len(v) == length]
    matrix = np.array([vector for _, vector in found], np.float32).reshape(len(found), length)
    places = np.array([at for at, _ in found], np.int64)
    some = matrix.any(axis=1)
    return places[some], unit(matrix[some])
