"""A snapshot of the lexical index: which rows have the words of a query, and how well.

A result has the items with all words; where there are too few of them, fewer words have to be there.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tantivy
from numpy.typing import NDArray

from object2vec.search import analysis
from object2vec.search.query import TextQuery, Unit, parse

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

MAX_MATCHES = 10_000
"""More matches than this are cut to the best: decoding them would cost more than anyone reads."""
MAX_WORDS = 64
"""Of a longer query the rarest words count; the frequent ones hardly move a BM25 score."""
PUSHED_ROWS = 20_000
"""A filter that leaves no more rows than this is evaluated inside tantivy when a query matches too much."""
FACTS_WEIGHT, REVIEWS_WEIGHT = 0.3, 0.1
"""Of a word in the metadata or the reviews, where one in the text weighs 1."""
COMPLETIONS = 50
"""An unfinished word stands for the most frequent words that begin like it, at most so many."""
FEW_WORDS = 4
"""Up to so many words are a shopper's keywords; more are a description."""
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
ENOUGH = 200
"""Matches of a description before fewer of its words are required."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows with their BM25 scores, best first."""

    rows: Rows
    scores: Scores
    required: int = 0
    """How many of the query's words each row has at least."""
    words: int = 0
    """How many words the query has."""
    phrases_dropped: bool = False
    cut: bool = False
    """Whether there are more than `MAX_MATCHES`."""


NOTHING = Matches(np.zeros(0, np.int64), np.zeros(0, np.float32))


class LexicalReader:
    """Safe to share between threads."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema, *, reviewed: bool = False) -> None:
        """`reviewed`: whether any item has reviews; without them they cost nothing."""
        self._searcher, self._schema = searcher, schema
        self._lesser = {"facts": FACTS_WEIGHT} | ({"reviews": REVIEWS_WEIGHT} if reviewed else {})

    @property
    def size(self) -> int:
        """Number of documents."""
        return int(self._searcher.num_docs)

    def matches(self, query: TextQuery, allowed: Mask, like: Matches | None = None) -> Matches:
        """Allowed rows with the query's phrases and as many of its words as leave enough rows; with `like`,
        as many as those matches have."""
        if like is not None:
            query = query.without_phrases() if like.phrases_dropped else query
            return self._search(self._rarest(query.words), query.phrases, like.required, allowed)
        found = self._relaxed(query, allowed)
        if len(found.rows) or not query.phrases:
            return found
        return self._relaxed(query.without_phrases(), allowed, phrases_dropped=True)

    def any_word(self, text: str, allowed: Mask) -> tuple[Rows, Scores]:
        """Allowed rows with any of the text's words, and their BM25 scores, best first."""
        query = parse(text).without_phrases()
        found = self._search(self._rarest(query.words), (), 1, allowed)
        return found.rows, found.scores

    def exact(self, codes: Sequence[str]) -> Rows:
        """Rows whose id or code (SKU, EAN, …) is one of these; a single word of the texts is no code, unless
        it is the first of them: the whole query."""
        terms = [text for place, text in enumerate(codes) if not (place and self._is_word(text))]
        if not terms:
            return NOTHING.rows
        hits = self._searcher.search(
            tantivy.Query.term_set_query(self._schema, "code", terms), MAX_MATCHES
        ).hits
        return np.array(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)

    def knows(self, term: str) -> bool:
        """Whether any item has the term."""
        return any(self._searcher.doc_freq(name, term) for name in ("text", *self._lesser))

    def spelt_like(self, word: str, distance: int, limit: int) -> Rows:
        """Rows with a word within this many edits (insertions, deletions, substitutions, transpositions)."""
        query = tantivy.Query.fuzzy_term_query(self._schema, "spelling", word, distance)
        hits = self._searcher.search(query, limit, count=False).hits
        return np.array(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)

    def frequency(self, word: str) -> int:
        """In how many items a word occurs in this spelling."""
        return self._searcher.doc_freq("spelling", word)

    def _relaxed(self, query: TextQuery, allowed: Mask, phrases_dropped: bool = False) -> Matches:
        words = self._rarest(query.words)
        found = NOTHING
        for required, enough in _requirements(len(words)):
            found = self._search(words, query.phrases, required, allowed, phrases_dropped)
            if len(found.rows) >= enough:
                break
        return found

    def _search(
        self,
        words: Sequence[Unit],
        phrases: Sequence[Unit],
        required: int,
        allowed: Mask,
        phrases_dropped: bool = False,
    ) -> Matches:
        query = self._query(words, phrases, required)
        if query is None:
            return NOTHING
        found = self._searcher.search(query, MAX_MATCHES)
        matches: int = found.count  # type: ignore[attr-defined] # missing in tantivy's stub
        if matches > MAX_MATCHES and (left := np.flatnonzero(allowed)).size <= PUSHED_ROWS:
            rows = tantivy.Query.term_set_query(self._schema, "row", left.tolist())
            restricted = tantivy.Query.const_score_query(rows, 0.0)
            both = [(tantivy.Occur.Must, query), (tantivy.Occur.Must, restricted)]
            found = self._searcher.search(tantivy.Query.boolean_query(both), MAX_MATCHES)
            matches = found.count  # type: ignore[attr-defined]
        rows_found, scores = self._decoded(found.hits, allowed)
        return Matches(rows_found, scores, required, len(words), phrases_dropped, cut=matches > MAX_MATCHES)

    def _decoded(
        self, hits: Sequence[tuple[float, tantivy.DocAddress]], allowed: Mask
    ) -> tuple[Rows, Scores]:
        if not hits:
            return NOTHING.rows, NOTHING.scores
        rows = np.array(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)
        scores = np.fromiter((score for score, _ in hits), np.float32, len(hits))
        kept = allowed[rows]
        return rows[kept], scores[kept]

    def _query(self, words: Sequence[Unit], phrases: Sequence[Unit], required: int) -> tantivy.Query | None:
        must = [(tantivy.Occur.Must, self._unit(unit)) for unit in phrases]
        if not words:
            return tantivy.Query.boolean_query(must) if must else None
        if required == len(words):
            return tantivy.Query.boolean_query(
                must + [(tantivy.Occur.Must, self._unit(unit)) for unit in words]
            )
        should = [(tantivy.Occur.Should, self._unit(unit)) for unit in words]
        some = tantivy.Query.boolean_query(should, minimum_number_should_match=max(required, 1))
        return tantivy.Query.boolean_query([*must, (tantivy.Occur.Must, some)]) if must else some

    def _unit(self, unit: Unit) -> tantivy.Query:
        """In the text, or with less weight in the metadata or the reviews, which have no positions."""
        if unit.prefix:
            return tantivy.Query.disjunction_max_query(
                [self._unit(Unit((term,))) for term in self._completions(unit.terms[0])]
            )
        if len(unit.terms) == 1:
            text = tantivy.Query.term_query(self._schema, "text", unit.terms[0])
        else:
            placed: list[str | tuple[int, str]] = [*zip(unit.offsets, unit.terms, strict=True)]
            text = tantivy.Query.phrase_query(self._schema, "text", placed)
        lesser = [
            tantivy.Query.boost_query(self._all_terms(name, unit.terms), weight)
            for name, weight in self._lesser.items()
        ]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in (text, *lesser)])

    def _completions(self, beginning: str) -> Sequence[str]:
        """The terms of the words that begin so, and of the beginning itself, which may be a word."""
        found = self._searcher.terms_with_prefix("spelling", beginning, limit=COMPLETIONS)
        words = (beginning, *(word for word, _ in found))
        return list(dict.fromkeys(term for word in words for term in analysis.terms(word)))

    def _all_terms(self, name: str, terms: Sequence[str]) -> tantivy.Query:
        queries = [tantivy.Query.term_query(self._schema, name, term) for term in terms]
        if len(queries) == 1:
            return queries[0]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])

    def _rarest(self, words: Sequence[Unit]) -> Sequence[Unit]:
        if len(words) <= MAX_WORDS:
            return words
        frequency = {unit: self._searcher.doc_freq("text", unit.terms[0]) for unit in words}
        present = [unit for unit in words if frequency[unit]]
        return sorted(present, key=frequency.__getitem__)[:MAX_WORDS]

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
