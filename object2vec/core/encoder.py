"""What search needs from a model: texts, items and sessions become vectors of one space."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from object2vec.core.catalog import CatalogItem

Vectors = NDArray[np.float32]


class WordList(Protocol):
    """A vocabulary."""

    def knows(self, word: str) -> bool:
        """Whether this is a whole word of it, ignoring case."""


@runtime_checkable
class WithVocabulary(Protocol):
    """An encoder that can tell a word from a typo."""

    @property
    def tokenizer(self) -> WordList:
        """Its vocabulary."""


@runtime_checkable
class WithVectors(Protocol):
    """An encoder that may read the items' own dense vectors."""

    @property
    def vector_length(self) -> int | None:
        """How many numbers such a vector has; None where they say nothing to this model."""


@runtime_checkable
class PoolsItems(Protocol):
    """An encoder to which a session is the pooled sums of its items: who keeps those need not have the items
    read again."""

    def item_sums(self, items: Sequence[CatalogItem]) -> Vectors:
        """(n, dim) what `encode_items` scales to length 1."""

    def sessions_of(self, sums: Vectors, sessions: Sequence[NDArray[np.int64]]) -> Vectors:
        """(n, dim) what `encode_sessions` gives, of positions in `sums`, oldest first, repeats allowed."""


@runtime_checkable
class ReadsTexts(Protocol):
    """An encoder whose items are more than their texts: what people did with one moves its vector towards
    who takes it, and away from what is asked for. A query is compared with what the texts say."""

    @property
    def taught(self) -> bool:
        """Whether anybody has done anything yet; else items are their texts."""

    def encode_texts(self, items: Sequence[CatalogItem]) -> Vectors:
        """(n, dim) unit vectors of the items' texts, zeros for an item without."""


class Encoder(Protocol):
    """Encodes the objects of one model version.

    Every method returns float32 of shape (n, `dim`), rows L2-normalised so that a dot product is the
    cosine; a row that carries no information (an empty text, a session of nothing) is all zeros.
    """

    @property
    def version(self) -> str:
        """The model version these vectors belong to; vectors of two versions are never compared."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Free-text queries."""

    def encode_items(self, items: Sequence[CatalogItem]) -> Vectors:
        """Catalogue items; an item the model was not trained on is encoded from its text alone."""

    def encode_sessions(self, sessions: Sequence[Sequence[CatalogItem]]) -> Vectors:
        """Histories of items, oldest first, repeats allowed."""
