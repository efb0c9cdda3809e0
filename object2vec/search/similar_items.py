"""The signals that make an item an alternative: its words, their meaning, how people take it, how it
looks."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from object2vec.core.arrays import Vector
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import separates_texts
from object2vec.search.index import Request, require
from object2vec.search.loading import Live

By = Literal["all", "text", "look", "behaviour"]

WORDS_ALONE = "the model knows nothing about this item: these have its words"
NO_BEHAVIOUR = "the model has not learned from what people do yet: these are near by what their texts say"
NO_PICTURE = "this item has no picture: upload one to uploads/images/, or ask for another `by`"
UNKNOWN = "the model knows nothing about this item"


def similarity_signals(
    live: Live, item: CatalogItem, vector: Vector, by: By
) -> tuple[Mapping[str, Any], list[str]]:
    """The signals of a request for items similar to an item, by the names of the request's fields, and notes
    for the answer; `vector` (dim,) is the item's."""
    if by == "behaviour":
        notes = [] if separates_texts(live.encoder) else [NO_BEHAVIOUR]
        return {"vector": vector, "near_item": True}, notes if vector.any() else [UNKNOWN]
    if by == "look":
        return _by_look(live, item)
    if by == "text":
        read = _text_vector(live, item, vector)
        return {"description": item.text, "vector": read}, [] if read.any() else [WORDS_ALONE]
    notes = [] if vector.any() else [WORDS_ALONE]
    return {"description": item.text, "vector": vector, "near_item": True}, notes


def _by_look(live: Live, item: CatalogItem) -> tuple[Mapping[str, Any], list[str]]:
    """Raises UnsupportedError."""
    nothing = np.zeros(1, np.float32)
    require(live.index.capabilities, Request(look=nothing))
    look = live.index.snapshot.look(item.id)
    if look is not None:
        return {"look": look}, []
    return {"look": nothing}, [NO_PICTURE]


def _text_vector(live: Live, item: CatalogItem, vector: Vector) -> Vector:
    """(dim,) of what the text says alone; the item's own where the model makes no difference."""
    if separates_texts(live.encoder):
        read: Vector = live.encoder.encode_texts([item])[0]
        return read
    return vector
