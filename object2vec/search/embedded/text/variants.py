"""The same thing written otherwise: in one word or in two (toothpaste, dog food)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import groupby

from object2vec.search.analysis import is_unspaced
from object2vec.search.embedded.text.lookup import TermLookup
from object2vec.search.embedded.text.matches import TermHits, best_of
from object2vec.search.query import TextQuery, Unit

SPLIT_CHARS = 5
"""A word with so many letters may be written as two elsewhere; a shorter one only if no item has it."""
RARELY_SPLIT = 50
"""Two words are the same as one where they occur at least once for so many times that the one does."""
LINKS = ("", "s", "n", "en", "e", "er", "es")
"""Between the parts of a German, Dutch or Scandinavian compound (Orangensaft, tr\u00e4dg\u00e5rdsstol)."""
JOINED_WORDS, PART_CHARS = 3, 3
"""So many words may be one, and so many letters have the first and the last of three (rock'n'roll)."""


class Variants:
    """Of words, as one catalogue writes them. Safe to share between threads."""

    def __init__(self, lookup: TermLookup) -> None:
        self._lookup = lookup
        self.splits = lru_cache(maxsize=10_000)(partial(_splits, lookup))
        """Words that are together the folded word, where items have them next to each other: two; three of
        a word that no item has."""
        self.compound_of = lru_cache(maxsize=10_000)(partial(_compound_of, lookup))
        """The words that a compound is made of which no item has (Kinderhelm), where one item has all of
        them (Helm für Kinder)."""

    def hits(self, unit: Unit, *, split: bool) -> Sequence[TermHits]:
        """A unit, or what is the same written otherwise: as two words, as one."""
        found = self._lookup.unit(unit)
        if not split or unit.prefix:
            return found
        others = [self._lookup.unit(other) for other in self._same_as(unit)]
        others += [[self._lookup.all_of(parts)] for parts in self.compound_of(unit.word or "")]
        written = self._lookup.written("".join(unit.words))
        if len(written[0]):
            others.append([written])
        return [best_of([found, *others])] if others else found

    def joins(self, query: TextQuery) -> Iterator[tuple[Sequence[Unit], str]]:
        """Neighbouring words of the query that items write as one."""
        has_word = self._lookup.has_word
        for size in range(2, JOINED_WORDS + 1):
            for start in range(len(query.words) - size + 1):
                parts = query.words[start : start + size]
                words = [unit.word or " " for unit in parts]
                if " " in words or is_unspaced(words[0]):
                    continue
                links = LINKS if size == 2 and self._lookup.compound_end else LINKS[:1]
                yield from ((parts, joined) for joined in map(_linked(words), links) if has_word(joined))

    def _same_as(self, unit: Unit) -> list[Unit]:
        if unit.word:
            return [Unit(parts, tuple(range(len(parts)))) for parts in self.splits(unit.word)]
        runs = [part for alpha, run in groupby(unit.words, str.isalpha) for part in _merged(alpha, run)]
        options = [("".join(unit.words),), *([tuple(runs)] if len(runs) < len(unit.words) else [])]
        options += self._with_split_letters(unit.words)
        return [
            Unit(option, tuple(range(len(option))))
            for option in options
            if all(map(self._lookup.frequency, option))
        ]

    def _with_split_letters(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """A code with the letters before it, which no item has joined (EOSR6), as two words."""
        first, *others = words
        if self._lookup.has_word(first):
            return []
        return [(first[:at], first[at:], *others) for at in range(2, len(first))]


def _splits(lookup: TermLookup, word: str) -> list[tuple[str, ...]]:
    frequency, known = lookup.frequency(word), any(map(lookup.knows, lookup.analysis.terms_of(word)))
    if not word.isalpha() or is_unspaced(word) or (len(word) < SPLIT_CHARS and known):
        return []
    pairs: list[tuple[str, ...]] = [(word[:at], word[at:]) for at in range(1, len(word))]
    found = [parts for parts in pairs if _are_neighbours(lookup, parts, frequency)]
    if found or known:
        return found
    ends = [(start, end) for start, end in pairs if len(end) >= PART_CHARS and lookup.has_word(end)]
    return [
        (*parts, end)
        for start, end in ends
        for parts in ((start[:at], start[at:]) for at in range(PART_CHARS, len(start)))
        if _are_neighbours(lookup, (*parts, end), frequency)
    ]


def _compound_of(lookup: TermLookup, word: str) -> list[tuple[str, str]]:
    if lookup.compound_end is None or not word.isalpha() or lookup.has_word(word):
        return []
    found = []
    for at in range(PART_CHARS, len(word) - max(lookup.compound_end, SPLIT_CHARS - 1) + 1):
        start, end = word[:at], word[at:]
        linked = (start.removesuffix(link) for link in LINKS)
        first = next((part for part in linked if len(part) >= PART_CHARS and lookup.has_word(part)), None)
        if first and lookup.has_word(end) and len(lookup.all_of((first, end))[0]):
            found.append((first, end))
    return found


def _linked(words: Sequence[str]) -> Callable[[str], str]:
    return lambda link: link.join(words)


def _are_neighbours(lookup: TermLookup, parts: tuple[str, ...], frequency: int) -> bool:
    """Whether items have the parts next to each other, often enough for a word that is in so many items."""
    if not all(any(map(lookup.knows, lookup.analysis.terms_of(part))) for part in parts):
        return False
    together = lookup.unit_rows(Unit(parts, tuple(range(len(parts)))))
    return len(together) * RARELY_SPLIT > frequency


def _merged(letters: bool, run: Iterable[str]) -> list[str]:
    return ["".join(run)] if letters else list(run)
