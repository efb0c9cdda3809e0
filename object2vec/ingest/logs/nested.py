"""Records with objects and lists in them, as the flat rows they stand for: an order as its lines, an event as
the items it names.

A path such as `items[].item_id` leads to the `item_id` of each object in the list `items`. Each place where
an item's id may stand makes a row; the other fields of that row are looked up from the same place outwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import floor
from typing import NamedTuple

from object2vec.ingest.logs.columns import said_fields, time_among
from object2vec.ingest.logs.exports import NESTED, Fields, shopper
from object2vec.ingest.logs.fields import FieldPart, FieldSource, one_of
from object2vec.ingest.logs.headings import HEADINGS, LIKINGS, MARKS, STATUSES, TYPES, known_form, normal
from object2vec.ingest.logs.meaning import as_opinions, as_orders, marked, visitors_apart
from object2vec.ingest.logs.schema import INTERACTIONS, LogSchema
from object2vec.ingest.logs.several_items import pieces_of, sign_between
from object2vec.ingest.mapping import NOTHING_SAID, FileMapping

LIST = "[]"
_DEPTH = 6
_LISTED = 20  # elements of a list that are looked at to know what is in it


class RecordPlace(NamedTuple):
    """An object within a record: the path that leads to it, and it."""

    path: str
    value: object


@dataclass(frozen=True)
class NestedRecords:
    """How the records of a file are cut into rows."""

    title: str
    fields: Fields
    item_sign: str = ""
    """Between the items in one value."""

    @cached_property
    def _items(self) -> list[tuple[str, FieldSource]]:
        """The places of items: the list they are in ('' for the record itself), and the source in there."""
        source = self.fields["ITEM_ID"]
        by_list = groupby(source.parts, lambda part: _list_of(part.name))
        return [(path, _with_parts(source, tuple(parts))) for path, parts in by_list]

    def rows(self, record: Mapping[str, object]) -> Iterator[dict[str, str]]:
        """Rows of a record, the text of each column by the schema's name; none where the record names no
        item. The record's own item counts where its lists name none."""
        others = {name: one for name, one in self.fields.items() if name != "ITEM_ID"}
        listed = False
        for path, source in sorted(self._items, key=lambda item: not item[0]):
            for places in _places(record, path) if path or not listed else ():
                if item := _read(source, places):
                    listed = listed or bool(path)
                    row = {name: _read(one, places) for name, one in others.items()}
                    yield from ({"ITEM_ID": one} | row for one in pieces_of(item, self.item_sign))


def known_records(
    schema: LogSchema, records: Sequence[Mapping[str, object]], mapping: FileMapping = NOTHING_SAID
) -> NestedRecords | None:
    """The export that the first records of a file belong to, but for what the mapping says; None where it is
    none with lists or objects. Raises FileError where the mapping names what is not there."""
    paths = _all_paths(records)
    known = next((one for one in NESTED.get(schema.title, ()) if {*one.known_by} <= paths.keys()), None)
    if known is None:
        return None
    values = _values(paths)
    fields: Fields = {**known.fields, **_said(schema, mapping, values)}
    if schema is INTERACTIONS:
        fields = _marked(fields, values, records)
    return NestedRecords(known.title, visitors_apart(fields))


def _marked(fields: Fields, paths: Sequence[str], records: Sequence[Mapping[str, object]]) -> Fields:
    """As `marked`, by what a row of an item has one value of."""
    named: dict[str, list[str]] = {}
    for path in sorted(paths, key=_depth):
        if _is_above_items(path, fields):
            named.setdefault(normal(path.rpartition(".")[2]), []).append(path)
    sample = {
        path: _values_at(path, records) for end, found in named.items() if end in MARKS for path in found
    }
    return marked(fields, named, sample)


def nested_records(
    schema: LogSchema, records: Sequence[Mapping[str, object]], mapping: FileMapping = NOTHING_SAID
) -> NestedRecords | None:
    """The records' columns as the mapping says, else by headings; None where a column is missing that the log
    cannot do without. Raises FileError as `known_records`."""
    values = _values(_all_paths(records))
    fields = _by_heading(schema, values, _said(schema, mapping, values))
    if schema is INTERACTIONS:
        if "TIMESTAMP" not in fields:
            time = time_among([*values], lambda path: _values_at(path, records))
            fields = fields if time is None else {**fields, "TIMESTAMP": one_of(time)}
        fields = _as_interactions(fields, values, records)
    if not schema.required <= fields.keys():
        return None
    items = [text for path in fields["ITEM_ID"].names for text in _values_at(path, records)]
    return NestedRecords("nested records", fields, sign_between(items))


def _values(paths: Mapping[str, bool]) -> list[str]:
    return [path for path, is_value in paths.items() if is_value]


def _said(schema: LogSchema, mapping: FileMapping, paths: Sequence[str]) -> dict[str, FieldSource]:
    """The fields that the mapping names, by paths (`items.sku`, `items[].sku`) or their ends (`sku`)."""
    found: dict[str, str] = {}
    for path in sorted(paths, key=_depth, reverse=True):
        found |= dict.fromkeys((normal(path.rpartition(".")[2]), normal(path)), path)
    return said_fields(schema, mapping, found, paths)


def _as_interactions(fields: Fields, paths: Sequence[str], records: Sequence[Mapping[str, object]]) -> Fields:
    """As for tables: the number and the state of an order are fields of the record itself, a type of event
    and a liking may lie anywhere in it."""
    whole = {normal(path): [path] for path in reversed(paths) if LIST not in path}
    ends: dict[str, list[str]] = {}
    for path in sorted(paths, key=_depth):
        ends.setdefault(normal(path.rpartition(".")[2]), []).append(path)
    telling = [path for heading in (*TYPES, *LIKINGS, *STATUSES, *MARKS) for path in ends.get(heading, ())]
    if "EVENT_TYPE" not in fields:
        telling += [path for found in ends.values() for path in found if _is_above_items(path, fields)]
    sample = {path: _values_at(path, records) for path in dict.fromkeys(telling)}
    named = {**whole, **ends}
    return visitors_apart(marked(as_opinions(as_orders(fields, whole, sample), named, sample), named, sample))


def _is_above_items(path: str, fields: Fields) -> bool:
    """Whether a row of an item has one value at the path."""
    items = fields["ITEM_ID"].names if "ITEM_ID" in fields else []
    return any(item.startswith(_list_of(path)) for item in items)


def _depth(path: str) -> int:
    return path.count(".")


def _values_at(path: str, records: Sequence[Mapping[str, object]]) -> list[str]:
    return [
        _single(_get(places[-1].value, path[len(places[-1].path) :].lstrip(".")), truth=True)
        for record in records
        for places in _places(record, _list_of(path))
    ]


def _all_paths(records: Sequence[Mapping[str, object]]) -> dict[str, bool]:
    """Every path into some records, and whether a value lies there in any; else it is an object or a list."""
    found: dict[str, bool] = {}
    for record in records:
        for path, is_value in _paths(record):
            found[path] = is_value or found.get(path, False)
    return found


def flat_fields(record: Mapping[str, object]) -> dict[str, object]:
    """Its fields that hold one value."""
    return {name: value for name, value in record.items() if not isinstance(value, dict | list)}


def _by_heading(schema: LogSchema, paths: Sequence[str], said: Fields) -> Fields:
    """Paths of each column, whose ends are one of its headings: for items those of the likeliest heading in
    each list, for the others all in order of their headings, since a customer without a number may have an
    address."""
    found = {**said}
    taken = {name for source in said.values() for name in source.names}
    for column in (next(one for one in schema.columns if one.name == "ITEM_ID"), *schema.columns):
        if column.name in found:
            continue
        ranked = sorted(
            (rank, path.count("."), place, path)
            for place, path in enumerate(paths)
            if path not in taken and (rank := _rank(column.name, path)) is not None
        )
        chosen = [path for *_, path in ranked]
        if column.name == "ITEM_ID":
            deepest = {_list_of(path): path for path in reversed(chosen)}
            chosen = [*deepest.values()]
        if chosen:
            make = shopper if column.name == "USER_ID" else one_of
            found[column.name] = make(*chosen)
            taken |= {*chosen}
    return found


def _rank(column: str, path: str) -> int | None:
    """Where the end of a path stands among the headings of a column: `user.id` is one too, and the `products`
    of a list of ids are items."""
    headings = HEADINGS[column]
    if path.endswith(LIST) and column != "ITEM_ID":
        return None
    name = path.removesuffix(LIST)
    last = name.rpartition(".")[2]
    two = ".".join(name.replace(LIST, "").rsplit(".", 2)[-2:])
    ends = [known_form(normal(last)), normal(two)]
    if path.endswith(LIST):
        ends.append(normal(last).removesuffix("s"))
    ranks = [headings[end] for end in ends if end in headings]
    return min(ranks, default=None)


def _paths(value: object, path: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, bool]]:
    """Every path into a record, and whether it leads to a value."""
    if isinstance(value, dict) and depth:
        for name, inner in value.items():
            own = f"{path}.{name}" if path else name
            if isinstance(inner, dict | list):
                yield own, False
            yield from _paths(inner, own, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value[:_LISTED]:
            yield from _paths(inner, path + LIST, depth - 1)
    elif path and not isinstance(value, dict | list):
        yield path, True


def _list_of(path: str) -> str:
    """The path of the innermost list in it, '' for none."""
    return path[: path.rindex(LIST) + len(LIST)] if LIST in path else ""


def _places(record: Mapping[str, object], path: str) -> Iterator[list[RecordPlace]]:
    """Each element of the list at a path, with what it lies in: the record first, the element last."""
    reached = [[RecordPlace("", record)]]
    gone = ""
    for piece in path.split(LIST)[:-1]:
        gone += piece + LIST
        reached = [
            [*places, RecordPlace(gone, element)]
            for places in reached
            for element in _list(_get(places[-1].value, piece.lstrip(".")))
        ]
    return iter(reached)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _get(value: object, path: str) -> object:
    if not path:
        return value
    if isinstance(value, dict) and path in value:  # names may hold dots
        return value[path]
    name, _, rest = path.partition(".")
    return _get(value.get(name), rest) if isinstance(value, dict) and rest else None


def _read(source: FieldSource, places: Sequence[RecordPlace]) -> str:
    """Value of a field, seen from these places; only one that knows words for yes and no is told true and
    false."""
    return source.text(
        {name: _text(name, places, truth=bool(source.words or source.marks)) for name in source.names}
    )


def _text(path: str, places: Sequence[RecordPlace], *, truth: bool) -> str:
    """Text at a path, seen from the innermost place that is on it; '' where it is no single value."""
    for place in reversed(places):
        if path.startswith(place.path):
            rest = path[len(place.path) :].lstrip(".")
            return "" if LIST in rest else _single(_get(place.value, rest), truth=truth)
    return ""


def _single(value: object, *, truth: bool = False) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower() if truth else ""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, float) and value == floor(value) and abs(value) < 2**53:
        return str(floor(value))
    return str(value)


def _with_parts(source: FieldSource, parts: tuple[FieldPart, ...]) -> FieldSource:
    return FieldSource(parts, blanks=source.blanks)
