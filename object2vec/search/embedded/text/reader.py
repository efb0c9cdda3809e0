"""A snapshot of the lexical index: which rows have the words of a query, and how well.

A result has the items with all words; where there are too few of them, fewer words have to be there. A word
of a short query also stands for what the catalogue writes in one word or in two (toothpaste, dog food), and,
in languages that write compounds as one word, for those that end with it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby

import numpy as np
import tantivy

from object2vec.core.arrays import Mask, Rows
from object2vec.search.analysis import Analysis, is_unspaced, words
from object2vec.search.embedded.text.bm25 import Bm25, WordScores
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
from object2vec.search.highlight import Marks
from object2vec.search.languages import language_of
from object2vec.search.query import KEYWORDS, TextQuery, Unit, parse

MAX_WORDS = 400
"""Of a longer query the rarest words count; the frequent ones hardly move a BM25 score."""
WEIGHTS = {"text": 1.0, "title": 0.5, "brand": 1.0, "category": 0.6, "facts": 0.3, "reviews": 0.1}
"""How much a word in a field says, where one in the text says 1."""
FACTS_WEIGHT = WEIGHTS["facts"]
PLACED = {"text": 1.0, "facts": FACTS_WEIGHT}
"""The fields whose words have places, for phrases; here `facts` are all of the metadata."""
COMPOUND_WEIGHT = 0.6
"""Of a word as the end of a compound."""
SYNONYM_WEIGHT = 0.9
"""Of a word that stands for one of the query's."""
COMPLETIONS = 50
"""An unfinished word stands for the most frequent words that begin like it, at most so many."""
COMPOUNDS, COMPOUND_CHARS, MODIFIER_CHARS = 50, 4, 3
"""Compounds that end with a word, at most so many; the word and what is before it have so many letters."""
SPLIT_CHARS = 5
"""A word with so many letters may be written as two elsewhere; a shorter one only if no item has it."""
RARELY_SPLIT = 50
"""Two words are the same as one where they occur at least once for so many times that the one does."""
JOINED_WORDS = 3
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
ENOUGH = 200
"""Matches of a description before fewer of its words are required."""


class LexicalReader:
    """Safe to share between threads."""

    def __init__(
        self,
        searcher: tantivy.Searcher,
        schema: tantivy.Schema,
        fields: Mapping[str, Bm25],
        analysis: Analysis,
    ) -> None:
        """`fields` by the names in `WEIGHTS`, `analysis` the one that they were made with."""
        self._searcher, self._schema, self._fields = searcher, schema, fields
        self.analysis = analysis

    @property
    def size(self) -> int:
        """Number of documents."""
        return int(self._searcher.num_docs)

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
        """Rows whose id or code (SKU, EAN, …) is one of these; a single word of the texts is no code, unless
        it is the first of them: the whole query."""
        known = [(place, text) for place, text in enumerate(codes) if self._searcher.doc_freq("code", text)]
        terms = [text for place, text in known if not (place and self._is_word(text))]
        if not terms:
            return NOTHING.rows
        return self._found(tantivy.Query.term_set_query(self._schema, "code", terms), MAX_MATCHES)[0]

    def knows(self, term: str) -> bool:
        """Whether any item has the term."""
        return any(field.frequency(term) for field in self._fields.values())

    def knows_word(self, word: str) -> bool:
        """Whether any item has the folded word in some form, or written as two."""
        return any(map(self.knows, self.analysis.terms_of(word))) or bool(self.splits(word))

    def knows_some(self, query: TextQuery) -> bool:
        """Whether any item has a word of the query, or one that stands for it."""
        units = (*query.words, *query.phrases)
        return any(
            bool(self.completions(word)) if unit.prefix else self.knows_word(word)
            for unit in (*units, *(other.instead for other in query.alternatives))
            for word in unit.words
        )

    def marks(self, query: TextQuery) -> Marks:
        """What of the texts to show as found by the query: its words, and those they also stand for."""
        units = [unit for unit in query.times if not unit.prefix]
        telling = [unit for unit in units if not self._is_stop(unit)] or units
        found = {word for unit in (*telling, *query.phrases) for word in unit.words}
        if len(query.words) <= KEYWORDS:
            found |= {joined for _, joined in self._joins(query)}
            found |= {
                part for unit in telling if unit.word for split in self.splits(unit.word) for part in split
            }
        found |= {word for other in query.alternatives for word in other.instead.words}
        beginning = query.beginning
        terms = frozenset(term for word in found for term in self.analysis.terms_of(word))
        return Marks(
            terms | frozenset(self.analysis.terms_of(beginning) if beginning else ()),
            beginning,
            self.analysis,
        )

    def spelt_like(self, word: str, distance: int, limit: int, *, stems: bool = False) -> Rows:
        """Rows with a word, or with a stem in their text, within this many edits (insertions, deletions,
        substitutions, transpositions)."""
        field = "text" if stems else "spelling"
        return self._found(tantivy.Query.fuzzy_term_query(self._schema, field, word, distance), limit)[0]

    def frequency(self, word: str) -> int:
        """In how many items a folded word occurs in this spelling."""
        return self._searcher.doc_freq("spelling", word)

    def completions(self, beginning: str) -> Sequence[str]:
        """The terms of the words that begin so, and of the beginning itself, which may be a word."""
        found = self._searcher.terms_with_prefix("spelling", beginning, limit=COMPLETIONS)
        words_ = (beginning, *(word for word, _ in found))
        return list(dict.fromkeys(term for word in words_ for term in self.analysis.terms_of(word)))

    def splits(self, word: str) -> list[tuple[str, str]]:
        """Pairs of words that are together the folded word, where items have them next to each other."""
        frequency, terms_of = self.frequency(word), self.analysis.terms_of
        short = len(word) < SPLIT_CHARS
        if not word.isalpha() or is_unspaced(word) or (short and any(map(self.knows, terms_of(word)))):
            return []
        pairs = [(word[:at], word[at:]) for at in range(1, len(word))]
        return [
            pair
            for pair in pairs
            if all(any(map(self.knows, terms_of(part))) for part in pair)
            and len(self._unit_rows(Unit(pair, (0, 1)))) * RARELY_SPLIT > frequency
        ]

    def _relaxed(self, query: TextQuery, allowed: Mask) -> Matches:
        tally, found = self._tally(query, allowed), NOTHING
        for required, enough in _requirements(tally.words):
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
        joins = list(self._joins(query)) if len(query.words) <= KEYWORDS else []
        for unit in units:
            found = list(self._with_splits(unit, split=len(query.words) <= KEYWORDS))
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
                    rows, scores, _ = summed(self._unit(Unit((joined,))))
                    whole = rows, scores * np.float32(len(parts))  # it says what all of its parts say
                    (found if unit == parts[0] else also).append(whole)
            tally.count(found, times[unit], also)
        for unit in stops:
            tally.add(self._unit(unit))
        if len(query.words) > 1 and units and all(map(self._is_stop, units)):  # The The, not The Who
            in_a_row = Unit(tuple(unit.words[0] for unit in query.words), tuple(range(len(query.words))))
            tally.add(self._unit(in_a_row))
        for phrase in query.phrases:
            tally.require(self._unit(phrase))
        return tally

    def _stop_words_with_a_meaning(self, query: TextQuery) -> set[Unit]:
        """Of a synonym that has no other words (to go)."""
        synonyms = (other.parts for other in query.alternatives if all(map(self._is_stop, other.parts)))
        return {unit for parts in synonyms for unit in parts}

    def _instead(self, unit: Unit) -> TermHits:
        """What a synonym finds: a little below what has the very words."""
        rows, scores, _ = summed(self._unit(unit))
        return rows, scores * np.float32(SYNONYM_WEIGHT)

    def _joins(self, query: TextQuery) -> Iterator[tuple[Sequence[Unit], str]]:
        """Neighbouring words of the query that items write as one."""
        for size in range(2, JOINED_WORDS + 1):
            for start in range(len(query.words) - size + 1):
                parts = query.words[start : start + size]
                joined = "".join(unit.word or " " for unit in parts)
                if " " not in joined and not is_unspaced(joined) and self.frequency(joined):
                    yield parts, joined

    def _with_splits(self, unit: Unit, *, split: bool) -> Sequence[TermHits]:
        """A unit, or what is the same written otherwise: as two words, as one."""
        found = self._unit(unit)
        if not split or unit.prefix:
            return found
        others = [self._unit(other) for other in self._same_as(unit)]
        written = self._written("".join(unit.words))
        if len(written[0]):
            others.append([written])
        return [best_of([found, *others])] if others else found

    def _same_as(self, unit: Unit) -> list[Unit]:
        if unit.word:
            return [Unit(pair, (0, 1)) for pair in self.splits(unit.word)]
        runs = [part for alpha, run in groupby(unit.words, str.isalpha) for part in _merged(alpha, run)]
        options = [("".join(unit.words),), *([tuple(runs)] if len(runs) < len(unit.words) else [])]
        return [
            Unit(option, tuple(range(len(option)))) for option in options if all(map(self.frequency, option))
        ]

    def _written(self, joined: str) -> TermHits:
        """Rows with a code in their texts that is this without its hyphens."""
        if not any(map(str.isdigit, joined)) or not self._searcher.doc_freq("written", joined):
            return NOTHING.rows, NOTHING.scores
        return self._found(tantivy.Query.term_query(self._schema, "written", joined))

    def _unit(self, unit: Unit) -> Sequence[TermHits]:
        """Rows and scores by field: in the text, or with less weight in the metadata or the reviews."""
        if unit.prefix:
            return [best_of([self._term(term) for term in self.completions(unit.words[0])])]
        if unit.word:
            return self._word(unit.word)
        terms = [self.analysis.terms_of(word)[0] for word in unit.words]
        placed: list[str | tuple[int, str]] = [*zip(unit.offsets, terms, strict=True)]
        found = [
            (rows, scores * np.float32(weight))
            for field, weight in PLACED.items()
            for rows, scores in [self._found(tantivy.Query.phrase_query(self._schema, field, placed))]
        ]
        return [*found, self._all_terms("reviews", terms)]

    def _unit_rows(self, unit: Unit) -> Rows:
        return np.concatenate([NOTHING.rows, *(rows for rows, _ in self._unit(unit))])

    def _word(self, word: str) -> Sequence[TermHits]:
        """The word in all its forms, and compounds that end with it."""
        terms = self.analysis.terms_of(word)
        compounds = [term for term in self._compounds(terms) if term not in terms]
        if len(terms) == 1 and not compounds:
            return self._term(terms[0])
        lesser = [
            [(rows, scores * np.float32(COMPOUND_WEIGHT)) for rows, scores in self._term(term)]
            for term in compounds
        ]
        return [best_of([*map(self._term, terms), *lesser])]

    def _term(self, term: str) -> Sequence[TermHits]:
        return [found for name in WEIGHTS if len((found := self._all_terms(name, (term,)))[0])]

    def _compounds(self, terms: Sequence[str]) -> Sequence[str]:
        if not self._writes_compounds:
            return ()
        field = self._fields["text"]
        ends = [term for term in terms if len(term) >= COMPOUND_CHARS and term.isalpha()]
        found = {
            term for end in ends for term in field.field.ending(end) if len(term) >= len(end) + MODIFIER_CHARS
        }
        return sorted(found, key=lambda term: (-field.frequency(term), term))[:COMPOUNDS]

    @cached_property
    def _writes_compounds(self) -> bool:
        return any(language_of(code).compounds for code in self.analysis.languages)

    def _all_terms(self, name: str, terms: Sequence[str]) -> TermHits:
        field = self._fields[name]
        rows, scores, times = summed([field.scores(term) for term in terms])
        everywhere = times == len(terms)
        if not everywhere.all():
            rows, scores = rows[everywhere], scores[everywhere]
        return rows, scores * np.float32(WEIGHTS[name])

    def _found(self, query: tantivy.Query, limit: int = 0) -> tuple[Rows, WordScores]:
        """The rows tantivy finds, the best `limit` (0: all) of them, and their scores."""
        found = self._searcher.search(query, limit or MAX_MATCHES)
        matches: int = found.count  # type: ignore[attr-defined] # missing in tantivy's stub
        if not limit and matches > MAX_MATCHES:
            found = self._searcher.search(query, matches)
        hits = found.hits
        if not hits:
            return NOTHING.rows, NOTHING.scores
        rows = np.array(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)
        return rows, np.fromiter((score for score, _ in hits), np.float32, len(hits))

    def _rarest(self, units: Sequence[Unit]) -> Sequence[Unit]:
        if len(units) <= MAX_WORDS:
            return units
        frequency = {unit: self._frequency(unit) for unit in units}
        present = [unit for unit in units if frequency[unit]]
        return sorted(present, key=frequency.__getitem__)[:MAX_WORDS]

    def _telling(self, units: Sequence[Unit]) -> tuple[Unit, ...]:
        """The rarest, which together match at most half as many items as there are, or `MAX_MATCHES`: what
        most items have says nothing about one, and takes the most time."""
        frequency = {unit: self._frequency(unit) for unit in units}
        rarest = sorted(units, key=frequency.__getitem__)
        items = np.cumsum([frequency[unit] for unit in rarest])
        return tuple(rarest[: np.searchsorted(items, max(self.size / 2, MAX_MATCHES), side="right")])

    def _frequency(self, unit: Unit) -> int:
        return max(map(self._fields["text"].frequency, self.analysis.terms_of(unit.words[0])))

    def has_stop_words_alone(self, query: TextQuery) -> bool:
        """Whether all that is asked for are words such as "the" and "it"."""
        return bool(query.words) and not query.phrases and all(map(self._is_stop, query.words))

    def _is_stop(self, unit: Unit) -> bool:
        return unit.word is not None and self.analysis.is_stop(unit.word)

    def _is_word(self, text: str) -> bool:
        found = words(text)
        return len(found) == 1 and self.knows(self.analysis.terms_of(found[0])[0])


def _merged(letters: bool, run: Iterable[str]) -> list[str]:
    return ["".join(run)] if letters else list(run)


def _requirements(count: int) -> Iterator[tuple[int, int]]:
    """How many words must be there, from all of them down to one, each with the number of matches that is
    enough."""
    if count <= FEW_WORDS:
        yield from ((required, 1) for required in range(count, 0, -1))
        yield from [(0, 0)] * (not count)
    else:
        yield from ((max(1, math.ceil(share * count)), ENOUGH) for share in SHARES)
