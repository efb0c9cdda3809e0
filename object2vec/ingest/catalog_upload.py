"""Reads a catalogue upload into a stream of changes, in file order."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from object2vec.ingest.catalog_rows import RECORD_FIELDS, VectorLength, parse_change, parse_json
from object2vec.ingest.columns import CatalogColumns
from object2vec.ingest.parquet import ParquetFile
from object2vec.ingest.readers.blocks import read_blocks
from object2vec.ingest.readers.csv_rows import CsvRows, Row
from object2vec.ingest.readers.tables import TableHead, below, require_names, table_head
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report
from object2vec.ingest.rules import FileError, RowError
from object2vec.storage.item_log import Change

Numbered = tuple[int, Change]


def read_catalog(path: Path, kind: str, report: Report, rejects: Rejects) -> Iterator[Numbered]:
    """Every valid change with its line number; the others go to `rejects`. `kind` is `jsonl`, `csv` or
    `parquet` (whose rows are read as JSON). Counts `rows_read`. Raises FileError."""
    if kind == "csv":
        return _read_csv(path, report, rejects)
    records = _lines(path) if kind == "jsonl" else enumerate(ParquetFile(path).catalog_records(), 1)
    return _read_records(records, report, rejects)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    for block in read_blocks(path):
        yield from enumerate(block.data.split(b"\n"), block.first_line)


def _read_records(
    records: Iterable[tuple[int, bytes]], report: Report, rejects: Rejects
) -> Iterator[Numbered]:
    ignored, known = set[str](), RECORD_FIELDS
    length = VectorLength()
    for line, raw in records:
        if not raw or raw.isspace():
            continue
        report.rows_read += 1
        try:
            record = parse_json(raw)
            change = length.checked(parse_change(record))
        except RowError as error:
            rejects.add(error.code, line, raw)
            continue
        if not record.keys() <= known:
            ignored |= record.keys() - known
            known = RECORD_FIELDS | ignored
            report.ignored_columns = sorted(ignored)
        yield line, change


def _read_csv(path: Path, report: Report, rejects: Rejects) -> Iterator[Numbered]:
    head = table_head(path)
    require_names(head.names)
    rejects.header, report.read_as = head.raw, head.read_as
    columns = CatalogColumns(head.names)
    rows = _up_to_break(_csv_rows(path, head))
    report.column_types = dict(columns.decide(row.fields for row in rows if not row.problem))
    for row in _csv_rows(path, head):
        report.rows_read += 1
        try:
            if row.problem:
                raise RowError(row.problem)
            change = parse_change(columns.record(row.fields))
        except RowError as error:
            rejects.add(error.code, row.line, row.verbatim())
            continue
        yield row.line, change


def _up_to_break(rows: Iterator[Row]) -> Iterator[Row]:
    """What can be read; where the file breaks off is for the loading to say."""
    with suppress(FileError):
        yield from rows


def _csv_rows(path: Path, head: TableHead) -> Iterator[Row]:
    rows = CsvRows(len(head.names), head.dialect)
    for block in below(head, read_blocks(path, encoding=head.encoding)):
        yield from rows.rows(block)
    yield from rows.end()
