"""The catalogue's dense vectors in training: collected, standardised, and the head that projects them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from object2vec.model.retrieval.artefact import Weights
from object2vec.model.retrieval.item_vectors import Matrix, Standardisation

_START = 0.003  # of each weight: a part of the item that is small, but tells unlike vectors apart


@dataclass(frozen=True, slots=True)
class ItemVectors:
    """The vectors of the k items that have one."""

    matrix: Matrix  # (k, p)
    of: NDArray[np.int64]  # (items,) into `matrix`, -1 without a vector

    @property
    def length(self) -> int:
        """p."""
        return int(self.matrix.shape[1])

    def standardised(self, standardisation: Standardisation) -> "ItemVectors":
        """The same, as the head sees them."""
        return replace(self, matrix=standardisation.apply(self.matrix))


def collected(vectors: Sequence[NDArray[np.float32] | None], ids: Sequence[str]) -> ItemVectors | None:
    """From one vector or None an item; None without any. Raises ValueError where lengths differ."""
    found = np.flatnonzero([vector is not None for vector in vectors])
    if not len(found):
        return None
    chosen = [vector for vector in vectors if vector is not None]
    lengths = np.array([len(vector) for vector in chosen])
    usual = int(np.bincount(lengths).argmax())
    if (odd := np.flatnonzero(lengths != usual)).size:
        raise ValueError(
            f"metadata.vector of item {ids[found[odd[0]]]!r} has {lengths[odd[0]]} numbers, but those of"
            f" {len(chosen) - odd.size} items have {usual} ({odd.size} differ): upload these items again,"
            " with a vector of the same model as the others or without one"
        )
    of = np.full(len(vectors), -1)
    of[found] = np.arange(len(found))
    return ItemVectors(np.stack(chosen), of)


def standardisation_for(vectors: ItemVectors | None, start: Weights) -> Standardisation | None:
    """That of the start, where it has a head for such vectors, else their own; None without vectors."""
    if vectors is None:
        return None
    known = start.projection
    if known is not None and known.standardisation.length == vectors.length:
        return known.standardisation
    return Standardisation.of(vectors.matrix)


def with_vector_head(
    weights: Weights, standardisation: Standardisation | None, start: Weights, rng: np.random.Generator
) -> Weights:
    """The weights with the start's head, if it fits, or one to grow from; unchanged without vectors."""
    if standardisation is None:
        return weights
    shape = standardisation.length, weights.words.shape[1]
    head = start.vector_head
    if head is None or head.shape != shape:
        head = rng.normal(0, _START, shape).astype(np.float32)
    return replace(
        weights, vector_head=head, vector_mean=standardisation.mean, vector_scale=standardisation.scale
    )
