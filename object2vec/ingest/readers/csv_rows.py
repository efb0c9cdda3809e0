"""CSV rows with the numbers of their first lines; a row that cannot be parsed never takes others with it."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from object2vec.ingest.readers.blocks import Block
from object2vec.ingest.readers.dialect import COMMAS, Dialect
from object2vec.ingest.readers.fast_path import fast_csv
from object2vec.ingest.rules import MAX_ROW_BYTES

MAX_QUOTED_BYTES = 1 << 20  # a quoted value over more lines than this holds was never meant to be one
_FEW = 40  # columns: a pattern for each of more would be long
SEPARATORS = "\x00\x1e\x1f"


class Row(NamedTuple):
    """One record. `problem` is a code of `ROW_PROBLEMS` where `fields` cannot be trusted, else empty."""

    line: int
    raw: str
    fields: list[str]
    problem: str

    def verbatim(self) -> bytes:
        """The bytes of the upload."""
        return self.raw.encode("utf-8", "surrogateescape")


class RowBlock(NamedTuple):
    """The records of one block, column by column of this table: the good ones, then the others."""

    lines: Sequence[int]
    raws: Sequence[str]
    fields: Sequence[list[str]]
    bad: Sequence[Row]

    def verbatim(self, place: int) -> bytes:
        """The bytes of the upload for one of the good ones."""
        return self.raws[place].encode("utf-8", "surrogateescape")


class CsvRows:
    """Parses blocks in order, each record of `width` values. A quoted value may span lines and blocks."""

    def __init__(self, width: int, dialect: Dialect = COMMAS) -> None:
        csv.field_size_limit(2 * MAX_ROW_BYTES)
        self._width = width
        self._dialect = dialect
        self._open: list[str] = []  # lines of a record whose end is in the next block
        self._open_line = 0

    def rows(self, block: Block) -> Iterator[Row]:
        """The records that end in this block; blank lines are none."""
        if not self._open and self._is_fast(block):
            return self._fast_rows(block)
        first = self._open_line if self._open else block.first_line
        return self._parse([*self._open, *_lines(block.data)], first, last=False)

    def row_block(self, block: Block) -> RowBlock:
        """The records that `rows` gives, all of them at once."""
        if self._open or not self._is_fast(block):
            return _row_block(self.rows(block))
        raws = block.data.decode().split("\n")  # text on the fast path is UTF-8
        if not raws[-1]:
            raws.pop()
        if _begins_empty(block.data, self._dialect.separator.encode()):
            return _row_block(self._fast_rows(block))  # which leaves out the rows without any value
        fields = list(self._dialect.cells(raws))
        if {*map(len, fields)} != {self._width}:
            return _row_block(self._fast_rows(block))
        return RowBlock(range(block.first_line, block.first_line + len(raws)), raws, fields, ())

    def end(self) -> Iterator[Row]:
        """The rest that an unclosed quote had kept waiting at the end of the file."""
        return self._parse(self._open, self._open_line, last=True)

    @property
    def waiting(self) -> bool:
        """Whether a record of an earlier block is still open."""
        return bool(self._open)

    def _is_fast(self, block: Block) -> bool:
        if any(sign in block.data for sign in self._dialect.own_signs):
            return False
        return fast_csv(block.data, self._dialect.separator if self._dialect.quoted else "") is not None

    def _fast_rows(self, block: Block) -> Iterator[Row]:
        lines = _lines(block.data)
        for line, raw, fields in zip(count(block.first_line), lines, self._dialect.cells(lines)):
            if any(fields):
                yield Row(line, raw, fields, "" if len(fields) == self._width else "wrong_columns")

    def _unquoted(self, lines: list[str], first: int) -> Iterator[Row]:
        for line, raw, fields in zip(count(first), lines, self._dialect.cells(lines)):
            if any(fields):
                yield _checked(Row(line, raw, fields, "" if len(fields) == self._width else "wrong_columns"))

    def _parse(self, lines: list[str], first: int, last: bool) -> Iterator[Row]:
        self._open = []
        if not self._dialect.quoted:
            yield from self._unquoted(lines, first)
            return
        clean = _is_clean("".join(lines))
        start, end = 0, 0
        reader = self._dialect.reader(_from(lines, 0))
        while end < len(lines):
            lines_before = reader.line_num
            try:
                fields = next(reader)
            except csv.Error:
                fields = None
            taken = reader.line_num - lines_before
            start, end = end, end + taken
            if fields is None and not last and end == len(lines) and _may_go_on(lines, start):
                self._open, self._open_line = lines[start:], first + start
                return
            if fields is None or (taken > 1 and len(fields) != self._width):
                end = start + 1  # only the first line is at fault: those after it get their own chance
                reader = self._dialect.reader(_from(lines, end))
                cells = unquoted(lines[start], self._dialect, self._width)
                row = Row(first + start, lines[start], cells, "" if cells else "broken_quotes")
            elif any(fields):
                raw = lines[start] if taken == 1 else "".join(lines[start:end])
                row = Row(first + start, raw, fields, "" if len(fields) == self._width else "wrong_columns")
            else:
                continue
            yield row if clean else _checked(row)


def unquoted(line: str, dialect: Dialect, width: int) -> list[str]:
    """The values of a line with quotes that are letters: between tabs all of them (`5" wide`), else those
    within a value that is quoted (`"a "big" one"`). Empty where there are not `width` values."""
    line, sign = line.rstrip("\r\n"), dialect.separator
    if sign == "\t":
        cells = line.split(sign)
        return cells if len(cells) == width else []
    edge = re.escape(sign)
    cell = rf'"((?:[^"]|"(?!{edge}|$))*)"(?={edge}|$)|([^"{edge}]*)'
    found = (
        re.fullmatch(rf"(?:{cell})" + rf"(?:{edge}(?:{cell}))" * (width - 1), line) if width <= _FEW else None
    )
    if found is None:
        return []
    pairs = zip(found.groups()[::2], found.groups()[1::2], strict=True)
    return [quoted.replace('""', '"') if quoted is not None else bare for quoted, bare in pairs]


def _begins_empty(data: bytes, separator: bytes) -> bool:
    """Whether any line begins with an empty value, as one without any value does."""
    return any(data.startswith(start) or b"\n" + start in data for start in (separator, b'""'))


def _row_block(rows: Iterator[Row]) -> RowBlock:
    good: list[Row] = []
    bad: list[Row] = []
    for row in rows:
        (bad if row.problem else good).append(row)
    return RowBlock([row.line for row in good], [row.raw for row in good], [row.fields for row in good], bad)


def _from(lines: list[str], start: int) -> Iterator[str]:
    for place in range(start, len(lines)):
        yield lines[place]


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    last = lines.pop()
    ended = [line + "\n" for line in lines]
    return [*ended, last] if last else ended


def _may_go_on(lines: list[str], start: int) -> bool:
    return sum(map(len, lines[start:])) <= MAX_QUOTED_BYTES


def _checked(row: Row) -> Row:
    if not _is_utf8(row.raw):
        return row._replace(problem="not_utf8")
    return row if _is_clean(row.raw) else row._replace(problem="control_character")


def _is_clean(text: str) -> bool:
    return _is_utf8(text) and not any(char in text for char in SEPARATORS)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a byte that `surrogateescape` let through
        return False
    return True
