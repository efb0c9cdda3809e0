"""JSON as requests hold it: strict, and no deeper than anything here needs."""

from typing import Any

import orjson

from object2vec.core.errors import BadRequestError

MAX_DEPTH = 32
"""Levels of lists and objects: filters may have eight. What is deeper would exhaust its reader's stack."""


def parsed(text: str) -> Any:
    """The value. Raises orjson.JSONDecodeError, BadRequestError."""
    value = orjson.loads(text)  # no NaN, no lone surrogates
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise BadRequestError(f"the JSON is nested more than {MAX_DEPTH} levels deep: make it flatter")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return any(isinstance(each, list | dict) for each in level)


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
