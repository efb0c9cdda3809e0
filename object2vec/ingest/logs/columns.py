"""Which columns of a shopper log are which: known exports by their columns, any other by its headings."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from object2vec.ingest.logs.by_values import Sample, are_clocks, are_written_dates, is_time, looks_like_time
from object2vec.ingest.logs.exports import FLAT, PERSONALIZE, Fields, LogExport, shopper
from object2vec.ingest.logs.fields import FieldPart, FieldSource, one_of
from object2vec.ingest.logs.headings import (
    CLOCKS,
    DATES,
    HEADINGS,
    ORDERS,
    VISITORS,
    did_you_mean,
    known_form,
    meant_by,
    normal,
    schema_name,
    unknown_fields,
    why_unused,
)
from object2vec.ingest.logs.meaning import as_opinions, as_orders, marked, said_states, visitors_apart
from object2vec.ingest.logs.schema import INTERACTIONS, LogSchema
from object2vec.ingest.logs.several_items import sign_between
from object2vec.ingest.mapping import MAPPING_KEY, NOTHING_SAID, FileMapping
from object2vec.ingest.report import ReportField
from object2vec.ingest.rules import FileError

_NO_EXPORT = LogExport("", (), {})
_WEAK = ("at", "day", "datekey", "dateid")
"""Also where something happened, and days that are counted or numbered: headings of times where there are
times below."""
_DAYS = 25_569, 73_050
_SUMS = frozenset(
    ("total", "totals", "grandtotal", "sum", "summe", "gesamt", "gesamtsumme", "totale", "totaal")
)
_SUMS |= {"shipping", "versand", "versandkosten", "discount", "rabatt", "tax", "vat", "mwst"}
"""What the last line of a report or of an order names in place of an item."""
LATER = re.compile(
    "updat|modif|chang|maj|ship|deliver|dispatch|versand|versen|liefer|geander|expedi|livr|envi|entreg|spedi"
    "|consegn|verzond|expir|due|birth|geburt|naiss|nasc|dob|regist|signup|valid|end(?:s|ed|date|time|at)?$|^end"
    r"|enddat|last|next|releas|publi|erschein|parution|since|join|install"
)
"""In headings of a moment that is not that of the act itself."""
_RECORDED = re.compile("(registro|registrazione|enregistrement)$")
"""In those of what may be a person's registration, or the moment when the act was recorded."""


@dataclass(frozen=True, slots=True)
class ShopperLogColumns:
    """How the columns of a file are read."""

    title: str
    """The system that the file comes from; '' where its headings alone were understood."""
    sources: Fields
    filled_down: Sequence[str] = ()
    """Columns to fill down, as in `LogExport`."""
    item_sign: str = ""
    """Between the items of one cell."""
    ignored: Sequence[str] = field(default=())
    """Columns that the mapping leaves out, in their `normal` form."""

    def require(self, schema: LogSchema, names: Sequence[str]) -> None:
        """Raises FileError where a column is missing that the log cannot do without."""
        required = [column.name for column in schema.columns if column.required]
        missing = [name for name in required if name not in self.sources]
        shown = ", ".join(names)[:200]
        if missing == ["ITEM_ID", "TIMESTAMP"]:
            raise FileError(
                "not_a_log",
                f"The file has shoppers but neither items nor times, as Amazon Personalize's users do "
                f"({shown}). Nothing of it is used, as the model knows shoppers by what they do: leave the "
                "file out, and upload what they viewed or bought.",
            )
        if missing == ["TIMESTAMP"]:
            raise FileError(
                "missing_columns",
                f"No column tells when it happened: TIMESTAMP missing among: {shown}. Rename it, or say in "
                f"{MAPPING_KEY} which it is. If the shop has kept no times, add a column TIMESTAMP with "
                f"one date in every row, that of the export.{_nearest(missing, names)}{_headless(names)}",
            )
        if missing:
            raise FileError(
                "missing_columns",
                f"{schema.title} need the columns {', '.join(required[:-1])} and {required[-1]}; "
                f"{' and '.join(missing)} missing among: {shown}. Rename them, or say in "
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
            for column in schema.stored
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
    meant = meant_by(names)
    own = {key: name for name, key in meant.items()}
    ignored = [normal(name) for name in mapping.ignore]
    there = {key for name, key in meant.items() if name not in ignored}
    said = said_fields(schema, mapping, meant, names)
    export = _export_of(schema, there)
    values = {key: texts for name, texts in (sample or {}).items() if (key := meant[normal(name)]) in there}
    known, formatted = {**_of_export(export, there), **said}, bool(mapping.time_format)
    found = _by_heading(schema, known, there, values, formatted=formatted)
    if not export.title and "TIMESTAMP" not in said:
        found = _with_clock(_with_time(schema, found, values), there, values)
    if schema is INTERACTIONS:
        named = _by_known_form(there)
        if export.title in ("", PERSONALIZE) and ("USER_ID" not in said or "VISITOR_ID" in said):
            found = _with_visitors(found, named)
        found = found if export.title else as_orders(found, named, values, said)
        found = said_states(found, values, said)
        found = as_opinions(found, named, values)
        found = visitors_apart(marked(found, named, values))
    filled_down = [name for name in export.filled_down if name in there]
    return ShopperLogColumns(
        export.title,
        {
            name: _written(schema, name, found[name], mapping).renamed(own)
            for name in schema.names
            if name in found
        },
        [own[name] for name in filled_down or _left_out_below(found, there, values)],
        _item_sign(found, values),
        ignored,
    )


def _left_out_below(found: Fields, there: Set[str], sample: Sample) -> list[str]:
    """The columns that only the first row of an order fills, its number first: where rows name an item, and
    neither order nor shopper nor time."""
    named = _by_known_form(there)
    order = next((name for heading in ORDERS for name in named.get(heading, ())), "")
    if order not in sample or not {"ITEM_ID", "TIMESTAMP"} <= found.keys():
        return []
    whole = (found[name].names for name in ("USER_ID", "TIMESTAMP", "EVENT_TYPE") if name in found)
    names = dict.fromkeys((order, *(name for one in whole for name in one if name in sample)))
    item = found["ITEM_ID"].names[0]
    rows = [*zip(sample.get(item, ()), *(sample[name] for name in names), strict=False)]
    above = [("", *[""] * len(names)), *rows]
    lines = (
        item
        for (item, number, *rest), (_, before, *_) in zip(rows, above, strict=False)
        if item and not any(rest) and number in ("", before)
    )
    return [*names] if any(normal(item) not in _SUMS for item in lines) else []


def _item_sign(found: Fields, sample: Sample) -> str:
    names = found["ITEM_ID"].names if "ITEM_ID" in found else []
    if len(names) != 1 or names[0] not in sample:
        return ""
    (name,) = names
    return sign_between(sample[name], plural=_names_items(name), titles=name.endswith(("name", "title")))


def _export_of(schema: LogSchema, there: Set[str]) -> LogExport:
    """The known export that has all of its telling columns."""
    exports = (one for one in FLAT.get(schema.title, ()) if {*one.known_by} <= {*there})
    return next(exports, _NO_EXPORT)


def _of_export(export: LogExport, there: Set[str]) -> Fields:
    """Sources of an export's fields in a file that may lack some of its columns."""
    return {
        column: replace(source, parts=kept)
        for column, source in export.fields.items()
        if (kept := tuple(part for part in source.parts if part.name in there)) or source.otherwise
    }


def _by_heading(
    schema: LogSchema, found: Fields, there: Set[str], sample: Sample, *, formatted: bool
) -> Fields:
    """The fields and, for each column that is missing, its likeliest heading among those that no other column
    is read from. A heading of a time goes after those with times below them; what times look like in a file
    that is `formatted` in a way of its own, no value tells."""
    fields = dict(found)
    for column in schema.names:
        if column not in fields:
            ranks = HEADINGS[column]
            free = (name for name in there - _names(fields) if known_form(name) in ranks)
            named = sorted(free, key=lambda name: (ranks[known_form(name)], name != known_form(name)))
            if column == "ITEM_ID" and not named:
                lists = (name for name in sample if _names_items(name))
                named = [name for name in lists if sign_between(sample[name], plural=True)]
            if column == "TIMESTAMP":
                values = {} if formatted else sample
                named = [*_with_times(named, sample), *(one for one in named if not _is_weak(one, values))]
            fields |= {column: one_of(named[0])} if named else {}
    return fields


def _names_items(heading: str) -> bool:
    """Whether it is the plural of a heading of items: `products`, `product_ids`."""
    return not _is_item(heading) and heading.endswith("s") and _is_item(heading[:-1])


def _is_item(heading: str) -> bool:
    return known_form(heading) in HEADINGS["ITEM_ID"]


def names_items(heading: str) -> bool:
    """Whether a heading, in its `normal` form, names an item or several."""
    return _is_item(heading) or _names_items(heading)


def _with_times(names: Iterable[str], sample: Sample) -> list[str]:
    """Those of which some value is a time or a spreadsheet's day, or of which no values are known."""
    return [
        name
        for name in names
        if name not in sample or any(looks_like_time(text) or _is_day(text) for text in sample[name])
    ]


def _is_weak(name: str, sample: Sample) -> bool:
    """Whether a heading means a time only where times are below it: a `date` 240131 is no second of 1970."""
    filled = [text.strip() for text in sample.get(name, ()) if text.strip()]
    return name in _WEAK or (name in DATES and bool(filled) and all(map(str.isdecimal, filled)))


def _is_day(text: str) -> bool:
    """Whether it is a day of 1970 to 2099 as spreadsheets count them, from 1900 on."""
    return text.strip().isdecimal() and _DAYS[0] <= int(text) <= _DAYS[1]


def _with_time(schema: LogSchema, found: Fields, sample: Sample) -> Fields:
    """Where no heading tells the time of interactions, it is the first column of written dates, unless its
    heading says that it is of something later."""
    if schema is not INTERACTIONS or "TIMESTAMP" in found:
        return found
    free = [name for name in sample if name not in _names(found)]
    name = time_among(free, sample.__getitem__)
    return found if name is None else {**found, "TIMESTAMP": one_of(name)}


def time_among(names: Sequence[str], texts: Callable[[str], Sequence[str]]) -> str | None:
    """The first column of written dates whose heading does not say that it is of something else; where there
    is none, one of what was recorded then."""
    acts = [name for name in names if not LATER.search(normal(name))]
    recorded = [name for name in names if _RECORDED.search(normal(name))]
    return next((name for name in (*acts, *recorded) if are_written_dates(texts(name), name)), None)


def _with_visitors(found: Fields, named: Mapping[str, Sequence[str]]) -> Fields:
    """A row of nobody known by name is the visitor's."""
    if "USER_ID" not in found:
        return found
    names = (name for heading in VISITORS for name in named.get(heading, ()))
    visitor = found["VISITOR_ID"].names if "VISITOR_ID" in found else [*names]
    users = found["USER_ID"].names
    return {**found, "USER_ID": shopper(*users, *[name for name in visitor if name not in users][:1])}


def _names(fields: Fields) -> set[str]:
    """The columns of the file that fields are read from."""
    return {name for source in fields.values() for name in source.names}


def _by_known_form(names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The columns by their headings; one that is the heading as it stands goes first."""
    named: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (known_form(name) != name, name)):
        named.setdefault(known_form(name), []).append(name)
    return named


def said_fields(
    schema: LogSchema, mapping: FileMapping, there: Mapping[str, str], names: Sequence[str]
) -> dict[str, FieldSource]:
    """The fields that the mapping names. Times and queries are their columns joined, of other fields the
    first column that has a value counts. `there` holds what a source calls each column, by its `normal` form;
    `names` are those of the file. Raises FileError where one is not there."""
    if faults := unknown_fields(schema, mapping.fields):
        raise FileError("bad_mapping", f"{MAPPING_KEY} cannot be used for this file: {'; '.join(faults)}")
    kinds = {column.name: column.kind for column in schema.columns}
    said = {}
    for field_name in mapping.fields:
        column = schema_name(schema, field_name) or ""
        for name in mapping.columns(field_name):
            if normal(name) not in there:
                raise FileError(
                    "bad_mapping",
                    f"{MAPPING_KEY} says that {column} is in the column {name!r}, which is not in the file; "
                    f"{did_you_mean(name, names)}",
                )
        parts = tuple(FieldPart(there[normal(name)]) for name in mapping.columns(field_name))
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


def _with_clock(found: Fields, there: Set[str], sample: Sample) -> Fields:
    """A date in one column and the time of day in another are one time."""
    if "TIMESTAMP" not in found:
        return found
    (name,) = found["TIMESTAMP"].names
    free = {*there} - _names(found) | {name}
    is_clock = name in CLOCKS and name not in DATES
    date = next((one for one in HEADINGS["TIMESTAMP"] if one in DATES & free), "") if is_clock else name
    clock = name if is_clock else min(CLOCKS & free, default="")
    days, times = sample.get(date, ()), sample.get(clock, ())
    fit = date in DATES or (are_written_dates(days, date) and are_clocks(times))
    if not clock or not fit:
        return found
    return {**found, "TIMESTAMP": FieldSource((FieldPart(date), FieldPart(clock)), clock=True)}


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
