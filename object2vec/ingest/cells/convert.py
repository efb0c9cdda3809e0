"""From the cells of one column to values of one type; a cell that cannot be read is given up, not its row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

from object2vec.ingest.cells import dates, numbers
from object2vec.ingest.cells.html import to_text
from object2vec.ingest.cells.lists import is_written_empty, written_list
from object2vec.ingest.cells.profile import TOLERATED, Profile
from object2vec.ingest.cells.words import BOOLEANS, is_missing
from object2vec.ingest.rules import MAX_LIST, MAX_TEXT

Type = Literal["text", "number", "boolean", "date", "list", "empty"]
GivenUp = Callable[[int, str, object], None]
"""Told of each cell that is given up: place in the batch, code of `CELL_PROBLEMS`, the cell."""


@dataclass(frozen=True)
class Decision:
    """How the cells of one column are read."""

    type: Type = "text"
    decimal: str = "."
    day_first: bool = False
    with_time: bool = False
    time_format: str = ""
    separator: str = ""
    """Of lists in one cell."""
    numbers: bool = False
    """They are of numbers."""
    html: bool = False
    price: bool = False
    """Negative numbers are given up too."""
    epoch: bool = False
    """A number is seconds since 1970."""
    notes: Sequence[str] = field(default=())


def decide(  # noqa: PLR0911  one line a type
    profile: Profile,
    *,
    usual_sign: str = ".",
    is_told: bool = False,
    decimal: str = "",
    price: bool = False,
    as_text: bool = False,
    html: bool = False,
    separator: str = "",
    time_format: str = "",
    own: bool = False,
) -> Decision:
    """From what the whole column holds. `decimal` and `time_format` are said by a mapping; `usual_sign` is
    what the rest of the file uses, by its other columns if `is_told`. In the project's `own` record a
    list in a cell stays the text it is."""
    kinds, filled = profile.kinds, profile.filled
    if not filled and not price:
        return Decision("empty")
    if as_text and not kinds["list"]:
        return Decision("text", html=html)
    if time_format:
        return Decision("date", time_format=time_format, with_time="%H" in time_format)
    if price:
        sign, notes = decimal_sign(profile, decimal, usual_sign, is_told, price=True)
        return Decision("number", decimal=sign, price=True, notes=notes)
    if kinds["list"] or (not own and _nearly_all(kinds["written list"], filled)):
        return Decision("list")
    is_code = profile.leading_zeros or profile.long
    if _nearly_all(kinds["plain"] + kinds["money"] + kinds["number"], filled) and not is_code:
        sign, notes = decimal_sign(profile, decimal, usual_sign, is_told)
        return Decision("number", decimal=sign, notes=notes)
    if kinds["boolean"] + kinds["truth"] == filled:
        return Decision("boolean")
    if _nearly_all(kinds["date"], filled):
        return _dates(profile)
    if separator and (separator != "|" or profile.piped):
        are_numbers = 0 < profile.piped_numbers == profile.filled - kinds["plain"] and not is_code
        return Decision("list", separator=separator, numbers=are_numbers, decimal=decimal or usual_sign)
    return Decision("text", html=html)


def decimal_sign(
    profile: Profile, said: str, usual: str, is_told: bool = False, *, price: bool = False
) -> tuple[str, Sequence[str]]:
    """The sign, and a sentence where the column itself does not tell it. Prices have no three decimals, so
    that in a file of decimal commas 1.299 is one thousand as a `price`."""
    comma, point, either = profile.signs[","], profile.signs["."], profile.signs["?"]
    if said:
        return said, ()
    if comma or point:
        return ("," if comma > point else "."), ()
    if either and (profile.kinds["money"] or ((is_told or price) and usual == ",")):
        group = "." if usual == "," else ","
        example = f"1{group}299 is read as 1299"
        return usual, (f"{example}; if its sign means a decimal, say `decimal` in uploads/mapping.json.",)
    if either and usual == ",":
        return ".", ("1.299 is read as 1.299, not as 1299; say `decimal` in uploads/mapping.json otherwise.",)
    return (usual if profile.kinds["money"] else "."), ()


def values(cells: Sequence[object], how: Decision, give_up: GivenUp) -> Sequence[object]:
    """One value or None for each cell."""
    if how.type == "text":
        return _texts(cells, how, give_up)
    if how.type == "empty":
        return [None] * len(cells)
    read = _READERS[how.type]
    known: dict[object, object] = {}
    found: list[object] = []
    for place, cell in enumerate(cells):
        if cell is None or cell == "":
            found.append(None)
            continue
        try:
            found.append(known[cell])
            continue
        except KeyError:
            value = read(cell, how)
            if how.price and value is not None and isinstance(cell, str) and numbers.is_range(cell):
                give_up(place, "price_range", cell)
            elif value is not None and len(known) < 10_000:
                known[cell] = value
        except TypeError:  # a list has no hash
            if not cell:
                found.append(None)
                continue
            value = read(cell, how)
        if value is None:
            missing = isinstance(cell, str) and (is_missing(cell) or is_written_empty(cell))
            give_up(place, "missing_value" if missing else f"not_{how.type}", cell)
        found.append(value)
    return found


def _texts(cells: Sequence[object], how: Decision, give_up: GivenUp) -> Sequence[object]:
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
        number = parse(str(cell).strip(), how.decimal)
    return None if number is None or (how.price and number < 0) else number


def _read_boolean(cell: object, _how: Decision) -> object:
    return cell if isinstance(cell, bool) else BOOLEANS.get(str(cell).strip().lower())


def _read_date(cell: object, how: Decision) -> object:
    if how.epoch and not isinstance(cell, bool):
        try:
            return dates.epoch_to_iso(float(str(cell)))
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


def _dates(profile: Profile) -> Decision:
    orders = profile.orders
    certain = orders["day"] - orders["month"]
    usual = orders["day?"] >= orders["month?"]
    day_first = certain > 0 or (certain == 0 and usual)
    notes: Sequence[str] = ()
    unsure = orders["day?"] + orders["month?"]
    if unsure and not orders["day"] and not orders["month"]:
        order = "day before month" if day_first else "month before day"
        notes = (
            f"its dates are read with the {order}; say `time_format` in uploads/mapping.json otherwise.",
        )
    return Decision("date", day_first=day_first, with_time=profile.times > 0, notes=notes)


def _nearly_all(count: int, filled: int) -> bool:
    return filled > 0 and count >= filled * (1 - TOLERATED)
