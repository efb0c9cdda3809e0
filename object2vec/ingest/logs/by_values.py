"""What some values of a log's columns tell where headings do not: types of events, likings, a missing
header."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from object2vec.core.event_kinds import kind_of
from object2vec.core.time import FINE_START, NUMBER, TimeError, parse_time
from object2vec.ingest.cells.dates import evidence, may_be_version, names_version
from object2vec.ingest.logs.headings import GOODS, STATES, YES_OR_NO
from object2vec.ingest.logs.schema import INTERACTIONS, LogSchema

Sample = Mapping[str, Sequence[str]]
"""Some values of each column, by its name; '' for none."""

_AMAZON_ITEM = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_AMAZON_USER = re.compile(r"A[0-9A-Z]{9,20}")
_DATE = re.compile(
    r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})(?:,?[ T]+[0-9]{1,2}:[0-9]{2}.{0,12})?"
)
_STATE_KINDS = frozenset(("purchase", "consume", "return", "share"))
"""Kinds of acts that words for states read as: `paid`, `completed`, `cancelled`, `sent`."""
_SHOPPING = frozenset(("impression", "view", "click", "cart", "purchase"))
"""Kinds of acts that a log may have no other of."""
_CLOCK = re.compile(r"[01]?\d[:.h][0-5]\d|2[0-3][:.h][0-5]\d")
_FIRST_S = 631_152_000  # 1990
_MOST = 0.9
_LETTERS = re.compile(r"[^\W\d_]+")
_TAOBAO = frozenset(("pv", "buy", "cart", "fav"))


def are_acts(texts: Sequence[str]) -> bool:
    """Whether values name types of events, mostly. Names of products that are words for acts too (`Book`)
    tell nothing."""
    telling = [text for text in texts if GOODS.isdisjoint(_LETTERS.findall(text.casefold()))]
    return 2 * sum(map(_is_kind, telling)) > len(telling)


def act_columns(sample: Sample) -> Sequence[str]:
    """The columns of which most rows name an act: views, clicks, carts or purchases, or acts of two kinds.
    One with more kinds goes before. What became of an order is no act."""
    kinds: dict[str, int] = {}
    for name, cells in sample.items():
        texts = [text for cell in cells if (text := cell.strip())]
        if 2 * len(texts) < len(cells) or not are_acts(texts) or are_states(texts):
            continue
        found = {kind_of(text) for text in {*texts} if _is_kind(text)}
        if len(found) > 1 or found & _SHOPPING:
            kinds[name] = len(found)
    return sorted(kinds, key=lambda name: -kinds[name])


def are_states(texts: Sequence[str]) -> bool:
    """Whether values tell what became of orders, mostly."""
    return bool(texts) and 2 * sum(text.strip(" ").lower() in STATES for text in texts) > len(texts)


def are_other_acts(texts: Sequence[str]) -> bool:
    """Whether values name acts that no state of an order does, mostly: views, clicks, carts."""
    kinds = [kind_of(text) if _is_kind(text) else None for text in texts]
    return 2 * sum(kind is not None and kind not in _STATE_KINDS for kind in kinds) > len(texts)


def are_likings(texts: Sequence[str]) -> bool:
    """Whether values are a yes or no, mostly."""
    return bool(texts) and _mostly(lambda text: text.lower() in YES_OR_NO, texts)


def in_order(schema: LogSchema, rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """Headings for a table that has none: MovieLens' `u.data` and `ratings.dat`, Amazon's ratings, Taobao's
    behaviour, or user and item in this order, and then a time and perhaps a type of event. Empty where the
    values do not tell."""
    widths = Counter(map(len, rows)).most_common(1)
    if schema is not INTERACTIONS or not widths or widths[0][1] < _MOST * len(rows):
        return ()
    ((width, _),) = widths
    columns = [*zip(*(row for row in rows if len(row) == width), strict=True)]
    if width == 4 and _mostly(is_time, columns[3]) and _mostly(_is_grade, columns[2]):
        return _rating_columns(columns)
    if width == 5 and {*columns[3]} <= _TAOBAO and _mostly(is_time, columns[4]):
        return ("user", "item", "category", "behavior", "time")
    return _event_columns(columns)


def _rating_columns(columns: Sequence[Sequence[str]]) -> Sequence[str]:
    for names in (("asin", "reviewerID"), ("reviewerID", "asin")):
        user, item = names.index("reviewerID"), names.index("asin")
        if _mostly(_AMAZON_USER.fullmatch, columns[user]) and _mostly(_AMAZON_ITEM.fullmatch, columns[item]):
            return (*names, "overall", "unixReviewTime")
    return ("user", "item", "rating", "time")


def _event_columns(columns: Sequence[Sequence[str]]) -> Sequence[str]:
    """Two ids first, since which of more is the user's no value tells; then a time, from the first row on,
    and perhaps types of events."""
    names = ["user", "item"]
    for texts in columns[2:]:
        if "time" not in names and _is_written_time(texts[0]) and _mostly(is_time, texts):
            names.append("time")
        elif "event" not in names and _mostly(_is_kind, texts):
            names.append("event")
        else:
            return ()
    return names if "time" in names else ()


def is_time(text: str) -> bool:
    """Whether a value is a moment when shops had logs."""
    if _DATE.fullmatch(text.strip(" ")):
        return True
    try:
        return parse_time(text) >= FINE_START
    except TimeError:
        return False


def looks_like_time(text: str) -> bool:
    """Whether a value is a moment, as a clock counts it or as people write it."""
    return is_time(text) or bool(evidence(text.strip()))


def are_written_dates(texts: Sequence[str], heading: str) -> bool:
    """Whether values are dates as people write them, not numbers that may be anything, nor what a heading of
    versions means by 1.2.24."""
    filled = [text.strip() for text in texts if text.strip()]
    if not filled or (names_version(heading) and all(map(may_be_version, filled))):
        return False
    return _mostly(lambda text: not text.isdecimal() and looks_like_time(text), filled)


def are_clocks(texts: Sequence[str]) -> bool:
    """Whether values are times of day, not durations, hours or days."""
    filled = [text.strip() for text in texts if text.strip()]
    return bool(filled) and _mostly(_CLOCK.match, filled)


def _mostly(fits: Callable[[str], object], texts: Sequence[str]) -> bool:
    """One row with a wrong clock shall not decide what a file is."""
    return sum(map(bool, map(fits, texts))) >= _MOST * len(texts)


def _is_written_time(text: str) -> bool:
    """A small number is rather an id or a count."""
    number = re.fullmatch(NUMBER, text.strip(" "))
    return is_time(text) and (number is None or float(text) >= _FIRST_S)


def _is_kind(text: str) -> bool:
    return text.strip(" ")[:1].isalpha() and kind_of(text) is not None


def _is_grade(text: str) -> bool:
    try:
        return 0 <= float(text) <= 100
    except ValueError:
        return False
