"""Filters over metadata: parsed once into conditions that every engine evaluates in its own way.

    {"category": "Pizza"}                     equality (for a list field: contains)
    {"brand": ["A", "B"]}                     any of
    {"price": {"gte": 5, "lt": 10}}           range: of numbers, texts, dates (ISO 8601) or booleans
    {"price": [{"lt": 5}, {"gte": 20}]}       any of several ranges
    {"brand": {"not": ["A", "B"]}}            negation of one field's condition
    {"not": {"category": "Pizza", "price": {"gt": 5}}}   negation of a whole filter

All entries of one object must hold. `null` stands for "has no value".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from object2vec.core.errors import BadRequestError

Value = str | float | bool | None
Bound = str | float | bool

MAX_CONDITIONS = 100
MAX_VALUES = 1_000
MAX_DEPTH = 8
_RANGES = ("gte", "gt", "lte", "lt")


@dataclass(frozen=True)
class Condition:
    """Something that an item fulfils or not. The bare condition is fulfilled by every item."""

    def about(self, field: str) -> bool:  # noqa: ARG002 (the bare condition is about nothing)
        """Whether it concerns this field and no other."""
        return False


ALL = Condition()


@dataclass(frozen=True)
class AnyOf(Condition):
    """The field has one of the values."""

    field: str
    values: tuple[Value, ...]

    def about(self, field: str) -> bool:
        return self.field == field


@dataclass(frozen=True)
class Range(Condition):
    """The field's value lies within the bounds, each given as (operator, value); all are of one kind."""

    field: str
    bounds: tuple[tuple[str, Bound], ...]

    def about(self, field: str) -> bool:
        return self.field == field


@dataclass(frozen=True)
class Not(Condition):
    """The condition does not hold."""

    condition: Condition

    def about(self, field: str) -> bool:
        return self.condition.about(field)


@dataclass(frozen=True)
class Every(Condition):
    """All conditions hold."""

    conditions: tuple[Condition, ...]

    def about(self, field: str) -> bool:
        return bool(self.conditions) and all(condition.about(field) for condition in self.conditions)


@dataclass(frozen=True)
class Some(Condition):
    """At least one condition holds."""

    conditions: tuple[Condition, ...]

    def about(self, field: str) -> bool:
        return all(condition.about(field) for condition in self.conditions)


def without(condition: Condition, field: str) -> Condition:
    """The filter without what it asks of one field; the same object if it asks nothing."""
    if not isinstance(condition, Every):
        return condition
    rest = tuple(part for part in condition.conditions if not part.about(field))
    return condition if len(rest) == len(condition.conditions) else Every(rest)


def parse(filters: object) -> Condition:
    """The condition that a request's `filters` object stands for. Raises BadRequestError."""
    parser = _Parser()
    return parser.every(filters, depth=0)


class _Parser:
    """Counts while it descends, so that no filter costs more than its limits allow."""

    def __init__(self) -> None:
        self._conditions = 0

    def every(self, filters: object, depth: int) -> Condition:
        if not isinstance(filters, Mapping):
            raise BadRequestError('filters must be an object such as {"category": "Pizza"}')
        if depth > MAX_DEPTH:
            raise BadRequestError(f"filters are nested deeper than {MAX_DEPTH}")
        conditions: list[Condition] = []
        for name, condition in filters.items():
            self._conditions += 1
            if self._conditions > MAX_CONDITIONS:
                raise BadRequestError(f"filters have more than {MAX_CONDITIONS} conditions")
            if name == "not":
                conditions.append(Not(self.every(condition, depth + 1)))
            else:
                conditions.append(self._field(name, condition, depth + 1))
        return Every(tuple(conditions))

    def _field(self, name: str, condition: object, depth: int) -> Condition:
        if isinstance(condition, list) and any(isinstance(part, Mapping) for part in condition):
            return self._some(name, condition, depth)
        if not isinstance(condition, Mapping):
            return AnyOf(name, _values(name, condition))
        if depth > MAX_DEPTH:
            raise BadRequestError(f"filters are nested deeper than {MAX_DEPTH}")
        unknown = [key for key in condition if key not in (*_RANGES, "not")]
        if unknown or not condition:
            raise BadRequestError(
                f"filter on {name!r}: use gte, gt, lte, lt or not, a value or a list of values"
            )
        bounds = tuple((key, _bound(name, condition[key])) for key in _RANGES if key in condition)
        if len({str if isinstance(bound, str) else type(bound) for _, bound in bounds}) > 1:
            raise BadRequestError(f"filter on {name!r}: the bounds of a range are of one kind")
        conditions: list[Condition] = [Range(name, bounds)] if bounds else []
        if "not" in condition:
            conditions.append(Not(self._field(name, condition["not"], depth + 1)))
        return Every(tuple(conditions))

    def _some(self, name: str, options: list[object], depth: int) -> Condition:
        self._conditions += len(options)
        if self._conditions > MAX_CONDITIONS:
            raise BadRequestError(f"filters have more than {MAX_CONDITIONS} conditions")
        values = [option for option in options if not isinstance(option, Mapping)]
        ranges = [self._field(name, option, depth) for option in options if isinstance(option, Mapping)]
        return Some((*ranges, AnyOf(name, _values(name, values))))


def _bound(name: str, value: object) -> Bound:
    if isinstance(value, str | bool):
        return value
    if not isinstance(value, int | float):
        raise BadRequestError(f"filter on {name!r}: a range takes numbers, texts, dates or booleans")
    return _float(name, value)


def _values(name: str, value: object) -> tuple[Value, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_VALUES:
        raise BadRequestError(f"filter on {name!r}: more than {MAX_VALUES} values")
    if not all(v is None or isinstance(v, str | int | float) for v in values):
        raise BadRequestError(f"filter on {name!r}: values are texts, numbers, booleans or null")
    return tuple(v if v is None or isinstance(v, str | bool) else _float(name, v) for v in values)


def _float(name: str, value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise BadRequestError(f"filter on {name!r}: a number is too large") from None
