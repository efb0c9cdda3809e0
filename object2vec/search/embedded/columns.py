"""Metadata as columns: what filters, facets and sorting read, without touching the items.

A field may hold numbers, words (texts, dates among them, or booleans), or lists of these; each form has its
own arrays over the rows, so one odd value in a catalogue spoils neither ranges nor facets. Other values are
kept with the item but cannot be filtered.
"""

import re
import sys
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, Scores
from object2vec.core.catalog import CatalogItem, display_metadata
from object2vec.search.analysis import fold, value_of

Word = str | bool
MAX_WORD_CHARS = 256
_WORDS, _ARRAYS = "columns.json", "columns.npz"
_PARTS = ("numbers", "codes", "more_rows", "more_codes", "more_number_rows", "more_numbers")
_ABSENT = -1
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d.*)?)?")
_NUMBER = re.compile(r"(?<![\w.,])(\d+)([.,]\d+)(?![.,]?\d)|(\d+)")
"""The pattern of a decimal number (14.25 oz), or of digits (v1.10, 3x4)."""
_PLACES = 12
"""Numbers within texts are ordered as such up to so many digits."""
SINGLE_NUMBERS = 12
"""A field with at most so many different numbers (stars, say) is counted number by number."""
RANGES = 8
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


def _ints(values: Sequence[int] = ()) -> NDArray[np.int32]:
    return np.array(values, np.int32)


@dataclass(frozen=True, eq=False)
class FieldColumn:
    """One field over all rows."""

    numbers: NDArray[np.float64]
    """The row's first number, NaN where it has none."""
    codes: NDArray[np.int32]
    """Index of the row's first word in `words`, -1 where it has none."""
    words: tuple[Word, ...] = ()
    more_rows: NDArray[np.int32] = field(default_factory=_ints)
    """Rows whose list has further words, ascending, with one entry of `more_codes` each."""
    more_codes: NDArray[np.int32] = field(default_factory=_ints)
    more_number_rows: NDArray[np.int32] = field(default_factory=_ints)
    """Rows whose list has further numbers, ascending, with one entry of `more_numbers` each."""
    more_numbers: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @cached_property
    def numeric(self) -> bool:
        """Whether any row has a number."""
        return bool((~np.isnan(self.numbers)).any())

    @cached_property
    def word_keys(self) -> list[str | bool]:
        """The key that each of the words is compared by: a date's moment, the folded letters of other
        texts."""
        return [comparable(word) for word in self.words]

    def sort_keys(self, rows: Rows, *, descending: bool) -> Scores:
        """(n,) ascending with the values of rows; of a list the end that comes first. Numbers come first in
        either order, since a text among them is an odd value. NaN where a row has none."""
        best = np.fmax if descending else np.fmin
        keys = self.numbers.copy()
        if len(self.more_numbers):
            best.at(keys, self.more_number_rows, self.more_numbers)
        if self.words:
            ranks = self._ranks[self.codes]  # the last one, for -1, is NaN
            best.at(ranks, self.more_rows, self._ranks[self.more_codes])
            if self.numeric:
                ranks += np.nanmin(keys) - len(self.words) if descending else np.nanmax(keys) + 1
            keys = np.where(np.isnan(keys), ranks, keys)
        return keys[rows]

    @cached_property
    def _ranks(self) -> Scores:
        """(words + 1,) the place of each word in the order, the same for equal words; at the end NaN."""
        order = sorted({(isinstance(key, bool), key) for key in self.word_keys})
        place = {key: float(at) for at, key in enumerate(order)}
        return np.array([*(place[isinstance(key, bool), key] for key in self.word_keys), np.nan])

    @cached_property
    def boundaries(self) -> tuple[float, ...]:
        """Where ranges of its numbers begin and end; () if they are few enough to count one by one."""
        return nice_boundaries(self.numbers)

    def extended(self, values: Sequence[object]) -> "FieldColumn":
        """With one further row per value."""
        known = {_key(word): code for code, word in enumerate(self.words)}
        words, start = list(self.words), len(self.codes)
        numbers, codes, more, more_numbers = [], [], [], []
        read: dict[str | None, tuple[list[float], list[int]]] = {}  # most texts come many times

        def parts_of(value: object) -> tuple[list[float], list[int]]:
            row_codes = []
            for word in _words(value):
                code = known.setdefault(_key(word), len(words))
                if code == len(words):
                    words.append(word)
                row_codes.append(code)
            return _numbers(value) or [np.nan], row_codes

        for row, value in enumerate(values, start):
            if value is None or isinstance(value, str):
                parts = read.get(value) or read.setdefault(value, parts_of(value))
            else:
                parts = parts_of(value)
            (first, *others), row_codes = parts
            numbers.append(first)
            more_numbers += [(row, number) for number in others]
            codes.append(row_codes[0] if row_codes else _ABSENT)
            more += [(row, code) for code in row_codes[1:]]
        return FieldColumn(
            numbers=np.concatenate([self.numbers, np.array(numbers, np.float64)]),
            codes=np.concatenate([self.codes, _ints(codes)]),
            words=tuple(words),
            more_rows=np.concatenate([self.more_rows, _ints([row for row, _ in more])]),
            more_codes=np.concatenate([self.more_codes, _ints([code for _, code in more])]),
            more_number_rows=np.concatenate([self.more_number_rows, _ints([row for row, _ in more_numbers])]),
            more_numbers=np.concatenate([self.more_numbers, [number for _, number in more_numbers]]),
        )


@dataclass(frozen=True, eq=False)
class Columns:
    """All fields of the catalogue over the same rows. Immutable."""

    rows: int = 0
    fields: Mapping[str, FieldColumn] = field(default_factory=dict)

    def extended(self, items: Sequence[CatalogItem]) -> "Columns":
        """With one further row per item; a field seen for the first time is absent from the rows before."""
        records = [display_metadata(item.metadata) for item in items]
        names = dict.fromkeys([*self.fields, *(name for record in records for name in record)])
        fields = {
            name: self.fields.get(name, _empty(self.rows)).extended([record.get(name) for record in records])
            for name in names
        }
        usable = {name: column for name, column in fields.items() if column.words or column.numeric}
        return replace(self, rows=self.rows + len(items), fields=usable)

    def save(self, directory: Path) -> None:
        """Writes two files."""
        names = list(self.fields)
        (directory / _WORDS).write_bytes(
            orjson.dumps({"rows": self.rows, "fields": [[name, self.fields[name].words] for name in names]})
        )
        arrays = {}
        for number, name in enumerate(names):
            for part in _PARTS:
                arrays[f"{number}.{part}"] = getattr(self.fields[name], part)
        np.savez(directory / _ARRAYS, **arrays)

    @classmethod
    def load(cls, directory: Path) -> "Columns":
        """From the files `save` wrote."""
        header = orjson.loads((directory / _WORDS).read_bytes())
        with np.load(directory / _ARRAYS, allow_pickle=False) as arrays:
            fields = {
                name: FieldColumn(words=tuple(words), **{part: arrays[f"{number}.{part}"] for part in _PARTS})
                for number, (name, words) in enumerate(header["fields"])
            }
        return cls(header["rows"], fields)


def _empty(rows: int) -> FieldColumn:
    return FieldColumn(np.full(rows, np.nan), np.full(rows, _ABSENT, np.int32))


def _key(word: Word) -> tuple[bool, Word]:
    return isinstance(word, bool), word


def comparable(word: Word, *, end: bool = False) -> Word:
    """The key by which texts and booleans are ordered and ranged: size 9 before size 10. A date or a time of
    ISO 8601 becomes its moment in UTC, where it names none it is taken for UTC; of a day or a month its first
    moment, or its `end`."""
    if isinstance(word, bool):
        return word
    text = fold(word)
    if _DATE.fullmatch(word):
        with suppress(ValueError):  # 2026-13-45 looks like a date and is a word
            text = _moment(word, end=end).isoformat(timespec="microseconds")
    return _NUMBER.sub(_padded, text)  # of dates too: 2018 is before 2018-01


def _padded(number: re.Match[str]) -> str:
    return (number[1] or number[3]).zfill(_PLACES) + (number[2] or "")


def _moment(date: str, *, end: bool) -> datetime:
    """Raises ValueError."""
    month = len(date) == len("2026-01")
    moment = datetime.fromisoformat(f"{date}-01" if month else date)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not end or "T" in date or " " in date:
        return moment
    days = monthrange(moment.year, moment.month)[1] if month else 1
    return moment + timedelta(days=days, microseconds=-1)


def _numbers(value: object) -> list[float]:
    values = value if isinstance(value, list | tuple) else [value]
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return list(dict.fromkeys(map(float, numbers)))


def _words(value: object) -> Iterable[Word]:
    values = value if isinstance(value, list | tuple) else [value]
    return dict.fromkeys(
        word if isinstance(word, bool) else value_of(word)
        for word in values
        if isinstance(word, bool) or (isinstance(word, str) and 0 < len(word) <= MAX_WORD_CHARS)
    )


def nice_boundaries(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Round numbers that cut these into ranges of about equal size; () for few different numbers."""
    present = numbers[np.isfinite(numbers)]
    if len(np.unique(present)) <= SINGLE_NUMBERS:
        return ()
    shares = np.arange(1, RANGES) / RANGES
    return tuple(sorted({_rounded(float(edge)) for edge in np.quantile(present, shares)}))


def _rounded(number: float) -> float:
    """The nearest of 1, 2, 2.5 and 5 times a power of ten."""
    if abs(number) < sys.float_info.min:  # too small for the arithmetic below
        return 0.0
    power = 10.0 ** np.floor(np.log10(abs(number)))
    nearest = min(_NICE, key=lambda nice: abs(nice - abs(number) / power))
    return float(f"{np.sign(number) * nearest * power:.6g}")
