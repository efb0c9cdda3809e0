"""Reads times as people and systems write them: one rule for uploads and for the API.

`parse_time` is the rule for one value. Uploads apply the same rule to whole columns in SQL
(`ingest/logs/times.py`), and there decide what only a column can tell: whether 1/2/2024 begins with the day.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

DAY_S = 86_400
"""Seconds of a day."""
END = 4_102_444_800
"""2100-01-01: the first second that is no time of an event."""
UNITS: Mapping[str, int] = {
    "seconds": 1,
    "milliseconds": 1_000,
    "microseconds": 1_000_000,
    "nanoseconds": 1_000_000_000,
}
"""Epoch units and how many of each make a second."""
FINE_START = 100_000_000
"""1973-03-03: units finer than a second begin here. So no number fits two units: what is 1973 in
milliseconds is the year 5138 in seconds."""

NUMBER = r"[+-]?[0-9]{1,19}(?:\.[0-9]*)?"
COMPACT = (
    r"((?:19[7-9]|20[0-9])[0-9])(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ]?([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])?Z?)?"
)
"""20240131, 202401311200, 20240131120000, 20240131T120000Z. As epoch seconds the first is a day of August
1970, as milliseconds the second one of 1976, when no shop had a log, and the third fits no unit."""
SERIAL = r"[2-7][0-9]{4}[.,][0-9]+"
"""45322.5: days since 1899-12-30 with the time of day as a fraction, as spreadsheets keep times. As epoch
seconds it is a moment of 1970-01-01."""
SERIAL_EPOCH = 25_569
"""1970-01-01 among those days."""
ISO = (
    r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
    r"(?:[T ]([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.,][0-9]{1,9})?)?"
    r" ?(?:Z|UTC|([+-])(0[0-9]|1[0-4]):?([0-5][0-9])?)?)?"
)
"""ISO 8601 and its neighbours: the year first, any of `-/.` between, an offset with or without a colon."""
WEEK = r"[0-9]{4}-W[0-9]{2}(?:-[1-7](?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?Z?)?)?"
"""Weeks of ISO 8601: 2024-W05-3; of one without its day the Monday."""

PROBLEMS: Mapping[str, str] = {
    "bad_timestamp": (
        "The time cannot be read; give epoch seconds, milliseconds, microseconds or nanoseconds, or ISO 8601 "
        "(2024-01-31T12:00:00Z; UTC without an offset)."
    ),
    "zero_timestamp": (
        "The time is zero (1970-01-01T00:00:00Z), which systems write where they know none; give the time "
        "at which it happened."
    ),
    "timestamp_out_of_range": (
        "The time lies before 1970 or after 2099 (a number counts seconds, milliseconds, microseconds or "
        "nanoseconds since 1970); give the time at which it happened."
    ),
}


class TimeError(ValueError):
    """The value cannot be the time of an event; `code` is a key of `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(PROBLEMS[code])
        self.code = code


def parse_time(value: object) -> int:
    """The time of a number or a text, in epoch seconds rounded down. Raises TimeError."""
    if isinstance(value, str):
        return _checked(_parse_text(value.strip()))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TimeError("bad_timestamp")
    return _checked(_parse_text(str(math.floor(value))))


def _parse_text(text: str) -> int:
    """The time of a text in epoch seconds; -1 where it is known to be out of range."""
    if match := re.fullmatch(COMPACT, text):
        return _seconds(match.groups())
    if re.fullmatch(SERIAL, text):
        return round((float(text.replace(",", ".")) - SERIAL_EPOCH) * DAY_S)
    if re.fullmatch(NUMBER, text):
        return _from_epoch(int(text.partition(".")[0]))
    if re.fullmatch(WEEK, text):
        return _of_week(text)
    if match := re.fullmatch(ISO, text):
        *parts, sign, hours, minutes = match.groups()
        ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return _seconds(parts, -ahead if sign == "-" else ahead)
    raise TimeError("bad_timestamp")


def _of_week(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError as error:
        raise TimeError("bad_timestamp") from error
    return int(moment.replace(tzinfo=UTC).timestamp())


def _from_epoch(number: int) -> int:
    for per_second in UNITS.values():
        first = 0 if per_second == 1 else FINE_START * per_second
        if first <= number < END * per_second:
            return number // per_second
    return -1


def _seconds(parts: Sequence[str | None], ahead: timedelta = timedelta()) -> int:
    """Epoch seconds from year, month, day, hour, minute and second of a clock that is `ahead` of UTC."""
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone(ahead))
    except ValueError as error:
        raise TimeError("bad_timestamp") from error
    return max(-1, (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))


def _checked(seconds: int) -> int:
    if not 0 <= seconds < END:
        raise TimeError("timestamp_out_of_range")
    if seconds == 0:
        raise TimeError("zero_timestamp")
    return seconds
