"""CSV rows with the numbers of their first lines; a row that cannot be parsed never takes others with it."""

import csv
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from object2vec.ingest.blocks import Block
from object2vec.ingest.plain import plain_csv
from object2vec.ingest.problems import MAX_COLUMNS, MAX_ROW_BYTES, FileError

MAX_QUOTED_BYTES = 1 << 20  # a quoted value over more lines than this holds was never meant to be one
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


class CsvRows:
    """Parses blocks in order, RFC 4180 with `,` and `"`. A quoted value may span lines and blocks."""

    def __init__(self, width: int) -> None:
        csv.field_size_limit(2 * MAX_ROW_BYTES)
        self._width = width
        self._open: list[str] = []  # lines of a record whose end is in the next block
        self._open_line = 0

    def rows(self, block: Block) -> Iterator[Row]:
        """The records that end in this block; blank lines are none."""
        if not self._open and plain_csv(block.data) is not None:
            return self._plain(block)
        first = self._open_line if self._open else block.first_line
        return self._parse([*self._open, *_lines(block.data)], first, last=False)

    def end(self) -> Iterator[Row]:
        """What an unclosed quote had kept waiting at the end of the file."""
        return self._parse(self._open, self._open_line, last=True)

    @property
    def waiting(self) -> bool:
        """Whether a record of an earlier block is still open."""
        return bool(self._open)

    def _plain(self, block: Block) -> Iterator[Row]:
        lines = _lines(block.data)
        for line, raw, fields in zip(count(block.first_line), lines, csv.reader(lines, strict=True)):
            if fields:
                yield Row(line, raw, fields, "" if len(fields) == self._width else "wrong_columns")

    def _parse(self, lines: list[str], first: int, last: bool) -> Iterator[Row]:
        self._open = []
        clean = _is_clean("".join(lines))
        start, end = 0, 0
        reader = csv.reader(_from(lines, 0), strict=True)
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
                reader = csv.reader(_from(lines, end), strict=True)
                row = Row(first + start, lines[start], [], "broken_quotes")
            elif fields:
                raw = lines[start] if taken == 1 else "".join(lines[start:end])
                row = Row(first + start, raw, fields, "" if len(fields) == self._width else "wrong_columns")
            else:
                continue
            yield row if clean else _checked(row)


def _from(lines: list[str], start: int) -> Iterator[str]:
    for place in range(start, len(lines)):
        yield lines[place]


def parse_header(block: Block) -> tuple[list[str], bytes, Block]:
    """Column names, the header line as it was, and the block without it. Raises FileError."""
    first = block.data.split(b"\n", 1)[0]
    raw = block.data[: len(first) + 1]
    try:
        names = [name.strip() for name in next(csv.reader([first.decode()], strict=True), [])]
    except (csv.Error, UnicodeDecodeError) as error:
        raise FileError("bad_header", f"The first line is not a CSV header in UTF-8: {error}.") from error
    if len(names) > MAX_COLUMNS:
        raise FileError(
            "bad_header",
            f"The header has {len(names):,} columns; keep those that are needed, {MAX_COLUMNS:,} at most.",
        )
    if len(names) == 1 and (other := next((sign for sign in ";\t|" if sign in names[0]), "")):
        raise FileError(
            "bad_header", f"The columns seem to be separated by {other!r}; separate them by commas."
        )
    if "" in names or len({name.casefold() for name in names}) < len(names):
        raise FileError(
            "bad_header", f"Every column needs a name of its own; the header is {first.decode()!r:.200}."
        )
    return names, raw, Block(block.first_line + 1, block.data[len(raw) :])


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
