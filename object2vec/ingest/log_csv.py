"""A log as a text table."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from object2vec.ingest.log_columns import in_order, normal, recognise
from object2vec.ingest.log_lines import LineLayout
from object2vec.ingest.log_rows import Chunk, OddRow, Table, literal, text_problem
from object2vec.ingest.log_schema import LogSchema
from object2vec.ingest.readers.blocks import Block, line_feeds, read_blocks
from object2vec.ingest.readers.encoding import head_of
from object2vec.ingest.readers.tables import TableHead, below, require_names, table_head
from object2vec.ingest.rules import MAX_ROW_BYTES

_SAMPLE = 100
MAX_QUOTED_BYTES = 1 << 20
"""A quoted value over more lines than this holds was never meant to be one."""


class CsvLog:
    """A table in `path`. Raises FileError where its header cannot be read, or a column is missing."""

    def __init__(self, path: Path, schema: LogSchema) -> None:
        csv.field_size_limit(2 * MAX_ROW_BYTES)
        self._path = path
        self._schema = schema
        self.head = _head(path, schema)
        self.names = self.head.names
        require_names(self.names)
        self.columns = recognise(schema, self.names)
        self.columns.require(schema, self.names)
        places = {normal(name): place for place, name in reversed([*enumerate(self.names)])}
        self._places = {column: places[name] for column, name in self.columns.names.items()}
        texts = {column: literal(text) for column, text in self.columns.constants.items()}
        texts |= {column: f"c{place}" for column, place in self._places.items()}
        dialect = self.head.dialect
        separator = dialect.separator.encode()
        layout = LineLayout(separator if len(separator) == 1 else b"\t", len(self.names), dialect.quoted)
        self._table = Table(layout, texts, written=separator if len(separator) > 1 else b"")

    @property
    def header(self) -> bytes:
        return self.head.raw

    @property
    def read_as(self) -> dict[str, str]:
        return self.head.read_as

    def chunks(self) -> Iterator[Chunk]:
        """A quoted value may go on over lines and blocks; a row that cannot be parsed never takes others with
        it."""
        begun = Block(0, b"")  # a row of which the end is in the next block
        for block in self._blocks():
            whole = Block(block.first_line - line_feeds(begun.data), begun.data + block.data)
            chunk = Chunk(whole, self._table)
            place = self._read_odd(chunk, last=False)
            begun = chunk.rest(place) if place is not None else Block(0, b"")
            yield chunk
        if begun.data:
            chunk = Chunk(begun, self._table)
            self._read_odd(chunk, last=True)
            yield chunk

    def read(self, line: int, raw: bytes) -> OddRow:
        """Every plain line is read by DuckDB."""
        raise AssertionError(f"line {line} was read by DuckDB and has no second reading: {raw[:100]!r}")

    def _blocks(self) -> Iterator[Block]:
        return below(self.head, read_blocks(self._path, encoding=self.head.encoding))

    def _read_odd(self, chunk: Chunk, *, last: bool) -> int | None:
        """Reads the rows of the lines that are not plain. Returns where one stands that goes on after the
        chunk."""
        after = 0
        for place in chunk.odd_places():
            if place < after:
                continue
            text = _Text(chunk, place)
            try:
                open_end = self.head.dialect.quoted and chunk.stays_open(place, MAX_QUOTED_BYTES)
                values = None if open_end else next(self.head.dialect.cells(text), [])
            except csv.Error:
                values = None
            if values is None and text.ended and not last:
                chunk.take_out(place)
                return place
            lines, problem = text.taken, ""
            if values is None or (lines > 1 and len(values) != len(self.names)):
                lines, values, problem = 1, [], "broken_quotes"  # the next lines get their own chance
            elif len(values) != len(self.names):
                problem = "wrong_columns"
            after = place + lines
            chunk.take_out(place, lines)
            if values or problem == "broken_quotes":
                line = chunk.first_line + place
                problem = text_problem(chunk.raw(line, lines)) or problem
                chunk.odd.append(OddRow(line, lines, [] if problem else self._texts(values), problem))
        return None

    def _texts(self, values: Sequence[str]) -> list[str]:
        """In the order of the schema, '' where the file has none."""
        return [
            values[self._places[name]] if name in self._places else self.columns.constants.get(name, "")
            for name in self._schema.names
        ]


def _head(path: Path, schema: LogSchema) -> TableHead:
    """A first line of numbers alone is no header."""
    head = table_head(path)
    if any(any(map(str.isalpha, name)) for name in head.names):
        return head
    lines = (
        head_of(path, head.encoding)
        .decode(errors="replace")
        .splitlines(keepends=True)[: head.lines + _SAMPLE]
    )
    with suppress(csv.Error):
        rows = [row for row in head.dialect.cells(iter(lines[head.dialect.lines_above :])) if row]
        if names := in_order(schema, rows):
            return table_head(path, head.dialect.separator, head.encoding, names)
    return head


class _Text(Iterator[str]):
    """The lines from a place on, as far as one value may go; counts those that were taken."""

    def __init__(self, chunk: Chunk, start: int) -> None:
        self._chunk = chunk
        self._start = start
        self._size = 0
        self.taken = 0
        self.ended = False

    def __next__(self) -> str:
        place = self._start + self.taken
        if place >= len(self._chunk):
            self.ended = True
        if self.ended or self._size > MAX_QUOTED_BYTES:
            raise StopIteration
        self.taken += 1
        raw = self._chunk.line(place)
        self._size += len(raw)
        return raw.decode("utf-8", "surrogateescape") + "\n"
