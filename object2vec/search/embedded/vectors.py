"""Inner-product search over the base's vectors (faiss, flat) and the tail's, all in half precision: a product
differs from that of the model's own vectors by less than .001.

A large base is searched in bytes first; where that does not prove the result, the stored vectors are
searched.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import faiss
import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Matrix, Rows, Vector
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder, PoolsItems, separates_texts
from object2vec.core.errors import CorruptIndexError
from object2vec.core.progress import each
from object2vec.search.embedded.coarse import CoarseVectors

Products = NDArray[np.float32]
"""(n,) inner products."""
Half = NDArray[np.float16]
"""(rows, dim)"""

GUESSED, GUESSED_MORE = 1.5, 100
"""The guess is for so many times the rows wanted, and so many more: one too great costs a second search."""
LARGE_ROWS = 20_000
"""A smaller base is searched exactly about as fast."""
FEW = 10
"""Where fewer than one row in so many are allowed, their exact products take less time than all in bytes."""


_ENCODE_BATCH = 4_096
ITEMS, TEXTS = "", "text_"
"""How the files of vectors begin: of items as people take them, of their texts and their pictures alone."""
_VECTORS, _LENGTHS = "vectors.npy", "lengths.npy"


class BaseVectors:
    """The unit vectors of a base, in half precision, which keeps them in half the bytes: a new process waits
    for them longer than for anything else. A cosine changes by less than 0.001.

    Searching needs them in single precision; a table that no request asks is never made so wide."""

    def __init__(self, kept: Half) -> None:
        self.kept = kept
        self.rows, self.dim = int(kept.shape[0]), int(kept.shape[1])
        self._flat: faiss.IndexFlatIP | None = None
        self._widening = Lock()

    @property
    def flat(self) -> faiss.IndexFlatIP:
        """For exact search."""
        with self._widening:  # a second one would leave the first one's views without memory
            if self._flat is None:
                self._flat = faiss.IndexFlatIP(self.dim)
                self._flat.add(self.kept.astype(np.float32))
            return self._flat

    @property
    def matrix(self) -> Matrix:
        """(rows, dim), without a copy."""
        if not self.rows:
            return np.zeros((0, self.dim), np.float32)
        values: Matrix = faiss.rev_swig_ptr(self.flat.get_xb(), self.rows * self.dim)
        return values.reshape(self.rows, self.dim)

    @cached_property
    def coarse(self) -> CoarseVectors | None:
        """For the first search; None where the exact one is as fast."""
        return CoarseVectors(self.matrix) if self.rows >= LARGE_ROWS else None


class VectorTable:
    """Unit vectors by row: the base's, and after them the tail's; and the lengths they had before.
    Immutable."""

    def __init__(self, base: BaseVectors, lengths: Products, tail: Matrix | None = None) -> None:
        self._base, self._lengths, self.dim = base, lengths, base.dim
        self._tail: Matrix = np.zeros((0, self.dim), np.float32) if tail is None else tail

    @classmethod
    def build(cls, matrix: Matrix) -> "VectorTable":
        """From float32 of shape (rows, dim), of any length; a row of zeros stays one."""
        unit, lengths = _scaled(matrix)
        return cls(BaseVectors(unit), lengths)

    @classmethod
    def load(cls, directory: Path, of: str = ITEMS) -> "VectorTable":
        """From the files `save` wrote. Raises CorruptIndexError."""
        vectors, numbers = of + _VECTORS, of + _LENGTHS
        kept = np.load(directory / vectors, mmap_mode="r", allow_pickle=False)
        if kept.dtype != np.float16 or kept.ndim != 2:
            raise CorruptIndexError(f"{vectors} holds {kept.dtype} of shape {kept.shape}, no vectors")
        lengths: Products = np.load(directory / numbers, allow_pickle=False)
        if lengths.shape != kept.shape[:1]:
            raise CorruptIndexError(f"{numbers} has shape {lengths.shape}, there are {len(kept)} vectors")
        return cls(BaseVectors(kept), lengths)

    def save(self, directory: Path, of: str = ITEMS) -> None:
        """Writes the base."""
        np.save(directory / (of + _VECTORS), self._base.kept)
        np.save(directory / (of + _LENGTHS), self._lengths)

    def __len__(self) -> int:
        return self._base.rows + len(self._tail)

    def extended(self, matrix: Matrix) -> "VectorTable":
        """With further rows at the end; the base is shared."""
        unit, lengths = _scaled(matrix)
        tail = np.concatenate([self._tail, unit.astype(np.float32)])
        return VectorTable(self._base, np.concatenate([self._lengths, lengths]), tail)

    def sums(self, rows: Rows) -> Matrix:
        """(len(rows), dim) the vectors at the lengths they were given with."""
        return self.at(rows) * self._lengths[rows, None]

    def at(self, rows: Rows) -> Matrix:
        """The vectors of these rows, shape (len(rows), dim)."""
        if not len(self._tail):
            return self._base.matrix[rows]
        matrix = np.empty((len(rows), self.dim), np.float32)
        in_tail = rows >= self._base.rows
        matrix[~in_tail] = self._base.matrix[rows[~in_tail]]
        matrix[in_tail] = self._tail[rows[in_tail] - self._base.rows]
        return matrix

    def products(self, rows: Rows, query: Vector) -> Products:
        """The inner products of these rows, ascending, with the query, shape (len(rows),)."""
        base = np.ascontiguousarray(rows[: np.searchsorted(rows, self._base.rows)])  # faiss reads its memory
        products = np.empty(len(rows), np.float32)
        if len(base):  # reads the rows where they are: a copy would take twice as long
            self._base.flat.compute_distance_subset(  # type: ignore[attr-defined] # missing in faiss's stub
                1, faiss.swig_ptr(query), len(base), faiss.swig_ptr(products), faiss.swig_ptr(base)
            )
        products[len(base) :] = self._tail[rows[len(base) :] - self._base.rows] @ query
        return products

    def nearest(self, query: Vector, count: int, allowed: Mask, above: float = 0.0) -> tuple[Rows, Products]:
        """The allowed rows with the `count` greatest inner products above a bound, in no particular order."""
        rows, scores = self._nearest_base(query, count, allowed[: self._base.rows], above)
        if len(self._tail):
            tail_rows = np.flatnonzero(allowed[self._base.rows :])
            rows = np.concatenate([rows, tail_rows + self._base.rows])
            scores = np.concatenate([scores, self._tail[tail_rows] @ query])
        return _best(rows, scores, count, above)

    def _nearest_base(self, query: Vector, count: int, allowed: Mask, above: float) -> tuple[Rows, Products]:
        present = int(np.count_nonzero(allowed))
        wanted = min(count, present)
        if present * FEW < len(allowed) or not wanted:
            return self._best_of(np.flatnonzero(allowed), query, wanted, above)
        if (coarse := self._base.coarse) is not None:

            def reaching(bound: float) -> tuple[Rows, Products]:
                """The best rows, certain to be so as far as their products reach the bound."""
                rows = coarse.reaching(query, bound)
                return self._best_of(rows[allowed[rows]], query, wanted, above)

            guess = max(coarse.guess(query, GUESSED * count + GUESSED_MORE, allowed), above)
            rows, scores = reaching(guess)
            if len(scores) == wanted and scores.min() < guess:  # so many there are: what may be among them?
                rows, scores = reaching(float(scores.min()))
            if len(scores) == wanted or guess == above:
                return rows, scores
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type] # wrapped for numpy at run time
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, rows = self._base.flat.search(query[None, :], wanted, params=parameters)
        return rows[0], scores[0]

    def _best_of(self, rows: Rows, query: Vector, count: int, above: float) -> tuple[Rows, Products]:
        return _best(rows, self.products(rows, query), count, above)


def encoded(encoder: Encoder, items: Sequence[CatalogItem]) -> Matrix:
    """(n, dim) what an index keeps of the items: the sums, where the encoder pools sessions from them."""
    encode = encoder.item_sums if isinstance(encoder, PoolsItems) else encoder.encode_items
    return _in_batches(encode, items, encoder.dim)


def encoded_texts(encoder: Encoder, items: Sequence[CatalogItem]) -> Matrix | None:
    """(n, dim) what a query is compared with; None where that is the items' vectors."""
    dim = encoder.dim
    if separates_texts(encoder):
        return _in_batches(encoder.encode_texts, items, dim)
    return None


def _in_batches(
    encode: Callable[[Sequence[CatalogItem]], Matrix], items: Sequence[CatalogItem], dim: int
) -> Matrix:
    batches = (items[start : start + _ENCODE_BATCH] for start in each(range(0, len(items), _ENCODE_BATCH)))
    return np.concatenate([np.zeros((0, dim), np.float32), *map(encode, batches)])


def _scaled(matrix: Matrix) -> tuple[Half, Products]:
    """Rows of length 1, and the lengths they had; a row shorter than 1e-12 counts as zeros."""
    matrix = np.ascontiguousarray(matrix, np.float32)
    lengths = np.linalg.norm(matrix, axis=1)
    unit = np.divide(matrix, lengths[:, None], out=np.zeros_like(matrix), where=lengths[:, None] > 1e-12)
    return unit.astype(np.float16), lengths


def _best(rows: Rows, scores: Products, count: int, above: float) -> tuple[Rows, Products]:
    greater = scores > above
    rows, scores = rows[greater], scores[greater]
    if len(rows) > count:
        best = np.argpartition(-scores, count - 1)[:count]
        rows, scores = rows[best], scores[best]
    return rows, scores
