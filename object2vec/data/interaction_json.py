"""The fields of an interaction on a line of JSON Lines, as text for the common check."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import orjson

from object2vec.data.catalog_rows import parse_json
from object2vec.data.csv_rows import SEPARATORS
from object2vec.data.interaction_check import COLUMNS
from object2vec.data.problems import RowError

FIELD = "\x1f"

_WRONG_TYPE = {
    "USER_ID": "bad_user_id",
    "ITEM_ID": "bad_item_id",
    "TIMESTAMP": "bad_timestamp",
    "EVENT_TYPE": "bad_event_type",
    "EVENT_VALUE": "bad_event_value",
}
_MAY_BE_FLOAT = ("TIMESTAMP", "EVENT_VALUE")


class JsonFields:
    """Remembers the spellings of field names it has met, so that a row costs one look-up."""

    def __init__(self) -> None:
        self._layouts: dict[tuple[str, ...], tuple[str | None, ...]] = {}
        self._ignored: set[str] = set()

    @property
    def ignored(self) -> list[str]:
        """Names of fields that are not part of an interaction."""
        return sorted(self._ignored)

    def parse(self, raw: bytes) -> str:
        """The values in the order of `COLUMNS`, joined by `FIELD`, empty where absent. Raises RowError."""
        record = parse_json(raw)
        names = tuple(record)
        layout = self._layout(names)
        values = [record[name] if name is not None else "" for name in layout]
        try:
            text = FIELD.join(values)  # type: ignore[arg-type]  # mostly texts: the others raise
        except TypeError:
            text = FIELD.join(map(_as_text, COLUMNS, values))
        if text.count(FIELD) != len(COLUMNS) - 1 or any(char in text for char in SEPARATORS if char != FIELD):
            raise RowError("control_character")
        return text

    def parse_alike(self, raws: Sequence[bytes]) -> list[str] | None:
        """What `parse` gives for each of these rows, but quicker; None unless all are objects of the same
        field names, whose values are texts or, a column each, whole numbers."""
        try:
            records = list(map(orjson.loads, raws))
            names = {tuple(record) for record in records}
            if len(names) != 1 or not all(type(record) is dict for record in records):
                return None
            layout = self._layout(names.pop())
        except (orjson.JSONDecodeError, TypeError, RowError):
            return None
        columns = [_plain_texts(records, name) for name in layout]
        if None in columns:
            return None
        rows = list(map(FIELD.join, zip(*columns, strict=True)))
        text = "".join(rows)
        as_joined = text.count(FIELD) == len(rows) * (len(COLUMNS) - 1)
        return rows if as_joined and not any(char in text for char in SEPARATORS if char != FIELD) else None

    def _layout(self, names: tuple[str, ...]) -> tuple[str | None, ...]:
        return self._layouts.get(names) or self._learn(names)

    def _learn(self, names: tuple[str, ...]) -> tuple[str | None, ...]:
        known = [name for name in names if name.upper() in COLUMNS]
        spelling = {name.upper(): name for name in known}
        if len(spelling) < len(known):
            raise RowError("duplicate_field")
        self._ignored.update(set(names).difference(known))
        layout = tuple(spelling.get(column) for column in COLUMNS)
        self._layouts[names] = layout
        return layout


def _plain_texts(records: Sequence[dict[str, Any]], name: str | None) -> Iterable[str] | None:
    if name is None:
        return repeat("", len(records))
    values = [record[name] for record in records]
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    return map(str, values) if kinds == {int} else None


def _as_text(column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole or (isinstance(value, float) and column in _MAY_BE_FLOAT):
        return repr(value)
    raise RowError(_WRONG_TYPE[column])
