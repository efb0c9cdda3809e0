"""Which column of an upload becomes which field."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from object2vec.ingest.exports import headings
from object2vec.ingest.exports.headings import key_of
from object2vec.ingest.exports.minor_units import minor_digits
from object2vec.ingest.rules import FileError

ID, TEXT, TITLE, DESCRIPTION, PRICE, DELETED = "id", "text", "title", "description", "price", "deleted"
WORDS = (TITLE, DESCRIPTION, "brand", "category")
SEVERAL = ("image", "category")
"""Roles that are made of all columns whose headings differ in a number: `Image 1`, `Image 2`."""
SAY_OTHERWISE = "say otherwise in uploads/mapping.json"
_NUMBER = re.compile(r"\d{3,}|\d+[.,]\d+")
_SURE = 0.85
"""Least likeness of a heading to the name of a role for a question about it: `poids` is no `popis`."""


@dataclass(frozen=True)
class Reduction:
    """Keys of the headings that say what is taken off a price while it is reduced: a share of a hundred, an
    amount; or a value of which another column (`kind`) says in words which of the two it is."""

    percent: str = ""
    amount: str = ""
    value: str = ""
    kind: str = ""


@dataclass(frozen=True)
class CatalogExport:
    """How another system names its columns. `roles` are keys of headings in order of preference."""

    name: str
    required: frozenset[str]
    """Keys of headings that are all there."""
    any_of: frozenset[str]
    """And one of these, if there are any."""
    roles: Mapping[str, Sequence[str]]
    unused: Mapping[str, str] = field(default_factory=dict)
    """Reasons why columns are not stored, by the beginning of their key."""
    path: str = ">"
    several: str = ""
    root: str = ""
    lists: Mapping[str, str] = field(default_factory=dict)
    """Signs between the values of a cell, by key; that under '' is for every other column."""
    times: frozenset[str] = frozenset()
    gathered: frozenset[str] = frozenset()
    """Roles that are made of all their columns; the others of the first that the file has."""
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Words, by key, that say that the shop shows the row to nobody."""
    key: Callable[[str], str] = key_of
    """Function that makes the key of a heading as this system writes it."""
    prefix: str = ""
    """Beginning of headings that is no part of the field's name."""
    notes: Sequence[str] = ()
    ids_between: str = ""
    """Sign between the ids of a cell that may hold several: the first is the item's."""
    reduction: Reduction | None = None

    def fits(self, names: Iterable[str]) -> bool:
        """Whether a file with these columns is one."""
        keys = {self.key(name) for name in names}
        return self.required <= keys and (not self.any_of or bool(self.any_of & keys))


@dataclass
class ExportLayout:
    """`roles` name the columns they are made of, in order; `fields` are the further columns that are stored,
    by column; `unused` the others with the reason."""

    recognised: str
    roles: dict[str, list[str]]
    fields: dict[str, str]
    unused: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    own: bool = False
    """The project's own record, `label,text,…`: stored as it is."""
    lists: dict[str, str] = field(default_factory=dict)
    """Columns of lists in one cell, and the sign between their values: `|` where a cell has it."""
    codes: frozenset[str] = frozenset()
    """Columns that are texts although they are digits."""
    times: frozenset[str] = frozenset()
    """Columns of seconds since 1970."""
    path: str = ""
    """Between the levels of a category; '' for what people write (`A > B`, `A / B`)."""
    several: str = ""
    """Between categories, where a cell may hold more than one."""
    root: str = ""
    """The first level, which all categories share."""
    export: CatalogExport | None = None


def layout_of(names: Sequence[str], export: CatalogExport | None, *, own: bool = False) -> ExportLayout:
    """The layout of a file by its export; without one, or where that tells no item, by the headings alone.
    Raises FileError where no column names the item, or none says what it is."""
    if own:
        return _own(names)
    found = _by_headings(names) if export is None else export_layout(names, export)
    if not (ID in found.roles and _says_what(found)):
        found = _by_headings(names)
    require_item(found, names)
    return found


def roles_by_heading(names: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The best column for each role, and a sentence for each choice that could be another."""
    candidates: dict[str, list[tuple[int, int, str]]] = {}
    named = headings.roles_of(names)
    for place, name in enumerate(names):
        if name in named:
            role, rank = named[name]
            candidates.setdefault(role, []).append((rank, place, name))
    roles, notes = {}, []
    for role, found in candidates.items():
        found.sort()
        if role == PRICE:
            found.sort(key=lambda one: (headings.is_list_price(one[2]), minor_digits(one[2]) > 0))
            found.sort(key=_gross_first(found[0][2]))
        best = found[0][2]
        roles[role] = [best]
        if role in SEVERAL:
            roles[role] += [name for name in names if name != best and headings.numbered_like(best, name)]
        if len(found) > 1 and role in (ID, TITLE, PRICE):
            others = ", ".join(f"`{name}`" for _, _, name in found[1:4])
            notes.append(f"{role} is taken from `{found[0][2]}`, not from {others}; {SAY_OTHERWISE}.")
    return roles, notes


def _gross_first(best: str) -> Callable[[tuple[int, int, str]], tuple[bool, bool]]:
    """Order of prices in which those that differ from the best in the tax alone come first, with tax before
    without: `Prix TTC` goes before `Prix HT`, but `amount` or `msrp` not before `price (net)`."""
    sold = headings.without_tax(best)
    return lambda one: (headings.without_tax(one[2]) != sold, headings.is_net_price(one[2]))


def _own(names: Sequence[str]) -> ExportLayout:
    by_name = {name.casefold(): name for name in names}
    roles = {ID: [by_name["label"]], TEXT: [by_name["text"]]}
    if DELETED in by_name:
        roles[DELETED] = [by_name[DELETED]]
    taken = {column for columns in roles.values() for column in columns}
    fields = {name: name for name in names if name not in taken}
    lists = {name: "|" for name in fields if headings.is_list(name)}
    return ExportLayout("label and text", roles, fields, own=True, lists=lists)


def _by_headings(names: Sequence[str]) -> ExportLayout:
    roles, notes = roles_by_heading(names)
    costs = [name for name in names if headings.is_purchase_price(name)]
    unused = dict.fromkeys(costs, "what the shop pays is not for shoppers") if PRICE in roles else {}
    found = _filled("columns named as shops name them", names, roles, unused)
    if PRICE not in roles:
        notes += [
            f"`{name}` is stored as it is, since no other column is a price: is it what shoppers pay? If so, "
            f"name it `price`; if it is what the shop pays, export without it."
            for name in costs
        ]
    for role in (*WORDS, PRICE):
        if role not in roles:
            heading, _ = headings.misspelt(list(found.fields), role, _SURE)
            if heading:
                notes.append(f"`{heading}` is stored as it is; if it is the {role}, name it `{role}`.")
    found.notes += notes
    found.lists = {name: "|" for name in names if headings.is_list(name)}
    return found


def export_layout(names: Sequence[str], export: CatalogExport) -> ExportLayout:
    """The layout of an export's columns, whether or not they say enough."""
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(export.key(name), name)
    roles = {
        role: columns if role in export.gathered else columns[:1]
        for role, keys in export.roles.items()
        if (columns := [by_key[key] for key in keys if key in by_key])
    }
    unused = {}
    for name in names:
        why = next((why for start, why in export.unused.items() if export.key(name).startswith(start)), "")
        if why and not any(name in columns for columns in roles.values()):
            unused[name] = why
    found = _filled(export.name, names, roles, unused, export.prefix)
    found.export = export
    found.notes += export.notes
    found.path, found.several, found.root = export.path, export.several, export.root
    usual = export.lists.get("", "")
    signs = {
        name: export.lists.get(export.key(name), usual or "|" * headings.is_list(name)) for name in names
    }
    found.lists = {name: sign for name, sign in signs.items() if sign}
    found.times = frozenset(name for name in names if export.key(name) in export.times)
    return found


def _filled(
    recognised: str,
    names: Sequence[str],
    roles: dict[str, list[str]],
    unused: dict[str, str],
    prefix: str = "",
) -> ExportLayout:
    taken = {column for columns in roles.values() for column in columns}
    reserved = {*roles, "text", "label"} - {ID}
    fields = {}
    for name in names:
        if name in taken or name in unused:
            continue
        field_name = name.lstrip("*").removeprefix(prefix) if prefix else name
        fields[name] = field_beside(field_name, name, reserved)
    codes = frozenset(name for name in fields if headings.is_code(name))
    return ExportLayout(recognised, roles, fields, unused, codes=codes)


def field_beside(field_name: str, column: str, roles: Collection[str]) -> str:
    """The field of a column that is none of these roles."""
    return f"{column} (column)" if field_name.casefold() in roles else field_name


def _says_what(found: ExportLayout) -> bool:
    return any(role in found.roles for role in (TEXT, *WORDS, DELETED))


def require_item(found: ExportLayout, names: Sequence[str]) -> None:
    """Raises FileError where no column names the item, or none says what it is."""
    shown = ", ".join(names)[:300]
    if ID not in found.roles:
        heading, meant = headings.misspelt(names, ID)
        hint = f" Did you mean `{meant}` by `{heading}`?" if heading else ""
        if any(map(_NUMBER.fullmatch, names)):
            hint = (
                " The first line looks like a row: if the file has no header, name its columns in "
                'uploads/mapping.json, `"header": ["id", "title", …]`.'
            )
        raise FileError(
            "missing_columns",
            f"No column names the item: `label`, `id` or `sku`, say.{hint} The columns are {shown}. "
            "Rename one, or say which it is in uploads/mapping.json.",
        )
    if not _says_what(found):
        found_title = headings.misspelt(names, TITLE)
        heading, meant = found_title if found_title[0] else headings.misspelt(names, TEXT)
        hint = f" Did you mean `{meant}` by `{heading}`?" if heading else ""
        raise FileError(
            "missing_columns",
            f"No column says what an item is: `text`, `title` or `description`, say.{hint} The columns are "
            f"{shown}. Rename one, or say which it is in uploads/mapping.json.",
        )
