"""Posting lists in numpy: for every term of one field, the rows that have it and how often.

A term's rows are one slice, so that scoring the ten thousand items of a common word is a few operations on
arrays; a search library hands them over one Python object at a time. Lists are immutable: later items get
lists of their own, which are joined once as many as those before them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.search.analysis import PLUS, Analysis, words

NarrowRows = NDArray[np.int32]
TermCounts = NDArray[np.uint16]
Text = tuple[str, str]
"""A text, and the language that its item says it is in; empty if it does not."""
_MOST = np.iinfo(np.uint16).max
_TERMS, _LISTS = "terms.json", "lists.npz"
_PARTS = ("starts", "rows", "counts", "lengths")
NONE = np.zeros(0, np.int32), np.zeros(0, np.uint16)


@dataclass(frozen=True, eq=False)
class Postings:
    """m entries of t terms in n consecutive rows."""

    terms: Mapping[str, int]
    """Term → its number."""
    starts: NDArray[np.int64]
    """(t + 1,) where each term's entries begin, and the last one's end."""
    rows: NarrowRows
    """(m,) ascending within a term."""
    counts: TermCounts
    """(m,) how often the row has the term."""
    lengths: NDArray[np.int32]
    """(n,) words in each row but stop words and plus signs, repeats counted; its terms where it has no
    others."""

    @classmethod
    def of(cls, texts: Iterable[Text], analysis: Analysis, first_row: int = 0) -> "Postings":
        """The lists of one text per row, from `first_row` on."""
        terms = dict[str, int]()
        known = dict[str, dict[str, tuple[list[int], bool]]]()
        """By language and word: the word's terms' numbers, and whether it tells."""

        def look_up(word: str, language: str) -> tuple[list[int], bool]:
            numbers = [terms.setdefault(term, len(terms)) for term in analysis.terms_of(word, language)]
            tells = word != PLUS and not analysis.is_stop(word, language)
            found = known[language][word] = numbers, tells
            return found

        numbers, entries_of, lengths = list[int](), list[int](), list[int]()
        for text, language in texts:
            before, length = len(numbers), 0
            here = known.setdefault(language, {})
            for word in words(text):
                found, tells = here.get(word) or look_up(word, language)
                numbers += found
                length += tells
            entries_of.append(len(numbers) - before)
            lengths.append(length or len(numbers) - before)
        rows = np.repeat(np.arange(first_row, first_row + len(lengths)), entries_of)
        entries, counts = np.unique(np.array(numbers, np.int64) << 32 | rows, return_counts=True)
        return cls(
            terms=terms,
            starts=np.searchsorted(entries, np.arange(len(terms) + 1) << 32),
            rows=(entries & 0xFFFFFFFF).astype(np.int32),
            counts=np.minimum(counts, _MOST).astype(np.uint16),
            lengths=np.array(lengths, np.int32),
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def at(self, term: str) -> tuple[NarrowRows, TermCounts]:
        """The term's rows and counts, empty where no row has it."""
        number = self.terms.get(term)
        if number is None:
            return NONE
        entries = slice(self.starts[number], self.starts[number + 1])
        return self.rows[entries], self.counts[entries]

    def ending(self, end: str) -> list[str]:
        """The terms that end so."""
        first = bisect_left(self._reversed, end[::-1])
        found = takewhile(lambda term: term.startswith(end[::-1]), islice(self._reversed, first, None))
        return [term[::-1] for term in found]

    @cached_property
    def _reversed(self) -> list[str]:
        return sorted(term[::-1] for term in self.terms)

    def joined(self, later: "Postings") -> "Postings":
        """With the lists of the rows that follow."""
        terms = {term: number for number, term in enumerate(dict.fromkeys([*self.terms, *later.terms]))}
        lists = [part.at(term) for term in terms for part in (self, later)]
        sizes = [len(rows) for rows, _ in lists]
        return Postings(
            terms=terms,
            starts=np.cumsum([0, *sizes])[::2],
            rows=np.concatenate([NONE[0], *(rows for rows, _ in lists)]),
            counts=np.concatenate([NONE[1], *(counts for _, counts in lists)]),
            lengths=np.concatenate([self.lengths, later.lengths]),
        )


@dataclass(frozen=True, eq=False)
class Field:
    """All rows of one field: the base's lists, and the tail's."""

    base: Postings
    tail: Sequence[Postings] = ()

    def __len__(self) -> int:
        return sum(map(len, (self.base, *self.tail)))

    @property
    def lengths(self) -> NDArray[np.int32]:
        """(rows,)"""
        return np.concatenate([part.lengths for part in (self.base, *self.tail)])

    def at(self, term: str) -> tuple[NarrowRows, TermCounts]:
        """The term's rows, ascending, and counts."""
        if not self.tail:
            return self.base.at(term)
        lists = [part.at(term) for part in (self.base, *self.tail) if term in part.terms]
        if len(lists) == 1:
            return lists[0]
        rows, counts = zip(NONE, *lists, strict=True)
        return np.concatenate(rows), np.concatenate(counts)

    def ending(self, end: str) -> list[str]:
        """The terms that end so."""
        return list(dict.fromkeys(term for part in (self.base, *self.tail) for term in part.ending(end)))

    def extended(self, texts: Iterable[Text], analysis: Analysis) -> "Field":
        """With further rows at the end; the base is shared."""
        parts = [*self.tail, Postings.of(texts, analysis, len(self))]
        while len(parts) > 1 and len(parts[-2]) <= len(parts[-1]):
            parts[-2:] = [parts[-2].joined(parts[-1])]
        return Field(self.base, tuple(parts))


def save(fields: Mapping[str, Field], directory: Path) -> None:
    """Writes the bases of fields by name, two files."""
    terms = {name: list(field.base.terms) for name, field in fields.items()}
    (directory / _TERMS).write_bytes(orjson.dumps(terms))
    arrays = {
        f"{name}.{part}": getattr(field.base, part) for name, field in fields.items() for part in _PARTS
    }
    np.savez(directory / _LISTS, **arrays)


def load(directory: Path) -> dict[str, Field]:
    """The fields that `save` wrote. Raises ValueError where the files do not fit together."""
    fields = {}
    with np.load(directory / _LISTS, allow_pickle=False) as arrays:
        for name, terms in orjson.loads((directory / _TERMS).read_bytes()).items():
            numbers = dict(zip(terms, range(len(terms)), strict=True))
            base = Postings(numbers, **{part: arrays[f"{name}.{part}"] for part in _PARTS})
            if len(base.starts) != len(terms) + 1 or not base.starts[-1] == len(base.rows) == len(
                base.counts
            ):
                raise ValueError("terms and posting lists differ in number")
            fields[name] = Field(base)
    return fields
