"""The rule of `core/time.py` in SQL, for columns of texts, and what only a whole column can decide.

A time is staged as one whole number, its code: `seconds * 16 + style`, or minus the place of its problem in
`PROBLEMS`. Whole numbers and ISO 8601 have their code at once. Of anything else the text is staged until
the whole column is known: what 1/2/2024 is depends on it, and the many patterns take long to prepare.
"""

# ruff: noqa: RUF001  letters of other alphabets

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np
from numpy.typing import NDArray

from object2vec.core.sql import literal
from object2vec.core.time import COMPACT, DAY_S, END, FINE_START, ISO, NUMBER, SERIAL, SERIAL_EPOCH, UNITS
from object2vec.ingest.cells.dates import MONTHS

STYLES = (
    *(f"epoch {unit}" for unit in UNITS),
    "dates without separators",
    "ISO 8601",
    "names of months",
    "day before month",
    "month before day",
    "days of a spreadsheet",
)
PROBLEMS = ("", "bad_timestamp", "timestamp_out_of_range", "ambiguous_date")

SKEW_S = 86_400
"""Seconds that an upload may be ahead of the clock: a local time without its offset is read as UTC."""
FAR_DAYS = 3_653
"""Ten years. A time that is farther from the other nine tenths of its column than this, and than `FAR_SPANS`
times what those span, comes from a wrong clock; a nearer one may be true."""
FAR_SPANS = 10
SERIAL_DAYS = (20_000, 80_000)
"""Days since 1899-12-30, as spreadsheets count them: 1954 to 2119. As epoch seconds they are all of one day
of 1970, when no shop had a log."""
_FIRST_LOGS = 7_305  # 1990 in days: rows of early 1970 in a log of later times are zeros in some local time
_ZERO_DAYS = 2
_EVIDENCE = 100  # dates that can be read in one way only, for each that contradicts them

Order = Literal["day", "month", "unknown"]
"""The part that comes first in dates such as 1/2/2024."""

_STRICT_ISO = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
    r"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?"
)
_ISO_NAMES = "['y', 'm', 'd', 'h', 'i', 's', 'sign', 'oh', 'om']"
_DAY_MONTH = (
    r"([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})"
    r"(?:,?[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
)
_DAY_MONTH_NAMES = "['a', 'sep', 'b', 'y', 'h', 'i', 's', 'half']"
_HALVES = [
    f"{date} {clock}"
    for date in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
    for clock in ("%I:%M %p", "%I:%M:%S %p", "%I:%M %p %z", "%I:%M:%S %p %z", "%H:%M", "%H:%M:%S")
]
_HALVES += [f"%G-W%V-%u{clock}" for clock in ("", "T%H:%M", "T%H:%M:%S", " %H:%M:%S", "T%H:%M:%SZ")]
_HALVES += ["%G-W%V"]  # weeks of ISO 8601: of one without its day the Monday
_NAMED = ["%d/%b/%Y:%H:%M:%S %z", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y"]
_NAMED += [
    f"{date}{clock}"
    for date in (
        "%d %b %y",
        "%d-%b-%y",
        "%d %b %Y",
        "%d-%b-%Y",
        "%b-%d-%y",
        "%b-%d-%Y",
        "%d %B %Y",
        "%b %d %Y",
        "%B %d %Y",
        "%a %d %b %Y",
        "%a %b %d %Y",
    )
    for clock in (
        "",
        " %H:%M",
        " %H:%M:%S",
        " %I:%M %p",
        " %I:%M:%S %p",
        " %I:%M %p %z",
        " %I:%M:%S %p %z",
        " %H:%M:%S %z",
        " %H:%M:%S %Z",
    )
]


def _coded(style: str, seconds: str) -> str:
    return f"coalesce(({seconds}) * 16 + {STYLES.index(style)}, -1)"


def _unit_cases() -> str:
    return " ".join(
        f"WHEN n >= {FINE_START * many if many > 1 else 0} AND n < {END * many}"
        f" THEN {_coded(f'epoch {unit}', f'n // {many}' if many > 1 else 'n')}"
        for unit, many in UNITS.items()
    )


_COMPACT_RANGES = (
    (19_700_101, 20_991_231),
    (197_001_010_000, 209_912_312_359),
    (19_700_101_000_000, 20_991_231_235_959),
)
_COMPACT_FORMATS = ["%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d"]
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _in_english(text: str) -> str:
    """SQL of a text with the names of months in English, and without what stands around them elsewhere:
    5. Januar 2024, 5 de enero de 2024."""
    for words, name in zip(MONTHS, _ENGLISH, strict=True):
        longest = "|".join(sorted(words, key=len, reverse=True))
        text = f"regexp_replace({text}, '(^|[^\\pL])(?:{longest})\\.?([^\\pL]|$)', '\\1{name}\\2', 'i')"
    day_first = "([0-9])(?:\\.|er)? (?:de )?([A-Z][a-z]{2}),? (?:de )?([0-9])"
    return f"regexp_replace({text}, '{day_first}', '\\1 \\2 \\3')"


_MERIDIEM = r"( ?[AaPp]\.? ?[Mm]\.?)?"
_ZONES = (
    ("GMT|UTC|WET", "+0000"),
    ("CET|MEZ", "+0100"),
    ("CEST|MESZ|EET", "+0200"),
    ("EEST", "+0300"),
    ("EDT", "-0400"),
    ("EST", "-0500"),
    ("MST", "-0700"),
    ("PDT", "-0700"),
    ("PST", "-0800"),
)
"""Names of time zones that have one meaning: IST and CST have several."""
_TIDIED = (
    (r"\[[A-Za-z_/]+\]$", ""),  # Java's [Europe/Berlin] behind an offset
    (r"^/Date\(([0-9]+)(?:[+-][0-9]{4})?\)/$", r"\1"),  # JSON of .NET
    (r"^([0-9]{8,19}),[0-9]+$", r"\1"),
    (r"^([0-9]{1,3})[,. ']([0-9]{3})[,. ']([0-9]{3})[,. ']([0-9]{3})$", r"\1\2\3\4"),  # 1,706,695,200
    (r"^([0-9])[,. ']([0-9]{3})[,. ']([0-9]{3})[,. ']([0-9]{3})[,. ']([0-9]{3})$", r"\1\2\3\4\5"),
    (r"^([0-9]{4})[年년] ?([0-9]{1,2})[月월] ?([0-9]{1,2})[日일]", r"\1-\2-\3"),
    (r" ?(?:午前|上午|오전) ?(.+)$", r" \1 AM"),
    (r" ?(?:午後|下午|오후) ?(.+)$", r" \1 PM"),
    (
        r"^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})(?:\.[0-9]+)?([+-][0-9]{2}:?[0-9]{2})$",
        r"\1-\2-\3T\4:\5:\6\7",
    ),
    (r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2})$", r"\1 \2:00"),
    (r"([0-9]) ([+-][0-9]{4}) [A-Z]{3,4}$", r"\1 \2"),  # Go
    *((rf"([0-9Mm.]) ?(?:{zones})$", rf"\1 {offset}") for zones, offset in _ZONES),
    *((rf" (?:{zones}) ([0-9]{{4}})$", rf" {offset} \1") for zones, offset in _ZONES),  # Unix's date
    (r"^\[([^\[\]]+)\]$", r"\1"),  # logs of web servers
    (r" GMT([+-][0-9]{4})(?: [(].*[)])?$", r" \1"),  # JavaScript
    (r"\s+(?:à|at|um|alle|om|kl[.]?)\s+", " "),
    (r"([0-9]) ?(?:Uhr|uur|h)$", r"\1"),
    (r" ([0-9]{1,2})\.([0-9]{2})\.([0-9]{2})(?:[.,][0-9]+)?" + _MERIDIEM + "$", r" \1:\2:\3\4"),  # Oracle
    (r" ([0-9]{1,2})\.([0-9]{2})" + _MERIDIEM + "$", r" \1:\2\3"),
    (r"([0-9]) ?h ?([0-9]{2})$", r"\1:\2"),
    (r" ?([AaPp])\.? ?[Mm]\.?( [+-][0-9]{4})?$", r" \1M\2"),
)
"""What stands in times elsewhere, and how it is written here; in this order."""
_IN_WORDS = (
    (r"([0-9])(?:st|nd|rd|th)\b", r"\1"),
    (r"^\pL+, *", ""),  # the day of the week
    (r"^\pL+\.? ([0-9]{1,2}\.? (?:de )?\pL)", r"\1"),
    (r"^([0-9]{1,2})[/.](\pL+)\.?[/.]([0-9]{2,4})( |$)", r"\1 \2 \3\4"),
    (r"([0-9]) ?(?:г\.?|года)([ ,]|$)", r"\1\2"),
)
"""The same in dates with the names of months."""


def _tidied(text: str, rules: Sequence[tuple[str, str]]) -> str:
    """SQL of the text after these replacements."""
    for pattern, instead in rules:
        text = f"regexp_replace({text}, {literal(pattern)}, {literal(instead)})"
    return text


_ZONED = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)? [A-Z][A-Za-z]+/[A-Za-z_/]+"
"""2024-01-31 12:00:00 Europe/Berlin"""
_POWER = r"[1-9]\.[0-9]{6,}[eE]\+?[0-9]{1,2}"
"""1.7066952E9, as programs write it; a spreadsheet's 1.71E+09 has lost the day."""
_NO_COMMAS = "replace(t, ',', '')"
_DIGITS = "regexp_replace(t, '[TZ ]', '', 'g')"
_MACROS = (
    "ifempty(part, instead) AS CASE WHEN part = '' THEN instead ELSE part END",
    f"is_tidy(t) AS regexp_full_match(t, '{_DAY_MONTH}|{ISO}') OR NOT regexp_matches(t, '[0-9]')",
    f"""tidied_time(t) AS CASE WHEN is_tidy(t) THEN t
        WHEN regexp_matches(t, '\\pL{{3}}') THEN {_in_english(_tidied("t", (*_TIDIED, *_IN_WORDS)))}
        ELSE {_tidied("t", _TIDIED)} END""",
    "whole(part) AS try_cast(part AS INTEGER)",
    "seconds_of(moment) AS epoch_us(moment) // 1000000",
    f"""compact_code(t) AS
        {_coded(STYLES[4], f"seconds_of(try_strptime({_DIGITS}, {_COMPACT_FORMATS}))")}""",
    f"""number_code(n) AS CASE
        WHEN n > {_COMPACT_RANGES[0][1]} AND n < {END} THEN n * 16
        WHEN ({" OR ".join(f"n BETWEEN {low} AND {high}" for low, high in _COMPACT_RANGES)})
            AND regexp_full_match(n::VARCHAR, '{COMPACT}') THEN compact_code(n::VARCHAR)
        {_unit_cases()} ELSE -2 END""",
    f"""iso_code(p) AS {
        _coded(
            "ISO 8601",
            '''seconds_of(try_cast(concat(
        p.y, '-', p.m, '-', p.d, ' ', ifempty(p.h, '00'), ':', ifempty(p.i, '00'), ':', ifempty(p.s, '00'),
        ifempty(p.sign, '+'), ifempty(p.oh, '00'), ':', ifempty(p.om, '00')) AS TIMESTAMPTZ))''',
        )
    }""",
    # a whole number written as such is recognised quicker by casting it there and back
    f"""time_code(t) AS CASE
        WHEN coalesce(CAST(try_cast(t AS BIGINT) AS VARCHAR) = t, false)
            THEN number_code(try_cast(t AS BIGINT))
        WHEN regexp_full_match(t, '{_STRICT_ISO}')
            THEN {_coded("ISO 8601", "seconds_of(try_cast(t AS TIMESTAMPTZ))")} END""",
    """dated_code(p, day, month, style) AS coalesce(style + 16 * seconds_of(try_cast(concat(
        CASE WHEN length(p.y) = 4 THEN '' WHEN p.y < '70' THEN '20' ELSE '19' END, p.y, '-', month, '-', day,
        ' ',
        CASE WHEN p.half = '' THEN ifempty(p.h, '00') WHEN whole(p.h) NOT BETWEEN 1 AND 12 THEN 'no hour'
            ELSE CAST(whole(p.h) % 12 + 12 * CAST(p.half IN ('p', 'P') AS INTEGER) AS VARCHAR) END, ':',
        ifempty(p.i, '00'), ':', ifempty(p.s, '00')) AS TIMESTAMP)), -1)""",
    f"""ordered_code(p, known) AS CASE
        WHEN known = 'day' OR (known = 'unknown' AND (whole(p.a) > 12 OR (p.sep = '.' AND whole(p.b) <= 12)))
            THEN dated_code(p, p.a, p.b, {STYLES.index("day before month")})
        WHEN known = 'month' OR whole(p.b) > 12
            THEN dated_code(p, p.b, p.a, {STYLES.index("month before day")})
        ELSE -3 END""",
    f"""serial_code(days) AS
        {_coded(STYLES[9], f"CAST(round((days::DOUBLE - {SERIAL_EPOCH}) * {DAY_S}) AS BIGINT)")}""",
    f"""text_code(t, known) AS CASE
        WHEN regexp_full_match(t, '{_DAY_MONTH}')
            THEN ordered_code(regexp_extract(t, '^{_DAY_MONTH}$', {_DAY_MONTH_NAMES}), known)
        WHEN regexp_full_match(t, '{COMPACT}') THEN compact_code(t)
        WHEN regexp_full_match(t, '{SERIAL}') THEN serial_code(replace(t, ',', '.'))
        WHEN regexp_full_match(t, '{NUMBER}')
            THEN coalesce(number_code(try_cast(split_part(t, '.', 1) AS BIGINT)), -2)
        WHEN regexp_full_match(t, '{_POWER}') THEN number_code(try_cast(try_cast(t AS DOUBLE) AS BIGINT))
        WHEN regexp_full_match(t, '{ISO}') THEN iso_code(regexp_extract(t, '^{ISO}$', {_ISO_NAMES}))
        WHEN NOT regexp_matches(t, '[0-9]') THEN -1
        WHEN regexp_full_match(t, '{_ZONED}')
            THEN {_coded("ISO 8601", "seconds_of(try_cast(t AS TIMESTAMPTZ))")}
        WHEN try_strptime(t, {_HALVES}) IS NOT NULL
            THEN {_coded("ISO 8601", f"seconds_of(try_strptime(t, {_HALVES}))")}
        WHEN t IS NOT NULL
            THEN {_coded("names of months", f"seconds_of(try_strptime({_NO_COMMAS}, {_NAMED}))")} END""",
    f"""time_problem(code, latest) AS CASE
        WHEN code BETWEEN {1 - len(PROBLEMS)} AND -1 THEN {list(PROBLEMS)}[1 - code]
        WHEN code BETWEEN 0 AND 15 THEN 'zero_timestamp'
        WHEN code < 0 OR code >= {END * 16} THEN 'timestamp_out_of_range'
        WHEN code // 16 > latest THEN 'timestamp_in_future' END""",
)


def define_time_macros(database: duckdb.DuckDBPyConnection) -> None:
    """Defines `time_code(text)` for the commonest styles, `text_code(text, order)` for the texts of which
    that is NULL, and `time_problem(code, latest)`: a time after `latest` (epoch seconds) has not happened
    yet."""
    for macro in _MACROS:
        database.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")


def first_part(days_first: int, months_first: int) -> Order:
    """The part that comes first in the dates of a column, by how many can only begin with the day (31/1/2024)
    and how many only with the month (1/31/2024). A few wrong ones do not decide."""
    few, many = sorted((days_first, months_first))
    if many == 0 or few * _EVIDENCE > many:
        return "unknown"
    return "day" if days_first > months_first else "month"


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The times of a column that are not far off, in epoch seconds: `first <= time < end`. What lies before
    `zero_end` is zero written in a local time."""

    first: int = 0
    end: int = END
    zero_end: int = 0


def limits_of(days: NDArray[np.int64], counts: NDArray[np.int64]) -> TimeLimits:
    """Limits of the times of a column with `counts` times on each of its `days` since 1970, in ascending
    order. The order of the rows does not matter, and neither do the times in its outer twentieths."""
    if not len(days):
        return TimeLimits()
    before = np.cumsum(counts) / counts.sum()
    low, high = (int(days[np.searchsorted(before, share)]) for share in (0.05, 0.95))
    far = max(FAR_DAYS, FAR_SPANS * (high - low))
    zero_end = _ZERO_DAYS if low > _FIRST_LOGS else 0
    return TimeLimits(max(0, low - far) * DAY_S, (high + far + 1) * DAY_S, zero_end * DAY_S)
