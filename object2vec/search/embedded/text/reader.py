"""A snapshot of the lexical index: which rows have the words of a query, and how well.

A result has the items with all words; where there are too few of them, fewer words have to be there.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from object2vec.core.arrays import Mask, Rows
from object2vec.search.analysis import words
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
"""Of a longer query the rarest words count; the frequent ones hardly move a BM25 score."""
SYNONYM_WEIGHT = 0.9
"""Of a word that stands for one of the query's."""
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
ENOUGH = 200
"""Matches of a description before fewer of its words are required."""


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

    def any_word(self, text: str, allowed: Mask) -> tuple[Rows, WordScores]:
        """Allowed rows with any of the text's words, ascending, and their BM25 scores."""
        found = self._tally(parse(text).without_phrases(), allowed).matches(1)
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

    def knows_word(self, word: str) -> bool:
        """Whether any item has the folded word in some form, or what it is made of."""
        variants = self._variants
        return any(map(self.lookup.knows, self.analysis.terms_of(word))) or bool(
            variants.splits(word) or variants.compound_of(word)
        )

    def knows_some(self, query: TextQuery) -> bool:
        """Whether any item has a word of the query, or one that stands for it."""
        units = (*query.words, *query.phrases)
        return any(
            bool(self.lookup.completions(word)) if unit.prefix else self.knows_word(word)
            for unit in (*units, *(other.instead for other in query.alternatives))
            for word in unit.words
        )

    def marks(self, query: TextQuery) -> Marks:
        """What of the texts to show as found by the query: its words, and those they also stand for."""
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
        terms = frozenset(term for word in found for term in self.analysis.terms_of(word))
        return Marks(
            terms | frozenset(self.analysis.terms_of(beginning) if beginning else ()),
            beginning,
            self.analysis,
        )

    def _relaxed(self, query: TextQuery, allowed: Mask) -> Matches:
        tally, found = self._tally(query, allowed), NOTHING
        keywords = len(query.words) <= FEW_WORDS  # as they were typed: a question has few telling words, too
        for required, enough in _requirements(tally.words, keywords=keywords):
            found = tally.matches(required)
            if len(found.rows) >= enough:
                break
        return found

    def _tally(self, query: TextQuery, allowed: Mask) -> Tally:
        """Repeated words count as often as they were typed. Stop words only add to the scores of a short
        query, unless it has no other words."""
        times, stops = query.times, []
        units: Sequence[Unit] = list(times)
        meant = self._stop_words_with_a_meaning(query)
        if any(not unit.prefix and not self._is_stop(unit) for unit in units) or query.phrases:
            less = [unit for unit in units if self._is_stop(unit) and unit not in meant]
            stops = less if len(units) <= FEW_WORDS else []
            units = [unit for unit in units if unit not in less]
        units = self._rarest(units)
        if not units and not query.phrases:
            allowed = np.zeros_like(allowed)
        tally = Tally(allowed, len(units))
        joins = list(self._variants.joins(query)) if len(query.words) <= KEYWORDS else []
        for unit in units:
            found = list(self._variants.hits(unit, split=len(query.words) <= KEYWORDS))
            also: list[TermHits] = []
            for other in query.alternatives:
                if unit in other.parts:
                    instead = self._instead(other.instead)
                    if unit == next(part for part in other.parts if part in units):
                        found = [best_of([found, [instead]])]
                    else:
                        also.append(instead)
            for parts, joined in joins:
                if unit in parts:
                    rows, scores, _ = summed(self.lookup.unit(Unit((joined,))))
                    whole = rows, scores * np.float32(len(parts))  # it says what all of its parts say
                    (found if unit == parts[0] else also).append(whole)
            tally.count(found, times[unit], also)
        for unit in stops:
            tally.add(self.lookup.unit(unit))
        if len(query.words) > 1 and units and all(map(self._is_stop, units)):  # The The, not The Who
            in_a_row = Unit(tuple(unit.words[0] for unit in query.words), tuple(range(len(query.words))))
            tally.add(self.lookup.unit(in_a_row))
        for phrase in query.phrases:
            tally.require(self.lookup.unit(phrase))
        return tally

    def _stop_words_with_a_meaning(self, query: TextQuery) -> set[Unit]:
        """Of a synonym that has no other words (to go)."""
        synonyms = (other.parts for other in query.alternatives if all(map(self._is_stop, other.parts)))
        return {unit for parts in synonyms for unit in parts}

    def _instead(self, unit: Unit) -> TermHits:
        """What a synonym finds: a little below what has the very words."""
        rows, scores, _ = summed(self.lookup.unit(unit))
        return rows, scores * np.float32(SYNONYM_WEIGHT)

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
        return bool(query.words) and not query.phrases and all(map(self._is_stop, query.words))

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
