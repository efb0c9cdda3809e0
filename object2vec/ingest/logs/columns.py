"""Which columns of a shopper log are which: known exports by their columns, any other by its headings."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from object2vec.ingest.logs.by_values import Sample, is_time
from object2vec.ingest.logs.exports import FLAT, Fields, LogExport
from object2vec.ingest.logs.fields import FieldPart, FieldSource, one_of
from object2vec.ingest.logs.headings import (
    CLOCKS,
    DATES,
    HEADINGS,
    did_you_mean,
    normal,
    schema_name,
    unknown_fields,
    why_unused,
)
from object2vec.ingest.logs.meaning import as_opinions, as_orders, said_states
from object2vec.ingest.logs.schema import INTERACTIONS, LogSchema
from object2vec.ingest.mapping import MAPPING_KEY, NOTHING_SAID, FileMapping
from object2vec.ingest.report import ReportField
from object2vec.ingest.rules import FileError

_NO_EXPORT = LogExport("", (), {})


@dataclass(frozen=True, slots=True)
class ShopperLogColumns:
    """How the columns of a file are read."""

    title: str
    """The system that the file comes from; '' where its headings alone were understood."""
    sources: Fields
    filled_down: Sequence[str] = ()
    """Columns to fill down, as in `LogExport`."""
    ignored: Sequence[str] = field(default=())
    """Columns that the mapping leaves out, in their `normal` form."""

    def require(self, schema: LogSchema, names: Sequence[str]) -> None:
        """Raises FileError where a column is missing that the log cannot do without."""
        required = [column.name for column in schema.columns if column.required]
        missing = [name for name in required if name not in self.sources]
        if missing == ["ITEM_ID", "TIMESTAMP"]:
            raise FileError(
                "not_a_log",
                f"The file has shoppers but neither items nor times, as Amazon Personalize's users do "
                f"({', '.join(names)[:200]}). Nothing of it is used: the model knows shoppers by what they "
                "do, so upload what they viewed or bought.",
            )
        if missing:
            raise FileError(
                "missing_columns",
                f"{schema.title} need the columns {', '.join(required[:-1])} and {required[-1]}; "
                f"{' and '.join(missing)} missing among: {', '.join(names)[:200]}. Rename them, or say in "
                f"{MAPPING_KEY} which column is which.{_nearest(missing, names)}{_headless(names)}",
            )

    @property
    def names(self) -> list[str]:
        """The file's columns that are read, in their `normal` form."""
        return [name for source in self.sources.values() for name in source.names]

    def fields(self, schema: LogSchema, names: Sequence[str]) -> list[ReportField]:
        """Which of the file's columns each of the schema's is read from."""
        own = {normal(name): name for name in reversed(names)}
        found = {
            column.name: [own[name] for name in self.sources[column.name].names if name in own]
            for column in schema.columns
            if column.name in self.sources
        }
        return [ReportField(column, columns) for column, columns in found.items() if columns]

    def unused(self, names: Sequence[str]) -> dict[str, str]:
        """The columns of the file that nothing reads, each with the reason."""
        used: dict[str, str] = {}
        read = {*self.names, *self.filled_down}
        for name in names:
            if normal(name) in read:
                used.setdefault(normal(name), name.casefold())
        return {
            name: f"{MAPPING_KEY} says so" if normal(name) in self.ignored else why_unused(name)
            for name in names
            if used.get(normal(name)) != name.casefold()
        }


def recognise(
    schema: LogSchema,
    names: Iterable[str],
    mapping: FileMapping = NOTHING_SAID,
    sample: Sample | None = None,
) -> ShopperLogColumns:
    """Which columns of a file with these headings are which; what is not found is missing in the answer.
    Columns that headings alone do not tell are found by a sample of their values. Raises FileError where the
    mapping names what is not there."""
    names = list(names)
    ignored = [normal(name) for name in mapping.ignore]
    there = {*map(normal, names)} - {*ignored}
    said = _said(schema, mapping, names)
    export = _export_of(schema, there)
    found = _by_heading(schema, {**_of_export(export, there), **said}, there)
    if not export.title and "TIMESTAMP" not in said:
        found = _with_clock(found, there)
    if schema is INTERACTIONS:
        named = {name: [name] for name in there}
        values = {key: texts for name, texts in (sample or {}).items() if (key := normal(name)) in there}
        found = found if export.title else as_orders(found, named, values, said)
        found = said_states(found, values, said)
        found = as_opinions(found, named, values)
    return ShopperLogColumns(
        export.title,
        {name: _written(schema, name, found[name], mapping) for name in schema.names if name in found},
        [name for name in export.filled_down if name in there],
        ignored,
    )


def _export_of(schema: LogSchema, there: Collection[str]) -> LogExport:
    """The known export that has all of its telling columns."""
    exports = (one for one in FLAT.get(schema.title, ()) if {*one.known_by} <= {*there})
    return next(exports, _NO_EXPORT)


def _of_export(export: LogExport, there: Collection[str]) -> Fields:
    """Sources of an export's fields in a file that may lack some of its columns."""
    return {
        column: replace(source, parts=kept)
        for column, source in export.fields.items()
        if (kept := tuple(part for part in source.parts if part.name in there)) or source.otherwise
    }


def _by_heading(schema: LogSchema, found: Fields, there: Collection[str]) -> Fields:
    """The fields and, for each column that is missing, its likeliest heading among those that no other column
    is read from."""
    fields = dict(found)
    for column in schema.names:
        if column not in fields:
            free = {*there} - {name for source in fields.values() for name in source.names}
            name = next((name for name in HEADINGS[column] if name in free), None)
            fields |= {column: one_of(name)} if name is not None else {}
    return fields


def _said(schema: LogSchema, mapping: FileMapping, names: Sequence[str]) -> dict[str, FieldSource]:
    """The fields that the mapping names. Times and queries are their columns joined, of other fields the
    first column that has a value counts."""
    if faults := unknown_fields(schema, mapping.fields):
        raise FileError("bad_mapping", f"{MAPPING_KEY} cannot be used for this file: {'; '.join(faults)}.")
    there = {*map(normal, names)}
    kinds = {column.name: column.kind for column in schema.columns}
    said = {}
    for field_name in mapping.fields:
        column = schema_name(schema, field_name) or ""
        for name in mapping.columns(field_name):
            if normal(name) not in there:
                raise FileError(
                    "bad_mapping",
                    f"{MAPPING_KEY} says that {column} is in the column {name!r}, which is not in the file; "
                    f"{did_you_mean(name, names)}.",
                )
        parts = tuple(FieldPart(normal(name)) for name in mapping.columns(field_name))
        said[column] = FieldSource(parts, joined=len(parts) > 1 and kinds[column] in ("time", "text"))
    return said


def _written(schema: LogSchema, name: str, source: FieldSource, mapping: FileMapping) -> FieldSource:
    """The source with the mapping's rules of how values are written."""
    kind = next(column.kind for column in schema.columns if column.name == name)
    if kind in ("number", "grade") and mapping.decimal == ",":
        return replace(source, decimal=",")
    if kind == "time":
        by_field = mapping.time_format if isinstance(mapping.time_format, dict) else {}
        given = next((form for one, form in by_field.items() if schema_name(schema, one) == name), "")
        form = given or (mapping.time_format if isinstance(mapping.time_format, str) else "")
        return replace(source, time_format=form)
    return source


def _with_clock(found: Fields, there: Collection[str]) -> Fields:
    """A date in one column and the time of day in another are one time."""
    if "TIMESTAMP" not in found:
        return found
    (name,) = found["TIMESTAMP"].names
    free = {*there} - {one for source in found.values() for one in source.names} | {name}
    if name in DATES | CLOCKS:
        date = (
            name if name in DATES else next((one for one in HEADINGS["TIMESTAMP"] if one in DATES & free), "")
        )
        clock = name if name in CLOCKS else min(CLOCKS & free, default="")
        if date and clock:
            return {**found, "TIMESTAMP": FieldSource((FieldPart(date), FieldPart(clock)), clock=True)}
    return found


def _nearest(missing: Sequence[str], names: Sequence[str]) -> str:
    for name in missing:
        near = get_close_matches(normal(name), [*map(normal, names)], n=1, cutoff=0.7)
        if near:
            own = next(one for one in names if normal(one) == near[0])
            return f" Did you mean {name} by {own!r}?"
    return ""


def _headless(names: Sequence[str]) -> str:
    """Advice for a file whose first line is a row."""
    if not any(map(is_time, names)):
        return ""
    return (
        f" The first line looks like a row: if the file has no header, name its columns in {MAPPING_KEY}, "
        '`"header": ["USER_ID", "ITEM_ID", …]`.'
    )
