"""What a shopper did, as items that exist, oldest first; and the vector it is searched by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder


class Session(Protocol):
    """The part of a history that an index knows."""

    @property
    def ids(self) -> Sequence[str]:
        """Oldest first, repeats as in the history."""

    def vector(self, encoder: Encoder) -> NDArray[np.float32]:
        """(dim,) in the space of the index's own encoder. Raises EndpointSilentError."""


@dataclass(frozen=True, slots=True)
class ItemSession:
    """Of items at hand: the encoder reads them."""

    items: Sequence[CatalogItem]

    @property
    def ids(self) -> Sequence[str]:
        return [item.id for item in self.items]

    def vector(self, encoder: Encoder) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = encoder.encode_sessions([self.items])[0]
        return vector
