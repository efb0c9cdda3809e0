"""A layout with what the shop itself says of its columns."""

import difflib
from collections.abc import Sequence
from dataclasses import replace

from object2vec.ingest.exports.heading_words import ROLES
from object2vec.ingest.exports.headings import is_code, item_alone, role_of
from object2vec.ingest.exports.layout import (
    ID,
    CatalogExport,
    ExportLayout,
    export_layout,
    field_beside,
    layout_of,
    require_item,
)
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.rules import FileError


def mapped_layout(
    names: Sequence[str], export: CatalogExport | None, mapping: FileMapping, *, own: bool
) -> ExportLayout:
    """The layout of these columns: an export stays what it is but for the fields that the mapping names; of a
    file that no export fits the mapping alone tells. Raises FileError where the mapping names a column that
    is not there, or where no column names the item or says what it is."""
    if not mapping.fields:
        return _without(layout_of(names, export, own=own), mapping)
    roles, fields, joined = _said(names, mapping)
    if export is not None:
        return _without(_override(export_layout(names, export), names, roles, fields, joined), mapping)
    taken = {*fields, *(column for columns in roles.values() for column in columns)}
    named = {name: role_of(name)[0] for name in names}
    if ID not in {*roles, *named.values()}:
        named |= dict.fromkeys(item_alone(names), ID)
    for name, role in named.items():
        if role and role not in roles and name not in taken:
            roles[role] = [name]
            taken.add(name)
    for name in names:
        if name not in taken:
            fields[name] = field_beside(name, name, {*roles, "text", "label"})
    codes = frozenset(name for name in fields if is_code(name))
    found = ExportLayout("columns named in uploads/mapping.json", roles, fields, notes=joined, codes=codes)
    if ID not in roles:
        raise FileError("missing_columns", "uploads/mapping.json names no column for `id`; say which it is.")
    return _without(found, mapping)


def _said(
    names: Sequence[str], mapping: FileMapping
) -> tuple[dict[str, list[str]], dict[str, str], list[str]]:
    """What the mapping says: columns by role, other fields by column, and notes."""
    by_name = {name.casefold(): name for name in names}
    roles: dict[str, list[str]] = {}
    fields: dict[str, str] = {}
    joined: list[str] = []
    for field in mapping.fields:
        columns = [_column(column, by_name) for column in mapping.columns(field)]
        role = ID if field == "label" else field
        if role in ROLES:
            roles[role] = columns
        else:
            fields[columns[0]] = field
            joined += [f"{field} takes `{columns[0]}` alone: only roles join columns."] * (len(columns) > 1)
    return roles, fields, joined


def _override(
    known: ExportLayout,
    names: Sequence[str],
    roles: dict[str, list[str]],
    fields: dict[str, str],
    notes: list[str],
) -> ExportLayout:
    """The layout of an export but for the roles and fields that the mapping says. A column that lost its role
    is stored as it is."""
    taken = {*fields, *(column for columns in roles.values() for column in columns)}
    left = {
        role: kept
        for role, columns in known.roles.items()
        if role not in roles and (kept := [column for column in columns if column not in taken])
    }
    known_roles = {column for columns in known.roles.values() for column in columns}
    now = {
        role: roles.get(role) or left[role] for role in (*known.roles, *roles) if role in {**left, **roles}
    }
    in_roles = {column for columns in now.values() for column in columns}
    free = [name for name in names if name in known_roles and name not in in_roles | fields.keys()]
    reserved = {*now, "text", "label"} - {ID}
    stored = {
        **{column: field for column, field in known.fields.items() if column not in in_roles},
        **{column: field_beside(column, column, reserved) for column in free},
        **fields,
    }
    found = replace(
        known,
        roles=now,
        fields=stored,
        unused={column: why for column, why in known.unused.items() if column not in taken},
        notes=[*known.notes, *notes],
        codes=frozenset(name for name in stored if is_code(name)),
    )
    require_item(found, names)
    return found


def _without(layout: ExportLayout, mapping: FileMapping) -> ExportLayout:
    for column in mapping.ignore:
        if column in layout.fields:
            del layout.fields[column]
            layout.unused[column] = "named under `ignore` in uploads/mapping.json"
    return layout


def _column(column: str, by_name: dict[str, str]) -> str:
    found = by_name.get(column.casefold())
    if found is not None:
        return found
    near = difflib.get_close_matches(column.casefold(), by_name, n=1)
    hint = f" Did you mean `{by_name[near[0]]}`?" if near else ""
    raise FileError(
        "bad_mapping",
        f"uploads/mapping.json takes the column `{column}`, which the file does not have.{hint} The "
        f"columns are {', '.join(by_name.values())[:300]}.",
    )
