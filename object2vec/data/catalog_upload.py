"""Reads a catalogue upload into a stream of changes, in file order."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from object2vec.data.blocks import Block, read_blocks
from object2vec.data.catalog_rows import RECORD_FIELDS, parse_change, parse_json
from object2vec.data.columns import BOOLEANS, ColumnTypes, parse_number, typed_value
from object2vec.data.csv_rows import CsvRows, Row, parse_header
from object2vec.data.item_log import Change
from object2vec.data.problems import FileError, RowError
from object2vec.data.rejects import Rejects
from object2vec.data.report import Report

Numbered = tuple[int, Change]


def read_catalog(path: Path, kind: str, report: Report, rejects: Rejects) -> Iterator[Numbered]:
    """Every valid change with its line number; the others go to `rejects`. `kind` is `jsonl` or `csv`.
    Counts `rows_read`. Raises FileError."""
    return _read_jsonl(path, report, rejects) if kind == "jsonl" else _read_csv(path, report, rejects)


def _read_jsonl(path: Path, report: Report, rejects: Rejects) -> Iterator[Numbered]:
    ignored: set[str] = set()
    for block in read_blocks(path):
        for line, raw in enumerate(block.data.split(b"\n"), block.first_line):
            if not raw or raw.isspace():
                continue
            report.rows_read += 1
            try:
                record = parse_json(raw)
                change = parse_change(record)
            except RowError as error:
                rejects.add(error.code, line, raw)
                continue
            if extra := record.keys() - RECORD_FIELDS - ignored:
                ignored |= extra
                report.ignored_columns = sorted(ignored)
            yield line, change


def _read_csv(path: Path, report: Report, rejects: Rejects) -> Iterator[Numbered]:
    names, rejects.header, _ = parse_header(next(read_blocks(path)))
    reserved = _reserved(names)
    types = _column_types(path, len(names))
    report.column_types = {
        name: "number" if name == "price" else kind
        for name, kind in zip(names, types, strict=True)
        if name not in reserved.values()
    }
    for row in csv_rows(path):
        report.rows_read += 1
        try:
            if row.problem:
                raise RowError(row.problem)
            change = parse_change(
                _record(dict(zip(names, row.fields, strict=True)), reserved, report.column_types)
            )
        except RowError as error:
            rejects.add(error.code, row.line, row.verbatim())
            continue
        yield row.line, change


def csv_rows(path: Path) -> Iterator[Row]:
    """All records after the header. Raises FileError."""
    rows: CsvRows | None = None
    for block in read_blocks(path):
        body: Block = block
        if rows is None:
            names, _, body = parse_header(block)
            rows = CsvRows(len(names))
        yield from rows.rows(body)
    if rows is not None:
        yield from rows.end()


def _reserved(names: Sequence[str]) -> dict[str, str]:
    found = {name.casefold(): name for name in names if name.casefold() in RECORD_FIELDS - {"metadata"}}
    if missing := {"label", "text"} - found.keys():
        raise FileError(
            "missing_columns",
            f"A catalogue needs the columns label and text; {' and '.join(sorted(missing))} missing among: "
            f"{', '.join(names)[:200]}.",
        )
    return found


def _column_types(path: Path, width: int) -> list[str]:
    types = ColumnTypes(width)
    for row in csv_rows(path):
        if not row.problem:
            types.see(row.fields)
    return types.decided()


def _record(
    cells: Mapping[str, str], reserved: Mapping[str, str], types: Mapping[str, str]
) -> dict[str, object]:
    deleted = cells[reserved["deleted"]] if "deleted" in reserved else ""
    return {
        "label": cells[reserved["label"]],
        "text": cells[reserved["text"]],
        "metadata": {name: _value(name, cells[name], kind) for name, kind in types.items() if cells[name]},
        "deleted": BOOLEANS.get(deleted.lower(), deleted) if deleted else None,
    }


def _value(name: str, cell: str, kind: str) -> object:
    if name != "price":
        return typed_value(cell, kind)
    try:
        return parse_number(cell)  # whatever else the column holds: a price is a number
    except RowError as error:
        raise RowError("bad_price") from error
