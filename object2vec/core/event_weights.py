"""How much an event counts for or against its item: the weight of its type, scaled by a grade if it has one.

A weight above zero counts for the item, at most as much as a purchase unless the shop says otherwise. A
weight below zero counts against it, and zero means that the event is not learned from. A grade (a rating,
say) is placed on the scale that the data shows: the best grade has the type's whole weight, the middle one
half of it. A grade below the middle has a negative weight; the worst has minus the whole weight.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite, isnan
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from object2vec.core.errors import InputError
from object2vec.core.event_kinds import KIND_WEIGHTS, PLAIN, RATING, kind_of, spelled
from object2vec.core.wording import counted

USUAL: Mapping[str, float] = MappingProxyType({})
"""A setting that changes no weight."""
LEAST_PURCHASE = 0.5
"""The least weight of an event that counts as a purchase: putting into a cart does, a view does not."""
MOST = 10.0
"""The greatest weight a setting may give, and with a minus the least."""
TOPS = (1.0, 5.0, 10.0, 100.0)
"""Upper ends of the scales that grades are given on."""
LEAST_LIMIT, TIMES_USUAL = 100, 10
"""Nobody is limited to fewer events or items than this, nor than so many times the usual."""
_NEARLY_ALL = 0.99
_SOME = 0.005
_TOGGLES = ("like", "dislike")  # of these 0 and 1 are "taken back" and "given"


def user_limit(usual: int) -> int:
    """The most events or items of one user that are learned from; nine in ten users have at most `usual`. So
    nobody's script decides what a shop's shoppers like."""
    return max(LEAST_LIMIT, TIMES_USUAL * usual)


class EventWeightsError(InputError):
    """The setting `event_weights` cannot be used; the message says what to write instead."""


class Scale(NamedTuple):
    """The grades of a type of event."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The grade from which on an event speaks for its item."""
        return (self.low + self.high) / 2

    def share(self, grade: float) -> float:
        """-1 for the worst grade, up to 0 below the middle; a half in the middle, up to 1 for the best."""
        grade = min(max(grade, self.low), self.high)
        if grade < self.middle:
            return (grade - self.middle) / (self.middle - self.low)
        return 0.5 + 0.5 * (grade - self.middle) / (self.high - self.middle)


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """Numbers of a log's events of one type: all, and those with certain values."""

    event_type: str | None
    events: int
    values: int = 0
    """Events with an EVENT_VALUE."""
    below_zero: int = 0
    zero: int = 0
    halves: int = 0
    """Events whose value is whole, or ends in a half."""
    up_to: tuple[int, ...] = (0,) * len(TOPS)
    """Events whose value is at most each of `TOPS`."""
    upper_half: tuple[int, ...] = (0,) * len(TOPS)
    """Events whose value lies in the upper half of 1 to each of `TOPS`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How the events of one type are weighed."""

    weight: float
    kind: str | None = None
    """A key of KIND_WEIGHTS; None for a type that is not known."""
    scale: Scale | None = None
    """The scale of the values; None where they are no grades."""
    value: str = "none"
    """Use of EVENT_VALUE: there is `none`, it is a `grade`, or only its `sign` counts."""

    def of(self, value: float | None) -> float:
        """The weight of an event with such an EVENT_VALUE."""
        if value is None or isnan(value):
            return self.weight
        if self.scale is not None:
            return self.weight * self.scale.share(value)
        return -abs(self.weight) if value < 0 else self.weight


def type_sentence(found: TypeCounts, meaning: Meaning) -> str:
    """One sentence for people: how a log's events of one type are weighed."""
    name = "without EVENT_TYPE" if found.event_type is None else f"of type {found.event_type!r}"
    unknown = " (a type not known: as a plain interaction)" if found.event_type and not meaning.kind else ""
    said = ""
    if meaning.value == "sign":
        said = "; of their EVENT_VALUE only a minus is used, which turns them against the item"
    elif meaning.scale is not None:
        low, high = meaning.scale
        said = (
            "; their EVENT_VALUE is a grade, from the middle of its scale on it counts for the item"
            f" ({low:g} to {high:g}, middle {meaning.scale.middle:g})"
        )
    events = counted(found.events, f"event {name} weighs", f"events {name} weigh")
    return f"{events} {meaning.weight:g}{unknown}{said}."


@dataclass(frozen=True)
class Meanings:
    """The meaning of each type, as the log spells it. A type that is not in it is judged by its name."""

    by_type: Mapping[str | None, Meaning] = field(default_factory=dict)
    setting: Mapping[str, float] = field(default_factory=dict)

    def weight(self, event_type: str | None, value: float | None) -> float:
        """The weight of one event."""
        meaning = self.by_type.get(event_type)
        return (meaning or _named(event_type, self.setting)).of(value)

    def record(self) -> list[dict[str, Any]]:
        """One entry a type, for files and reports."""
        return [
            {"event_type": name, **asdict(meaning), "scale": list(meaning.scale) if meaning.scale else None}
            for name, meaning in self.by_type.items()
        ]

    @classmethod
    def read(cls, records: Iterable[Mapping[str, Any]], setting: Mapping[str, float]) -> "Meanings":
        """The meanings that `record` gave: scales as they were found then, weights as `setting` gives them
        now."""
        by_type = {}
        for record in records:
            name, scale = record["event_type"], record["scale"]
            meaning = _named(name, setting)
            by_type[name] = Meaning(
                meaning.weight, meaning.kind, Scale(*scale) if scale else None, record["value"]
            )
        return cls(by_type, setting)


def read_setting(text: str) -> Mapping[str, float]:
    """The setting `event_weights`, a JSON object of numbers by event type or kind of event; '' gives none.
    Raises EventWeightsError."""
    if not text.strip():
        return {}
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise EventWeightsError(
            f'event_weights is no JSON ({error}): write {{"view": 0.1, "purchase": 1}}, say'
        ) from error
    return checked_setting(given)


def checked_setting(given: object) -> Mapping[str, float]:
    """The setting from a JSON object that was parsed already. Raises EventWeightsError."""
    if not isinstance(given, Mapping):
        raise EventWeightsError(
            'event_weights must hold a weight by event type: {"view": 0.1, "purchase": 1}, say'
        )
    for name, weight in given.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool) and isfinite(weight)
        if not isinstance(name, str) or not spelled(name):
            raise EventWeightsError(f"event_weights: {name!r} is no event type; name it as the uploads do")
        if not number or abs(weight) > MOST:
            raise EventWeightsError(
                f"event_weights: the weight of {name!r} is {weight!r}; give a number from -{MOST:g} (counts"
                f" against the item) to {MOST:g}, 0 where the event says nothing"
            )
    return {spelled(name): float(weight) for name, weight in given.items()}


def meanings_of(counts: Iterable[TypeCounts], setting: Mapping[str, float]) -> Meanings:
    """The meaning of each type in a log; `setting` as `read_setting` gives it."""
    return Meanings({found.event_type: _meaning(found, setting) for found in counts}, setting)


def _named(event_type: str | None, setting: Mapping[str, float]) -> Meaning:
    """The weight by the name alone: the setting for this spelling, that for its kind, or the kind's own."""
    if not event_type or not spelled(event_type):
        return Meaning(PLAIN)
    kind = kind_of(event_type)
    usual = KIND_WEIGHTS.get(kind, PLAIN) if kind else PLAIN
    return Meaning(setting.get(spelled(event_type), setting.get(kind or "", usual)), kind)


def _meaning(found: TypeCounts, setting: Mapping[str, float]) -> Meaning:
    meaning = _named(found.event_type, setting)
    if not found.values:
        return meaning
    if (scale := _scale(found, meaning.kind)) is not None:
        return Meaning(meaning.weight, meaning.kind, scale, "grade")
    return Meaning(meaning.weight, meaning.kind, None, "sign")


def _scale(found: TypeCounts, kind: str | None) -> Scale | None:
    """Where the values are grades: always of a rating, of a like that is given and taken back, and of a type
    without a meaning of its own if the values look like stars, not like a number of pieces."""
    at = next((n for n, count in enumerate(found.up_to) if count >= _NEARLY_ALL * found.values), None)
    if at is None:
        return None
    top = TOPS[at]
    if found.below_zero > _SOME * found.values:
        scale = Scale(-top, top)
    elif top == 1 or found.zero > _SOME * found.values:
        scale = Scale(0.0, top)
    else:
        scale = Scale(1.0 if top <= 10 else 0.0, top)
    if kind == RATING:
        return scale
    if kind in _TOGGLES:
        return scale if top == 1 and kind == "like" and (found.zero or found.below_zero) else None
    stars = found.halves >= _NEARLY_ALL * found.values and found.upper_half[at] >= found.values / 2
    unnamed = kind is None and 5 <= top <= 10 and found.values >= _NEARLY_ALL * found.events
    return scale if unnamed and stars else None
