"""Cells that name several items: an order as one row, `A1|A2|A3`, `A1; A2`, `["A1", "A2"]`."""

from collections.abc import Sequence

from object2vec.ingest.cells.lists import written_list

WRITTEN = "[]"
"""In place of a sign: lists that a program wrote."""
_SIGNS = ("|", ";", ",")
_LONGEST = 64  # characters of an id among several


def pieces_of(cell: str, sign: str) -> list[str]:
    """The items of a cell; the cell itself without a sign."""
    if sign == WRITTEN:
        values = written_list(cell)
        return [cell] if values is None else [str(value) for value in values if value not in (None, "")]
    pieces = cell.split(sign) if sign else [cell]
    return [*filter(None, map(str.strip, pieces))] if len(pieces) > 1 else [cell]


def sign_between(cells: Sequence[str], *, plural: bool = False, titles: bool = False) -> str:
    """The sign between the items of a column, '' where each of its cells is one. Since an id may hold such a
    sign too, the cells have to hold different numbers of items, and some of what stands behind a sign has to
    come first in another cell; a column whose heading is `plural` is believed. In `titles` a comma is none:
    `Mug, blue`."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return ""
    if all(written_list(cell) is not None for cell in filled):
        return WRITTEN
    signs = [sign for sign in _SIGNS if sign != "," or not titles]
    cells_by_sign = {sign: [pieces_of(cell, sign) for cell in filled] for sign in signs}
    return next((sign for sign, pieces in cells_by_sign.items() if _are_lists(pieces, plural=plural)), "")


def _are_lists(cells: Sequence[Sequence[str]], *, plural: bool) -> bool:
    if max(map(len, cells)) < 2 or any(" " in one or len(one) > _LONGEST for cell in cells for one in cell):
        return False
    first = {cell[0] for cell in cells if cell}
    behind = {one for cell in cells for one in cell[1:]}
    return plural or (len({*map(len, cells)}) > 1 and not first.isdisjoint(behind))
