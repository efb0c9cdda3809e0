"""Filters over the columns of an embedded index: one boolean for every row."""

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

import numpy as np

from object2vec.core.arrays import Mask, Scores
from object2vec.core.errors import BadRequestError, UnknownFieldError
from object2vec.search.analysis import value_of
from object2vec.search.embedded.columns import Columns, FieldColumn, comparable
from object2vec.search.filters import AnyOf, Bound, Condition, Every, Not, Range, Some, Value

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {"gte": ge, "gt": gt, "lte": le, "lt": lt}
_WHOLE_DAYS = ("gt", "lte")
"""Bounds that a day without a time is within until its end: up to May 1 means its evening, too."""
_NAMES: Mapping[type, str] = {str: "texts", bool: "booleans"}
_COMPARE = {"gte": np.greater_equal, "gt": np.greater, "lte": np.less_equal, "lt": np.less}


def mask_of(condition: Condition, columns: Columns) -> Mask:
    """(rows,) which rows fulfil the condition. Raises UnknownFieldError, BadRequestError."""
    match condition:
        case AnyOf(field, values):
            return _any_of(find(columns, field), values)
        case Range(field, bounds):
            return _range(find(columns, field), field, bounds)
        case Not(inner):
            return ~mask_of(inner, columns)
        case Every(conditions):
            mask = np.ones(columns.rows, np.bool_)
            for part in conditions:
                mask &= mask_of(part, columns)
            return mask
        case Some(conditions):
            mask = np.zeros(columns.rows, np.bool_)
            for part in conditions:
                mask |= mask_of(part, columns)
            return mask
    return np.ones(columns.rows, np.bool_)


def find(columns: Columns, name: str) -> FieldColumn:
    """The column of a field. Raises UnknownFieldError, naming the fields there are."""
    try:
        return columns.fields[name]
    except KeyError:
        known = ", ".join(sorted(columns.fields)[:100]) or "none yet, upload a catalogue first"
        raise UnknownFieldError(f"no item has the field {name[:100]!r}; fields: {known}") from None


def _any_of(column: FieldColumn, values: tuple[Value, ...]) -> Mask:
    mask = np.zeros(len(column.codes), np.bool_)
    if None in values:
        mask |= np.isnan(column.numbers) & (column.codes < 0)
    values = tuple(value_of(value) if isinstance(value, str) else value for value in values)
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if numbers:
        mask |= np.isin(column.numbers, numbers)
        mask[column.more_number_rows[np.isin(column.more_numbers, numbers)]] = True
    wanted = {(type(value), value) for value in values}
    codes = [code for code, word in enumerate(column.words) if (type(word), word) in wanted]
    return mask | _with_codes(column, codes)


def _with_codes(column: FieldColumn, codes: Sequence[int]) -> Mask:
    mask = np.zeros(len(column.codes), np.bool_)
    if len(codes) == 1:
        mask |= column.codes == codes[0]
    elif codes:
        mask |= np.isin(column.codes, codes)
    if codes and len(column.more_rows):
        mask[column.more_rows[np.isin(column.more_codes, codes)]] = True
    return mask


def _range(column: FieldColumn, field: str, bounds: tuple[tuple[str, Bound], ...]) -> Mask:
    """(rows,) which rows have a value within all bounds; one value of a list is enough."""
    numeric = not isinstance(bounds[0][1], str | bool)
    if numeric and column.numeric:
        mask = _within(column.numbers, bounds)
        mask[column.more_number_rows[_within(column.more_numbers, bounds)]] = True
        return mask
    kind = type(bounds[0][1])
    if numeric or not any(isinstance(word, kind) for word in column.words):
        lacking = "numbers" if numeric else _NAMES[kind]
        held = ["numbers"] * column.numeric + sorted({_NAMES[type(word)] for word in column.words})
        raise BadRequestError(
            f"field {field!r} has no {lacking}, only {' and '.join(held)}: give bounds of those"
        )
    keys = [
        (operator, comparable(bound, end=operator in _WHOLE_DAYS))
        for operator, bound in bounds
        if isinstance(bound, str | bool)
    ]
    codes = [
        code
        for code, key in enumerate(column.word_keys)
        if isinstance(key, kind) and all(_ORDER[operator](key, bound) for operator, bound in keys)
    ]
    return _with_codes(column, codes)


def _within(numbers: Scores, bounds: tuple[tuple[str, Bound], ...]) -> Mask:
    mask = ~np.isnan(numbers)
    for operator, bound in bounds:
        mask &= _COMPARE[operator](numbers, bound)
    return mask
