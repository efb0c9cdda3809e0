"""The catalogue item: the record that uploads carry, the log stores and search answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

REVIEWS, VECTOR = "reviews", "vector"
"""Metadata with a meaning of its own: what shoppers wrote about an item, and a dense vector of it."""
REVIEW_CHARS = 10_000
"""So much of an item's reviews is read, from the first one on: about 1,700 words."""


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One object of the catalogue: `{"label": id, "text": …, "metadata": {…}}` in an upload."""

    id: str
    text: str
    metadata: Mapping[str, object] = field(default_factory=dict)


def reviews_in(metadata: Mapping[str, object]) -> str:
    """The reviews as one text, whole words up to `REVIEW_CHARS`; '' without any. Under the same name a shop
    may as well keep how many reviews there are: a number is no text."""
    reviews = metadata.get(REVIEWS)
    if not _are_texts(reviews):
        return ""
    text = reviews if isinstance(reviews, str) else "\n".join(cast(Sequence[str], reviews))
    if len(text) <= REVIEW_CHARS:
        return text
    cut = text[:REVIEW_CHARS]
    whole = cut[-1].isspace() or text[REVIEW_CHARS].isspace()
    return cut if whole else (cut.rsplit(maxsplit=1) or [""])[0]


def vector_in(metadata: Mapping[str, object]) -> Sequence[float] | None:
    """The item's dense vector, of any length above 0; None without one."""
    return cast("Sequence[float] | None", metadata.get(VECTOR))


def plain(metadata: Mapping[str, object]) -> Mapping[str, object]:
    """The metadata that is neither reviews nor vector: what is shown with a hit, filtered and counted."""
    if VECTOR not in metadata and REVIEWS not in metadata:
        return metadata
    return {
        name: value
        for name, value in metadata.items()
        if name != VECTOR and not (name == REVIEWS and _are_texts(value))
    }


def _are_texts(value: object) -> bool:
    first = next(iter(value), None) if isinstance(value, list | tuple) else value
    return isinstance(first, str)
