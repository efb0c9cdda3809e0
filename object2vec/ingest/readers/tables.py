"""A text table as it lies in an upload: its encoding, its dialect and its header."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from object2vec.ingest.readers.blocks import Block, refuse_foreign
from object2vec.ingest.readers.dialect import Dialect, dialect_of
from object2vec.ingest.readers.encoding import Encoding, encoding_of, head_of
from object2vec.ingest.rules import MAX_COLUMNS, FileError

_HEADER_LINES = 20  # a name of a column may hold a line end; a quote that is not closed may not hold the file
_SAMPLE_ROWS = 100
_GRADE = re.compile("-?[0-9]{1,2}")
TITLE_LINES = "lines of a title above the header"
"""Name in the report of lines above the header."""


@dataclass(frozen=True, slots=True)
class TableHead:
    """Facts of a table that are known before its first row."""

    encoding: Encoding
    dialect: Dialect
    names: Sequence[str]
    raw: bytes
    """The lines up to the header's, in UTF-8."""
    lines: int
    """Number of those; the first row stands on the next one."""

    @property
    def read_as(self) -> dict[str, str]:
        """Description for the report."""
        ends = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}[self.encoding.line_ends]
        read_as = {"encoding": self.encoding.title, "separator": self.dialect.title, "line ends": ends}
        if self.dialect.escaped:
            read_as["quotes within values"] = 'written \\"'
        if self.dialect.quote == "'":
            read_as["quotes"] = "single"
        if self.dialect.title_lines:
            read_as[TITLE_LINES] = str(self.dialect.title_lines)
        return read_as


def table_head(
    path: Path, separator: str = "", encoding: Encoding | None = None, names: Sequence[str] = ()
) -> TableHead:
    """Looks at the beginning of a file; what is given is not looked for. With `names` the file has no header.
    Raises FileError where it is empty, foreign, or has no header that can be read."""
    encoding = encoding or encoding_of(path, guess=True)
    head = head_of(path, encoding)
    refuse_foreign(head)
    dialect = dialect_of(head, separator)
    if names:
        return TableHead(encoding, dialect, names, b"", dialect.lines_above)
    found, count = _header(head, dialect)
    lines = dialect.lines_above + count
    _refuse_judgements(found)
    found += [""] * _empty_cells_behind(head, dialect, lines, len(found))
    return TableHead(encoding, dialect, found, b"".join(_lines(head, lines)), lines)


def _refuse_judgements(header: Sequence[str]) -> None:
    """Raises FileError for TREC's relevance judgements and runs, whose first line is a row, and for those of
    BEIR."""
    cells = " ".join(header).split()
    judged = len(cells) == 4 and cells[1] in ("0", "Q0") and _GRADE.fullmatch(cells[3])
    ranked = len(cells) == 6 and cells[1] == "Q0"
    if judged or ranked or [name.casefold() for name in header] == ["query-id", "corpus-id", "score"]:
        raise FileError(
            "not_a_log",
            "These are relevance judgements or a run, as of TREC: they name each query by its number, not by "
            "its words. Put the words of each query into a column QUERY, beside ITEM_ID and LABEL (the "
            "grade), and upload that to uploads/queries/.",
        )


def below(head: TableHead, blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of the same file without its header."""
    left = head.lines
    for block in blocks:
        start, first = 0, block.first_line
        while left and start < len(block.data):
            start = (block.data.find(b"\n", start) + 1) or len(block.data)
            left, first = left - 1, first + 1
        if start < len(block.data):
            yield Block(first, block.data[start:])


def named(head: TableHead, *, strict: bool) -> TableHead:
    """The head with a name for every column. Where it is not `strict`, a column without a name is called by
    its place, and names that come again are numbered. Raises FileError."""
    if strict:
        require_names(head.names)
        return head
    seen: dict[str, int] = {}
    names = []
    for place, heading in enumerate(head.names, 1):
        name = heading or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return replace(head, names=names)


def all_named(head: TableHead) -> TableHead:
    """The head with columns without a name called by their places."""
    return replace(head, names=[name or f"column {place}" for place, name in enumerate(head.names, 1)])


def require_names(names: Sequence[str]) -> None:
    """Raises FileError where a column has no name of its own."""
    if "" in names or len({name.casefold() for name in names}) < len(names):
        raise FileError(
            "bad_header", f"Every column needs a name of its own; the header is {','.join(names)!r:.200}."
        )


def _header(head: bytes, dialect: Dialect) -> tuple[list[str], int]:
    """The names, and over how many lines they stand."""
    lines = _lines(head, dialect.lines_above + _HEADER_LINES)[dialect.lines_above :]
    if lines and lines[0].count(dialect.separator.encode()) > MAX_COLUMNS:
        raise FileError(
            "too_many_columns",
            f"The file has more than {MAX_COLUMNS:,} columns; keep those that say something.",
        )
    texts = [line.decode("utf-8", "surrogateescape") for line in lines]
    try:
        if not dialect.quoted:
            return [name.strip() for name in next(dialect.cells(texts[:1]), [])], 1
        reader = dialect.reader(texts)
        names = [name.strip() for name in next(reader, [])]
        "".join(names).encode()
    except (csv.Error, UnicodeEncodeError) as error:
        raise FileError("bad_header", f"The first line is not a header in UTF-8: {error}.") from error
    return names, reader.line_num


def _empty_cells_behind(head: bytes, dialect: Dialect, lines: int, width: int) -> int:
    """How many empty cells most rows have behind those of the header, where each row ends in a separator."""
    texts = [line.decode("utf-8", "replace") for line in _lines(head, lines + _SAMPLE_ROWS)[lines:]]
    rows: list[list[str]] = []
    with suppress(csv.Error):  # what is no row is for the reading to say
        rows.extend(row for row in dialect.cells(iter(texts)) if row)
    ((widest, count),) = Counter(map(len, rows)).most_common(1) or [(0, 0)]
    behind = [cell for row in rows if len(row) == widest for cell in row[width:]]
    return widest - width if 2 * count > len(rows) and behind and not any(map(str.strip, behind)) else 0


def _lines(data: bytes, count: int) -> list[bytes]:
    """The first ones, with their ends."""
    *ended, last = data.split(b"\n", count)
    lines = [line + b"\n" for line in ended]
    return [*lines, last] if last and len(lines) < count else lines
