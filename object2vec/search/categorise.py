"""Categories of a text, by the live model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from object2vec.core.errors import NoCategoriesError
from object2vec.model.retrieval.categories import Categoriser, Prediction
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


def categorise(live: Live, text: str, limit: int) -> Categorised:
    """Raises NoCategoriesError where the live model was trained without categories."""
    categoriser = live.encoder.categoriser if isinstance(live.encoder, WithCategories) else None
    if categoriser is None:
        raise NoCategoriesError(
            f"model {live.manifest.model_version} was trained without categories: upload items with a text"
            " and a `category` (or name another field in the hyperparameter category_field), then train"
        )
    found = categoriser.predict(text, limit)
    return Categorised(categoriser.field, found, live.manifest.model_version)
