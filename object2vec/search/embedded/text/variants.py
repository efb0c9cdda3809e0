"""Finds the same thing written otherwise: in one word or in two (toothpaste, dog food)."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import combinations, groupby, islice, product

import numpy as np

from object2vec.search.analysis import is_unspaced
from object2vec.search.embedded.text.lookup import TermLookup
from object2vec.search.embedded.text.matches import TermHits, best_of
from object2vec.search.languages import are_forms
from object2vec.search.query import CUT_DIGITS, TextQuery, Unit

SPLIT_CHARS = 5
"""A word with so many letters may be written as two elsewhere; a shorter one only if no item has it."""
OF = frozenset(["aus", "von", "vom", "fur", "zum", "zur", "van", "voor", "af", "av", "for", "til", "till"])
"""Between what something is and what it is of or for, in languages with compounds, folded."""
RARELY_SPLIT = 50
"""Two words are the same as one where they occur at least once for so many times that the one does."""
LINKS = ("", "s", "n", "en", "e", "er", "es")
"""Between the parts of a German, Dutch or Scandinavian compound (Orangensaft, trädgårdsstol)."""
JOINED_WORDS, PART_CHARS, FIRST_CHARS = 3, 3, 2
"""So many words may be one, so many letters has the last of three (rock'n'roll), and so many the first (La
Roche-Posay)."""
BEGINNING_CHARS, SOME = 4, 10
"""A part of a compound has so many letters at least where items have it as the beginning of others alone, of
which so many are looked at."""
SAME_BEGINNING = 2
"""Letters that all forms of a word begin with."""
MAX_DIGRAPHS = 6
"""A word with more places for one is not tried: each doubles the spellings."""


class Variants:
    """The variants of words that one catalogue has. Safe to share between threads."""

    def __init__(self, lookup: TermLookup) -> None:
        self._lookup = lookup
        self.splits = lru_cache(maxsize=10_000)(partial(_splits, lookup))
        """Words that are together the folded word, where items have them next to each other: two; three of
        a word that no item has."""
        self.compound_of = lru_cache(maxsize=10_000)(partial(_compound_of, lookup))
        """The words that a compound is made of which no item has (Kinderhelm), where one item has all of
        them (Helm für Kinder)."""
        self.respelt = lru_cache(maxsize=10_000)(partial(_respelt, lookup))
        """The folded word as items have it, if they differ in how letters with marks are typed (koekken,
        køkken)."""
        self.forms_of = lru_cache(maxsize=10_000)(partial(_forms_of, lookup))
        """Forms of a folded word that no item has, in items that are not known to be in a language of the
        catalogue."""
        self.parts_of = lru_cache(maxsize=10_000)(partial(_parts_of, lookup))
        """The beginning and the end of a compound that no item has, nor both of its parts, where items have
        each of them (Weihnachtsbaum and Christbaumkugeln for Weihnachtskugeln); else None."""
        self.begins_others = lru_cache(maxsize=10_000)(partial(_begins_others, lookup))
        """Whether no item has the folded word but as the beginning of compounds (Hund, where there is
        Hundefutter)."""

    def knows(self, word: str) -> bool:
        """Whether an item has the folded word in some form, or what it is made of."""
        return (
            self._lookup.has_form(word)
            or bool(self._lookup.compounds(word))
            or self._is_written_otherwise(word)
            or self._has_sure_parts(word)
            or (self.parts_of(word) is None and self.begins_others(word))
        )

    def _is_written_otherwise(self, word: str) -> bool:
        return any(find(word) for find in (self.splits, self.compound_of, self.respelt, self.forms_of))

    def _has_sure_parts(self, word: str) -> bool:
        """Whether it is a compound beyond doubt; any other may be misspelt: smartfone is none of Telefone."""
        parts = self.parts_of(word)
        return parts is not None and (
            self._lookup.has_word(parts[1]) or bool(self._lookup.ends_surely(parts[1]))
        )

    def with_parts(self, query: TextQuery) -> TextQuery:
        """The query with the parts of compounds that no item has for the compounds: some are better than
        none. The same holds for the one character with a meaning, where items have it next to
        others (お茶, 緑茶)."""
        meant = {unit for other in query.alternatives for unit in other.parts}
        in_parts = _ideographs if self._has_one_meaning(query.words) else self._in_parts
        units = tuple(part for unit in query.words for part in ((unit,) if unit in meant else in_parts(unit)))
        if units == query.words:
            return query
        return replace(query, words=units, in_parts=len(units) != len(query.words))

    def _has_one_meaning(self, units: Sequence[Unit]) -> bool:
        """Whether all are pairs of characters, none of which an item has, and one alone is no syllable: of
        two, one alone says little (牛肉 is beef, 牛奶 milk)."""
        meanings = {word for unit in units for word in unit.words if _is_ideograph(word)}
        return len(meanings) == 1 and not any(
            len(unit.words) == 1 or not is_unspaced(unit.words[0]) or len(self._lookup.unit_rows(unit))
            for unit in units
        )

    def _in_parts(self, unit: Unit) -> Sequence[Unit]:
        """The end of a compound says which kind of thing it is, and counts twice."""
        if not unit.word:
            return (unit,)
        if parts := self.parts_of(unit.word):
            return (Unit((parts[0],), prefix=True), *[Unit((parts[1],))] * 2)
        is_beginning = self.begins_others(unit.word) and not self._is_written_otherwise(unit.word)
        return (replace(unit, prefix=True),) if is_beginning else (unit,)

    def hits(self, unit: Unit, *, split: bool) -> Sequence[TermHits]:
        """A unit, or what is the same written otherwise: as two words, as one."""
        found = self._lookup.unit(unit)
        if not split or unit.prefix:
            return found
        others = [self._worth_as_much(self._lookup.unit(other), unit, other) for other in self._same_as(unit)]
        others += [[self._lookup.all_of(parts)] for parts in self.compound_of(unit.word or "")]
        written = self._lookup.written("".join(unit.words))
        if len(written[0]):
            others.append([written])
        return [best_of([found, *others])] if others else found

    def _worth_as_much(self, found: Sequence[TermHits], unit: Unit, other: Unit) -> Sequence[TermHits]:
        """What was found for the parts of a word that items have: together they say no more than the word."""
        if unit.word is None or len(other.words) == 1 or not self._lookup.has_form(unit.word):
            return found
        parts = sum(self._lookup.rarity(Unit((word,))) for word in other.words)
        worth = np.float32(min(1.0, self._lookup.rarity(unit) / parts))
        return [(rows, scores * worth) for rows, scores in found]

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
        if self._lookup.compound_end is not None:
            yield from self._joins_around(query.words)

    def _joins_around(self, units: Sequence[Unit]) -> Iterator[tuple[Sequence[Unit], str]]:
        """What is of or for something, where items write it as a compound (Schrauben für Holz)."""
        analysis, has_word = self._lookup.analysis, self._lookup.has_word
        for kind, between, use in zip(units, units[1:], units[2:], strict=False):
            if kind.word and between.word in OF and use.word:
                forms = dict.fromkeys((use.word, *analysis.terms_of(use.word)))
                ways = (link.join((form, kind.word)) for form in forms for link in LINKS)
                yield from (((kind, use), joined) for joined in dict.fromkeys(ways) if has_word(joined))

    def _same_as(self, unit: Unit) -> list[Unit]:
        if unit.word:
            same = (*self.respelt(unit.word), *self.forms_of(unit.word))
            others = [*self.splits(unit.word), *((word,) for word in same)]
            return [Unit(parts, tuple(range(len(parts)))) for parts in others]
        runs = [part for alpha, run in groupby(unit.words, str.isalpha) for part in _merged(alpha, run)]
        options = [("".join(unit.words),), *([tuple(runs)] if len(runs) < len(unit.words) else [])]
        options += self._with_split_letters(unit.words)
        return [
            *(
                Unit(option, tuple(range(len(option))))
                for option in options
                if all(map(self._lookup.frequency, option))
            ),
            *_without_letters(unit),
        ]

    def _with_split_letters(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """A code with the letters before it, which no item has joined (EOSR6), as two words."""
        first, *others = words
        if self._lookup.has_word(first):
            return []
        return [(first[:at], first[at:], *others) for at in range(2, len(first))]


def _without_letters(unit: Unit) -> Iterator[Unit]:
    """Three numbers and more also stand for a code with letters before one of them (195-65-15, 195/65
    R15)."""
    count = len(unit.words)
    if count > 2 and all(map(str.isdigit, unit.words)):
        for at in range(1, count):
            yield Unit(unit.words, tuple(place + (place >= at) for place in range(count)))


def _respelt(lookup: TermLookup, word: str) -> list[str]:
    if not lookup.digraphs or not word.isalpha():
        return []
    others = [*_replaced(word, lookup.digraphs)]
    if not _is_found(lookup, word):
        others += _replaced(word, {(one, two) for two, one in lookup.digraphs})
    return [other for other in others if _is_found(lookup, other) and not lookup.analysis.is_stop(other)]


def _forms_of(lookup: TermLookup, word: str) -> list[str]:
    if not lookup.unclear or any(map(str.isdigit, word)) or is_unspaced(word) or _is_found(lookup, word):
        return []
    begun = sorted(other for other in lookup.unclear if other[:SAME_BEGINNING] == word[:SAME_BEGINNING])
    return [other for other in begun if are_forms(word, other)]


def _replaced(word: str, pairs: Collection[tuple[str, str]]) -> Iterator[str]:
    """The word with some letters replaced by what they may stand for."""
    if not pairs:
        return
    places = re.split(f"({'|'.join(sorted({letters for letters, _ in pairs}))})", word)
    options = [(place, *sorted(to for of, to in pairs if of == place)) for place in places]
    if sum(len(some) > 1 for some in options) <= MAX_DIGRAPHS:
        yield from ("".join(chosen) for chosen in islice(product(*options), 1, None))


def _parts_of(lookup: TermLookup, word: str) -> tuple[str, str] | None:
    if lookup.compound_end is None or not word.isalpha() or is_unspaced(word) or _is_found(lookup, word):
        return None
    if _splits(lookup, word) or _compound_of(lookup, word) or _respelt(lookup, word):
        return None
    spellings = (word, *_replaced(word, lookup.digraphs))
    cuts = [(spelt[:at], spelt[at:]) for spelt in spellings for at in range(PART_CHARS, len(spelt) - 2)]
    # words rather than an end with a linking letter, and rather than how a word begins
    for start, end in sorted(
        cuts, key=lambda cut: (not lookup.has_word(cut[1]), not lookup.frequency(cut[0]))
    ):
        if _is_found(lookup, end):
            for link in LINKS:
                first = start.removesuffix(link)
                if len(first) >= PART_CHARS and _begins(lookup, first):
                    return first, end
    return None


def _begins_others(lookup: TermLookup, word: str) -> bool:
    if lookup.compound_end is None or not word.isalpha() or is_unspaced(word) or _is_found(lookup, word):
        return False
    begun = lookup.words_beginning(word, SOME) if len(word) >= BEGINNING_CHARS else []
    return any(_goes_on(lookup, other, word) for other in begun)


def _goes_on(lookup: TermLookup, compound: str, start: str) -> bool:
    """Whether a link follows the start, or at once a word of its own or the end of other compounds too."""
    rest = compound.removeprefix(start)
    if any(link and rest.startswith(link) and len(rest) >= len(link) + PART_CHARS for link in LINKS):
        return True
    return len(rest) >= PART_CHARS and (lookup.has_word(rest) or len(lookup.ends_surely(rest)) > 1)


def _ideographs(unit: Unit) -> Sequence[Unit]:
    """Characters that mean something alone, of a pair; the pair, if it has none."""
    return [Unit((word,)) for word in unit.words if _is_ideograph(word)] or (unit,)


def _is_ideograph(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _is_found(lookup: TermLookup, word: str) -> bool:
    return lookup.has_word(word) or bool(lookup.compounds(word))


def _begins(lookup: TermLookup, start: str) -> bool:
    return lookup.has_word(start) or (
        len(start) >= BEGINNING_CHARS and bool(lookup.words_beginning(start, 1))
    )


def _splits(lookup: TermLookup, word: str) -> list[tuple[str, ...]]:
    frequency, known = lookup.frequency(word), lookup.has_form(word)
    if word.isdecimal():
        return [parts for parts in _cut_digits(word) if _are_neighbours(lookup, parts, frequency)]
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
        for parts in ((start[:at], start[at:]) for at in range(FIRST_CHARS, len(start)))
        if _are_neighbours(lookup, (*parts, end), frequency)
    ]


def _cut_digits(number: str) -> list[tuple[str, ...]]:
    """The parts of a number with spaces in it: thousands (10 000), and an article number anywhere."""
    first = len(number) % 3 or 3
    thousands = (number[:first], *(number[at : at + 3] for at in range(first, len(number), 3)))
    cuts = [thousands] if len(thousands) > 1 else []
    if len(number) >= CUT_DIGITS:
        places = range(1, len(number))
        cuts += [(number[:at], number[at:]) for at in places]
        cuts += [(number[:at], number[at:to], number[to:]) for at, to in combinations(places, 2)]
    return list(dict.fromkeys(cuts))


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
    if not all(map(lookup.has_form, parts)):
        return False
    together = lookup.unit_rows(Unit(parts, tuple(range(len(parts)))))
    return len(together) * RARELY_SPLIT > frequency


def _merged(letters: bool, run: Iterable[str]) -> list[str]:
    return ["".join(run)] if letters else list(run)
