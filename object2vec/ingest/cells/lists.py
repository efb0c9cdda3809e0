"""Lists that a program wrote into one cell of a table: `["a", "b"]`, `['a', 'b']`, `[{"name": "a"}]`,
PostgreSQL's `{36,37}`."""

import ast
import re
from collections.abc import Sequence
from functools import lru_cache

import orjson

_LONGEST = 20_000  # characters
_ARRAY = re.compile(r"\{\s*(-?[0-9][^:{}]*|[^:{}]*,[^:{}]*)\}")
"""An array of PostgreSQL: of numbers, or of more than one text. Neither JSON's object nor `{placeholder}`."""
_NAMES = ("name", "title", "value", "url", "label", "src")
"""Fields of an object in such a list whose value stands for it, the first one that it has."""
ADDRESSES = ("src", "url", "contentUrl", "href")
"""The same of a picture, which often has a name or title too."""


@lru_cache(maxsize=8_192)
def written_list(text: str, names: Sequence[str] = _NAMES) -> tuple[object, ...] | None:
    """The values of the list, as JSON, Python or PostgreSQL write it; None where the text is none."""
    text = text.strip()
    if found := _ARRAY.fullmatch(text):
        return _of_array(found[1])
    if not text.startswith("[") or not text.endswith("]") or len(text) > _LONGEST:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    return tuple(_said(value, names) for value in found) if isinstance(found, list) else None


def _of_array(inner: str) -> tuple[object, ...] | None:
    try:
        return tuple(orjson.loads(f"[{inner}]"))
    except orjson.JSONDecodeError:
        pieces = tuple(piece.strip().strip('"') for piece in inner.split(","))
        return None if any(piece[:1].isdecimal() for piece in pieces) else pieces


def written_pictures(text: str) -> tuple[object, ...] | None:
    """Pictures' addresses in such a list, or in one object alone; None where the text is neither."""
    text = text.strip()
    return written_list(f"[{text}]" if text.startswith("{") else text, (*ADDRESSES, *_NAMES))


def is_written_empty(text: str) -> bool:
    """Whether it is a list without a value: `[]`, `[null]`, `[""]`."""
    values = written_list(text)
    return values is not None and all(value in (None, "") for value in values)


def _said(value: object, names: Sequence[str]) -> object:
    if isinstance(value, dict):
        return next((value[name] for name in names if isinstance(value.get(name), str)), None)
    return value if isinstance(value, str | int | float) else None
