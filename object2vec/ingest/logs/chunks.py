"""Blocks of a log in text, cut into rows: those on the fast path for DuckDB, the others one by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.ingest.logs.check import Source
from object2vec.ingest.logs.columns import ShopperLogColumns
from object2vec.ingest.logs.fast_lines import LineLayout, Lines
from object2vec.ingest.readers.blocks import Block

_CONTROL = "\x00\x1e\x1f"


class OddRow(NamedTuple):
    """A row that was read off the fast path: its values, or the code of what is wrong with it."""

    line: int
    lines: int
    values: Sequence[str]
    problem: str


@dataclass(frozen=True, slots=True)
class Table:
    """How DuckDB reads the lines of the fast path: cut by `layout` into c0, c1, …"""

    layout: LineLayout
    texts: Mapping[str, str]
    """SQL for the text of each column, by the schema's name."""
    alike: str = "true"
    """SQL that is true of the lines whose texts can be trusted."""
    rewrite: Callable[[bytes], bytes] | None = None
    """Makes lines of the file into lines of such a layout, one by one."""

    def source(self, path: Path, *, clean: bool = True) -> Source:
        """The source that reads a file of such lines. No value is taken for NULL."""
        columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(self.layout.width))
        quote = '"' if self.layout.quoted else ""
        return Source(
            f"""read_csv($1, columns = {{{columns}}}, delim = $2, quote = '{quote}', escape = '{quote}',
                new_line = '\\n', header = false, auto_detect = false, strict_mode = true,
                ignore_errors = true, nullstr = '\x01', allow_quoted_nulls = false)""",
            [str(path), self.layout.separator.decode()],
            self.texts,
            self.alike,
            clean=clean,
        )


class Chunk:
    """Whole rows: some are lines of the fast path, the others are `odd`."""

    def __init__(self, block: Block, table: Table) -> None:
        self.first_line = block.first_line
        self.table = table
        self._data = block.data
        data = block.data.replace(b"\r\n", b"\n") if b"\r" in block.data else block.data
        self._lines = Lines(table.rewrite(data) if table.rewrite else data)
        self._fast = self._lines.fast(table.layout)
        self.odd: list[OddRow] = []

    @cached_property
    def _written(self) -> Lines:
        return self._lines if self._lines.data is self._data else Lines(self._data)

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, place: int) -> bytes:
        """The line at a place of the chunk as it was, without its line feed."""
        return self._data[self._written.starts[place] : self._written.ends[place]]

    @property
    def fast_text(self) -> bytes:
        """The lines of the fast path, with line feeds alone at their ends."""
        return self._lines.joined(self._fast)

    @property
    def fast_lines(self) -> NDArray[np.int64]:
        """Their numbers in the file."""
        return np.flatnonzero(self._fast) + self.first_line

    def odd_places(self) -> list[int]:
        """Places in the chunk of the lines that are neither blank nor on the fast path."""
        return np.flatnonzero(~self._fast & (self._lines.ends > self._lines.starts)).tolist()

    def take_out(self, place: int, lines: int | None = None) -> None:
        """These lines are off the fast path: they belong to a row of several."""
        self._fast[place : None if lines is None else place + lines] = False

    def stays_open(self, place: int, most: int) -> bool:
        """Whether a quote on this line has no other one within `most` bytes: quicker to see than to parse."""
        start, end = int(self._written.starts[place]), int(self._written.ends[place])
        odd = self._data.count(b'"', start, end) % 2 == 1
        return odd and start + most < len(self._data) and self._data.find(b'"', end, start + most) < 0

    def rest(self, place: int) -> Block:
        """The lines from a place on."""
        return Block(self.first_line + place, self._data[self._written.starts[place] :])

    def raw(self, line: int, lines: int = 1) -> bytes:
        """The row that begins on this line of the file, as it was."""
        first = line - self.first_line
        return b"\n".join(map(self.line, range(first, first + lines)))


def text_problem(raw: bytes) -> str:
    """The code for a row that is no text."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "not_utf8"
    return "control_character" if any(char in text for char in _CONTROL) else ""


class TextLog(Protocol):
    """A log in text."""

    columns: ShopperLogColumns

    @property
    def header(self) -> bytes:
        """The line that a file of rejected rows begins with."""

    @property
    def read_as(self) -> dict[str, str]:
        """Encoding, separator and the like."""

    @property
    def names(self) -> Sequence[str]:
        """The file's names of its columns."""

    def chunks(self) -> Iterator[Chunk]:
        """All rows, as often as they are asked for. Raises FileError where the file breaks off."""

    def read(self, line: int, raw: bytes) -> OddRow:
        """A line of the fast path that is not like the others."""
