"""A snapshot of the lexical index: which rows have the words of a query, and how well.

A result has the items with all words; where there are too few of them, fewer words have to be there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import tantivy

from object2vec.core.arrays import Mask, Rows
from object2vec.search import analysis
from object2vec.search.embedded.text.bm25 import Bm25, WordScores
from object2vec.search.embedded.text.matches import (
    MAX_MATCHES,
    NOTHING,
    Found,
    Matches,
    Tally,
    best_of,
    summed,
)
from object2vec.search.query import TextQuery, Unit, parse

MAX_WORDS = 64
"""Of a longer query the rarest words count; the frequent ones hardly move a BM25 score."""
FACTS_WEIGHT, REVIEWS_WEIGHT = 0.3, 0.1
"""Of a word in the metadata or the reviews, where one in the text weighs 1."""
WEIGHTS = {"text": 1.0, "facts": FACTS_WEIGHT, "reviews": REVIEWS_WEIGHT}
COMPLETIONS = 50
"""An unfinished word stands for the most frequent words that begin like it, at most so many."""
FEW_WORDS = 4
"""Up to so many words are a shopper's keywords; more are a description."""
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
ENOUGH = 200
"""Matches of a description before fewer of its words are required."""


class LexicalReader:
    """Safe to share between threads."""

    def __init__(
        self, searcher: tantivy.Searcher, schema: tantivy.Schema, fields: Mapping[str, Bm25]
    ) -> None:
        """`fields` by the names in `WEIGHTS`."""
        self._searcher, self._schema, self._fields = searcher, schema, fields

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
        """The best `most` of the allowed rows with any of a description's telling words, beside what has the
        most of all, allowed or not: the described item itself."""
        words = self._telling(parse(text).without_phrases().words)
        tally = self._tally(TextQuery(words, (), ()), allowed)
        return replace(tally.matches(1, most), best=tally.greatest, share=1.0)

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

    def spelt_like(self, word: str, distance: int, limit: int) -> Rows:
        """Rows with a word within this many edits (insertions, deletions, substitutions, transpositions)."""
        return self._found(tantivy.Query.fuzzy_term_query(self._schema, "spelling", word, distance), limit)[0]

    def frequency(self, word: str) -> int:
        """In how many items a word occurs in this spelling."""
        return self._searcher.doc_freq("spelling", word)

    def completions(self, beginning: str) -> Sequence[str]:
        """The terms of the words that begin so, and of the beginning itself, which may be a word."""
        found = self._searcher.terms_with_prefix("spelling", beginning, limit=COMPLETIONS)
        words = (beginning, *(word for word, _ in found))
        return list(dict.fromkeys(term for word in words for term in analysis.terms(word)))

    def _relaxed(self, query: TextQuery, allowed: Mask) -> Matches:
        tally, found = self._tally(query, allowed), NOTHING
        for required, enough in _requirements(tally.words):
            found = tally.matches(required)
            if len(found.rows) >= enough:
                break
        return found

    def _tally(self, query: TextQuery, allowed: Mask) -> Tally:
        words = self._rarest(query.words)
        if not words and not query.phrases:
            allowed = np.zeros_like(allowed)
        tally = Tally(allowed, len(words))
        for unit in words:
            tally.count(self._unit(unit))
        for phrase in query.phrases:
            tally.require(self._unit(phrase))
        return tally

    def _unit(self, unit: Unit) -> Sequence[Found]:
        """Rows and scores by field: in the text, or with less weight in the metadata or the reviews, where
        the places of words are not known."""
        if unit.prefix:
            return [best_of([self._unit(Unit((term,))) for term in self.completions(unit.terms[0])])]
        lesser = [self._all_terms(name, unit.terms) for name in WEIGHTS if name != "text"]
        if len(unit.terms) == 1:
            return [self._all_terms("text", unit.terms), *lesser]
        placed: list[str | tuple[int, str]] = [*zip(unit.offsets, unit.terms, strict=True)]
        return [self._found(tantivy.Query.phrase_query(self._schema, "text", placed)), *lesser]

    def _all_terms(self, name: str, terms: Sequence[str]) -> Found:
        rows, scores, times = summed([self._fields[name].scores(term) for term in terms])
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

    def _rarest(self, words: Sequence[Unit]) -> Sequence[Unit]:
        if len(words) <= MAX_WORDS:
            return words
        frequency = {unit: self._fields["text"].frequency(unit.terms[0]) for unit in words}
        present = [unit for unit in words if frequency[unit]]
        return sorted(present, key=frequency.__getitem__)[:MAX_WORDS]

    def _telling(self, words: Sequence[Unit]) -> tuple[Unit, ...]:
        """The rarest, which together match at most half as many items as there are, or `MAX_MATCHES`: what
        most items have says nothing about one, and takes the most time."""
        frequency = {unit: self._fields["text"].frequency(unit.terms[0]) for unit in words}
        rarest = sorted(words, key=frequency.__getitem__)
        items = np.cumsum([frequency[unit] for unit in rarest])
        return tuple(rarest[: np.searchsorted(items, max(self.size / 2, MAX_MATCHES), side="right")])

    def _is_word(self, text: str) -> bool:
        found = analysis.terms(text)
        return len(found) == 1 and self.knows(found[0])


def _requirements(words: int) -> Iterator[tuple[int, int]]:
    """How many words must be there, from all of them down to one, each with the number of matches that is
    enough."""
    if words <= FEW_WORDS:
        yield from ((required, 1) for required in range(words, 0, -1))
        yield from [(0, 0)] * (not words)
    else:
        yield from ((max(1, math.ceil(share * words)), ENOUGH) for share in SHARES)
