"""Columns of a CSV catalogue: which one is the label, and the type of each metadata column.

The type is decided on the whole column. Deciding cell by cell would give one field two types ("12" a
number, "12 OZ" a text), so the file is read twice: once to decide, once to load.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite

from object2vec.ingest.rules import FileError, RowError

_BOOLEANS = {"true": True, "false": False}

# Digits beyond a double's precision and leading zeros mark codes (UPC, postcode), which stay text.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


class CatalogColumns:
    """The columns named by a header. Raises FileError if label or text is missing."""

    def __init__(self, names: Sequence[str]) -> None:
        places = {name.casefold(): place for place, name in enumerate(names)}
        if missing := [name for name in ("label", "text") if name not in places]:
            raise FileError(
                "missing_columns",
                f"A catalogue needs the columns label and text; {' and '.join(missing)} missing among: "
                f"{', '.join(names)[:200]}.",
            )
        self._label, self._text, self._deleted = places["label"], places["text"], places.get("deleted")
        reserved = {self._label, self._text, self._deleted}
        self._metadata = [(place, name) for place, name in enumerate(names) if place not in reserved]
        self._parsers: list[tuple[int, str, Callable[[str], object]]] = []

    def decide(self, rows: Iterable[Sequence[str]]) -> Mapping[str, str]:
        """Settles each metadata column on `number`, `boolean`, `text` or `empty`; a price is a number. Reads
        no further than to where all are texts."""
        seen: dict[str, set[str]] = {name: set() for _, name in self._metadata}
        undecided = [(place, seen[name]) for place, name in self._metadata if name != "price"]
        for fields in rows:
            for column in undecided:
                place, kinds = column
                if cell := fields[place]:
                    kinds.add(_kind(cell))
                    if "text" in kinds:
                        undecided = [other for other in undecided if other is not column]
            if not undecided:
                break
        types = {name: "number" if name == "price" else _common(kinds) for name, kinds in seen.items()}
        self._parsers = [(place, name, _parser(name, types[name])) for place, name in self._metadata]
        return types

    def record(self, fields: Sequence[str]) -> dict[str, object]:
        """One row as the record that a JSON line would hold. Raises RowError."""
        metadata = {name: parse(fields[place]) for place, name, parse in self._parsers if fields[place]}
        deleted = "" if self._deleted is None else fields[self._deleted]
        return {
            "label": fields[self._label],
            "text": fields[self._text],
            "metadata": metadata,
            "deleted": _BOOLEANS.get(deleted.lower(), deleted) if deleted else None,
        }


def parse_number(cell: str) -> int | float:
    """A finite number. Raises RowError."""
    if not _NUMBER.fullmatch(cell):
        raise RowError("not_finite" if _NO_NUMBER.fullmatch(cell) else "bad_number")
    number = int(cell) if cell.lstrip("-").isdigit() else float(cell)
    if not isfinite(number):
        raise RowError("not_finite")
    return number


def _parse_price(cell: str) -> int | float:
    try:
        return parse_number(cell)
    except RowError as error:
        raise RowError("bad_price") from error


def _parse_boolean(cell: str) -> bool:
    return _BOOLEANS[cell.lower()]


def _parser(name: str, kind: str) -> Callable[[str], object]:
    if name == "price":
        return _parse_price
    return {"number": parse_number, "boolean": _parse_boolean}.get(kind, str)


def _kind(cell: str) -> str:
    if _NUMBER.fullmatch(cell):
        return "number"
    if cell.lower() in _BOOLEANS:
        return "boolean"
    return "no number" if _NO_NUMBER.fullmatch(cell) else "text"


def _common(kinds: set[str]) -> str:
    if not kinds:
        return "empty"
    if "number" in kinds and kinds <= {"number", "no number"}:
        return "number"
    return "boolean" if kinds == {"boolean"} else "text"
