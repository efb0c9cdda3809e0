"""Attributes that a program wrote as pairs: `[{"name": "Colour", "value": "red"}]` is a field `Colour`."""

from collections.abc import Mapping, Sequence

_NAMES = ("name", "label", "attribute", "key", "attribute_code", "attributeCode", "code")
_VALUES = ("value", "value_name", "valueName", "values", "options", "option")
_UNITS = ("unit", "unit_code", "unitCode", "unitText")
_SETTINGS = frozenset(
    (
        "position", "order", "sort_order", "visible", "variation", "is_visible", "is_variation", "global",
        "type", "slug", "taxonomy", "group", "@type", "attribute_group_name", "value_struct", "propertyID",
    )
)  # fmt: skip
"""What else such an object says, which is nothing of the item."""
_FIELDS = frozenset(("id", "sku", "label", "text", "title", "name", "price", "deleted", "metadata"))
"""Names that the item's own fields have: an attribute of this name keeps the path before it."""
_LONGEST = 100  # characters of a name


def named_values(pairs: Sequence[object], path: str) -> dict[str, object]:
    """The values of a list of pairs by their names, those of a name that comes again in one list; nothing
    where the list is of anything else. `path` leads to it."""
    found: dict[str, object] = {}
    for pair in pairs:
        named = _named(pair)
        if named is None:
            return {}
        name, value = named
        own = f"{path}.{name}" if name.casefold() in _FIELDS else name
        if own in found:
            value = [*_listed(found[own]), *_listed(value)]
        found[own] = value
    return found


def _named(pair: object) -> tuple[str, object] | None:
    if not isinstance(pair, Mapping):
        return None
    by = next((name for name in _NAMES if isinstance(pair.get(name), str) and pair[name].strip()), "")
    to = next((name for name in _VALUES if name in pair), "")
    rest = pair.keys() - {by, to, *_NAMES, *_VALUES, *_UNITS} - _SETTINGS
    if not by or not to or any(not name.lower().endswith("id") for name in rest):
        return None
    value = _plain(pair[to])
    if isinstance(value, Mapping) or len(pair[by]) > _LONGEST:
        return None
    unit = next((pair[name] for name in _UNITS if isinstance(pair.get(name), str)), "")
    if unit and isinstance(value, str | int | float) and value != "":
        value = f"{value} {unit}"
    return pair[by].strip(), value


def _plain(value: object) -> object:
    """The value itself; of an enumerated one its label, of a list with one its only one."""
    if isinstance(value, list):
        values = [_plain(one) for one in value]
        if any(isinstance(one, Mapping | list) for one in values):
            return {}
        return values[0] if len(values) == 1 else values
    if isinstance(value, Mapping):
        said = next((value[name] for name in ("label", "name", "value") if name in value), value)
        return said if not isinstance(said, list) else value
    return value


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
