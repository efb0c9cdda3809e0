"""Reads a catalogue upload of any format into a stream of changes, in file order."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

from object2vec.ingest.catalog.changes import VectorLength
from object2vec.ingest.catalog.decisions import ColumnDecisions
from object2vec.ingest.catalog.records import is_own, own_change
from object2vec.ingest.catalog.table import CatalogTable, Numbered
from object2vec.ingest.catalog.variant_ids import VariantIds
from object2vec.ingest.catalog.written_objects import WrittenObjects, open_objects, opened
from object2vec.ingest.cells.cell_counts import CellCounts
from object2vec.ingest.cells.convert import as_text
from object2vec.ingest.exports.families.family import Family
from object2vec.ingest.exports.families.registry import family_of
from object2vec.ingest.exports.known import export_of, export_that_fits, refuse_schema
from object2vec.ingest.exports.layout import DESCRIPTION, ID, TEXT, TITLE, CatalogExport, ExportLayout
from object2vec.ingest.exports.mapped import mapped_layout
from object2vec.ingest.exports.schema_org import SCHEMA_ORG, is_schema_org, products
from object2vec.ingest.exports.shop_records import items_of, shop_api
from object2vec.ingest.exports.variants_within import has_variants, variants_each
from object2vec.ingest.formats import FORMATS, XML, UploadFormat
from object2vec.ingest.mapping import NOTHING_SAID, FileMapping
from object2vec.ingest.readers.batches import BATCH_ROWS, RowBatch, record_batches, table_batches
from object2vec.ingest.readers.blocks import refuse_foreign
from object2vec.ingest.readers.encoding import Encoding, encoding_of, head_of
from object2vec.ingest.readers.json_records import JsonRecord, finite, json_records
from object2vec.ingest.readers.python_literals import python_records
from object2vec.ingest.readers.tables import TableHead, named, table_head
from object2vec.ingest.rejects import Rejects
from object2vec.ingest.report import Report
from object2vec.ingest.rules import MAX_COLUMNS, MAX_ROWS, FileError, RowError, too_large

Batches = Callable[[], Iterator[RowBatch]]
_FILMS = ("movieId", "title", "genres")
_FILMS_100K = ("movieId", "title", "release date", "video release date", "IMDb URL")
_GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_MAGIC_BYTES = 64
_UNREAD = (TEXT, TITLE, DESCRIPTION, "image", "url")
"""Roles whose columns are texts whatever they hold."""


def read_catalog(
    path: Path, kind: str, report: Report, rejects: Rejects, mapping: FileMapping = NOTHING_SAID
) -> Iterator[list[Numbered]]:
    """The valid changes, some at a time, each with its line number (of Parquet, its row); other rows go to
    `rejects`. `kind` is that of one of `FORMATS`. Counts `rows_read` and `merged`. Raises FileError."""
    with _no_cycle_collection():
        yield from _CatalogUpload(path, report, rejects, mapping).read(kind)


@contextmanager
def _no_cycle_collection() -> Iterator[None]:
    """Rows are no part of a cycle, yet the collector looks at all of a batch again and again: a third of the
    time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _CatalogUpload:
    def __init__(self, path: Path, report: Report, rejects: Rejects, mapping: FileMapping) -> None:
        self._path = path
        self._report = report
        self._rejects = rejects
        self._mapping = mapping

    def read(self, kind: str) -> Iterator[list[Numbered]]:
        form = next(form for form in FORMATS if form.kind == kind)
        if form.records is not None:
            return self._of(form)
        encoding = self._encoding(kind)
        head = head_of(self._path, encoding).lstrip()
        refuse_foreign(head[:_MAGIC_BYTES])
        start = head[:1]
        if start == b"<":
            return self._of(XML)
        if kind == "jsonl" or start in (b"{", b"["):
            self._report.read_as = {"format": "JSON", "encoding": encoding.title}
            return self._records(lambda: python_records(json_records(self._path, encoding)))
        return self._table(encoding)

    def _of(self, form: UploadFormat) -> Iterator[list[Numbered]]:
        read = form.records
        assert read is not None
        self._report.read_as = {"format": form.title}
        return self._records(lambda: read(self._path))

    def _encoding(self, kind: str) -> Encoding:
        if self._mapping.encoding:
            return Encoding(self._mapping.encoding)
        return encoding_of(self._path, guess=kind == "csv")

    def _table(self, encoding: Encoding) -> Iterator[list[Numbered]]:
        mapping = self._mapping
        head = table_head(self._path, mapping.separator, encoding, mapping.header)
        if head.dialect.separator == "::" and not mapping.header:
            head = self._films(head)
        if _is_films_100k(head) and not mapping.header:
            return self._films_100k(head)
        self._rejects.header = head.raw
        self._report.read_as = {"format": "table", **head.read_as}
        own = {"label", "text"} <= {name.casefold() for name in head.names} and not mapping.fields
        head = named(head, strict=own)
        export = None if own else self._export_of(head.names)
        layout = mapped_layout(head.names, export, mapping, own=own)
        return self._converted(lambda: table_batches(self._path, head), head.names, layout)

    def _export_of(self, names: Sequence[str]) -> CatalogExport | None:
        """The system that wrote the file; what the mapping names fields of is a catalogue."""
        return export_that_fits(names) if self._mapping.fields else export_of(names)

    def _said_columns(self) -> list[str]:
        """The columns of which the mapping says what they are."""
        mapping = self._mapping
        return [
            *mapping.texts,
            *mapping.lists,
            *(one for name in mapping.fields for one in mapping.columns(name)),
        ]

    def _films(self, head: TableHead) -> TableHead:
        """MovieLens' files have no header."""
        if len(head.names) != len(_FILMS):
            raise FileError(
                "not_a_catalogue",
                f"The file has {len(head.names)} columns between `::`; MovieLens' films have three. "
                "Ratings belong to uploads/interactions/; of users nothing is used.",
            )
        return table_head(self._path, head.dialect.separator, head.encoding, _FILMS)

    def _films_100k(self, head: TableHead) -> Iterator[list[Numbered]]:
        """MovieLens 100k's `u.item` has no header, and a column of 0 and 1 for each genre."""
        names = (*_FILMS_100K, *_GENRES_100K)
        head = table_head(self._path, head.dialect.separator, head.encoding, names)
        self._report.read_as = {"format": "table", **head.read_as}
        columns = [*_FILMS_100K, "genres"]
        layout = mapped_layout(columns, self._export_of(columns), self._mapping, own=False)
        return self._converted(lambda: map(_with_genres, table_batches(self._path, head)), columns, layout)

    def _records(self, read: Callable[[], Iterator[JsonRecord]]) -> Iterator[list[Numbered]]:
        records = read()
        early: list[JsonRecord] = []
        first = None
        for record in records:
            early.append(record)
            if record.value:
                first = record
                break
        if first is None or (is_own(first.value) and not self._mapping.fields):
            return self._own(chain(early, records))

        def rows() -> Iterator[JsonRecord]:
            return finite(read())

        if is_schema_org(first.value):
            return self._converted(lambda: record_batches(products(rows())), None, SCHEMA_ORG)
        if api := shop_api(first.value):
            load = self._mapping.unpublished == "load"
            return self._converted(
                lambda: record_batches(items_of(api, rows(), load_unpublished=load)), None, api.export
            )
        refuse_schema(first.value)
        if has_variants(first.value):
            return self._converted(lambda: record_batches(variants_each(rows())), None, None)
        return self._converted(lambda: record_batches(rows()), None, None)

    def _own(self, records: Iterator[JsonRecord]) -> Iterator[list[Numbered]]:
        report, length = self._report, VectorLength()
        report.recognised = "label, text and metadata"
        found: list[Numbered] = []
        try:
            for record in records:
                self._count(1)
                try:
                    if record.problem:
                        raise RowError(record.problem)
                    change = own_change(record.value, record.raw, self._give_up(record.line))
                    found.append((record.line, length.checked(change)))
                except RowError as error:
                    self._rejects.add(error.code, record.line, record.raw)
                if len(found) >= BATCH_ROWS:
                    yield found
                    found = []
        except FileError:
            yield found  # what came before is kept
            raise
        yield found

    def _count(self, rows: int) -> None:
        """Rows that are taken now. Raises FileError instead where those are too many."""
        if self._report.rows_read + rows > MAX_ROWS:
            raise too_large()
        self._report.rows_read += rows

    def _give_up(self, line: int) -> Callable[[str, str, object], None]:
        return lambda field, code, value: self._report.give_up(
            field, code, line, as_text(value).encode("utf-8", "replace")
        )

    def _converted(
        self, batches: Batches, names: Sequence[str] | None, known: ExportLayout | CatalogExport | None
    ) -> Iterator[list[Numbered]]:
        """Reads the file twice: once to learn what its columns hold, once to convert them."""
        layout = known if isinstance(known, ExportLayout) else None
        family, variants, objects = None, None, None
        if layout is not None and names is not None:
            if layout.export is None and not layout.own and not self._mapping.names_ids:
                variants = VariantIds(layout)
            if layout.export is None and not layout.own:
                objects = WrittenObjects(layout, self._said_columns())
            load = self._mapping.unpublished == "load"
            ids = layout.roles[ID] if self._mapping.names_ids else ()
            family = family_of(layout.export, names, self._path.parent, load_unpublished=load, ids=ids)
        counted = self._learn(
            batches, layout, family, [one for one in (variants, objects) if one is not None]
        )
        if names is not None and objects is not None and (inner := objects.found()):
            every = opened(names, inner)
            of_all = mapped_layout(every, None, self._mapping, own=False)
            yield from self._converted(lambda: (open_objects(one, inner) for one in batches()), every, of_all)
            return
        if layout is not None and names is not None and (other := self._other_id(names, layout, counted)):
            yield from self._converted(batches, *other)
            return
        if variants is not None and (of_variants := variants.layout()):
            yield from self._converted(batches, names, of_variants)
            return
        if layout is None:
            export = known if isinstance(known, CatalogExport) else None
            columns = [name for name, counts in counted.items() if name and (export or counts.filled)]
            layout = mapped_layout(columns, export or self._export_of(columns), self._mapping, own=False)
        separator = self._report.read_as.get("separator", "")
        decisions = ColumnDecisions(layout, self._mapping, counted, separator)
        table = CatalogTable(decisions, family, self._report, self._rejects)
        length = VectorLength()
        for batch in batches():
            self._count(len(batch) + len(batch.bad))
            joined = batch
            if family is not None and len(batch):
                found = family.apply(batch)
                joined, self._report.merged = found.batch, self._report.merged + found.merged
            yield table.changes(joined, length)
        if family is not None:
            self._report.notes += family.notes()

    def _other_id(
        self, names: Sequence[str], layout: ExportLayout, counted: Mapping[str, CellCounts]
    ) -> tuple[Sequence[str], ExportLayout] | None:
        """The other columns and their layout, where the one that was taken for the id is empty in every
        row."""
        empty = [name for name in layout.roles[ID] if name in counted and not counted[name].ids]
        if layout.own or self._mapping.names_ids or not empty:
            return None
        rest = [name for name in names if name not in empty]
        try:
            found = mapped_layout(rest, self._export_of(rest), self._mapping, own=False)
        except FileError:  # each row is then refused for it
            return None
        found.unused |= dict.fromkeys(empty, "empty in every row")
        return rest, found

    def _learn(
        self,
        batches: Batches,
        layout: ExportLayout | None,
        family: Family | None,
        lookers: Sequence[VariantIds | WrittenObjects],
    ) -> dict[str, CellCounts]:
        skipped, ids = set[str](), set[str]()
        if layout is not None:
            skipped = {name for role in _UNREAD for name in layout.roles.get(role, ())} | {*layout.unused}
            ids = {*layout.roles[ID]}
        counted: dict[str, CellCounts] = {}
        with suppress(FileError):  # where the file breaks off is for the second reading to say
            for batch in batches():
                for name, cells in batch.columns.items():
                    if name in ids:
                        counted.setdefault(name, CellCounts()).add_ids(cells)
                    elif name not in skipped and (name in counted or len(counted) < MAX_COLUMNS):
                        counted.setdefault(name, CellCounts()).add(cells)
                if family is not None and len(batch):
                    family.learn(batch)
                for looker in lookers:
                    looker.look(batch)
        return counted


def _is_films_100k(head: TableHead) -> bool:
    flags = head.names[len(_FILMS_100K) :]
    return (
        head.dialect.separator == "|"
        and len(flags) == len(_GENRES_100K)
        and head.names[0].isdigit()
        and {*flags} <= {"0", "1"}
    )


def _with_genres(batch: RowBatch) -> RowBatch:
    """The columns of flags as one column of names."""
    flags = zip(*(batch.columns[name] for name in _GENRES_100K), strict=True)
    genres = [
        "|".join(name for name, flag in zip(_GENRES_100K, row, strict=True) if flag == "1") for row in flags
    ]
    columns = {name: batch.columns[name] for name in _FILMS_100K}
    return replace(batch, columns={**columns, "genres": genres})
