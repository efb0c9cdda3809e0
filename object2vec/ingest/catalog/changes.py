"""Parsing of a catalogue upload's record: a change of the catalogue, or the reason why there is none."""

import json
import re
from collections.abc import Mapping

from object2vec.core.catalog import REVIEWS, VECTOR, CatalogItem, vector_in
from object2vec.core.identifiers import MAX_ID, is_id
from object2vec.ingest.cells.words import SPREADSHEET_ERROR
from object2vec.ingest.rules import (
    MAX_FIELDS,
    MAX_LIST,
    MAX_TEXT,
    MAX_VALUE,
    MAX_VECTOR,
    MAX_VECTOR_NUMBER,
    RowError,
)
from object2vec.storage.item_log import Change, Removed

RECORD_FIELDS = frozenset({"label", "text", "metadata", "deleted"})

RUINED_ID = re.compile(rf"\d(?:[.,]\d+)?E\+\d{{2,3}}|{SPREADSHEET_ERROR}", re.IGNORECASE)
"""Form in which a spreadsheet shows a number of many digits, or an error, whichever id it was."""
_MARKED = re.compile("'[0-9]+")
_FLAT = frozenset({int, float, bool})  # finite: neither parser lets NaN or infinity through
_OWN_PROBLEM = {"price": "bad_price", REVIEWS: "bad_reviews", VECTOR: "bad_vector"}
_LONG_INTEGER = re.compile(rb"[0-9]{19}")


def exact_integers(record: Mapping[str, object], raw: bytes) -> Mapping[str, object]:
    """The record with every whole number as it was written, those beyond 64 bits too."""
    if not _LONG_INTEGER.search(raw):
        return record
    exact = json.loads(raw)
    return exact if isinstance(exact, dict) else record


def parse_change(record: Mapping[str, object]) -> Change:
    """The change a record `{"label", "text", "metadata"}` or `{"label", "deleted": true}` asks for.
    Raises RowError."""
    label = parse_label(record.get("label"))
    deleted = record.get("deleted")
    if deleted is not None and not isinstance(deleted, bool):
        raise RowError("bad_deleted")
    if deleted:
        return Removed(label)
    return CatalogItem(label, _text(record.get("text")), _metadata(record.get("metadata")))


class VectorLength:
    """Length of the vectors of one upload: that of the first."""

    def __init__(self) -> None:
        self._length: int | None = None

    def checked(self, change: Change) -> Change:
        """The change itself. Raises RowError for a vector of another length."""
        if isinstance(change, Removed) or VECTOR not in change.metadata:
            return change
        if (vector := vector_in(change.metadata)) is not None:
            self._length = self._length or len(vector)
            if len(vector) != self._length:
                raise RowError("other_vector_length")
        return change


def check_special(metadata: Mapping[str, object]) -> None:
    """Raises RowError where `reviews` or `vector` are neither."""
    if REVIEWS in metadata and not (_are_reviews(metadata[REVIEWS]) or _is_value(metadata[REVIEWS])):
        raise RowError("bad_reviews")
    if VECTOR in metadata and not _is_vector(metadata[VECTOR]):
        raise RowError("bad_vector")


def parse_label(label: object) -> str:
    """The id as text. Raises RowError."""
    if label is None or label == "":
        raise RowError("missing_label")
    if type(label) is int:
        label = str(label)
    if not isinstance(label, str) or not is_id(label):
        raise RowError("bad_label")
    return label


def unmarked(label: str) -> str:
    """An uploaded id without the apostrophe that keeps a spreadsheet from changing its digits. Logs are read
    alike."""
    return label[1:] if _MARKED.fullmatch(label) else label


def _text(text: object) -> str:
    if text is None:
        raise RowError("missing_text")
    if not isinstance(text, str):
        raise RowError("bad_text")
    if len(text) > MAX_TEXT:
        raise RowError("text_too_long")
    return text


def _metadata(metadata: object) -> dict[str, object]:
    if metadata is None:
        return {}
    if not isinstance(metadata, dict) or len(metadata) > MAX_FIELDS:
        raise RowError("bad_metadata")
    if None in metadata.values():
        metadata = {name: value for name, value in metadata.items() if value is not None}
    for name, value in metadata.items():
        fits = _is_value(value) or (name == REVIEWS and _are_reviews(value)) or name == VECTOR
        if not (fits and 0 < len(name) <= MAX_ID):
            raise RowError(_OWN_PROBLEM.get(name, "bad_metadata"))
    if "price" in metadata:
        _check_price(metadata["price"])
    if VECTOR in metadata and not _is_vector(metadata[VECTOR]):
        raise RowError("bad_vector")
    return metadata


def _check_price(price: object) -> None:
    if not isinstance(price, (int, float)) or isinstance(price, bool) or price < 0:
        raise RowError("bad_price")


def _are_reviews(value: object) -> bool:
    texts = value if isinstance(value, list) else [value]
    return len(texts) <= MAX_VALUE and all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts)


def _is_vector(value: object) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_VECTOR or {*map(type, value)} - {int, float}:
        return False
    return bool(max(map(abs, value)) <= MAX_VECTOR_NUMBER)


def _is_value(value: object) -> bool:
    kind = type(value)
    if kind is str:
        return len(value) <= MAX_TEXT  # type: ignore[arg-type]  # `kind is str` is quicker than isinstance
    return kind in _FLAT or (kind is list and _is_flat_list(value))  # type: ignore[arg-type]


def _is_flat_list(values: list[object]) -> bool:
    kinds = {type(value) for value in values}
    if kinds <= {str}:
        return all(len(str(value)) <= MAX_VALUE for value in values) and len(values) <= MAX_LIST
    return kinds <= {int, float} and len(values) <= MAX_LIST
