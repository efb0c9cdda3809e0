"""Asks the live model what is not search: categories of a text, and whether it can read the dense vector of
an item that is put."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from object2vec.core.catalog import CatalogItem, vector_in
from object2vec.core.encoder import WithVectors
from object2vec.core.errors import BadRequestError, NoCategoriesError, StartingError
from object2vec.model.retrieval.categories import Categoriser, Prediction
from object2vec.search.live import LiveIndex
from object2vec.search.loading import Live


@runtime_checkable
class WithCategories(Protocol):
    """An encoder whose model may have learned categories."""

    @property
    def categoriser(self) -> Categoriser | None:
        """None for a model that was trained without."""


@dataclass(frozen=True, slots=True)
class Categorised:
    """A text's categories, likeliest first; none where the model knows no word of it."""

    field: str
    categories: Sequence[Prediction]
    model_version: str


def category_field(live: Live) -> str:
    """The field whose values are the categories."""
    categoriser = live.encoder.categoriser if isinstance(live.encoder, WithCategories) else None
    return "category" if categoriser is None else categoriser.field


def categorise(live: Live, text: str, limit: int) -> Categorised:
    """Raises NoCategoriesError where the live model was trained without categories."""
    categoriser = live.encoder.categoriser if isinstance(live.encoder, WithCategories) else None
    if categoriser is None:
        raise NoCategoriesError(
            f"model {live.manifest.model_version} was trained without categories: upload items with a text"
            " and a `category` (or name another field in the hyperparameter category_field), then train"
        )
    categories = categoriser.predict(text, limit)
    return Categorised(categoriser.field, categories, live.manifest.model_version)


def check_vector(item: CatalogItem, live: LiveIndex) -> None:
    """Any will do before the first release, and for a model without vectors. Raises BadRequestError."""
    vector = vector_in(item.metadata)
    if vector is None:
        return
    try:
        encoder = live.get().encoder
    except StartingError:
        return
    read = encoder.vector_length if isinstance(encoder, WithVectors) else None
    if read is not None and len(vector) != read:
        raise BadRequestError(
            f"metadata.vector has {len(vector)} numbers, the live model reads {read}: send one like the"
            " others, or upload the whole catalogue with new ones to uploads/catalog/ and train again"
        )
