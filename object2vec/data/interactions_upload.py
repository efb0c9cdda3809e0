"""Reads an interactions upload block by block into an `InteractionCheck`."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from object2vec.data.blocks import Block, read_blocks
from object2vec.data.csv_rows import SEPARATORS, CsvRows, Row, parse_header
from object2vec.data.interaction_check import COLUMNS, REQUIRED, InteractionCheck
from object2vec.data.interaction_json import FIELD, JsonFields
from object2vec.data.problems import FileError, RowError
from object2vec.data.rejects import Rejects
from object2vec.data.report import Report

RECORD = "\x1e"


class InteractionReader:
    """Feeds one upload to its check; what is refused goes to `rejects`. `kind` is `jsonl` or `csv`."""

    def __init__(self, scratch: Path, report: Report, rejects: Rejects) -> None:
        self._scratch = scratch
        self._report = report
        self._rejects = rejects
        self.check: InteractionCheck | None = None

    def read(self, path: Path, kind: str) -> None:
        """Reads the whole file. Raises FileError; rows before the break have been taken by then."""
        if kind == "jsonl":
            self._read_jsonl(path)
        else:
            self._read_csv(path)

    def _read_csv(self, path: Path) -> None:
        rows: CsvRows | None = None
        for block in read_blocks(path):
            body = block
            if rows is None:
                names, self._rejects.header, body = parse_header(block)
                rows = CsvRows(len(names))
                self.check = InteractionCheck(self._scratch, _positions(names), len(names))
                self._report.ignored_columns = [name for name in names if name.upper() not in COLUMNS]
            if rows.waiting or not self._take_plain(body):
                self._take_rows(rows.rows(body))
        if rows is not None:
            self._take_rows(rows.end())

    def _take_plain(self, block: Block) -> bool:
        """The quick way, for a block in which every line is a record; False where that is not so."""
        if any(char.encode() in block.data for char in SEPARATORS):
            return False
        try:
            text = block.data.decode().replace("\r\n", "\n").removesuffix("\r")  # an end without its \n
        except UnicodeDecodeError:
            return False
        if '"' not in text:
            self._take(text, ",", "\n", block)
            return True
        lines = text.removesuffix("\n").split("\n")
        try:
            records = list(csv.reader(lines, strict=True))
        except csv.Error:
            return False
        if len(records) != len(lines):
            return False
        self._take(RECORD.join(map(FIELD.join, records)), FIELD, RECORD, block)
        return True

    def _take(self, text: str, separator: str, terminator: str, block: Block) -> None:
        count, bad = self._need_check().take(text, separator, terminator)
        self._report.rows_read += count
        if bad:
            lines = block.data.split(b"\n")
            for position, code in bad:
                self._rejects.add(code, block.first_line + position, lines[position])

    def _take_rows(self, rows: Iterable[Row]) -> None:
        good: list[Row] = []
        for row in rows:
            if row.problem:
                self._report.rows_read += 1
                self._rejects.add(row.problem, row.line, row.verbatim())
            else:
                good.append(row)
        if good:
            text = RECORD.join(FIELD.join(row.fields) for row in good)
            count, bad = self._need_check().take(text, FIELD, RECORD)
            self._report.rows_read += count
            for position, code in bad:
                self._rejects.add(code, good[position].line, good[position].verbatim())

    def _read_jsonl(self, path: Path) -> None:
        self.check = InteractionCheck(
            self._scratch, {name: i for i, name in enumerate(COLUMNS)}, len(COLUMNS)
        )
        fields = JsonFields()
        for block in read_blocks(path):
            lines = enumerate(block.data.split(b"\n"), block.first_line)
            rows = [(line, raw) for line, raw in lines if raw and not raw.isspace()]
            self._report.rows_read += len(rows)
            texts = fields.parse_alike([raw for _, raw in rows])
            if texts is None:
                rows, texts = self._parse_singly(fields, rows)
            _, bad = self.check.take(RECORD.join(texts), FIELD, RECORD)
            for position, code in bad:
                self._rejects.add(code, *rows[position])
            self._report.ignored_columns = fields.ignored

    def _parse_singly(
        self, fields: JsonFields, rows: list[tuple[int, bytes]]
    ) -> tuple[list[tuple[int, bytes]], list[str]]:
        good: list[tuple[int, bytes]] = []
        texts: list[str] = []
        for line, raw in rows:
            try:
                texts.append(fields.parse(raw))
                good.append((line, raw))
            except RowError as error:
                self._rejects.add(error.code, line, raw)
        return good, texts

    def _need_check(self) -> InteractionCheck:
        assert self.check is not None
        return self.check


def _positions(names: Sequence[str]) -> dict[str, int]:
    found = {name.upper(): place for place, name in enumerate(names) if name.upper() in COLUMNS}
    if missing := [name for name in REQUIRED if name not in found]:
        raise FileError(
            "missing_columns",
            f"Interactions need the columns USER_ID, ITEM_ID and TIMESTAMP; {' and '.join(missing)} missing "
            f"among: {', '.join(names)[:200]}.",
        )
    return found
