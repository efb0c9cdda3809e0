"""The catalogue item: the record that uploads carry, the log stores and search answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

REVIEWS, VECTOR = "reviews", "vector"
"""Metadata fields that the model reads: what shoppers wrote about an item, and a dense vector of it."""
PICTURES = "$pictures"
"""Metadata field of an item whose pictures were uploaded. No shop's own field has this name, and answers do
not show it. An object: `shown` are the pictures' content hashes, the first one first; `adds` the fields of
the metadata that say what is in them; `encoder` what looked at them; `of` the digest of the item's line
without."""
COLOURS = "picture_colours"
"""Metadata field: names of the colours that the pictures show. Found by words, filtered and counted
like any other field."""
REVIEW_CHARS = 10_000
"""Characters of an item's reviews that are read, from the first review on: about 1,700 words."""


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One object of the catalogue: `{"label": id, "text": …, "metadata": {…}}` in an upload."""

    id: str
    text: str
    metadata: Mapping[str, object] = field(default_factory=dict)


def reviews_in(metadata: Mapping[str, object]) -> str:
    """The reviews as one text, cut to whole words within `REVIEW_CHARS`; '' if there are none.

    A number under this name (how many reviews there are) is ordinary metadata, not a review."""
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


def pictures_in(metadata: Mapping[str, object]) -> Sequence[str]:
    """The content hashes of an item's uploaded pictures."""
    return cast("Mapping[str, Sequence[str]]", metadata.get(PICTURES, {})).get("shown", ())


def as_written(metadata: Mapping[str, object]) -> Mapping[str, object]:
    """The metadata without what pictures added: what a file or the API wrote. A field of the shop's own under
    their name is left out, too: nothing could tell it from them."""
    if PICTURES not in metadata:
        return metadata
    about = metadata[PICTURES]
    added = {PICTURES, *(about.get("adds", ()) if isinstance(about, dict) else ())}
    return {name: value for name, value in metadata.items() if name not in added}


def display_metadata(metadata: Mapping[str, object]) -> Mapping[str, object]:
    """The metadata without reviews, vector and pictures: what hits show, filters compare and facets count."""
    if VECTOR not in metadata and REVIEWS not in metadata and PICTURES not in metadata:
        return metadata
    return {
        name: value
        for name, value in metadata.items()
        if name not in (VECTOR, PICTURES) and not (name == REVIEWS and _are_texts(value))
    }


def _are_texts(value: object) -> bool:
    first = next(iter(value), None) if isinstance(value, list | tuple) else value
    return isinstance(first, str)
