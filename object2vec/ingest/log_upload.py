"""Reads a log upload (interactions, search queries) into a `LogCheck`, a block at a time."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from object2vec.ingest.log_check import FIELD, LogCheck
from object2vec.ingest.log_json import JsonFields
from object2vec.ingest.log_schema import LogSchema
from object2vec.ingest.log_text import PlainLines, csv_lines, json_lines
from object2vec.ingest.parquet import ParquetFile
from object2vec.ingest.readers.blocks import Block, read_blocks
from object2vec.ingest.readers.csv_rows import CsvRows, Row
from object2vec.ingest.readers.encoding import encoding_of
from object2vec.ingest.readers.tables import below, require_names, table_head
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report
from object2vec.ingest.rules import RowError

Numbered = tuple[int, bytes]
Rejected = tuple[int, str, bytes]
"""Line, code, and the row as it was."""


class LogReader:
    """Feeds one upload to its check; what is refused goes to `rejects`."""

    def __init__(self, schema: LogSchema, scratch: Path, report: Report, rejects: Rejects) -> None:
        self._schema = schema
        self._report = report
        self._rejects = rejects
        self.check = LogCheck(schema, scratch)

    def read(self, path: Path, kind: str) -> None:
        """Reads the whole file of kind `jsonl`, `csv` or `parquet`. Raises FileError; rows before the break
        have been taken by then."""
        {"jsonl": self._read_jsonl, "csv": self._read_csv, "parquet": self._read_parquet}[kind](path)

    def _read_csv(self, path: Path) -> None:
        head = table_head(path, encoding=encoding_of(path))
        names = list(head.names)
        require_names(names)
        self._rejects.header = head.raw
        self._schema.positions(names)
        self._report.ignored_columns = self._schema.ignored(names)
        self._report.read_as = head.read_as
        rows = CsvRows(len(names), head.dialect)
        for body in below(head, read_blocks(path, encoding=head.encoding)):
            lines = None if rows.waiting else csv_lines(body.data, len(names), head.dialect)
            if not self._take(lines, names, body):
                self._take_rows(rows.rows(body), names)
        self._take_rows(rows.end(), names)

    def _take(self, lines: PlainLines | None, names: Sequence[str], block: Block) -> bool:
        bad = None if lines is None else self.check.take_lines(lines, self._schema.places(names))
        if lines is None or bad is None:
            return False
        self._report.rows_read += lines.count
        raw = block.data.split(b"\n") if bad else []
        for position, code in bad:
            self._rejects.add(code, block.first_line + position, raw[position])
        return True

    def _take_rows(self, rows: Iterable[Row], names: Sequence[str]) -> None:
        good: list[Row] = []
        bad: list[Rejected] = []
        for row in rows:
            if row.problem:
                bad.append((row.line, row.problem, row.verbatim()))
            else:
                good.append(row)
        texts = [FIELD.join(row.fields) for row in good]
        self._take_texts(texts, names, [(row.line, row.verbatim()) for row in good], bad)

    def _read_jsonl(self, path: Path) -> None:
        fields = JsonFields(self._schema)
        for block in read_blocks(path):
            if not self._take_alike(fields, block):
                self._take_lines(fields, block)
            self._report.ignored_columns = fields.ignored

    def _take_alike(self, fields: JsonFields, block: Block) -> bool:
        lines = json_lines(block.data)
        try:
            if lines is None or not any(fields.layout(tuple(lines.names))):
                return False  # not a field of ours in it: line by line, so that each row says what is missing
        except RowError:
            return False
        return self._take(lines, lines.names, block)

    def _take_lines(self, fields: JsonFields, block: Block) -> None:
        good: list[Numbered] = []
        bad: list[Rejected] = []
        texts: list[str] = []
        for line, raw in enumerate(block.data.split(b"\n"), block.first_line):
            if not raw or raw.isspace():
                continue
            try:
                texts.append(fields.parse(raw))
                good.append((line, raw))
            except RowError as error:
                bad.append((line, error.code, raw))
        self._take_texts(texts, self._schema.names, good, bad)

    def _take_texts(
        self, texts: Sequence[str], names: Sequence[str], rows: Sequence[Numbered], bad: list[Rejected]
    ) -> None:
        """Takes one text for each of `rows`; `bad` are those of the same block that gave none."""
        self._report.rows_read += len(texts) + len(bad)
        for position, code in self.check.take_texts(texts, self._schema.places(names)) if texts else ():
            line, raw = rows[position]
            bad.append((line, code, raw))
        for line, code, raw in sorted(bad):
            self._rejects.add(code, line, raw)

    def _read_parquet(self, path: Path) -> None:
        file = ParquetFile(path)
        columns = file.log_columns(self._schema)
        self._report.ignored_columns = self._schema.ignored(list(file.types))
        with file.reading():
            count, bad = self.check.take_parquet(path, columns)
        self._report.rows_read = count
        for position, code, raw in bad:
            self._rejects.add(code, position + 1, raw)
