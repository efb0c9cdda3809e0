"""Which columns of a shopper log are which: known exports by their columns, any other by its headings."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from object2vec.core.event_kinds import kind_of
from object2vec.core.time import FINE_START, NUMBER, TimeError, parse_time
from object2vec.ingest.exports.mapping import MAPPING_KEY, NOTHING_SAID, FileMapping
from object2vec.ingest.log_exports import FLAT, Fields, LogExport, constant, customer, order_type
from object2vec.ingest.log_fields import FieldPart, FieldSource, one_of
from object2vec.ingest.log_headings import (
    CLOCKS,
    DATES,
    GOODS,
    HEADINGS,
    LIKINGS,
    ORDER_TIMES,
    ORDERS,
    RATINGS,
    STATUSES,
    TYPES,
    YES_OR_NO,
    did_you_mean,
    normal,
    schema_name,
    unknown_fields,
    why_unused,
)
from object2vec.ingest.log_schema import LogSchema
from object2vec.ingest.report import ReportField
from object2vec.ingest.rules import FileError

_AMAZON_ITEM = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_AMAZON_USER = re.compile(r"A[0-9A-Z]{9,20}")
_DATE = re.compile(
    r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})(?:,?[ T]+[0-9]{1,2}:[0-9]{2}.{0,12})?"
)
_FIRST_S = 631_152_000  # 1990
_MOST = 0.9
_LETTERS = re.compile(r"[^\W\d_]+")
Sample = Mapping[str, Sequence[str]]
"""By heading, some values of the column, '' for none."""
_TAOBAO = frozenset(("pv", "buy", "cart", "fav"))


@dataclass(frozen=True, slots=True)
class ShopperLogColumns:
    """How the columns of a file are read."""

    title: str
    """The system that the file comes from; '' where its headings alone were understood."""
    sources: Fields
    filled_down: Sequence[str] = ()
    """As in `LogExport`."""
    ignored: Sequence[str] = field(default=())
    """What the mapping says shall not be stored, in its `normal` form."""

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
    exports = (one for one in FLAT.get(schema.title, ()) if there >= {*one.known_by})
    export = LogExport("", (), {}) if said else next(exports, LogExport("", (), {}))
    found: dict[str, FieldSource] = {
        column: replace(source, parts=kept)
        for column, source in export.fields.items()
        if (kept := tuple(part for part in source.parts if part.name in there)) or source.otherwise
    }
    found |= said
    for column in schema.columns:
        if column.name not in found:
            taken = {name for source in found.values() for name in source.names}
            name = next((name for name in HEADINGS[column.name] if name in there - taken), None)
            found |= {column.name: one_of(name)} if name is not None else {}
    if not export.title:
        found = _of_orders(schema, _with_clock(found, there, said), there, said)
    if schema.title == "Interactions":
        found = _by_sample(found, there, sample or {})
    rated = {*found["EVENT_VALUE"].names} & RATINGS if "EVENT_VALUE" in found else ()
    if schema.title == "Interactions" and rated and "EVENT_TYPE" not in found:
        found["EVENT_TYPE"] = constant("rating")
    if "EVENT_VALUE" in found and {*found["EVENT_VALUE"].names} & {*LIKINGS}:
        liking = found["EVENT_VALUE"]
        found["EVENT_VALUE"] = replace(liking, words=YES_OR_NO)
        found.setdefault(
            "EVENT_TYPE", replace(liking, words=dict.fromkeys(YES_OR_NO, "like"), words_alone=True)
        )
    order = [column.name for column in schema.columns if column.name in found]
    return ShopperLogColumns(
        export.title,
        {name: _written(schema, name, found[name], mapping) for name in order},
        [name for name in export.filled_down if name in there],
        ignored,
    )


def _by_sample(found: dict[str, FieldSource], there: set[str], sample: Sample) -> dict[str, FieldSource]:
    """The same with a type of event, and with a liking, where most values of such a column read so."""
    values = {normal(name): [*filter(None, map(str.strip, texts))] for name, texts in sample.items()}
    for column, headings, reads in (("EVENT_TYPE", TYPES, _are_acts), ("EVENT_VALUE", LIKINGS, _are_likings)):
        taken = {name for source in found.values() for name in source.names}
        name = next((one for one in headings if one in there - taken and reads(values.get(one, []))), None)
        if column not in found and name is not None:
            found = found | {column: one_of(name)}
    return found


def _are_acts(texts: Sequence[str]) -> bool:
    """Names of products that are words for acts too (`Book`) tell nothing."""
    telling = [text for text in texts if GOODS.isdisjoint(_LETTERS.findall(text.casefold()))]
    return 2 * sum(map(_is_kind, telling)) > len(telling)


def _are_likings(texts: Sequence[str]) -> bool:
    return bool(texts) and _mostly(lambda text: text.lower() in YES_OR_NO, texts)


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
    """With what the mapping says of how values are written."""
    kind = next(column.kind for column in schema.columns if column.name == name)
    if kind in ("number", "grade") and mapping.decimal == ",":
        return replace(source, decimal=",")
    if kind == "time":
        by_field = mapping.time_format if isinstance(mapping.time_format, dict) else {}
        given = next((form for one, form in by_field.items() if schema_name(schema, one) == name), "")
        form = given or (mapping.time_format if isinstance(mapping.time_format, str) else "")
        return replace(source, time_format=form)
    return source


def _with_clock(
    found: dict[str, FieldSource], there: set[str], said: Mapping[str, FieldSource]
) -> dict[str, FieldSource]:
    """A date in one column and the time of day in another are one time."""
    if "TIMESTAMP" not in found or "TIMESTAMP" in said:
        return found
    (name,) = found["TIMESTAMP"].names
    free = there - {one for source in found.values() for one in source.names} | {name}
    if name in DATES | CLOCKS:
        date = (
            name if name in DATES else next((one for one in HEADINGS["TIMESTAMP"] if one in DATES & free), "")
        )
        clock = name if name in CLOCKS else min(CLOCKS & free, default="")
        if date and clock:
            return found | {"TIMESTAMP": FieldSource((FieldPart(date), FieldPart(clock)), clock=True)}
    return found


def _of_orders(
    schema: LogSchema, found: dict[str, FieldSource], there: set[str], said: Mapping[str, FieldSource]
) -> dict[str, FieldSource]:
    """Where rows are lines of orders: an order without a customer is a shopper of its own, and one that came
    back is no purchase."""
    order = next((name for name in ORDERS if name in there), None)
    are_orders = order is not None or bool(
        {*found["TIMESTAMP"].names} & ORDER_TIMES if "TIMESTAMP" in found else ()
    )
    if schema.title != "Interactions" or not are_orders or "ITEM_ID" not in found:
        return found
    if order is not None and "USER_ID" not in said:
        users = found["USER_ID"].names if "USER_ID" in found else []
        found = {"USER_ID": customer(*users, order=order)} | {
            **found,
            "USER_ID": customer(*users, order=order),
        }
    status = next((name for name in STATUSES if name in there), None)
    if status is not None and "EVENT_TYPE" not in found:
        found = found | {"EVENT_TYPE": order_type(status)}
    return found


def _nearest(missing: Sequence[str], names: Sequence[str]) -> str:
    for name in missing:
        near = get_close_matches(normal(name), [*map(normal, names)], n=1, cutoff=0.7)
        if near:
            own = next(one for one in names if normal(one) == near[0])
            return f" Did you mean {name} by {own!r}?"
    return ""


def _headless(names: Sequence[str]) -> str:
    """What to do where the first line is a row."""
    if not any(map(_is_time, names)):
        return ""
    return (
        f" The first line looks like a row: if the file has no header, name its columns in {MAPPING_KEY}, "
        '`"header": ["USER_ID", "ITEM_ID", …]`.'
    )


def in_order(schema: LogSchema, rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """Headings for a table that has none: MovieLens' `u.data` and `ratings.dat`, Amazon's ratings, Taobao's
    behaviour, or user and item in this order, and then a time and perhaps a type of event. Empty where the
    values do not tell."""
    widths = Counter(map(len, rows)).most_common(1)
    if schema.title != "Interactions" or not widths or widths[0][1] < _MOST * len(rows):
        return ()
    ((width, _),) = widths
    columns = [*zip(*(row for row in rows if len(row) == width), strict=True)]
    if width == 4 and _mostly(_is_time, columns[3]) and _mostly(_is_grade, columns[2]):
        for names in (("asin", "reviewerID"), ("reviewerID", "asin")):
            user, item = names.index("reviewerID"), names.index("asin")
            if _mostly(_AMAZON_USER.fullmatch, columns[user]) and _mostly(
                _AMAZON_ITEM.fullmatch, columns[item]
            ):
                return (*names, "overall", "unixReviewTime")
        return ("user", "item", "rating", "time")
    if width == 5 and {*columns[3]} <= _TAOBAO and _mostly(_is_time, columns[4]):
        return ("user", "item", "category", "behavior", "time")
    return _by_values(columns)


def _by_values(columns: Sequence[Sequence[str]]) -> Sequence[str]:
    """Two ids first, since which of more is the user's no value tells; then a time, from the first row on,
    and perhaps types of events."""
    names = ["user", "item"]
    for texts in columns[2:]:
        if "time" not in names and _is_written_time(texts[0]) and _mostly(_is_time, texts):
            names.append("time")
        elif "event" not in names and _mostly(_is_kind, texts):
            names.append("event")
        else:
            return ()
    return names if "time" in names else ()


def _mostly(fits: Callable[[str], object], texts: Sequence[str]) -> bool:
    """One row with a wrong clock shall not decide what a file is."""
    return sum(map(bool, map(fits, texts))) >= _MOST * len(texts)


def _is_written_time(text: str) -> bool:
    """A small number is rather an id or a count."""
    number = re.fullmatch(NUMBER, text.strip(" "))
    return _is_time(text) and (number is None or float(text) >= _FIRST_S)


def _is_kind(text: str) -> bool:
    return text.strip(" ")[:1].isalpha() and kind_of(text) is not None


def _is_time(text: str) -> bool:
    if _DATE.fullmatch(text.strip(" ")):
        return True
    try:
        return parse_time(text) >= FINE_START
    except TimeError:
        return False


def _is_grade(text: str) -> bool:
    try:
        return 0 <= float(text) <= 100
    except ValueError:
        return False
