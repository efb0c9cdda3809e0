"""The protocol of an encoder: search needs texts, items and sessions as vectors of one space."""

from collections.abc import Sequence
from typing import Protocol, TypeGuard, runtime_checkable

from object2vec.core.arrays import Rows, Vectors
from object2vec.core.catalog import CatalogItem


class WordList(Protocol):
    """A vocabulary that can be asked for a word."""

    def knows(self, word: str) -> bool:
        """Whether the vocabulary has this as a whole word, ignoring case."""


@runtime_checkable
class WithVocabulary(Protocol):
    """An encoder that can tell a word from a typo."""

    @property
    def vocabulary(self) -> WordList:
        """The words that the encoder knows."""


@runtime_checkable
class WithVectors(Protocol):
    """An encoder that may read the items' own dense vectors."""

    @property
    def vector_length(self) -> int | None:
        """Length of the items' dense vectors; None if the model was trained without them and ignores them."""


@runtime_checkable
class PoolsItems(Protocol):
    """An encoder that encodes a session from the sums of its items. An index that keeps these sums need not
    read the items again."""

    def item_sums(self, items: Sequence[CatalogItem]) -> Vectors:
        """(n, dim) the item vectors before `encode_items` scales them to length 1."""

    def sessions_of(self, sums: Vectors, sessions: Sequence[Rows]) -> Vectors:
        """(n, dim) the unit vectors of sessions. A session is positions in `sums`, oldest first, repeats
        allowed."""


@runtime_checkable
class ReadsTexts(Protocol):
    """An encoder that learned from behaviour as well as from texts. Behaviour moves an item's vector towards
    its buyers and away from its words, so a query is compared with `encode_texts` instead."""

    @property
    def has_behaviour(self) -> bool:
        """Whether the model learned from interactions; if not, an item's vector is that of its text."""

    def encode_texts(self, items: Sequence[CatalogItem]) -> Vectors:
        """(n, dim) unit vectors of the items' texts; zeros for an item without text."""


def separates_texts(encoder: object) -> TypeGuard[ReadsTexts]:
    """Whether the vectors of texts differ from those of their items."""
    return isinstance(encoder, ReadsTexts) and encoder.has_behaviour


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
