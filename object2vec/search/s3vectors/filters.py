"""Our filters in the language of S3 Vectors.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
It has no `not`: a negation is pushed down to the operators, and adds the items that lack the field, as ours
does.
"""

from collections.abc import Mapping
from typing import Any

from object2vec.core.errors import BadRequestError, UnknownFieldError
from object2vec.search.filters import AnyOf, Bound, Condition, Every, Not, Range, Some

Filter = dict[str, Any]

_NOTHING: Filter = {"_nothing": {"$exists": True}}
"""No item has this field."""
_OPPOSITE = {"gte": "$lt", "gt": "$lte", "lte": "$gt", "lt": "$gte"}


def translate(condition: Condition, fields: Mapping[str, bool]) -> Filter | None:
    """The filter of a condition, None for one that always holds. `fields` are those there are, and whether
    they hold numbers. Raises UnknownFieldError, BadRequestError."""
    match condition:
        case AnyOf(field, values):
            _check(field, fields)
            present = [value for value in values if value is not None]
            options = [{field: {"$in": present}}] if present else []
            return _any([*options, *([_absent(field)] if None in values else [])])
        case Range(field, bounds):
            _check(field, fields, numeric=True)
            _check_numbers(field, bounds)
            return _all([{field: {f"${operator}": bound}} for operator, bound in bounds])
        case Every(conditions):
            return _all([part for c in conditions if (part := translate(c, fields)) is not None])
        case Some(conditions):
            parts = [translate(c, fields) for c in conditions]
            return None if None in parts else _any([part for part in parts if part is not None])
        case Not(inner):
            return _negated(inner, fields)
    return None


def _negated(condition: Condition, fields: Mapping[str, bool]) -> Filter | None:
    match condition:
        case AnyOf(field, values):
            _check(field, fields)
            present = [value for value in values if value is not None]
            others = [{field: {"$nin": present}}] if present else []
            return (
                _all([{field: {"$exists": True}}, *others])
                if None in values
                else _any([_absent(field), *others])
            )
        case Range(field, bounds):
            _check(field, fields, numeric=True)
            _check_numbers(field, bounds)
            outside = [{field: {_OPPOSITE[operator]: bound}} for operator, bound in bounds]
            return _any([_absent(field), *outside])
        case Every(conditions):  # De Morgan
            return translate(Some(tuple(map(Not, conditions))), fields)
        case Some(conditions):
            return translate(Every(tuple(map(Not, conditions))), fields)
        case Not(inner):
            return translate(inner, fields)
    return _NOTHING


def _check(field: str, fields: Mapping[str, bool], *, numeric: bool = False) -> None:
    if field not in fields:
        known = ", ".join(sorted(fields)[:100]) or "none yet, upload a catalogue first"
        raise UnknownFieldError(f"no item has the field {field[:100]!r}; fields: {known}")
    if numeric and not fields[field]:
        raise BadRequestError(f"field {field!r} has no numbers: use equality or a list of values")


def _check_numbers(field: str, bounds: tuple[tuple[str, Bound], ...]) -> None:
    if any(isinstance(bound, str | bool) for _, bound in bounds):
        raise BadRequestError(
            f"field {field!r}: S3 Vectors has ranges of numbers only; keep dates as numbers too"
        )


def _absent(field: str) -> Filter:
    return {field: {"$exists": False}}


def _any(options: list[Filter]) -> Filter:
    return options[0] if len(options) == 1 else {"$or": options} if options else _NOTHING


def _all(conditions: list[Filter]) -> Filter | None:
    return conditions[0] if len(conditions) == 1 else {"$and": conditions} if conditions else None
