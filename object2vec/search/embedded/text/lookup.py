"""Looks a word up in the index of a catalogue: rows and scores, by field.

A word is searched in all its forms, and, in languages that write compounds as one word, as the end of one.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial

import numpy as np
import tantivy

from object2vec.core.arrays import Mask, Rows
from object2vec.search.analysis import PLUS, PLUS_NAME, Analysis
from object2vec.search.embedded.text.bm25 import Bm25, WordScores
from object2vec.search.embedded.text.matches import MAX_MATCHES, NOTHING, TermHits, best_of, summed
from object2vec.search.languages import language_of
from object2vec.search.query import Unit

WEIGHTS = {"text": 1.0, "title": 0.5, "brand": 1.0, "category": 0.6, "facts": 0.3, "reviews": 0.1}
"""How much a word in a field says, where one in the text says 1."""
FACTS_WEIGHT = WEIGHTS["facts"]
PLACED = {"text": 1.0, "facts": FACTS_WEIGHT}
"""The fields whose words have places, for phrases; here `facts` are all of the metadata."""
PHRASES = 64
"""So many are remembered: people ask for the same quantities. The greatest takes a megabyte."""
COMPOUND_WEIGHT = 0.6
"""How much the end of a compound says, where the word alone says 1."""
COMPLETIONS = 50
"""An unfinished word stands for the most frequent words that begin like it, at most so many."""
COMPOUNDS, MODIFIER_CHARS, LONG_END = 50, 3, 4
"""Compounds that end with a word, at most so many, and how many letters are before it: as many more as it has
fewer than four."""
SHORTEST, _NO_ENDS, _VOWELS = 2, ("a", "i", "o", "u"), "aeiou"
"""Letters of the shortest word that may end one, and letters with which the word before it seldom ends."""
SOME_WORD, SHORT_END = "hund", 2


class TermLookup:
    """One snapshot of the index. Safe to share between threads."""

    def __init__(
        self,
        searcher: tantivy.Searcher,
        schema: tantivy.Schema,
        fields: Mapping[str, Bm25],
        analysis: Analysis,
        unclear: Collection[str] = (),
    ) -> None:
        """`fields` by the names in `WEIGHTS`, `analysis` the one that they were made with; `unclear` are the
        words of items that are not known to be in one of its languages."""
        self._searcher, self._schema, self._fields = searcher, schema, fields
        self.analysis, self.unclear = analysis, unclear
        self._phrase = lru_cache(maxsize=PHRASES)(partial(_phrase, searcher, schema))
        self.has_form = lru_cache(maxsize=10_000)(self._has_form)
        """Whether an item has a form of the folded word."""
        self.compounds = lru_cache(maxsize=10_000)(self._compounds)
        """The terms of compounds that end with a form of the folded word, the most frequent first."""
        self.ends_surely = lru_cache(maxsize=10_000)(partial(self._compounds, guess=False))
        """Those without compounds that are only likely: fon may end Telefon."""

    @property
    def size(self) -> int:
        """Number of documents."""
        return int(self._searcher.num_docs)

    @cached_property
    def without_text(self) -> Mask:
        """(rows,)"""
        lengths = [self._fields[name].field.lengths for name in ("text", "title") if name in self._fields]
        without: Mask = np.sum(lengths, axis=0) == 0
        return without

    def unit(self, unit: Unit) -> Sequence[TermHits]:
        """Rows and scores by field: in the text, or with less weight in the metadata or the reviews. Those
        with the plus sign of a unit behind it come once more."""
        if unit.plus:
            signed = unit.with_sign
            return [*self.unit(replace(unit, plus=False)), *self._placed(signed.words, signed.offsets)]
        if unit.prefix:
            return [best_of([self._term(term) for term in self.completions(unit.words[0])])]
        if unit.word:
            return self._word(unit.word)
        terms = [self.analysis.terms_of(word)[0] for word in unit.words]
        found = [*self._placed(unit.words, unit.offsets), self._all_terms("reviews", terms)]
        if PLUS_NAME in unit.words:  # "disney plus" in quotes: Disney+
            signs = [PLUS if word == PLUS_NAME else word for word in unit.words]
            found += self._placed(signs, unit.offsets)
        return found

    def unit_rows(self, unit: Unit) -> Rows:
        """The rows of a unit; one that several fields have comes several times."""
        return np.concatenate([NOTHING.rows, *(rows for rows, _ in self.unit(unit))])

    def knows(self, term: str) -> bool:
        """Whether any item has the term."""
        return any(field.frequency(term) for field in self._fields.values())

    def frequency(self, word: str) -> int:
        """In how many items a folded word occurs in this spelling."""
        return self._searcher.doc_freq("spelling", word)

    def _has_form(self, word: str) -> bool:
        return any(map(self.knows, self.analysis.terms_of(word)))

    def has_word(self, word: str) -> bool:
        """Whether an item has the folded word, in this spelling or in another form."""
        return bool(self.frequency(word)) or self.has_form(word)

    def all_of(self, words: Sequence[str]) -> TermHits:
        """Rows with all of some folded words, wherever these are, by the sum of their scores."""
        rows, scores, times = summed([best_of([self._word(word)]) for word in words])
        everywhere = times == len(words)
        return rows[everywhere], scores[everywhere]

    def is_brand(self, word: str) -> bool:
        """Whether a brand has the folded word."""
        return any(map(self._fields["brand"].frequency, self.analysis.terms_of(word)))

    def in_category(self, words: Collection[str]) -> Rows:
        """The rows, ascending, whose category has a form of each of these folded words, and no other word."""
        field = self._fields["category"].field

        def counted(term: str) -> Sequence[TermHits]:
            rows, times = field.at(term)
            return [(rows, times.astype(np.float32))]

        found = [best_of([*map(counted, self.analysis.terms_of(word))]) for word in words]
        rows, counts, have = summed(found)
        return np.asarray(rows[(have == len(words)) & (counts >= field.lengths[rows])], np.int64)

    def items_with(self, unit: Unit) -> int:
        """In how many items the text has a form of the unit's first word."""
        return max(map(self._fields["text"].frequency, self.analysis.terms_of(unit.words[0])))

    def rarity(self, unit: Unit) -> float:
        """The idf of the unit's first word in the texts."""
        items = self.items_with(unit)
        return math.log(1 + (self.size - items + 0.5) / (items + 0.5))

    def completions(self, beginning: str) -> Sequence[str]:
        """The terms of the words that begin so, and of the beginning itself, which may be a word."""
        words_ = (beginning, *self.words_beginning(beginning, COMPLETIONS))
        return list(dict.fromkeys(term for word in words_ for term in self.analysis.terms_of(word)))

    def words_beginning(self, beginning: str, limit: int) -> list[str]:
        """The most frequent folded words that begin so."""
        return [word for word, _ in self._searcher.terms_with_prefix("spelling", beginning, limit=limit)]

    def written(self, joined: str) -> TermHits:
        """Rows with a code in their texts that is this without its hyphens."""
        if not any(map(str.isdigit, joined)) or not self._searcher.doc_freq("written", joined):
            return NOTHING.rows, NOTHING.scores
        return self._found(tantivy.Query.term_query(self._schema, "written", joined))

    def with_code(self, codes: Sequence[str]) -> Rows:
        """Rows that have one of these ids or codes."""
        known = [code for code in codes if self.is_code(code)]
        if not known:
            return NOTHING.rows
        return self._found(tantivy.Query.term_set_query(self._schema, "code", known), MAX_MATCHES)[0]

    def is_code(self, text: str) -> bool:
        """Whether a row has it as its id or code."""
        return bool(self._searcher.doc_freq("code", text))

    def spelt_like(self, word: str, distance: int, limit: int, *, stems: bool = False) -> Rows:
        """Rows with a word, or with a stem in their text, within this many edits (insertions, deletions,
        substitutions, transpositions)."""
        field = "text" if stems else "spelling"
        return self._found(tantivy.Query.fuzzy_term_query(self._schema, field, word, distance), limit)[0]

    def _word(self, word: str) -> Sequence[TermHits]:
        """The word in all its forms, and compounds that end with it."""
        terms = self.analysis.terms_of(word)
        compounds = self.compounds(word)
        if len(terms) == 1 and not compounds:
            return self._term(terms[0])
        lesser = [
            [(rows, scores * np.float32(COMPOUND_WEIGHT)) for rows, scores in self._term(term)]
            for term in compounds
        ]
        return [best_of([*map(self._term, terms), *lesser])]

    def _term(self, term: str) -> Sequence[TermHits]:
        found = ((weight, *self._fields[name].scores(term)) for name, weight in WEIGHTS.items())
        return [(rows, scores * np.float32(weight)) for weight, rows, scores in found if len(rows)]

    def _compounds(self, word: str, *, guess: bool = True) -> Sequence[str]:
        least, field = self.compound_end, self._fields["text"]
        if least is None or len(word) < SHORTEST or not word.isalpha():
            return ()
        found = {
            term
            for end in self._ends(word)
            for term in field.field.ending(end)
            if len(term) >= len(end) + MODIFIER_CHARS + max(LONG_END - len(end), 0)
            and (
                len(end) >= least
                or (len(word) >= least and self._is_written_on(term, end))
                or self._is_compound(term, end, word, guess=guess and self._shows(term, end, word))
            )
        }
        terms = self.analysis.terms_of(word)
        return sorted(found - {*terms}, key=lambda term: (-field.frequency(term), term))[:COMPOUNDS]

    def _ends(self, word: str) -> set[str]:
        """The ends of compounds with the word: its stems, and those that it has behind another word, since
        stemmers leave short words alone."""
        behind = (term for term in self.analysis.terms_of(SOME_WORD + word) if term.startswith(SOME_WORD))
        ends = {*self.analysis.terms_of(word), *(term[len(SOME_WORD) :] for term in behind)}
        return {end for end in ends if len(end) >= SHORT_END}

    def _is_written_on(self, term: str, end: str) -> bool:
        """Whether items have the term with the ending that its short end was cut from: Unterhosen with Hosen,
        but not Avocados for Dosen."""
        written = (word[len(term) - len(end) :] for word in self.words_beginning(term, COMPLETIONS))
        return any(tail != end and end in self._ends(tail) for tail in written)

    def _shows(self, term: str, end: str, word: str) -> bool:
        """Whether little of the word was cut off, or a form of the term ends with all of it: Kräutertee with
        Tee, but not Badematte."""
        if len(end) >= min(len(word), SHORT_END + 1):
            return True
        return any(written.endswith(word) for written in self.words_beginning(term, COMPLETIONS))

    def _is_compound(self, term: str, end: str, word: str, *, guess: bool) -> bool:
        """Whether a term with a short end is a compound of the word: Wanduhr is one of Uhr, Tastatur none of
        Tür. Items have what is before the end; or, as a guess, they have the word in no other way, and a word
        may end like that (Vanille-eis, not Be-zug)."""
        before = term.removesuffix(end)
        if self.has_form(before):
            return True
        no_word = before.endswith(_NO_ENDS) or (before.endswith("e") and end[0] not in _VOWELS)
        return guess and not no_word and not self.has_form(word)

    @cached_property
    def compound_end(self) -> int | None:
        """How many letters the last part of a compound has at least; None in languages without compounds."""
        ends = [language_of(code).compound_end for code in self.analysis.languages]
        return min((end for end in ends if end is not None), default=None)

    @cached_property
    def digraphs(self) -> frozenset[tuple[str, str]]:
        """Two letters for one with a mark, as people type them, and what that one is folded to."""
        return frozenset(
            pair for code in self.analysis.languages for pair in language_of(code).digraphs.items()
        )

    def _placed(self, words: Iterable[str], offsets: Iterable[int]) -> Sequence[TermHits]:
        """Rows with words at these places of each other, by field."""
        terms = (self.analysis.terms_of(word)[0] for word in words)
        placed = tuple(zip(offsets, terms, strict=True))
        return [self._phrase(field, placed) for field in PLACED]

    def _all_terms(self, name: str, terms: Sequence[str]) -> TermHits:
        field = self._fields[name]
        rows, scores, times = summed([field.scores(term) for term in terms])
        everywhere = times == len(terms)
        if not everywhere.all():
            rows, scores = rows[everywhere], scores[everywhere]
        return rows, scores * np.float32(WEIGHTS[name])

    def _found(self, query: tantivy.Query, limit: int = 0) -> tuple[Rows, WordScores]:
        return _found(self._searcher, query, limit)


def _phrase(
    searcher: tantivy.Searcher, schema: tantivy.Schema, field: str, placed: Sequence[tuple[int, str]]
) -> TermHits:
    """Rows with terms at these places of each other; by the weight of the field."""
    rows, scores = _found(searcher, tantivy.Query.phrase_query(schema, field, list(placed)))
    return rows, scores * np.float32(PLACED[field])


def _found(searcher: tantivy.Searcher, query: tantivy.Query, limit: int = 0) -> tuple[Rows, WordScores]:
    """The rows tantivy finds, the best `limit` (0: all) of them, and their scores."""
    found = searcher.search(query, limit or MAX_MATCHES)
    matches: int = found.count  # type: ignore[attr-defined] # missing in tantivy's stub
    if not limit and matches > MAX_MATCHES:
        found = searcher.search(query, matches)
    hits = found.hits
    if not hits:
        return NOTHING.rows, NOTHING.scores
    scores, addresses = zip(*hits, strict=True)
    rows = np.array(searcher.fast_field_values("row", list(addresses)), np.int64)
    return rows, np.array(scores, np.float32)
