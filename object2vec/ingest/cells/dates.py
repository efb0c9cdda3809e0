"""Dates as people write them, stored as ISO 8601; a whole column decides on the order of day and month."""

# ruff: noqa: RUF001  letters of other alphabets

import re
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from dateutil.parser import ParserError, parse, parserinfo

_MONTHS = """
jan january januar janvier enero gennaio janeiro stycznia leden ledna jän jänner janv ene gen genn
feb february februar février febrero febbraio februari fevereiro lutego února fevr févr fev luty
mar march märz mars marzo maart março marca marts března mär mrt mrz marzec
apr april avril abril aprile kwietnia dubna avr abr kwi
may mai mayo maggio mei maio maja maj května mag
jun june juni juin junio giugno junho czerwca června giu cze
jul july juli juillet julio luglio julho lipca července juil lug lip
aug august août agosto augustus augusti sierpnia srpna aout ago sie
sep september septembre septiembre settembre setembro września září sept set wrz
oct october oktober octobre octubre ottobre outubro października října okt ott out paź
nov november novembre noviembre novembro listopada listopadu lis
dec december dezember décembre diciembre dicembre dezembro grudnia prosince dez déc dic gru
""".strip().splitlines()
_MORE = """
sty januari января янв ocak
lut февраля фев şubat
марта мар mart
апреля апр nisan
мая май mayıs
июня июн haziran
июля июл temmuz
августа авг ağustos
сентября сен eylül
октября окт ekim
ноября ноя kasım
декабря дек aralık
""".strip().splitlines()
MONTHS = tuple((*line.split(), *more.split()) for line, more in zip(_MONTHS, _MORE, strict=True))
"""The words for each month, in thirteen languages."""
_WORDS = {word: place for place, line in enumerate(MONTHS, 1) for word in line}
_SHORT = "|".join(sorted(word for word in _WORDS if len(word) <= 4))
LIKE_A_CHANGED_ID = (
    r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:[ T]00:00:00)?"
    rf"|[0-9]{{1,2}}[. -]{{1,2}}(?i:{_SHORT})\.?|(?i:{_SHORT})\.?[ -][0-9]{{2}}"
)
"""What a spreadsheet makes of an id such as 3-1, 1.3.26 or MAR1; also a pattern of DuckDB's."""
DATE_SIGNS = "./- "
"""One of these is in each such id."""

_TIME = (
    r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_VERSIONS = re.compile(r"versi|firmware|software|revisi|build(?!ing)|(^|[\s_.-])(ver|rev)$")
_VERSION = re.compile(r"[1-9][0-9]?\.[1-9][0-9]?\.[0-9]{2}")
_TIMES = re.compile(
    r"(^|[\W_])(at|on|am|le|date|datum|dato|fecha|timestamp|created|updated|modified|published|released)$"
    r"|^(date|datum|fecha|created|updated|modified|published|released)[\W_]|datum$"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ISO = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}{_TIME}")
_YEAR_FIRST = re.compile(rf"(\d{{4}})[/.](\d{{1,2}})[/.](\d{{1,2}}){_TIME}")
_EASTERN = re.compile(r"(\d{4})[年년]\s?(\d{1,2})[月월]\s?(\d{1,2})[日일]")
_ORDINAL = re.compile(r"(?<=\d)(?:er|º|°)\b|(?<=\d)[º°]")
_NUMBERS = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}")
_NAMED = re.compile(
    rf"(?:\w+\.?,? )?(?:\d{{1,2}}(?:\.|st|nd|rd|th|er|º|°)?[ -](?:de )?([^\W\d]+)\.?[ ,-]+(?:de )?"
    rf"(?:\d{{4}}|\d{{2}})"
    rf"|([^\W\d]+)\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|([^\W\d]{{3}})-\d{{2}}-\d{{2,4}}"
    rf"|\d{{4}} ([^\W\d]+) \d{{1,2}}){_TIME}"
)


class _Words(parserinfo):  # type: ignore[misc]  # a library without types
    MONTHS: ClassVar = [*MONTHS]
    JUMP: ClassVar = [*parserinfo.JUMP, "de", "del", "le", "den", "der", "."]


_INFO = _Words()


def dated_ids(column: str, count: int, example: str) -> str:
    """Note on ids that a spreadsheet may have made dates of."""
    return (
        f"{count:,} of the ids in `{column}` look like dates ({example!r}): a spreadsheet may have changed "
        "them (3-1 becomes 1 March). They are loaded as they are; export again with the column as text."
    )


def evidence(text: str) -> str:
    """What one cell says: `iso`, `named` (a month by its name), `day` or `month` (which of two numbers is
    first), `day?` and `month?` where both could be (the usual reading of the separator), '' for no date."""
    kind = _kind(text)
    if kind in ("iso", "named") and _moment(text, kind, day_first=True) is None:
        return ""
    return kind


def may_be_version(text: str) -> bool:
    """Whether a date may be the number of a version: 1.2.24, and neither 01.02.24 nor 1.2.2024."""
    return _VERSION.fullmatch(text) is not None


def names_version(heading: str) -> bool:
    """Whether a heading is of versions, so that 1.2.24 in its column is one."""
    return _VERSIONS.search(heading.casefold()) is not None


def _kind(text: str) -> str:
    """The kind of evidence, by the look of the cell alone."""
    if _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text) or _EASTERN.fullmatch(text):
        return "iso"
    if found := _NUMBERS.fullmatch(text):
        first, sign, second = int(found[1]), found[2], int(found[3])
        if not (1 <= first <= 31 and 1 <= second <= 31 and min(first, second) <= 12):
            return ""
        if max(first, second) > 12:
            return "day" if first > 12 else "month"
        return "month?" if sign == "/" else "day?"
    if found := _NAMED.fullmatch(text):
        word = next(word for word in found.groups() if word).lower()
        return "named" if word in _WORDS else ""
    return ""


def to_iso(text: str, *, day_first: bool, with_time: bool, form: str = "") -> str | None:
    """The date, or the moment in UTC (which is meant where no zone is said); `form` is a strptime format."""
    kind = "" if form else _kind(text)
    moment = _by_form(text, form) if form else _moment(text, kind, day_first=day_first) if kind else None
    if moment is None:
        return None
    if not with_time:
        return moment.date().isoformat()
    return _utc(moment)


def has_time(text: str) -> bool:
    """Whether a date says the time of day."""
    return ":" in text


def names_time(heading: str) -> bool:
    """Whether a heading is of a moment or a day: `created_at`, `Erscheinungsdatum`, `releaseDate`."""
    return _TIMES.search(_CAMEL.sub("_", heading).casefold()) is not None


def serial_to_iso(days: float, *, with_time: bool) -> str:
    """A moment from the days that a spreadsheet counts."""
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(seconds=round(days * 86_400))
    return _utc(moment) if with_time else moment.date().isoformat()


def epoch_to_iso(seconds: float) -> str | None:
    """A moment from seconds, or from milliseconds, microseconds or nanoseconds, since 1970."""
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        if abs(seconds / unit) < 32_503_680_000:  # the year 3000
            return _utc(datetime.fromtimestamp(seconds / unit, UTC))
    return None


def _utc(moment: datetime) -> str:
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    text = moment.astimezone(UTC).isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _by_form(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), form)
    except ValueError:
        return None


def _moment(text: str, kind: str, *, day_first: bool) -> datetime | None:
    if found := _EASTERN.fullmatch(text):
        text = "-".join(part.zfill(2) for part in found.groups())
    first = day_first and kind != "iso"  # in 2024/3/1 the month follows the year
    try:
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text.replace(" UTC", "Z").replace(" GMT", "Z"))
        plain = _ORDINAL.sub("", text)
        moment: datetime = parse(plain, parserinfo=_INFO, dayfirst=first, default=datetime(1904, 1, 1))
    except (ParserError, ValueError, OverflowError, TypeError):
        return None
    return moment
