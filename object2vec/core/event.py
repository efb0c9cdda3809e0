"""One thing a shopper did, as `POST /events` takes it and the event log keeps it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from object2vec.core.errors import BadRequestError
from object2vec.core.identifiers import MAX_ID, is_id
from object2vec.core.time import DAY_S, TimeError, parse_time

CLOCK_SKEW_S = 300
"""Seconds that a shop's clock may run ahead of ours. An event of tomorrow would be the latest all day."""
OLDEST_S = 3_653 * DAY_S
"""Seconds that an event may lie back, ten years. An older time comes from a clock that was reset."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Event:
    """`timestamp` is in epoch seconds. `event_id` is unique for its user: an event sent again counts once."""

    event_id: str
    user_id: str
    item_id: str
    timestamp: int
    event_type: str | None = None
    event_value: float | None = None


def parse_event(record: Mapping[str, Any], now: int) -> Event:
    """The event in a request's record. Without a timestamp it happened now. Raises BadRequestError."""
    kind, value = record.get("event_type"), record.get("value")
    if kind is not None and (not isinstance(kind, str) or len(kind) > MAX_ID or _CONTROL.search(kind)):
        raise BadRequestError(f"event_type must be text of at most {MAX_ID} characters")
    if value is not None and not isfinite(value):
        raise BadRequestError("value must be a finite number; leave it out where there is none")
    return Event(
        event_id=_id(record, "event_id"),
        user_id=_id(record, "user_id"),
        item_id=_id(record, "item_id"),
        timestamp=_time(record.get("timestamp"), now),
        event_type=kind or None,
        event_value=None if value is None else float(value),
    )


def _id(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not is_id(value):
        raise BadRequestError(
            f"{name} must be text of 1 to {MAX_ID} characters, without control characters or outer spaces"
        )
    return value


def _time(value: object, now: int) -> int:
    """Epoch seconds, read by the rule for uploads, neither in the future nor more than ten years back."""
    if value is None:
        return now
    try:
        seconds = parse_time(value)
    except TimeError as error:
        raise BadRequestError(f"timestamp: {error}") from error
    if seconds > now + CLOCK_SKEW_S:
        raise BadRequestError("timestamp lies in the future; leave it out for now, or check the clock")
    if seconds < now - OLDEST_S:
        raise BadRequestError(
            "timestamp lies more than ten years back; check the clock, and its unit, or upload an old log to"
            " uploads/interactions/"
        )
    return seconds
