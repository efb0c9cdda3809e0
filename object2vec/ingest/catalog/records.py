"""The project's own record, `{"label", "text", "metadata"}`: stored as it is, where it can be."""

from collections.abc import Callable, Mapping
from math import isfinite

from object2vec.core.catalog import REVIEWS, VECTOR
from object2vec.core.identifiers import MAX_ID
from object2vec.ingest.catalog.changes import RECORD_FIELDS, RUINED_ID, exact_integers, parse_change, unmarked
from object2vec.ingest.cells import numbers
from object2vec.ingest.cells.convert import as_list
from object2vec.ingest.cells.lists import ADDRESSES
from object2vec.ingest.pictures.names import FIELDS
from object2vec.ingest.readers.batches import flattened
from object2vec.ingest.rules import MAX_FIELDS, MAX_LIST, MAX_TEXT, MAX_VALUE, RowError
from object2vec.storage.item_log import Change, Removed

GiveUp = Callable[[str, str, object], None]
"""Told of each value that is given up or changed: field, code of `CELL_PROBLEMS`, the value."""

_EXACT = float(1 << 63)
_ROUNDED_FROM = 1e15
"""Number from which a spreadsheet, or a program that read the ids as numbers, has rounded them."""
_MENDED = ("bad_metadata", "bad_price", "missing_text", "bad_label", "text_too_long")


def is_own(record: Mapping[str, object]) -> bool:
    """Whether an object is such a record, or nothing else."""
    return record.keys() <= RECORD_FIELDS or (
        "label" in record and not record.keys().isdisjoint({"text", "metadata", "deleted"})
    )


def own_change(record: Mapping[str, object], raw: bytes, give_up: GiveUp) -> Change:
    """The change that a record asks for. Further fields beside the record's own are metadata; without a text
    it is title and description. Raises RowError."""
    label = record.get("label")
    if isinstance(
        label, float
    ):  # a whole number of more than 64 bits is read as one, but its digits are there
        label = exact_integers(record, raw).get("label")
    if _is_ruined(label):
        raise RowError("ruined_label")
    if record.keys() <= RECORD_FIELDS:
        try:
            change = parse_change(_unmarked(record))
            if isinstance(change, Removed) or not any(map(_may_be_whole, change.metadata.values())):
                return change
        except RowError as error:
            if error.code not in _MENDED:
                raise
    return parse_change(_mended(_unmarked(exact_integers(record, raw)), give_up))


def _unmarked(record: Mapping[str, object]) -> Mapping[str, object]:
    label = record.get("label")
    return {**record, "label": unmarked(label)} if isinstance(label, str) and label[:1] == "'" else record


def _is_ruined(label: object) -> bool:
    if isinstance(label, str):
        return RUINED_ID.fullmatch(label) is not None
    return isinstance(label, float) and label >= _ROUNDED_FROM


def _may_be_whole(value: object) -> bool:
    """Whether a value may have been a whole number of more than 64 bits, for which there is a float."""
    return type(value) is float and not -_EXACT < value < _EXACT


def _mended(record: Mapping[str, object], give_up: GiveUp) -> dict[str, object]:
    inner = record.get("metadata")
    if inner is not None and not isinstance(inner, dict):
        raise RowError("bad_metadata")
    extra_fields = {name: value for name, value in record.items() if name not in RECORD_FIELDS}
    metadata = _with_pictures(flattened({**extra_fields, **(inner or {})}))
    kept: dict[str, object] = {}
    for name, value in metadata.items():
        mended = _value(name, value, give_up)
        if mended is not None:
            kept[name] = mended
    if len(kept) > MAX_FIELDS:
        give_up("metadata", "too_many_fields", f"{len(kept):,} fields")
        kept = dict(list(kept.items())[:MAX_FIELDS])
    text = record.get("text")
    if text is None:
        texts = [kept[name] for name in ("title", "name", "description") if isinstance(kept.get(name), str)]
        text = "\n".join(map(str, dict.fromkeys(texts))) or None
    if isinstance(text, str) and len(text) > MAX_TEXT:
        give_up("text", "text_cut", text[:100])
        text = text[:MAX_TEXT]
    return {**{name: record[name] for name in RECORD_FIELDS & record.keys()}, "text": text, "metadata": kept}


def _with_pictures(metadata: dict[str, object]) -> dict[str, object]:
    """`image` and `images` are addresses where pictures were written as objects that have one."""
    for field in FIELDS:
        key = next((key for name in ADDRESSES if (key := f"{field}.{name}") in metadata), None)
        if key is not None:
            found, others = metadata.pop(key), metadata.get(field)
            if isinstance(found, list) and isinstance(others, list):
                found = [*others, *found]
            metadata[field] = found
    return metadata


def _value(name: str, value: object, give_up: GiveUp) -> object:  # noqa: PLR0911  one line a kind of value
    if value is None or name in (REVIEWS, VECTOR):
        return value
    if not 0 < len(name) <= MAX_ID:
        give_up(name[:40], "bad_name", value)
        return None
    if name == "price":
        return _price(value, give_up)
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            give_up(name, "text_cut", value[:100])
        return value[:MAX_TEXT]
    if isinstance(value, dict):
        give_up(name, "too_deep", value)
        return None
    if isinstance(value, list):
        return _list(name, value, give_up)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 63:
        return str(value)  # an index of numbers holds 64 bits; its digits are kept
    return value


def _list(name: str, value: list[object], give_up: GiveUp) -> list[object] | None:
    kinds = {*map(type, value)}
    found = value if kinds == {str} or kinds <= {int, float} else as_list(value)
    if len(kinds) > 1 and any(isinstance(entry, str) for entry in found):
        give_up(name, "mixed_list", value)
    if len(found) > MAX_LIST:
        give_up(name, "not_list", value[:5])
        return None
    if any(isinstance(entry, str) and len(entry) > MAX_VALUE for entry in found):
        give_up(name, "text_cut", value[:5])
    return [entry[:MAX_VALUE] if isinstance(entry, str) else entry for entry in found]


def _price(value: object, give_up: GiveUp) -> object:
    number: object = value
    if isinstance(value, str):
        number = numbers.parse_alone(value.strip())
    if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number) or number < 0:
        give_up("price", "not_number", value)
        return None
    return number
