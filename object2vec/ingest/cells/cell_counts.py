"""What the cells of one column are, counted over the whole file: the order of rows decides nothing."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from object2vec.ingest.cells import dates, numbers
from object2vec.ingest.cells.lists import is_written_empty, written_list
from object2vec.ingest.cells.words import BOOLEANS, is_availability, is_missing

TOLERATED = 0.02
"""A column is one of numbers (or dates) although this share of its cells is something else."""
_MANY_WORDS = 1_000
"""Words beside numbers from which a column is one of codes or names."""
_LIST_PIECE = 80
_LIST_WORD = 40
_SIGNS = (";", ",")
_AMOUNT = re.compile(r"[0-9],[0-9]")
_ID_CHARS = 24
_LONGEST = 48  # characters of a number, date or yes and no; longer is text
_DATE = re.compile(dates.LIKE_A_CHANGED_ID)
_MARKUP = re.compile(r"</[a-zA-Z]|<br\b|&(?:nbsp|amp|quot|lt|gt|#\d{2,5});")
_DATE_LIKE = re.compile(r"\d{1,4}(?:er|º|°|st|nd|rd|th)?[-./ 年년]|[^\W\d]+\.?,? \d")


class BesideNumber(NamedTuple):
    """A word beside a number, `KSh` or `lbs`, in lower case."""

    word: str
    leads: bool
    """It stands before the number."""
    sign: str
    """What the number says of the decimal sign (`numbers.evidence`); '' for a range."""


@dataclass
class CellCounts:
    """Counts of one column. A cell is counted under its kind: `plain` number, `money` (another number),
    `boolean`, `date`, `missing`, `written list`, `text`; of JSON also `number`, `truth`, `list`, `other`."""

    kinds: Counter[str] = field(default_factory=Counter)
    signs: Counter[str] = field(default_factory=Counter)
    """Evidence of numbers on the decimal sign (`numbers.evidence`), counted."""
    noted: Counter[str] = field(default_factory=Counter)
    """That of texts which are a number in a column of prices alone: `19 EUR (RRP)`."""
    orders: Counter[str] = field(default_factory=Counter)
    """Evidence of dates on their order (`dates.evidence`), counted."""
    currencies: Counter[str] = field(default_factory=Counter)
    words: Counter[BesideNumber] = field(default_factory=Counter)
    """Texts that are a number with a word beside it that is no known currency, counted."""
    has_many_words: bool = False
    """They are too many to be currencies or units; `words` is empty."""
    sized: int = 0
    """Numbers without any sign or word beside them."""
    low: float = inf
    high: float = -inf
    """The least and the greatest of those."""
    fractions: int = 0
    """Those that are not whole."""
    leading_zeros: int = 0
    widths: Counter[int] = field(default_factory=Counter)
    """Number of digits of cells without a leading zero that are digits alone, counted."""
    zero_widths: Counter[int] = field(default_factory=Counter)
    """Number of digits of those with a leading zero, counted."""
    long: int = 0
    """Whole numbers of more than 15 digits."""
    amounts: int = 0
    """Numbers other than 0 and 1."""
    stock_words: int = 0
    """Texts that are words of availability, `sold out`, and no yes or no."""
    markup: int = 0
    """Texts with the end of an HTML element, a line break or an entity in them."""
    versions: int = 0
    """Dates that may be versions: 1.2.24."""
    times: int = 0
    ids: int = 0
    pointed_ids: int = 0
    """Ids that are whole numbers with `.0` behind, as a table with gaps makes of them."""
    dated_ids: int = 0
    """Ids that look as if a spreadsheet had made dates of them."""
    dated_id: str = ""
    """The first of those in the order of the alphabet."""
    piped: int = 0
    """Lists such as a|b."""
    piped_numbers: int = 0
    """Those of numbers alone: 36|37."""
    listed: Counter[str] = field(default_factory=Counter)
    """Texts that are short words between commas or semicolons, by the sign."""
    listed_numbers: Counter[str] = field(default_factory=Counter)
    """Those of numbers alone."""

    def add(self, cells: Iterable[object]) -> None:
        """Counts the cells of a batch; None and '' are none."""
        cells = list(cells)
        try:
            counted = Counter(cells)
        except TypeError:  # lists
            for cell in cells:
                self._add(cell, 1)
            return
        for cell, count in counted.items():
            self._add(cell, count)

    def add_ids(self, cells: Iterable[object]) -> None:
        """Counts the cells of a column of ids that a spreadsheet may have changed: numbers and dates."""
        texts = [cell for cell in cells if isinstance(cell, str) and cell]
        self.ids += len(texts)
        self.pointed_ids += sum(cell.endswith(".0") and cell[:-2].isdecimal() for cell in texts)
        dated = [cell for cell in texts if not cell.isalnum() and _DATE.fullmatch(cell)]
        self.dated_ids += len(dated)
        self.dated_id = min(filter(None, (self.dated_id, *dated)), default="")
        digits = [cell for cell in texts if cell[:1].isdecimal()]
        whole = Counter((len(cell), cell[0] == "0") for cell in digits if cell.isdecimal())
        for (width, zero), count in whole.items():
            self.kinds["plain"] += count
            (self.zero_widths if zero else self.widths)[width] += count
        if whole.total() < len(digits):
            self.add(cell for cell in digits if len(cell) < _ID_CHARS and not cell.isdecimal())

    @property
    def filled(self) -> int:
        """Cells that hold something."""
        return self.kinds.total() - self.kinds["missing"]

    def _add(self, cell: object, count: int) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            self._add_text(cell.strip(), count)
        elif isinstance(cell, bool):
            self.kinds["truth"] += count
        elif isinstance(cell, int | float):
            self.kinds["number"] += count
            self.amounts += count * (cell not in (0, 1))
            self._add_size(cell, count)
        elif cell != []:
            self.kinds["list" if isinstance(cell, list) else "other"] += count

    def _add_text(self, text: str, count: int) -> None:
        if not text:
            return
        if text[0] in "[{" and written_list(text) is not None:
            self.kinds["missing" if is_written_empty(text) else "written list"] += count
        elif len(text) > _LONGEST or (text[0].isalpha() and text.isalpha()):
            self._add_word(text, count)
        elif numbers.PLAIN.fullmatch(text):
            self.kinds["plain"] += count
            self.amounts += count * (text not in ("0", "1"))
            self._add_size(float(text), count)
            self._add_digits(text, count)
        elif sign := numbers.evidence(text):
            self.kinds["money"] += count
            self.amounts += count
            self.signs[sign] += count
            if text.isdecimal():
                self._add_size(float(text), count)
            if code := numbers.currency(text):
                self.currencies[code] += count
            self._add_digits(text, count)
        elif _DATE_LIKE.match(text) and len(text) <= 40 and (order := dates.evidence(text)):
            self.kinds["date"] += count
            self.orders[order] += count
            self.versions += count * (order == "day?" and dates.may_be_version(text))
            self.times += count * dates.has_time(text)
        else:
            self._add_word(text, count)
            self._add_beside(text, count)
            bare = numbers.bare_price(text)
            if bare != text and (sign := numbers.evidence(bare)):
                self.noted[sign] += count
                if code := numbers.currency(bare):
                    self.currencies[code] += count

    def _add_size(self, number: float, count: int) -> None:
        self.sized += count
        self.low, self.high = min(self.low, number), max(self.high, number)
        self.fractions += count * (number % 1 != 0)

    def _add_beside(self, text: str, count: int) -> None:
        """Counts the word beside a number; too many different ones are forgotten."""
        if self.has_many_words:
            return
        word, leads = numbers.word_beside(text)
        if word:
            self.words[BesideNumber(word, leads, numbers.evidence(text, frozenset((word,))))] += count
        if len(self.words) > _MANY_WORDS:
            self.has_many_words = True
            self.words.clear()

    def _add_word(self, text: str, count: int) -> None:
        if len(text) > _LONGEST:
            self.kinds["text"] += count
            self.markup += count * (("<" in text or "&" in text) and _MARKUP.search(text) is not None)
        elif len(text) <= 24 and is_missing(text):
            self.kinds["missing"] += count
        elif len(text) <= 9 and text.lower() in BOOLEANS:
            self.kinds["boolean"] += count
        else:
            self.kinds["text"] += count
            self.stock_words += count * is_availability(text)
            self.markup += count * (("<" in text or "&" in text) and _MARKUP.search(text) is not None)
        if "|" in text:
            pieces = text.split("|")
            self.piped += count * all(len(piece) <= _LIST_PIECE for piece in pieces)
            self.piped_numbers += count * all(map(_is_list_number, map(str.strip, pieces)))
        for sign in _SIGNS:
            pieces = text.split(sign) if sign in text and not (sign == "," and _AMOUNT.search(text)) else []
            if pieces and all(len(piece) <= _LIST_WORD for piece in pieces):
                self.listed[sign] += count
                if text[0].isdecimal():
                    self.listed_numbers[sign] += count * all(map(_is_list_number, map(str.strip, pieces)))

    def _add_digits(self, text: str, count: int) -> None:
        if "." in text and "E" not in text and (sign := numbers.evidence(text)) != "0":
            self.signs["." if sign == "." else "?"] += count
        if text.isdecimal():
            zero = numbers.has_leading_zero(text)
            self.leading_zeros += count * zero
            self.long += count * (len(text) > 15)
            (self.zero_widths if zero else self.widths)[len(text)] += count


def _is_list_number(text: str) -> bool:
    """36, 37.5 and 37,5, and no code such as 01."""
    return numbers.PLAIN.fullmatch(text) is not None or numbers.evidence(text) in (",", ".")


def most_common(counts: Counter[str]) -> str:
    """The commonest, by name where two are equally common; '' of none."""
    return min(counts, key=lambda name: (-counts[name], name), default="")
