"""Conversion of one column's cells to values of one type; a cell that cannot be read is given up, not its
row."""

from collections.abc import Callable, Sequence
from math import isfinite

from object2vec.ingest.cells import dates, numbers
from object2vec.ingest.cells.decision import Decision
from object2vec.ingest.cells.html import to_text
from object2vec.ingest.cells.lists import is_written_empty, written_list
from object2vec.ingest.cells.words import BOOLEANS, is_missing
from object2vec.ingest.rules import MAX_LIST, MAX_TEXT

GivenUp = Callable[[int, str, object], None]
"""Told of each cell that is given up: place in the batch, code of `CELL_PROBLEMS`, the cell."""


def values(cells: Sequence[object], how: Decision, give_up: GivenUp) -> Sequence[object]:
    """One value or None for each cell."""
    if how.type == "text":
        return _texts(cells, how, give_up)
    if how.type == "empty":
        return [None] * len(cells)
    if not {*map(type, cells)} <= {str, type(None)}:
        read = [_read(cell, how) for cell in cells]
    else:  # in most columns the same texts come again and again
        known = {cell: _read(cell, how) for cell in {*cells}}
        if not any(problem for _, problem in known.values()):
            return list(map({cell: value for cell, (value, _) in known.items()}.__getitem__, cells))
        read = [known[cell] for cell in cells]
    for place, (_, problem) in enumerate(read):
        if problem:
            give_up(place, problem, cells[place])
    return [value for value, _ in read]


def _read(cell: object, how: Decision) -> tuple[object, str]:
    """The value of a cell, and the code of what is wrong with it."""
    if cell is None or cell in ("", []):
        return None, ""
    value = _READERS[how.type](cell, how)
    if value is None:
        missing = isinstance(cell, str) and (is_missing(cell) or is_written_empty(cell))
        return None, "missing_value" if missing else f"not_{how.type}"
    is_range = how.price and isinstance(cell, str) and numbers.is_range(cell, how.words)
    return value, "price_range" if is_range else ""


def _texts(cells: Sequence[object], how: Decision, give_up: GivenUp) -> Sequence[object]:
    none = how.blanks
    if none and not none.isdisjoint(cell for cell in cells if isinstance(cell, str)):
        for place, cell in enumerate(cells):
            if isinstance(cell, str) and cell in none:
                give_up(place, "missing_value", cell)
        cells = [None if isinstance(cell, str) and cell in none else cell for cell in cells]
    if not how.html and {*map(type, cells)} <= {str} and max(map(len, cells), default=0) <= MAX_TEXT:  # type: ignore[arg-type]
        return cells if "" not in cells else [cell or None for cell in cells]
    found: list[object] = []
    for place, cell in enumerate(cells):
        text = "\n".join(map(as_text, cell)) if how.html and isinstance(cell, list) else as_text(cell)
        if text and how.html:
            text = to_text(text)
        if text and len(text) > MAX_TEXT:
            give_up(place, "text_cut", text[:100])
            text = text[:MAX_TEXT]
        found.append(text or None)
    return found


def as_text(cell: object) -> str:
    """A cell as it would stand in a table."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list):
        return ", ".join(filter(None, map(as_text, cell)))
    return str(cell)


def as_list(cell: object, separator: str = "") -> list[object]:
    """The values of a list, of one kind: texts where it is mixed; empty ones left out."""
    if isinstance(cell, str) and (written := written_list(cell)) is not None:
        return as_list(list(written))
    if isinstance(cell, str):
        pieces = cell.split(separator) if separator else [cell]
        return [piece.strip() for piece in pieces if piece.strip() and not is_missing(piece)]
    if not isinstance(cell, list):
        return [cell]
    flat = [value for value in _flattened(cell) if value is not None and value != ""]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in flat):
        return flat
    return [as_text(value) for value in flat]


def _flattened(cell: list[object]) -> list[object]:
    found: list[object] = []
    for value in cell:
        if isinstance(value, list):
            found += _flattened(value)
        else:
            found.append(value)
    return found


def _read_number(cell: object, how: Decision) -> object:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        number: int | float | None = cell
    else:
        parse = numbers.parse_price if how.price else numbers.parse
        number = parse(str(cell).strip(), how.decimal, how.words)
    return None if number is None or (how.price and number < 0) else number


def _read_boolean(cell: object, _how: Decision) -> object:
    return cell if isinstance(cell, bool) else BOOLEANS.get(str(cell).strip().lower())


def _read_date(cell: object, how: Decision) -> object:
    if (how.epoch or how.serial) and not isinstance(cell, bool):
        try:
            number = float(str(cell))
            return (
                dates.serial_to_iso(number, with_time=how.with_time)
                if how.serial
                else dates.epoch_to_iso(number)
            )
        except (ValueError, OverflowError, OSError):
            return None
    text = as_text(cell).strip()
    return dates.to_iso(text, day_first=how.day_first, with_time=how.with_time, form=how.time_format)


def _read_list(cell: object, how: Decision) -> object:
    found = as_list(cell, how.separator)
    if any(isinstance(value, float) and not isfinite(value) for value in found):
        return None
    if how.numbers and isinstance(cell, str):
        found = [numbers.parse(str(piece), how.decimal) for piece in found]
    return found if found and len(found) <= MAX_LIST else None


_READERS: dict[str, Callable[[object, Decision], object]] = {
    "number": _read_number,
    "boolean": _read_boolean,
    "date": _read_date,
    "list": _read_list,
}
