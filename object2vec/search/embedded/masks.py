"""Filters over the columns of an embedded index: one boolean for every row."""

import numpy as np

from object2vec.core.arrays import Mask
from object2vec.core.errors import BadRequestError, UnknownFieldError
from object2vec.search.embedded.columns import Columns, FieldColumn
from object2vec.search.filters import AnyOf, Condition, Every, Not, Range, Some, Value

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
        known = ", ".join(sorted(columns.fields)[:100]) or "none yet"
        raise UnknownFieldError(f"no item has the field {name[:100]!r}; fields: {known}") from None


def _any_of(column: FieldColumn, values: tuple[Value, ...]) -> Mask:
    mask = np.zeros(len(column.codes), np.bool_)
    if None in values:
        mask |= np.isnan(column.numbers) & (column.codes < 0)
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if numbers:
        mask |= np.isin(column.numbers, numbers)
    wanted = {(type(value), value) for value in values}
    codes = [code for code, word in enumerate(column.words) if (type(word), word) in wanted]
    if len(codes) == 1:
        mask |= column.codes == codes[0]
    elif codes:
        mask |= np.isin(column.codes, codes)
    if codes and len(column.more_rows):
        mask[column.more_rows[np.isin(column.more_codes, codes)]] = True
    return mask


def _range(column: FieldColumn, field: str, bounds: tuple[tuple[str, float], ...]) -> Mask:
    if not column.numeric:
        raise BadRequestError(f"field {field!r} has no numbers: use equality or a list of values")
    mask = ~np.isnan(column.numbers)
    for operator, bound in bounds:
        mask &= _COMPARE[operator](column.numbers, bound)
    return mask
