"""A layout with what the shop itself says of its columns."""

import difflib
from collections.abc import Sequence

from object2vec.ingest.exports.heading_words import ROLES
from object2vec.ingest.exports.headings import is_code, role_of
from object2vec.ingest.exports.layout import ID, CatalogExport, ExportLayout, layout_of
from object2vec.ingest.mapping import FileMapping
from object2vec.ingest.rules import FileError


def mapped_layout(
    names: Sequence[str], export: CatalogExport | None, mapping: FileMapping, *, own: bool
) -> ExportLayout:
    """The layout of these columns. Raises FileError where the mapping names a column that is not there, or
    where it takes one that names the item or says what it is."""
    if not mapping.fields:
        return _without(layout_of(names, export, own=own), mapping)
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
    taken = {*fields, *(column for columns in roles.values() for column in columns)}
    for name in names:
        role, _ = role_of(name)
        if role and role not in roles and name not in taken:
            roles[role] = [name]
            taken.add(name)
    for name in names:
        if name not in taken:
            fields[name] = f"{name} (column)" if name.casefold() in {*roles, "text", "label"} else name
    codes = frozenset(name for name in fields if is_code(name))
    found = ExportLayout("columns named in uploads/mapping.json", roles, fields, notes=joined, codes=codes)
    if ID not in roles:
        raise FileError("missing_columns", "uploads/mapping.json names no column for `id`; say which it is.")
    return _without(found, mapping)


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
