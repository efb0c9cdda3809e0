"""Rows of a log in JSON Lines: those written like the first for DuckDB, the others one by one.

Lines with the same names in the same order and spacing differ in their values alone. If these are without
escapes, such lines are read as a table.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import orjson

from object2vec.ingest.logs.chunks import Chunk, OddRow, Table, text_problem
from object2vec.ingest.logs.columns import recognise
from object2vec.ingest.logs.fast_lines import LineLayout
from object2vec.ingest.logs.fields import one_of
from object2vec.ingest.logs.framed_lines import MOST_VALUES, SEPARATOR, Frame
from object2vec.ingest.logs.headings import normal
from object2vec.ingest.logs.schema import Column, Kind, LogSchema
from object2vec.ingest.mapping import NOTHING_SAID, FileMapping
from object2vec.ingest.readers.blocks import read_blocks
from object2vec.ingest.readers.encoding import encoding_of, head_of
from object2vec.ingest.readers.json_records import parse_json
from object2vec.ingest.rules import RowError

_BARE_NUMBER = re.compile(r"( *: *)(?:-?[0-9.]+|null)( *[,}] *)", re.ASCII)
_WHOLE = r"0|-?[1-9]\d{0,17}"
_BARE: Mapping[Kind, str] = {  # what a JSON parser would write down again as it was
    "time": rf"{_WHOLE}|(0|[1-9]\d{{0,10}})\.\d{{1,4}}",
    "number": r"-?(0|[1-9]\d{0,17})(\.\d{1,18})?",
    "grade": r"-?(0|[1-9]\d{0,17})(\.\d{1,18})?",
}
_SAMPLE = 100
BLANKS = b" \t\r"
"""Bytes that JSON knows as spaces within a line."""
_NONE = Table(LineLayout(b'"', 0, quoted=False), {})


class JsonLog:
    """JSON Lines in `path`."""

    def __init__(self, path: Path, schema: LogSchema, mapping: FileMapping = NOTHING_SAID) -> None:
        self._path = path
        self._schema = schema
        first = _records(_first_lines(path))
        names = dict.fromkeys(name for record in first for name in record)
        sample = {name: [_shown(record.get(name)) for record in first] for name in names}
        found = recognise(schema, names, mapping, sample)
        later = {
            name: one_of(normal(name)) for name in schema.names
        }  # of columns that come later in the file
        self.columns = replace(found, sources=later | dict(found.sources))
        self._read = {name: column for column, one in self.columns.sources.items() for name in one.names}
        self._marks = {mark.name for one in self.columns.sources.values() for mark in one.marks}
        self._kinds = {column.name: column for column in schema.columns}
        self._layouts: dict[tuple[str, ...], Mapping[str, tuple[str, Column]]] = {}
        self._names: dict[str, None] = {}
        self.header = b""
        self.read_as = {"form": "JSON Lines"}

    @property
    def names(self) -> list[str]:
        """Every name that a field had in a row that was read, in the order of coming."""
        return [*self._names]

    def chunks(self) -> Iterator[Chunk]:
        for block in read_blocks(self._path):
            chunk = Chunk(block, self._table(block.data.split(b"\n", 1)[0]) or _NONE)
            chunk.odd = [
                self.read(chunk.first_line + place, raw)
                for place in chunk.odd_places()
                if (raw := chunk.line(place)).strip(BLANKS)
            ]
            yield chunk

    def read(self, line: int, raw: bytes) -> OddRow:
        """One row for itself."""
        try:
            return OddRow(line, 1, self._values(raw), "")
        except RowError as error:
            return OddRow(line, 1, [], error.code)

    def _values(self, raw: bytes) -> list[str]:
        """The texts of the schema's columns, '' where there is none. Raises RowError."""
        if problem := text_problem(raw):
            raise RowError(problem)
        record = parse_json(raw)
        names = tuple(record)
        layout = self._layouts.get(names)
        if layout is None:
            layout = self._learn(names)
        texts = {
            key: _as_mark(record[name]) if key in self._marks else _as_text(column, record[name])
            for key, (name, column) in layout.items()
        }
        sources = self.columns.sources
        return [sources[name].text(texts) for name in self._schema.names]

    def _learn(self, names: Sequence[str]) -> Mapping[str, tuple[str, Column]]:
        """Name in rows with these names, and column that it is read as, by the `normal` form of each name
        that is read. Raises RowError if two names are one."""
        known = [(key, name) for name in names if (key := normal(name)) in self._read]
        if len({*(key for key, _ in known)}) < len(known):
            raise RowError("duplicate_field")
        self._names |= dict.fromkeys(names)
        found = {key: (name, self._kinds[self._read[key]]) for key, name in known}
        self._layouts[tuple(names)] = found
        return found

    def _table(self, line: bytes) -> Table | None:
        """How lines like this one are read: objects of texts without escapes, of plain numbers and nulls.
        None for any other line, and for one without a column of ours: there each row shall say what is
        missing."""
        try:
            record = parse_json(line)
            layout = self._learn(tuple(record))
        except RowError:
            return None
        if b"\\" in line or not {*map(type, record.values())} <= {str, int, float, type(None)} or not layout:
            return None
        columns = dict(layout.values())
        cells: dict[str, str] = {}
        alike = ["true"]
        frame: list[bytes] = []
        since, name = b"", ""
        for place, piece in enumerate(line.decode().split('"')):
            cell = f"c{len(frame)}"
            number = None if place % 2 else _BARE_NUMBER.fullmatch(piece)
            if place % 2 and since.rstrip().endswith(b":"):
                frame.append(since + b'"')
                since = b'"'
            elif number:
                digits = _BARE.get(columns[name].kind if name in columns else "number", _WHOLE)
                alike.append(_is_number(cell, digits))
                cell = f"CASE WHEN {cell} = 'null' THEN '' ELSE {cell} END"
                frame.append(since + number[1].encode())
                since = number[2].encode()
            else:
                name = piece if place % 2 else name
                since += b'"%b"' % piece.encode() if place % 2 else piece.encode()
                continue
            if name in columns:
                cells[normal(name)] = cell
        if len(frame) != len(record) or len(frame) > MOST_VALUES:  # a name that comes twice, or 1e3
            return None
        layout_of_line = LineLayout(SEPARATOR, len(frame), quoted=False, forbidden=b'"\\')
        texts = {column: source.sql(cells) for column, source in self.columns.sources.items()}
        return Table(layout_of_line, texts, " AND ".join(alike), Frame([*frame, since]).values)


def _is_number(bare: str, digits: str) -> str:
    """SQL: whether a bare value is null, or a number that JSON parsers write down again as it was. Of a whole
    number it is quicker to cast it there and back; the pattern is looked at for the other rows alone."""
    whole = f"CAST(try_cast({bare} AS BIGINT) AS VARCHAR) = {bare}"
    return f"CASE WHEN {whole} THEN true ELSE regexp_full_match({bare}, '{digits}|null') END"


def _as_mark(value: object) -> str:
    """A value that says yes, no or when."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _as_text(column: Column, value: object) -> str:
    """Raises RowError."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and column.kind == "time":
        return str(math.floor(value))
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole or column.kind in ("number", "grade"):
        return orjson.dumps(value).decode()  # what is no number here is given up there
    raise RowError(f"bad_{column.problem}")


def _first_lines(path: Path) -> list[bytes]:
    return head_of(path, encoding_of(path)).split(b"\n", _SAMPLE)


def _records(rows: Sequence[bytes]) -> list[Mapping[str, object]]:
    """The first rows."""
    records: list[Mapping[str, object]] = []
    for raw in rows[:_SAMPLE]:
        with suppress(RowError):  # the reading rejects the row and says why
            records.append(parse_json(raw))
    return records


def _shown(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return orjson.dumps(value, default=str).decode()
