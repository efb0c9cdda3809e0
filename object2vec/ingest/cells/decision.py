"""How the cells of one column are read, decided from what the whole column holds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from object2vec.ingest.cells.cell_counts import TOLERATED, CellCounts, most_common
from object2vec.ingest.cells.numbers import NO_WORDS, PERCENT, STARS

_FEW = 3
"""Most words that one column may use as signs of currency."""
_UNIT = 3
"""Letters of a unit that leaves its column one of numbers."""
_SERIAL_DAYS = (30_000, 60_000)
"""1982 to 2064, as spreadsheets count days from the end of 1899."""
_CLOCKS = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}
_FIRST_S, _LAST_S = 631_152_000, 2_524_608_000  # 1990 to 2050
Type = Literal["text", "number", "boolean", "date", "list", "empty"]


@dataclass(frozen=True)
class Decision:
    """How the cells of one column are read."""

    type: Type = "text"
    decimal: str = "."
    day_first: bool = False
    with_time: bool = False
    time_format: str = ""
    separator: str = ""
    """Separator of lists in one cell."""
    numbers: bool = False
    """They are of numbers."""
    html: bool = False
    blanks: frozenset[str] = NO_WORDS
    """Words that stand for no text."""
    price: bool = False
    """Negative numbers are given up too."""
    words: frozenset[str] = NO_WORDS
    """Words, in lower case, that stand beside its numbers: a unit, or a currency that is not known."""
    epoch: float = 0
    """A number counts units of so many seconds since 1970; 0: numbers are no dates."""
    serial: bool = False
    """It counts days as a spreadsheet does."""
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class ColumnHints:
    """Facts about a column besides its cells."""

    decimal: str = ""
    """The sign that a mapping says."""
    usual_sign: str = "."
    """Decimal sign that the rest of the file uses."""
    sign_is_told: bool = False
    """Whether the file's other columns tell that sign; else its separator alone does."""
    time_format: str = ""
    """Time format that a mapping gives."""
    price: bool = False
    currencies: frozenset[str] = NO_WORDS
    """Words that the file's prices use as signs of currency."""
    as_text: bool = False
    """A code, say: digits alone make it no number."""
    html: bool = False
    separator: str = ""
    """Separator of the values of a list in one cell."""
    own: bool = False
    """Whether the column is of the project's own record, in which a list in a cell stays a text."""
    graded: bool = False
    """Whether its heading names grades."""
    versions: bool = False
    """Whether it names versions."""
    dated: bool = False
    """Whether it names a time."""


NO_HINTS = ColumnHints()


def decide(counts: CellCounts, hints: ColumnHints = NO_HINTS) -> Decision:
    """What is said of a column comes first, then what nearly all of its cells are."""
    kinds = counts.kinds
    if not counts.filled and not hints.price:
        return Decision("empty")
    if hints.as_text and not kinds["list"]:
        return Decision("text", html=hints.html)
    if hints.time_format:
        return Decision("date", time_format=hints.time_format, with_time="%H" in hints.time_format)
    if hints.dated and (clock := _clock(counts)):
        return clock
    if hints.price:
        words = currency_words(counts)
        sign, notes = decimal_sign(counts, hints, words)
        return Decision("number", decimal=sign, price=True, words=words, notes=notes)
    return _by_cells(counts, hints)


def _by_cells(counts: CellCounts, hints: ColumnHints) -> Decision:
    kinds, filled = counts.kinds, counts.filled
    if kinds["list"] or (not hints.own and _nearly_all(kinds["written list"], filled)):
        return Decision("list")
    is_code = counts.leading_zeros or counts.long
    words = _money_words(counts, hints) or _unit(counts, graded=hints.graded)
    counted = kinds["plain"] + kinds["money"] + kinds["number"] + _signs(counts, words).total()
    if _nearly_all(counted, filled) and not is_code:
        sign, notes = decimal_sign(counts, hints, words)
        return Decision("number", decimal=sign, words=words, notes=notes)
    if _nearly_all(kinds["boolean"] + kinds["truth"], filled):
        return Decision("boolean")
    if _nearly_all(kinds["date"], filled) and not (hints.versions and counts.versions == kinds["date"]):
        return _dates(counts)
    if sign := _list_sign(counts, hints):
        lists_of_numbers = counts.piped_numbers if sign == "|" else counts.listed_numbers[sign]
        are_numbers = 0 < lists_of_numbers == filled - _alone(counts) and not is_code
        decimal = hints.decimal or hints.usual_sign
        return Decision("list", separator=sign, numbers=are_numbers, decimal=decimal)
    return Decision("text", html=hints.html)


def _clock(counts: CellCounts) -> Decision | None:
    """How numbers under the heading of a time are read, where all lie within some decades: as days that a
    spreadsheet counts, or as what clocks count. None where they are something else."""
    first, last = _SERIAL_DAYS
    if counts.sized < counts.filled or counts.leading_zeros:
        return None
    if first <= counts.low and counts.high < last:
        note = "its numbers are read as the days that a spreadsheet counts; name it under `texts` otherwise."
        return Decision("date", serial=True, with_time=counts.fractions > 0, notes=(note,))
    for unit, seconds in _CLOCKS.items():
        if counts.low * seconds >= _FIRST_S and counts.high * seconds < _LAST_S:
            note = f"its numbers are read as {unit} since 1970."
            return Decision("date", epoch=seconds, with_time=True, notes=(note,))
    return None


def _list_sign(counts: CellCounts, hints: ColumnHints) -> str:
    """The sign between the values of a cell; where none is said for a column of lists, the one it uses."""
    if hints.separator != "|":
        are_numbers = 0 < counts.piped_numbers == counts.filled - _alone(counts)
        return "|" if are_numbers and not hints.own else hints.separator
    return "|" if counts.piped or counts.kinds["written list"] else most_common(counts.listed)


def _alone(counts: CellCounts) -> int:
    """Cells of one number, in a column of lists of them."""
    return counts.kinds["plain"] + (0 if counts.currencies else counts.kinds["money"])


def currency_words(counts: CellCounts) -> frozenset[str]:
    """The words that a column of prices uses as signs of currency (`KSh`, `Dhs`): the commonest few, and none
    of a few cells only, which may be slips. A share of a hundred and stars are no price."""
    times: Counter[str] = Counter()
    for beside, count in counts.words.items():
        if beside.word not in (PERCENT, STARS):
            times[beside.word] += count
    common = sorted(times, key=lambda word: (-times[word], word))[:_FEW]
    return frozenset(word for word in common if times[word] > TOLERATED * counts.filled)


def signs_of(counts: CellCounts, words: frozenset[str]) -> Counter[str]:
    """The evidence of a column on the decimal sign, that of numbers beside these words counted too."""
    return counts.signs + _signs(counts, words)


def _signs(counts: CellCounts, words: frozenset[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for beside, count in counts.words.items():
        if beside.word in words and beside.sign:
            found[beside.sign] += count
    return found


def _unit(counts: CellCounts, *, graded: bool) -> frozenset[str]:
    """The commonest unit of three letters behind numbers (`12 lbs`), or the end of a scale (`4.5/5`,
    `80 %`), where nearly all cells have it: that makes a number of its column. Shorter and longer ones
    (`5 kg`) leave a text, on which shops filter, and so does what may be a part of a whole: 3/10 of a
    stock."""
    graded = graded or any(
        beside.word.startswith("/") and beside.word not in (PERCENT, STARS) and beside.sign in (".", ",")
        for beside in counts.words
    )
    behind: Counter[str] = Counter()
    for beside, count in counts.words.items():
        of_scale = beside.word.startswith("/")
        if not beside.leads and (graded if of_scale else len(beside.word) == _UNIT):
            behind[beside.word] += count
    return frozenset((most_common(behind),)) if behind else NO_WORDS


def units_of(counts: CellCounts) -> Sequence[str]:
    """The few units behind nearly all numbers of a column of texts, the commonest first: `1,5 kg`, `20 %`."""
    behind: Counter[str] = Counter()
    for beside, count in counts.words.items():
        if not beside.leads and (beside.word == PERCENT or not beside.word.startswith("/")):
            behind[beside.word.removeprefix("/")] += count
    few = len(behind) <= _FEW and _nearly_all(behind.total(), counts.filled)
    return sorted(behind, key=lambda word: (-behind[word], word)) if few else ()


def _money_words(counts: CellCounts, hints: ColumnHints) -> frozenset[str]:
    return frozenset(beside.word for beside in counts.words) & hints.currencies


def decimal_sign(
    counts: CellCounts, hints: ColumnHints = NO_HINTS, words: frozenset[str] = NO_WORDS
) -> tuple[str, Sequence[str]]:
    """The sign, and a sentence where the column itself does not tell it. Prices have no three decimals, so
    that in a file of decimal commas 1.299 is one thousand as a price."""
    noted = counts.noted if hints.price else Counter[str]()
    signs = signs_of(counts, words) + noted
    comma, point, either = signs[","], signs["."], signs["?"]
    usual = hints.usual_sign
    money = counts.kinds["money"] + _signs(counts, words).total() + noted.total()
    if hints.decimal:
        return hints.decimal, ()
    if comma or point:
        return ("," if comma > point else "."), ()
    if either and (money or ((hints.sign_is_told or hints.price) and usual == ",")):
        group = "." if usual == "," else ","
        example = f"1{group}299 is read as 1299"
        return usual, (f"{example}; if its sign means a decimal, say `decimal` in uploads/mapping.json.",)
    if either and usual == ",":
        return ".", ("1.299 is read as 1.299, not as 1299; say `decimal` in uploads/mapping.json otherwise.",)
    return (usual if money else "."), ()


def _dates(counts: CellCounts) -> Decision:
    orders = counts.orders
    certain = orders["day"] - orders["month"]
    usual = orders["day?"] >= orders["month?"]
    day_first = certain > 0 or (certain == 0 and usual)
    notes: Sequence[str] = ()
    unsure = orders["day?"] + orders["month?"]
    if unsure and not orders["day"] and not orders["month"]:
        order = "day before month" if day_first else "month before day"
        notes = (
            f"its dates are read with the {order}; say `time_format` in uploads/mapping.json otherwise.",
        )
    return Decision("date", day_first=day_first, with_time=counts.times > 0, notes=notes)


def says_availability(counts: CellCounts, *, words_alone: bool) -> bool:
    """Whether a column that is named so tells whether items can be bought: not where it is of counts or
    dates; with `words_alone` only where it is of words such as `sold out`."""
    if words_alone:
        words = counts.stock_words
        return words > 0 and _nearly_all(words + counts.kinds["boolean"], counts.filled)
    kind = decide(counts).type
    return kind != "date" and (kind != "number" or not counts.amounts)


def _nearly_all(count: int, filled: int) -> bool:
    return filled > 0 and count >= filled * (1 - TOLERATED)
