"""Items as vectors: own row, words and reviews, dense vector, and for a new item what it borrows.

    item = own row                                    learned from what people did with it
         + mean of its words + w · mean of its reviews
         + ((vector - mean) · scale) @ vector_head    of its pictures, or an embedding that the shop uploaded
         + vector_bias                                where it has a vector and no words

A new item (one that came after the training) has no row of its own. With its words alone it would rank below
every known item, however well it fits, so it borrows the row of its cold-start neighbours: the known items
with the nearest words (Gantner et al. 2010, "Learning attribute-to-feature mappings for cold-start
recommendations"). An item that was there in training and that hardly anybody wanted borrows nothing: it is
known that nobody wanted it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Mask, Matrix, Rows, Vectors
from object2vec.model.retrieval.forward import Bags, Weights, pool, unit

NEAREST, SHARPNESS = 10, 60.0
"""Number of neighbours that a new item borrows from; a neighbour counts by e^(60 · cosine)."""
MOST_NEIGHBOURS = 20_000
"""Texts to choose neighbours from: 20 MB at 128 dimensions, a millisecond for one new item."""
_CHUNK = 1_000  # texts of new items at once
_CONSTANT = 1e-6  # a spread below this share of the size of the numbers is rounding, not information


@dataclass(frozen=True, slots=True)
class Standardisation:
    """Mean and spread of the dense vectors (p,) in the training data.

    scale = 1 / (standard deviation · √p): a usual vector then has length 1, whatever its model and p."""

    mean: Matrix  # (p,)
    scale: Matrix  # (p,), 0 where all vectors have the same number

    @classmethod
    def of(cls, vectors: Matrix) -> "Standardisation":
        """Measures vectors (n, p)."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        spread = vectors.std(axis=0, dtype=np.float64)
        varies = spread > _CONSTANT * np.maximum(np.abs(mean), 1e-12)
        scale = np.divide(1 / np.sqrt(len(mean)), spread, out=np.zeros_like(spread), where=varies)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    @classmethod
    def in_weights(cls, weights: Weights) -> "Standardisation | None":
        """The standardisation in a model; None for a model without a head for dense vectors."""
        if weights.vector_head is None or weights.vector_mean is None or weights.vector_scale is None:
            return None
        return cls(weights.vector_mean, weights.vector_scale)

    @property
    def length(self) -> int:
        """p."""
        return len(self.mean)

    def apply(self, vectors: Matrix) -> Matrix:
        """The vectors (n, p), standardised."""
        standard: Matrix = (vectors - self.mean) * self.scale
        return standard


@dataclass(frozen=True, slots=True)
class DenseVectors:
    """The dense vectors of the k items that have one."""

    matrix: Matrix  # (k, p)
    of: Rows  # (items,) into `matrix`, -1 without a vector

    @property
    def length(self) -> int:
        """p."""
        return int(self.matrix.shape[1])

    def standardised(self, standardisation: Standardisation) -> "DenseVectors":
        """These items with standardised vectors, as the head takes them."""
        return DenseVectors(standardisation.apply(self.matrix), self.of)

    @classmethod
    def usable(cls, vectors: Iterable[Sequence[float] | None], length: int) -> "DenseVectors":
        """The vectors of `length` numbers. One of another length comes from another image model, and counts
        from the next training on."""
        fitting = [v if v is not None and len(v) == length else None for v in vectors]
        has = np.array([v is not None for v in fitting], np.bool_)
        matrix = np.array([v for v in fitting if v is not None], np.float32).reshape(-1, length)
        return cls(matrix, np.where(has, np.cumsum(has) - 1, -1))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledItems:
    """n items as rows of the table. Many items share one text: each of c contents is stored once."""

    content: Bags  # of c distinct pairs of a text and reviews
    content_of: Rows  # (n,) into `content`
    row_of: Rows  # (n,) the item's own table row, -1 if it has none
    vectors: DenseVectors | None = None  # standardised
    new: Mask | None = None  # (n,) which came after the training of the model

    @property
    def wordless(self) -> Mask:
        """(n,) which items have neither words nor reviews."""
        without: Mask = self.content.lengths[self.content_of] == 0
        return without

    def described(self, items: Rows) -> Mask:
        """(m,) which of the items have anything besides their own row: words, or a dense vector."""
        worded: Mask = self.content.lengths[self.content_of[items]] > 0
        return worded if self.vectors is None else worded | (self.vectors.of[items] >= 0)


def item_sums(weights: Weights, items: CompiledItems) -> Vectors:
    """(n, d) the sums of all parts, not normalised: sessions pool these."""
    words = pool(weights.words, items.content)
    sums = words[items.content_of] + _dense_parts(weights, items)
    known = items.row_of >= 0
    if weights.items is not None and known.any():
        sums[known] += weights.items[items.row_of[known] - len(weights.words)]
    neighbours = ColdStartNeighbours.in_weights(weights)
    if neighbours is not None and items.new is not None and items.new.any():
        sums[items.new] += neighbours.borrowed(words, items.content_of[items.new])
    return sums


def text_vectors(weights: Weights, items: CompiledItems) -> Vectors:
    """(n, d) unit vectors of what the items say about themselves, without own or borrowed rows."""
    words = pool(weights.words, items.content)[items.content_of]
    return unit(words + _dense_parts(weights, items))


def query_targets(weights: Weights, items: CompiledItems) -> Vectors:
    """(n, d) unit vectors that a query is compared with: the texts alone, once the rows hold behaviour."""
    if ColdStartNeighbours.in_weights(weights) is None:
        return unit(item_sums(weights, items))
    return text_vectors(weights, items)


def _dense_parts(weights: Weights, items: CompiledItems) -> Vectors:
    parts = np.zeros((len(items.content_of), weights.words.shape[1]), np.float32)
    if weights.vector_head is not None and items.vectors is not None:
        with_vector = items.vectors.of >= 0
        parts[with_vector] = (items.vectors.matrix @ weights.vector_head)[items.vectors.of[with_vector]]
        if weights.vector_bias is not None:
            parts[with_vector & items.wordless] += weights.vector_bias
    return parts


@dataclass(frozen=True, slots=True)
class ColdStartNeighbours:
    """t distinct texts of known items, from which new items borrow a row."""

    words: Vectors
    """(t, d) unit vectors of their words."""
    rows: Vectors
    """(t, d) the direction of their items' rows, each as long as a new item's row is to be."""

    @classmethod
    def of(
        cls, words: Vectors, text_of: Rows, rows: Vectors, uses: Rows, length: float
    ) -> "ColdStartNeighbours":
        """Chooses the most used texts. `words` are the unit vectors of all texts (t, d). The n items with
        learned rows have the texts `text_of` (n,) and the rows `rows` (n, d), and were used `uses` (n,)
        times. `length` is that of a new item's row."""
        items, used = (np.bincount(text_of, weights, len(words)) for weights in (None, uses))
        kept = np.argsort(-used, kind="stable")[: min(MOST_NEIGHBOURS, np.count_nonzero(items))]
        sums = np.zeros_like(words)
        np.add.at(sums, text_of, rows)
        return cls(words[kept], (unit(sums[kept]) * length).astype(np.float32))

    @classmethod
    def in_weights(cls, weights: Weights) -> "ColdStartNeighbours | None":
        """The neighbours in a model; None for a model that has seen no behaviour."""
        words, rows = weights.neighbour_words, weights.neighbour_rows
        return None if words is None or rows is None or not len(words) else cls(words, rows)

    @property
    def length(self) -> float:
        """The length of a new item's row."""
        return float(np.linalg.norm(self.rows, axis=1).mean())

    def borrowed(self, words: Vectors, text_of: Rows) -> Vectors:
        """The rows (n, d) of new items, each with one of the means of words (c, d); zeros without words.

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
