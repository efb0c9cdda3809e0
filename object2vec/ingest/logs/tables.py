"""A log as a text table."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from object2vec.ingest.logs.by_values import in_order
from object2vec.ingest.logs.chunks import Chunk, OddRow, Table, text_problem
from object2vec.ingest.logs.columns import ShopperLogColumns, recognise
from object2vec.ingest.logs.fast_lines import LineLayout
from object2vec.ingest.logs.headings import normal
from object2vec.ingest.logs.schema import LogSchema
from object2vec.ingest.mapping import NOTHING_SAID, FileMapping
from object2vec.ingest.readers.blocks import Block, line_feeds, read_blocks
from object2vec.ingest.readers.csv_rows import unquoted
from object2vec.ingest.readers.encoding import encoding_of, head_of
from object2vec.ingest.readers.tables import TableHead, all_named, below, require_names, table_head
from object2vec.ingest.rules import MAX_ROW_BYTES

_SAMPLE = 100
_VALUES = 1_000
MAX_QUOTED_BYTES = 1 << 20
"""A quoted value over more lines than this holds was never meant to be one."""


class CsvLog:
    """A table in `path`. Raises FileError where its header cannot be read."""

    def __init__(self, path: Path, schema: LogSchema, mapping: FileMapping = NOTHING_SAID) -> None:
        csv.field_size_limit(2 * MAX_ROW_BYTES)
        self._path = path
        self._schema = schema
        self.head = log_head(path, schema, mapping)
        self.names = self.head.names
        require_names(self.names)
        self.columns = recognise(schema, self.names, mapping, sample_of(path, self.head))
        self._places = places_of(self.columns, self.names)
        cells = {name: f"c{place}" for name, place in self._places.items()}
        texts = {column: source.sql(cells) for column, source in self.columns.sources.items()}
        dialect = self.head.dialect
        separator = dialect.separator.encode()
        plain = len(separator) == 1
        layout = LineLayout(
            separator if plain else b"\t",
            len(self.names),
            dialect.quoted,
            forbidden=dialect.own_signs,  # DuckDB reads RFC 4180
        )
        self._table = Table(layout, texts, rewrite=None if plain else partial(_tabbed, separator))

    @property
    def header(self) -> bytes:
        return self.head.raw

    @property
    def read_as(self) -> dict[str, str]:
        said = {} if self.head.raw else {"header": f"none; its columns are read as {', '.join(self.names)}"}
        return self.head.read_as | said

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
        """Every line of the fast path is read by DuckDB."""
        raise AssertionError(f"line {line} was read by DuckDB and has no second reading: {raw[:100]!r}")

    def _blocks(self) -> Iterator[Block]:
        return below(self.head, read_blocks(self._path, encoding=self.head.encoding))

    def _read_odd(self, chunk: Chunk, *, last: bool) -> int | None:
        """Reads the rows of the lines off the fast path. Returns where one stands that goes on after the
        chunk."""
        after = 0
        for place in chunk.odd_places():
            if place < after:
                continue
            row = self._row_at(chunk, place, last=last)
            if row is None:
                chunk.take_out(place)
                return place
            after = place + row.lines
            chunk.take_out(place, row.lines)
            if row.values or row.problem == "broken_quotes":
                line = chunk.first_line + place
                problem = text_problem(chunk.raw(line, row.lines)) or row.problem
                chunk.odd.append(OddRow(line, row.lines, [] if problem else self._texts(row.values), problem))
        return None

    def _row_at(self, chunk: Chunk, place: int, *, last: bool) -> OddRow | None:
        """The row that begins at a place, with the cells of all its columns; None where it may go on after
        the chunk."""
        dialect, width, text = self.head.dialect, len(self.names), _Text(chunk, place)
        values = self._parsed(chunk, place, text)
        if values is None and text.ended and not last:
            return None
        if values is not None and (text.taken == 1 or len(values) == width):
            return OddRow(place, text.taken, values, "" if len(values) == width else "wrong_columns")
        first = chunk.line(place).decode(errors="replace")  # the next lines get their own chance
        values = unquoted(first, dialect, width)
        return OddRow(place, 1, values, "" if values else "broken_quotes")

    def _parsed(self, chunk: Chunk, place: int, text: "_Text") -> list[str] | None:
        """The cells of the row that `text` begins with; None where its quotes are out of place."""
        dialect = self.head.dialect
        doubled = dialect.quoted and not dialect.own_signs
        if doubled and chunk.stays_open(place, MAX_QUOTED_BYTES):
            return None
        try:
            return next(dialect.cells(text), [])
        except csv.Error:
            return None

    def _texts(self, values: Sequence[str]) -> list[str]:
        """Texts of the columns in the order of the schema, '' where the file has none."""
        texts = {name: values[place] for name, place in self._places.items()}
        sources = self.columns.sources
        return [sources[name].text(texts) if name in sources else "" for name in self._schema.names]


def places_of(columns: ShopperLogColumns, names: Sequence[str]) -> dict[str, int]:
    """Where the columns that are read stand, by their `normal` names."""
    places = {normal(name): place for place, name in reversed([*enumerate(names)])}
    return {name: places[name] for name in (*columns.names, *columns.filled_down) if name in places}


def log_head(path: Path, schema: LogSchema, mapping: FileMapping) -> TableHead:
    """The head of a log: as the mapping says, else by the first line, unless that is a row like the
    others."""
    encoding = None
    if mapping.encoding is not None:
        encoding = replace(encoding_of(path), codec=mapping.encoding)
    head = all_named(table_head(path, mapping.separator, encoding, mapping.header))
    known = recognise(schema, head.names)
    if mapping.header or mapping.fields or schema.required <= known.sources.keys():
        return head
    lines = (
        head_of(path, head.encoding)
        .decode(errors="replace")
        .splitlines(keepends=True)[: head.lines + _SAMPLE]
    )
    with suppress(csv.Error):  # a sample that is no CSV tells nothing; the reading says what is wrong
        rows = [row for row in head.dialect.cells(iter(lines[head.dialect.lines_above :])) if row]
        if names := in_order(schema, rows):
            return table_head(path, head.dialect.separator, head.encoding, names)
    return head


def sample_of(path: Path, head: TableHead) -> Mapping[str, Sequence[str]]:
    """The values of the first rows, by column."""
    lines = head_of(path, head.encoding).decode(errors="replace").splitlines(keepends=True)
    rows: list[Sequence[str]] = []
    with suppress(csv.Error):  # as above
        for row in head.dialect.cells(iter(lines[head.lines :][:_VALUES])):
            rows += [row] * (len(row) == len(head.names))
    return dict(zip(head.names, zip(*rows, strict=True), strict=True)) if rows else {}


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


def _tabbed(separator: bytes, data: bytes) -> bytes:
    """Lines of which the separator has several bytes; those with a tab are read one by one."""
    return data if b"\t" in data else data.replace(separator, b"\t")
