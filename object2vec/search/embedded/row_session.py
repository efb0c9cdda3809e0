"""A session as rows, pooled from the vectors in the index: a long history costs no reading of texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder, PoolsItems
from object2vec.model.retrieval.bags import MAX_SESSION_ITEMS
from object2vec.search.embedded.documents import Documents
from object2vec.search.embedded.vectors import Vectors
from object2vec.search.session import ItemSession


@dataclass(frozen=True, slots=True)
class RowSession:
    """`Session` of rows of an index."""

    ids: Sequence[str]
    rows: Sequence[int]
    vectors: Vectors
    documents: Documents

    def vector(self, encoder: Encoder) -> NDArray[np.float32]:
        return session_of(np.array(self.rows, np.int64), self.vectors, encoder, self.documents.at)


def session_of(
    rows: NDArray[np.int64], vectors: Vectors, encoder: Encoder, item_at: Callable[[int], CatalogItem]
) -> NDArray[np.float32]:
    """(dim,) the session of rows, oldest first, that the encoder encoded. Raises EndpointSilentError."""
    if not isinstance(encoder, PoolsItems):
        return ItemSession([item_at(row) for row in rows.tolist()]).vector(encoder)
    sums = vectors.sums(rows[-MAX_SESSION_ITEMS:])
    vector: NDArray[np.float32] = encoder.sessions_of(sums, [np.arange(len(sums))])[0]
    return vector
