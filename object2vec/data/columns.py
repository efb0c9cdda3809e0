"""Types of a CSV file's metadata columns: numbers, booleans or text, decided on the whole column.

Deciding cell by cell would give one field two types ("12" a number, "12 OZ" a text), so the file is read
twice: once to decide, once to load.
"""

import re
from collections.abc import Sequence
from math import isfinite

from object2vec.data.problems import RowError

BOOLEANS = {"true": True, "false": False}

# Digits beyond a double's precision and leading zeros mark codes (UPC, postcode), which stay text.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


class ColumnTypes:
    """What the cells seen so far have in common, a column each."""

    def __init__(self, width: int) -> None:
        self._kinds: list[set[str]] = [set() for _ in range(width)]

    def see(self, cells: Sequence[str]) -> None:
        """Takes one row into account."""
        for kinds, cell in zip(self._kinds, cells, strict=True):
            if cell and "text" not in kinds:
                kinds.add(_kind(cell))

    def decided(self) -> list[str]:
        """`number`, `boolean`, `text` or `empty` for each column."""
        return [_common(kinds) for kinds in self._kinds]


def typed_value(cell: str, kind: str) -> object:
    """The cell's value, None for an empty one. Raises RowError for NaN and infinity among numbers."""
    if not cell:
        return None
    if kind == "boolean":
        return BOOLEANS[cell.lower()]
    if kind == "number":
        return parse_number(cell)
    return cell


def parse_number(cell: str) -> int | float:
    """A finite number. Raises RowError."""
    if _NO_NUMBER.fullmatch(cell):
        raise RowError("not_finite")
    if not _NUMBER.fullmatch(cell):
        raise RowError("bad_number")
    number = int(cell) if cell.lstrip("-").isdigit() else float(cell)
    if not isfinite(number):
        raise RowError("not_finite")
    return number


def _kind(cell: str) -> str:
    if _NUMBER.fullmatch(cell):
        return "number"
    if cell.lower() in BOOLEANS:
        return "boolean"
    return "no number" if _NO_NUMBER.fullmatch(cell) else "text"


def _common(kinds: set[str]) -> str:
    if not kinds:
        return "empty"
    if "number" in kinds and kinds <= {"number", "no number"}:
        return "number"
    return "boolean" if kinds == {"boolean"} else "text"
