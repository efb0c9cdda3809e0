"""Files whose records are not the rows of a log, rewritten as a flat file: nested JSON, JSON that is not one
record a line, orders of which only the first line names the customer.

The flat file is then read like any other. Its rejected rows are kept as they stand in it, so that they can be
mended and uploaded again without those that were accepted.
"""

import csv
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import orjson

from object2vec.ingest.logs.columns import ShopperLogColumns, names_items, recognise
from object2vec.ingest.logs.headings import normal
from object2vec.ingest.logs.nested import NestedRecords, flat_fields, known_records, nested_records
from object2vec.ingest.logs.schema import LogSchema
from object2vec.ingest.logs.several_items import WRITTEN, pieces_of
from object2vec.ingest.logs.tables import log_head, places_of, sample_of
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.readers.blocks import read_blocks
from object2vec.ingest.readers.csv_rows import CsvRows, Row
from object2vec.ingest.readers.encoding import encoding_of, head_of
from object2vec.ingest.readers.json_records import JsonRecord, json_records
from object2vec.ingest.readers.parquet import ParquetFile
from object2vec.ingest.readers.tables import TableHead, below
from object2vec.ingest.readers.unpacked import Allowance
from object2vec.ingest.readers.wrapped_records import unwrapped, within_text
from object2vec.ingest.readers.xml_records import LOG_RECORDS, xml_records
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report, ReportField
from object2vec.ingest.rules import FileError

_SAMPLE = 100
_LINES, _IN_TEXTS = "JSON Lines", "records with JSON within texts"
NO_ITEM = "no_item"


@dataclass(frozen=True)
class FlatFile:
    """The file that an upload was rewritten as."""

    path: Path
    kind: str
    """`csv` or `jsonl`."""
    read_as: Mapping[str, str]
    lines: Sequence[int]
    """Line of the upload that each line of the flat file comes from."""
    title: str = ""
    fields: Sequence[ReportField] = ()
    """Sources of the columns; empty where the flat file has the upload's own."""
    names: Sequence[str] = field(default=())
    """Names of the upload's columns; with `fields` only."""
    broken: FileError | None = None
    """Why the upload ends early."""

    def line(self, line: int) -> int:
        """The line of the upload."""
        return self.lines[line - 1]


@dataclass
class Unfolding:
    """One upload that may have to be rewritten into a scratch folder."""

    path: Path
    schema: LogSchema
    mapping: FileMapping
    scratch: Path
    report: Report
    rejects: Rejects

    def flat(self, kind: str) -> FlatFile | None:
        """None where the upload is flat already. Raises FileError."""
        if kind == "jsonl":
            return self._json()
        if kind == "parquet":
            return self._parquet()
        return self._xml() if kind == "xml" else self._csv()

    def _json(self) -> FlatFile | None:
        """Known exports first, then flat records, then nested ones; each as the records of the file, or as
        the list that its one document holds."""
        sample = self._sample(within=False)
        if _is_schema(sample):
            raise schema_alone(self.schema, sample[0])
        form = _form(head_of(self.path, encoding_of(self.path)))
        inner = self._sample(within=True) if len(sample) < 2 else []
        forms = [(sample, False, form)]
        if inner and inner != sample:
            forms.append((inner, True, "a list in a JSON document"))
        for records, within, title in forms:
            if (known := known_records(self.schema, records, self.mapping)) is not None:
                return self._write(known, self._records(within=within), title)
        for records, within, title in forms:
            if self._is_flat(records):
                return self._write(None, self._records(within=within), title) if title != _LINES else None
        for records, within, title in reversed(forms):
            if (nested := nested_records(self.schema, records, self.mapping)) is not None:
                return self._write(nested, self._records(within=within), title)
        if (opened := self._in_texts([_opened(record) for record in sample])) is not None:
            return self._write(opened, map(_with_texts_opened, self._records(within=False)), _IN_TEXTS)
        _, within, title = forms[-1]
        return self._write(None, self._records(within=within), title) if title != _LINES else None

    def _xml(self) -> FlatFile:
        records = islice(xml_records(self.path, LOG_RECORDS), _SAMPLE)
        nested = nested_records(self.schema, [record.value for record in records], self.mapping)
        return self._write(nested, xml_records(self.path, LOG_RECORDS), "XML")

    def _parquet(self) -> FlatFile | None:
        """Only tables with columns that are lists or objects; others are read much quicker."""
        file = ParquetFile(self.path)
        if not any(kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]") for kind in file.types.values()):
            several = self._several(file)
            return None if several is None else self._write(several, file.catalog_records(), "")
        sample = [record.value for record in islice(file.catalog_records(), _SAMPLE) if not record.problem]
        nested = known_records(self.schema, sample, self.mapping)
        if nested is None and not self._is_flat(sample):
            nested = nested_records(self.schema, sample, self.mapping)
        return None if nested is None else self._write(nested, file.catalog_records(), "")

    def _several(self, file: ParquetFile) -> NestedRecords | None:
        """The records of a flat table of which a cell names several items."""
        named = [name for name, kind in file.types.items() if kind == "VARCHAR" and names_items(normal(name))]
        sample = file.sample(named)
        columns = recognise(self.schema, file.types, self.mapping, sample)
        if not columns.item_sign or not self.schema.required <= columns.sources.keys():
            return None
        own = {normal(name): name for name in reversed(file.types)}
        fields = {name: source.renamed(own) for name, source in columns.sources.items()}
        return NestedRecords(columns.title, fields, columns.item_sign)

    def _in_texts(self, sample: Sequence[Mapping[str, object]]) -> NestedRecords | None:
        """Records of which a field is JSON in a text, that holds what the log cannot do without."""
        if not any(isinstance(value, dict | list) for record in sample for value in record.values()):
            return None
        known = known_records(self.schema, sample, self.mapping)
        return known if known is not None else nested_records(self.schema, sample, self.mapping)

    def _is_flat(self, records: Sequence[Mapping[str, object]]) -> bool:
        names = dict.fromkeys(name for record in records for name in flat_fields(record))
        sample = {name: [str(record.get(name) or "") for record in records] for name in names}
        mapped = {normal(name) for field in self.mapping.fields for name in self.mapping.columns(field)}
        if not mapped <= {*map(normal, names)}:
            return False
        columns = recognise(self.schema, names, self.mapping, sample)
        return self.schema.required <= columns.sources.keys() and not columns.item_sign

    def _sample(self, *, within: bool) -> list[Mapping[str, object]]:
        records: Iterator[JsonRecord] = islice(self._records(within=within), _SAMPLE)
        try:
            return [record.value for record in records if not record.problem]
        except FileError:  # said when the file is read
            return []

    def _records(self, *, within: bool) -> Iterator[JsonRecord]:
        return json_records(self.path, encoding_of(self.path), within=within)

    def _write(self, nested: NestedRecords | None, records: Iterator[JsonRecord], form: str) -> FlatFile:
        """Writes JSON Lines: of nested records, their rows; of others, themselves."""
        path, lines, names, broken = self.scratch / "flat.jsonl", array("q"), dict[str, None](), None
        columns, allowance = self.schema.names, Allowance(self.path)
        with open(path, "wb") as file:
            try:
                for record in records:
                    if record.problem:
                        self.report.rows_read += 1
                        self.rejects.add(record.problem, record.line, record.raw)
                        continue
                    if nested is None:
                        file.write(record.raw + b"\n")
                        lines.append(record.line)
                        continue
                    names |= dict.fromkeys(record.value)
                    before = len(lines)
                    for row in nested.rows(record.value):
                        texts = {name: row.get(name, "") for name in columns}
                        line = orjson.dumps(texts, option=orjson.OPT_APPEND_NEWLINE)
                        allowance.take(len(line))  # what the record says of itself comes again in each row
                        file.write(line)
                        lines.append(record.line)
                    if len(lines) == before:
                        self.report.leave_out(NO_ITEM, record.line, record.raw)
            except FileError as error:
                broken = error
        read_as = {"form": form} if form else {}
        if nested is None:
            return FlatFile(path, "jsonl", read_as, lines, broken=broken)
        fields = [
            ReportField(column.name, nested.fields[column.name].names)
            for column in self.schema.stored
            if column.name in nested.fields
        ]
        fields = [one for one in fields if one.columns]
        return FlatFile(path, "jsonl", read_as, lines, nested.title, fields, [*names], broken)

    def _csv(self) -> FlatFile | None:
        """Only orders whose further lines leave out what the first says, and rows with several items."""
        head = log_head(self.path, self.schema, self.mapping)
        columns = recognise(self.schema, head.names, self.mapping, sample_of(self.path, head))
        if not self.schema.required <= columns.sources.keys():
            return self._csv_in_texts(head)
        if not columns.filled_down and not columns.item_sign:
            return None
        places = places_of(columns, head.names)
        filled = [places[name] for name in columns.filled_down]
        split = [places[name] for name in _listed(columns)]
        path, lines, broken = self.scratch / "flat.csv", array("q", [head.lines]), None
        earlier: list[str] = []
        with open(path, "w", encoding="utf-8", newline="", errors="surrogateescape") as file:
            writer = csv.writer(file, lineterminator="\n")
            names = [*head.names]
            if split and "ITEM_ID" not in self.mapping.fields:
                names[split[0]] = "iid"  # its own heading may be that of several; of no known export
            writer.writerow(names)
            file.flush()
            self.rejects.header = path.read_bytes()
            try:
                for row in _rows(self.path, head):
                    if row.problem:
                        self.report.rows_read += 1
                        self.rejects.add(row.problem, row.line, row.verbatim())
                        continue
                    cells = row.fields
                    if earlier and _continues(cells, earlier, filled):
                        for place in filled:
                            cells[place] = cells[place] or earlier[place]
                    earlier = cells
                    for one in _rows_of(cells, split, columns.item_sign):
                        writer.writerow(one)
                        lines.extend([row.line] * (1 + "".join(one).count("\n")))
            except FileError as error:
                broken = error
        if not split:
            return FlatFile(path, "csv", head.read_as, lines, broken=broken)
        sign = "as a program writes a list" if columns.item_sign == WRITTEN else columns.item_sign
        read_as = head.read_as | {"several items in one cell": sign}
        fields = columns.fields(self.schema, head.names)
        return FlatFile(path, "csv", read_as, lines, columns.title, fields, head.names, broken)

    def _csv_in_texts(self, head: TableHead) -> FlatFile | None:
        """Only tables of which a column holds objects as JSON: what analytics call `properties`."""
        cells = sample_of(self.path, head)
        rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
        opened = self._in_texts([_opened(row) for row in rows[:_SAMPLE]])
        if opened is None:
            return None
        records = (
            JsonRecord(row.line, row.verbatim(), dict(zip(head.names, row.fields, strict=False)), row.problem)
            for row in _rows(self.path, head)
        )
        return self._write(opened, map(_with_texts_opened, records), _IN_TEXTS)


def _opened(record: Mapping[str, object]) -> dict[str, object]:
    return {name: within_text(value) for name, value in record.items()}


def _with_texts_opened(record: JsonRecord) -> JsonRecord:
    return record._replace(value=_opened(record.value))


def _listed(columns: ShopperLogColumns) -> list[str]:
    """The columns of which each item has its own value: the item, and a number of it."""
    if not columns.item_sign:
        return []
    sources = [columns.sources[name] for name in ("ITEM_ID", "EVENT_VALUE") if name in columns.sources]
    return [name for source in sources for name in source.names[:1]]


def _continues(cells: Sequence[str], earlier: Sequence[str], filled: Sequence[int]) -> bool:
    """Whether a row is a further line of the order above: of the same number, or without anything of its
    own."""
    if not filled:
        return False
    return cells[filled[0]] == earlier[filled[0]] != "" or not any(cells[place] for place in filled)


def _rows_of(cells: list[str], split: Sequence[int], sign: str) -> Iterator[list[str]]:
    """A row for each item; a number goes with it where there are as many of them."""
    if not split:
        yield cells
        return
    item, *numbers = split
    pieces = pieces_of(cells[item], sign)
    values = {place: pieces_of(cells[place], sign) for place in numbers}
    for turn, piece in enumerate(pieces):
        row = [*cells]
        row[item] = piece
        for place, own in values.items():
            row[place] = own[turn] if len(own) == len(pieces) else cells[place]
        yield row


def _is_schema(records: Sequence[Mapping[str, object]]) -> bool:
    """Whether a file is the schema of a data set of Amazon Personalize: it has no rows."""
    return (
        len(records) == 1
        and records[0].get("type") == "record"
        and isinstance(records[0].get("fields"), list)
    )


def schema_alone(schema: LogSchema, record: Mapping[str, object]) -> FileError:
    """The error for such a data set, with what of it is read and what is not."""
    fields = record["fields"]
    assert isinstance(fields, list)
    names = [str(one["name"]) for one in fields if isinstance(one, dict) and "name" in one]
    columns = recognise(schema, names)
    read = [name for one in columns.fields(schema, names) for name in one.columns]
    unused = "; ".join(f"{name} is not ({why})" for name, why in columns.unused(names).items())
    return FileError(
        "schema_alone",
        f"This is the schema of an Amazon Personalize data set and holds no rows; upload the data set's CSV, "
        f"which needs no schema here. Of its columns {', '.join(read) or 'none'} would be read"
        + (f"; {unused}." if unused else "."),
    )


def _rows(path: Path, head: TableHead) -> Iterator[Row]:
    rows = CsvRows(len(head.names), head.dialect)
    for block in below(head, read_blocks(path, encoding=head.encoding)):
        yield from rows.rows(block)
    yield from rows.end()


def _form(head: bytes) -> str:
    """How the records of a JSON file lie in it."""
    start = head.lstrip()
    if start.startswith(b"["):
        return "a JSON array"
    first = start.split(b"\n", 1)[0].strip()
    try:
        record = orjson.loads(first)
    except orjson.JSONDecodeError:
        return "JSON objects"
    if isinstance(record, dict) and unwrapped(record, first) is record:
        return _LINES
    return "JSON Lines, each with a record within"
