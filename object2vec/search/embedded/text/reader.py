"""A snapshot of the lexical index: which rows have the words of a query, and how well.

A result has the items with all words; where there are too few of them, fewer words have to be there.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from object2vec.core.arrays import Mask, Rows
from object2vec.search.analysis import PLUS, words
from object2vec.search.embedded.text.bm25 import WordScores
from object2vec.search.embedded.text.lookup import TermLookup
from object2vec.search.embedded.text.matches import (
    FEW_WORDS,
    MAX_MATCHES,
    NOTHING,
    Matches,
    Tally,
    TermHits,
    best_of,
    summed,
)
from object2vec.search.embedded.text.variants import Variants
from object2vec.search.highlight import Marks
from object2vec.search.query import KEYWORDS, TextQuery, Unit, parse

MAX_WORDS = 400
"""A longer query is searched by its rarest words; the frequent ones hardly move a BM25 score."""
SYNONYM_WEIGHT = 0.9
"""How much a synonym counts; the query's own word counts 1."""
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
ENOUGH = 200
"""Matches of a description before fewer of its words are required."""


@dataclass(frozen=True, slots=True)
class Substitute:
    """Words of a query, and the rows with something that says the same as all of them together."""

    parts: Sequence[Unit]
    hits: TermHits


class LexicalReader:
    """Safe to share between threads."""

    def __init__(self, lookup: TermLookup) -> None:
        self.lookup, self._variants = lookup, Variants(lookup)
        self.analysis = lookup.analysis

    @property
    def size(self) -> int:
        """Number of documents."""
        return self.lookup.size

    @property
    def without_text(self) -> Mask:
        """(rows,) of which nobody wrote anything: neither a text nor a title."""
        return self.lookup.without_text

    def matches(self, query: TextQuery, allowed: Mask, like: Matches | None = None) -> Matches:
        """Allowed rows with the query's phrases and as many of its words as leave enough rows; with `like`,
        as many as those matches have."""
        if like is not None:
            query = query.without_phrases() if like.phrases_dropped else query
            return self._tally(query, allowed).matches(like.required)
        found = self._relaxed(query, allowed)
        if len(found.rows) or not query.phrases:
            return found
        return replace(self._relaxed(query.without_phrases(), allowed), phrases_dropped=True)

    def any_word(self, query: TextQuery, allowed: Mask) -> tuple[Rows, WordScores]:
        """Allowed rows with any of the query's words, ascending, and their BM25 scores."""
        found = self._tally(query.without_phrases(), allowed).matches(1)
        return found.rows, found.scores

    def described(self, text: str, allowed: Mask, most: int) -> Matches:
        """The best `most` of the allowed rows with any of a description's telling words. Their scores are
        relative to the greatest of all, allowed or not: the described item's own."""
        units = [unit for unit in parse(text).without_phrases().times if not self._is_stop(unit)]
        tally = self._tally(TextQuery(self._telling(units), (), ()), allowed)
        return replace(tally.matches(1, most), best=tally.greatest, shares=1.0)

    def exact(self, codes: Sequence[str]) -> Rows:
        """Rows whose id or code (SKU, EAN, …) is one of these. One that is a word of the texts too (2001, but
        an EAN as well) is a code of the rows that have both, unless it is the first of them: the whole
        query."""
        found = [NOTHING.rows]
        for code in filter(self.lookup.is_code, codes):
            rows = self.lookup.with_code([code])
            if code != codes[0] and self._is_word(code):
                rows = rows[np.isin(rows, self.lookup.unit_rows(Unit(tuple(words(code)))))]
            found.append(rows)
        return np.unique(np.concatenate(found))

    def of_category(self, query: TextQuery) -> Rows:
        """Rows, ascending, of the category that a shopper's keywords or their synonym are the name of: for
        "phone" phones, not their cases."""
        units = self._telling_and_stops(query)[0]
        words = [unit.word for unit in units if unit.word]
        if not units or len(query.words) > FEW_WORDS or query.phrases:
            return NOTHING.rows
        names = [words] if len(words) == len(units) else []
        names += [[*other.instead.words] for other in query.alternatives if {*units} <= {*other.parts}]
        found = [*map(self.lookup.in_category, names)]
        return found[0] if len(found) == 1 else np.unique(np.concatenate([NOTHING.rows, *found]))

    def knows_word(self, word: str) -> bool:
        """Whether any item has the folded word in some form, or what it is made of; a plus sign says
        nothing."""
        return word != PLUS and self._variants.knows(word)

    def with_parts(self, query: TextQuery) -> TextQuery:
        """The query with the parts of compounds that no item has, where items have these."""
        return self._variants.with_parts(query) if len(query.words) <= KEYWORDS else query

    def knows_some(self, query: TextQuery) -> bool:
        """Whether any item has a word of the query, or one that stands for it."""
        units = (*query.words, *query.phrases)
        return any(
            bool(self.lookup.completions(word)) if unit.prefix else self.knows_word(word)
            for unit in (*units, *(other.instead for other in query.alternatives))
            for word in unit.words
        )

    def marks(self, query: TextQuery) -> Marks:
        """The words of the texts to show as found by the query: its own, and those they also stand for."""
        units = [unit for unit in query.times if not unit.prefix]
        telling = [unit for unit in units if not self._is_stop(unit)] or units
        found = {word for unit in (*telling, *query.phrases) for word in unit.words}
        if len(query.words) <= KEYWORDS:
            found |= {joined for _, joined in self._variants.joins(query)}
            found |= {
                part
                for unit in telling
                if unit.word
                for split in self._variants.splits(unit.word)
                for part in split
            }
        found |= {word for other in query.alternatives for word in other.instead.words}
        beginning = query.beginning
        terms = frozenset(term for word in found - {PLUS} for term in self.analysis.terms_of(word))
        return Marks(
            terms | frozenset(self.analysis.terms_of(beginning) if beginning else ()),
            beginning,
            self.analysis,
        )

    def _relaxed(self, query: TextQuery, allowed: Mask) -> Matches:
        tally, found = self._tally(query, allowed), NOTHING
        # as they were typed: a question has few telling words, too
        keywords = len(query.words) <= FEW_WORDS and not query.in_parts
        for required, enough in _requirements(tally.words, keywords=keywords):
            found = tally.matches(required)
            if len(found.rows) >= enough:
                break
        return found

    def _tally(self, query: TextQuery, allowed: Mask) -> Tally:
        """Counts the words of a query in every row. Repeated words count as often as they were typed."""
        telling, stops = self._telling_and_stops(query)
        units, times = self._rarest(telling), query.times
        if not units and not query.phrases:
            allowed = np.zeros_like(allowed)
        tally = Tally(allowed, len(units))
        substitutes = [*self._synonyms(query), *self._joins(query)]
        for unit in units:
            found = self._variants.hits(unit, split=len(query.words) <= KEYWORDS)
            also: list[TermHits] = []
            for substitute in substitutes:
                if unit == next((part for part in substitute.parts if part in units), None):
                    found = [best_of([found, [substitute.hits]])]
                elif unit in substitute.parts:
                    also.append(substitute.hits)
            tally.count(found, times[unit], also)
        for unit in stops:
            tally.add(self.lookup.unit(unit))
        if len(query.words) > 1 and units and self._all_stop(units):  # The The, not The Who
            in_a_row = Unit(tuple(unit.words[0] for unit in query.words), tuple(range(len(query.words))))
            tally.add(self.lookup.unit(in_a_row))
        for phrase in query.phrases:
            tally.require(self.lookup.unit(phrase))
        return tally

    def _telling_and_stops(self, query: TextQuery) -> tuple[Sequence[Unit], Sequence[Unit]]:
        """The words that a match is to have, and the stop words that only add to its score, which they do in
        a short query. Where a query has no other words, and where a synonym has none (to go), stop words are
        words like all others."""
        units = list(query.times)
        if not query.phrases and all(unit.prefix or self._is_stop(unit) for unit in units):
            return units, ()
        meant = {unit for other in query.alternatives if self._all_stop(other.parts) for unit in other.parts}
        stops = [unit for unit in units if self._is_stop(unit) and unit not in meant]
        telling = [unit for unit in units if unit not in stops]
        return telling, stops if len(units) <= FEW_WORDS else ()

    def _synonyms(self, query: TextQuery) -> Iterator[Substitute]:
        """The synonyms of words of the query, which count a little less than the words themselves."""
        for other in query.alternatives:
            found = self.lookup.unit(other.instead)
            if other.anywhere and not any(len(rows) for rows, _ in found):
                found = [self.lookup.all_of(other.instead.words)]
            rows, scores, _ = summed(found)
            yield Substitute(other.parts, (rows, scores * np.float32(SYNONYM_WEIGHT)))

    def _joins(self, query: TextQuery) -> Iterator[Substitute]:
        """Words that are neighbouring words of the query in one. Such a word says what its parts say, and no
        more: a word that few items write as one is rare, but what it means is not."""
        if len(query.words) > KEYWORDS:
            return
        for parts, joined in self._variants.joins(query):
            whole = Unit((joined,))
            rows, scores, _ = summed(self.lookup.unit(whole))
            worth = sum(map(self.lookup.rarity, parts)) / self.lookup.rarity(whole)
            yield Substitute(parts, (rows, scores * np.float32(worth)))

    def _rarest(self, units: Sequence[Unit]) -> Sequence[Unit]:
        if len(units) <= MAX_WORDS:
            return units
        frequency = {unit: self.lookup.items_with(unit) for unit in units}
        present = [unit for unit in units if frequency[unit]]
        return sorted(present, key=frequency.__getitem__)[:MAX_WORDS]

    def _telling(self, units: Sequence[Unit]) -> tuple[Unit, ...]:
        """The rarest, which together match at most half as many items as there are, or `MAX_MATCHES`: what
        most items have says nothing about one, and takes the most time."""
        frequency = {unit: self.lookup.items_with(unit) for unit in units}
        rarest = sorted(units, key=frequency.__getitem__)
        items = np.cumsum([frequency[unit] for unit in rarest])
        return tuple(rarest[: np.searchsorted(items, max(self.size / 2, MAX_MATCHES), side="right")])

    def has_stop_words_alone(self, query: TextQuery) -> bool:
        """Whether all that is asked for are words such as "the" and "it"."""
        return bool(query.words) and not query.phrases and self._all_stop(query.words)

    def _all_stop(self, units: Sequence[Unit]) -> bool:
        return all(map(self._is_stop, units))

    def _is_stop(self, unit: Unit) -> bool:
        return unit.word is not None and self.analysis.is_stop(unit.word)

    def _is_word(self, text: str) -> bool:
        found = words(text)
        return len(found) == 1 and self.lookup.knows(self.analysis.terms_of(found[0])[0])


def _requirements(count: int, *, keywords: bool) -> Iterator[tuple[int, int]]:
    """How many words must be there, from all of them down to one, each with the number of matches that is
    enough."""
    if keywords or not count:
        yield from ((required, 1) for required in range(count, 0, -1))
        yield from [(0, 0)] * (not count)
    else:
        yield from ((max(1, math.ceil(share * count)), ENOUGH) for share in SHARES)
