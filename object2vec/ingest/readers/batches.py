"""Rows of any format as columns, a batch at a time."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from object2vec.ingest.readers.blocks import read_blocks
from object2vec.ingest.readers.csv_rows import CsvRows, Row, RowBlock
from object2vec.ingest.readers.json_records import JsonRecord
from object2vec.ingest.readers.named_values import named_values
from object2vec.ingest.readers.tables import TableHead, below

BATCH_ROWS = 5_000
BATCH_BYTES = 8 << 20
TABLE_BLOCK_BYTES = 1 << 20
MAX_DEPTH = 8
_FORMULA = re.compile('="([^"]*)"')
_LONG_INTEGER = re.compile(rb"[0-9]{19}")
_LONGEST_INTEGER = 21  # characters: a longer one has more than 64 bits


class BadRow(NamedTuple):
    """A row that is refused, as it was."""

    line: int
    code: str
    raw: bytes


@dataclass(frozen=True)
class RowBatch:
    """`columns` have one value a row, None or '' where there is none."""

    lines: Sequence[int]
    raws: Sequence[bytes | str]
    columns: Mapping[str, Sequence[object]]
    bad: Sequence[BadRow] = field(default=())

    def __len__(self) -> int:
        return len(self.lines)

    def verbatim(self, place: int) -> bytes:
        """The row as it was uploaded."""
        raw = self.raws[place]
        return raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogateescape")

    def column(self, name: str) -> Sequence[object]:
        """Its values; of a column that the batch lacks, None."""
        return self.columns.get(name) or [None] * len(self)

    def only(self, places: Sequence[int], bad: Sequence[BadRow] = ()) -> "RowBatch":
        """The rows at these places, and the bad ones with more of them."""
        if len(places) == len(self):
            return self if not bad else replace(self, bad=[*self.bad, *bad])
        columns = {name: [values[place] for place in places] for name, values in self.columns.items()}
        lines, raws = [self.lines[place] for place in places], [self.raws[place] for place in places]
        return RowBatch(lines, raws, columns, [*self.bad, *bad])


def table_batches(path: Path, head: TableHead) -> Iterator[RowBatch]:
    """Batches of a text table. Raises FileError where it breaks off."""
    rows = CsvRows(len(head.names), head.dialect)
    header = head.raw.split(b"\n")[-2] if head.raw.endswith(b"\n") else b""
    for block in below(head, read_blocks(path, TABLE_BLOCK_BYTES, head.encoding)):
        batch = _of_block(rows.row_block(block), head.names)
        yield _without_header(batch, header) if header and header in block.data else batch
    left = list(rows.end())
    if left:
        good = [row for row in left if not row.problem]
        bad = [row for row in left if row.problem]
        yield _of_block(
            RowBlock([r.line for r in good], [r.raw for r in good], [r.fields for r in good], bad), head.names
        )


def record_batches(records: Iterable[JsonRecord]) -> Iterator[RowBatch]:
    """Batches of objects: what is nested in one gets a name with dots."""
    lines: list[int] = []
    raws: list[bytes | str] = []
    flat: list[dict[str, object]] = []
    bad: list[BadRow] = []
    size = 0
    for record in records:
        size += len(record.raw)
        if record.problem:
            bad.append(BadRow(record.line, record.problem, record.raw))
        else:
            lines.append(record.line)
            raws.append(record.raw)
            flat.append(flattened(with_digits(record.value, record.raw)))
        if len(lines) + len(bad) >= BATCH_ROWS or size > BATCH_BYTES:
            yield RowBatch(lines, raws, _columns(flat), bad)
            lines, raws, flat, bad, size = [], [], [], [], 0
    if lines or bad:
        yield RowBatch(lines, raws, _columns(flat), bad)


def with_digits(record: Mapping[str, object], raw: bytes) -> Mapping[str, object]:
    """The record with whole numbers beyond 64 bits as the digits that were written."""
    if not _LONG_INTEGER.search(raw):
        return record
    exact = json.loads(raw, parse_int=_integer)
    return exact if isinstance(exact, dict) else record


def _integer(digits: str) -> int | str:
    number = int(digits) if len(digits) < _LONGEST_INTEGER else None
    return digits if number is None or number.bit_length() > 63 else number


def flattened(record: Mapping[str, object]) -> dict[str, object]:
    """Nested objects as dotted fields, a list of objects as one list for each of their fields. What lies
    deeper than `MAX_DEPTH` is left out."""
    if not any(isinstance(value, dict | list) for value in record.values()):
        return dict(record)
    flat: dict[str, object] = {}
    _flatten(record, "", flat, MAX_DEPTH)
    return flat


def _flatten(record: Mapping[str, object], prefix: str, flat: dict[str, object], depth: int) -> None:
    for name, value in record.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            if depth:
                _flatten(value, f"{key}.", flat, depth - 1)
        elif isinstance(value, list) and (named := named_values(value, key)):
            for own, found in named.items():
                flat.setdefault(own, found)
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            for one in value:
                inner: dict[str, object] = {}
                if isinstance(one, dict) and depth:
                    _flatten(one, f"{key}.", inner, depth - 1)
                elif not isinstance(one, dict):
                    inner[key] = one
                for column, found in inner.items():
                    gathered = flat.setdefault(column, [])
                    if isinstance(gathered, list):
                        gathered.extend(found if isinstance(found, list) else [found])
        else:
            flat[key] = value


def _columns(records: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def _of_block(block: RowBlock, names: Sequence[str]) -> RowBatch:
    columns: Mapping[str, Sequence[object]] = dict(zip(names, zip(*block.fields, strict=True), strict=False))
    if any('="' in raw for raw in block.raws):
        columns = {name: [*map(_without_formula, cells)] for name, cells in columns.items()}
    return RowBatch(block.lines, block.raws, columns, [_bad(row) for row in block.bad])


def _without_header(batch: RowBatch, header: bytes) -> RowBatch:
    """The batch without the rows that are the header again, which joined files have."""
    keep = [place for place in range(len(batch)) if batch.verbatim(place).rstrip(b"\r\n") != header]
    again = [
        BadRow(batch.lines[place], "repeated_header", batch.verbatim(place))
        for place in sorted({*range(len(batch))} - {*keep})
    ]
    return batch.only(keep, again)


def _without_formula(cell: object) -> object:
    """`0012` of `="0012"`, which keeps a spreadsheet from taking the zeros away."""
    formula = _FORMULA.fullmatch(cell) if isinstance(cell, str) else None
    return formula[1] if formula else cell


def _bad(row: Row) -> BadRow:
    return BadRow(row.line, row.problem, row.verbatim())
