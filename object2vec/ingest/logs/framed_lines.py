"""Lines of JSON that differ in their values alone, made into lines of a table."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows

_DELETE = 0x7F  # no line of the fast path has one
_LINE = 0x0A
_MARKS = bytes(code for code in range(1, 32) if code not in b"\t\n\r")
SEPARATOR = _MARKS[1:2]
"""Stands between the values of a line."""
MOST_VALUES = len(_MARKS) - 1


class Frame:
    """What every line has around its values: `pieces[0]` before the first, `pieces[1]` between the first and
    the second, and so on; each has a name of the record in it, or ends the line."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        """`pieces` are two or more, at most `MOST_VALUES` + 1, each unlike the others."""
        marks = _MARKS[: len(pieces)]
        self._replaced = [(piece, bytes([mark])) for piece, mark in zip(pieces[:-1], marks, strict=False)]
        self._replaced.append((pieces[-1] + b"\n", marks[-1:] + b"\n"))
        self._order = np.frombuffer(marks + b"\n", np.uint8)
        self._spoilt = bytes.maketrans(_MARKS, bytes([_DELETE]) * len(_MARKS))
        self._separated = bytes.maketrans(marks, SEPARATOR * len(marks))
        self._ends = bytes([marks[0], marks[-1]])

    def values(self, data: bytes) -> bytes:
        """The same lines with their values alone. One that has another frame begins with a DELETE."""
        data = data.translate(self._spoilt)
        if not data.endswith(b"\n"):
            data += b"\n"
        for piece, mark in self._replaced:
            data = data.replace(piece, mark)
        if len(others := self._others(np.frombuffer(data, np.uint8))):
            changed = bytearray(data)
            np.frombuffer(changed, np.uint8)[others] = _DELETE
            data = bytes(changed)
        return data.translate(self._separated, self._ends)

    def _others(self, data: NDArray[np.uint8]) -> Rows:
        """Where lines begin that do not have every mark once, in this order, the first at their beginning."""
        places = np.flatnonzero(data < ord(" "))
        kinds = data[places]
        last = np.flatnonzero(kinds == _LINE)
        first = np.append(0, last[:-1] + 1)
        starts = np.append(0, places[last[:-1]] + 1)
        framed = (last - first == len(self._order) - 1) & (places[first] == starts)
        rows = first[framed][:, None] + np.arange(len(self._order))
        framed[framed] = (kinds[rows] == self._order).all(axis=1)
        others: Rows = starts[~framed & (starts < places[last])]
        return others
