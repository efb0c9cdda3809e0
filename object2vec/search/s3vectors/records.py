"""An item as a vector of S3 Vectors, and back.

The vector has one component more than the model's: items that the model knows nothing about would be zero
vectors, which S3 Vectors refuses; they point along the extra axis, where no query does.
Sizes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import orjson

from object2vec.core.arrays import Vector
from object2vec.core.catalog import VECTOR, CatalogItem, display_metadata, reviews_in
from object2vec.search.embedded.columns import MAX_WORD_CHARS
from object2vec.search.embedded.text.index import texts

TEXT, FACTS, METADATA = "_text", "_facts", "_metadata"
RESERVED = (TEXT, FACTS, METADATA)
"""Kept with the vector but not filterable; the first two are searched."""
MAX_METADATA_BYTES = 40 << 10
MAX_FILTERABLE_BYTES = 2 << 10
MAX_FILTERABLE_FIELDS = 50 - len(RESERVED)

VectorRecord = dict[str, Any]


def to_record(item: CatalogItem, vector: Vector) -> VectorRecord | None:
    """The PutVectors entry of an item and its vector (dim,); None if its texts are too long to be kept."""
    kept = {METADATA: orjson.dumps(dict(item.metadata)).decode()}
    if item.text:
        kept[TEXT] = item.text
    if facts := " ".join(
        [*texts(display_metadata(item.metadata).values()), reviews_in(item.metadata)]
    ).strip():
        kept[FACTS] = facts
    metadata = kept | filterable(item)
    if len(orjson.dumps(metadata)) > MAX_METADATA_BYTES:
        return None
    return {"key": item.id, "data": {"float32": padded(vector).tolist()}, "metadata": metadata}


def to_look_record(item: CatalogItem, look: Vector) -> VectorRecord | None:
    """The same of an item and its look (k,), which is never zero. Hits need no dense vector: it is left
    out."""
    lean = {name: value for name, value in item.metadata.items() if name != VECTOR}
    record = to_record(replace(item, metadata=lean), look)
    return None if record is None else {**record, "data": {"float32": look.tolist()}}


def to_item(record: Mapping[str, Any]) -> CatalogItem:
    """The item of a vector that was returned with its metadata."""
    metadata = record["metadata"]
    return CatalogItem(record["key"], metadata.get(TEXT, ""), orjson.loads(metadata[METADATA]))


def filterable(item: CatalogItem) -> dict[str, Any]:
    """The fields that filters can see: short ones first, as many as S3 Vectors takes of one item."""
    values = {
        name: value
        for name, value in display_metadata(item.metadata).items()
        if name not in RESERVED and not name.startswith("$") and _is_filterable(value)
    }
    chosen: dict[str, Any] = {}
    size = 2
    for name, value in sorted(values.items(), key=lambda entry: _bytes(*entry)):
        size += _bytes(name, value)
        if size > MAX_FILTERABLE_BYTES or len(chosen) == MAX_FILTERABLE_FIELDS:
            break
        chosen[name] = value
    return chosen


def padded(vector: Vector) -> Vector:
    """(dim,) → (dim + 1,), of unit length."""
    return np.append(vector, np.float32(0.0 if vector.any() else 1.0)).astype(np.float32)


def unpadded(record: Mapping[str, Any]) -> Vector:
    """The model's vector (dim,) of a vector that was returned with its data."""
    return vector_of(record)[:-1]


def vector_of(record: Mapping[str, Any]) -> Vector:
    """The numbers of a vector that was returned with its data."""
    return np.array(record["data"]["float32"], np.float32)


def fields_of(items: Iterable[CatalogItem]) -> dict[str, bool]:
    """The filterable fields, and whether any of their values is a number."""
    fields: dict[str, bool] = {}
    for item in items:
        for name, value in filterable(item).items():
            first = value[0] if isinstance(value, list | tuple) else value
            fields[name] = fields.get(name, False) or _is_number(first)
    return fields


def _bytes(name: str, value: object) -> int:
    return len(orjson.dumps({name: value}))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_filterable(value: object) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and (all(map(_is_word, value)) or all(map(_is_number, value)))
    return _is_word(value) or isinstance(value, int | float)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_WORD_CHARS
