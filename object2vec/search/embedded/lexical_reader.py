"""A snapshot of the lexical index: which rows have the words of a query, and how well.

A result has the items with all words; where there are too few of them, fewer words have to be there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import tantivy
from numpy.typing import NDArray

from object2vec.search import analysis
from object2vec.search.embedded.bm25 import Bm25
from object2vec.search.query import TextQuery, Unit, parse

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]
Found = tuple[NDArray[np.integer], Scores]

MAX_MATCHES = 10_000
"""More matches than this are cut to the best: more than anyone reads, and each of them is judged further."""
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


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows, ascending, with their BM25 scores."""

    rows: Rows
    scores: Scores
    required: int = 0
    """How many of the query's words each row has at least."""
    words: int = 0
    """How many words the query has."""
    phrases_dropped: bool = False
    cut: bool = False
    """Whether there are more than `MAX_MATCHES`, which these are the best of."""


NOTHING = Matches(np.zeros(0, np.int64), np.zeros(0, np.float32))


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

    def any_word(self, text: str, allowed: Mask) -> tuple[Rows, Scores]:
        """Allowed rows with any of the text's words, ascending, and their BM25 scores."""
        found = self._tally(parse(text).without_phrases(), allowed).matches(1)
        return found.rows, found.scores

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

    def _tally(self, query: TextQuery, allowed: Mask) -> "_Tally":
        words = self._rarest(query.words)
        if not words and not query.phrases:
            allowed = np.zeros_like(allowed)
        tally = _Tally(allowed, len(words))
        for unit in words:
            tally.count(self._unit(unit))
        for phrase in query.phrases:
            tally.require(self._unit(phrase))
        return tally

    def _unit(self, unit: Unit) -> Sequence[Found]:
        """Rows and scores by field: in the text, or with less weight in the metadata or the reviews, where
        the places of words are not known."""
        if unit.prefix:
            return [_best([self._unit(Unit((term,))) for term in self.completions(unit.terms[0])])]
        lesser = [self._all_terms(name, unit.terms) for name in WEIGHTS if name != "text"]
        if len(unit.terms) == 1:
            return [self._all_terms("text", unit.terms), *lesser]
        placed: list[str | tuple[int, str]] = [*zip(unit.offsets, unit.terms, strict=True)]
        return [self._found(tantivy.Query.phrase_query(self._schema, "text", placed)), *lesser]

    def _all_terms(self, name: str, terms: Sequence[str]) -> Found:
        rows, scores, times = _summed([self._fields[name].scores(term) for term in terms])
        everywhere = times == len(terms)
        if not everywhere.all():
            rows, scores = rows[everywhere], scores[everywhere]
        return rows, scores * np.float32(WEIGHTS[name])

    def _found(self, query: tantivy.Query, limit: int = 0) -> tuple[Rows, Scores]:
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

    def _is_word(self, text: str) -> bool:
        found = analysis.terms(text)
        return len(found) == 1 and self.knows(found[0])


class _Tally:
    """How many words of a query every row has, and its score."""

    def __init__(self, allowed: Mask, words: int) -> None:
        self._allowed, self.words = allowed, words
        self._counts = np.zeros(len(allowed), np.uint8)
        self._scores = np.zeros(len(allowed), np.float32)

    def count(self, found: Sequence[Found]) -> None:
        """A word, by field."""
        self._counts += self._add(found)

    def require(self, found: Sequence[Found]) -> None:
        """Something that every match has, by field."""
        self._allowed = self._allowed & self._add(found)

    def matches(self, required: int) -> Matches:
        """The allowed rows with as many words; the best of them, if there are too many."""
        rows = np.flatnonzero((self._counts >= required) & self._allowed)
        scores = self._scores[rows]
        cut = len(rows) > MAX_MATCHES
        if cut:
            best = _greatest(scores, MAX_MATCHES)
            rows, scores = rows[best], scores[best]
        return Matches(rows, scores, required, self.words, cut=cut)

    def _add(self, found: Sequence[Found]) -> Mask:
        here: Mask = np.zeros(len(self._allowed), np.bool_)
        for rows, scores in found:
            here[rows] = True
            self._scores[rows] = self._scores.take(rows) + scores
        return here


def _greatest(scores: Scores, count: int) -> Mask:
    """Where the greatest scores are, of equal ones the first."""
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    kept: Mask = scores > least
    kept[np.flatnonzero(scores == least)[: count - np.count_nonzero(kept)]] = True
    return kept


def _summed(found: Sequence[Found]) -> tuple[NDArray[np.integer], Scores, NDArray[np.integer]]:
    """Each row once, ascending, with the sum of its scores and how many there are."""
    if len(found) == 1:
        return *found[0], np.ones(len(found[0][0]), np.int64)
    rows, places, times = np.unique(
        np.concatenate([NOTHING.rows, *(rows for rows, _ in found)]), return_inverse=True, return_counts=True
    )
    sums = np.bincount(places, np.concatenate([NOTHING.scores, *(scores for _, scores in found)]), len(rows))
    return rows, sums.astype(np.float32), times


def _best(units: Sequence[Sequence[Found]]) -> Found:
    """Each row that any of the units has, with the score of the best."""
    summed = [_summed(fields)[:2] for fields in units]
    rows = np.concatenate([NOTHING.rows, *(rows for rows, _ in summed)])
    scores = np.concatenate([NOTHING.scores, *(scores for _, scores in summed)])
    order = np.lexsort((-scores, rows))
    rows, scores = rows[order], scores[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = rows[1:] != rows[:-1]
    return rows[first], scores[first]


def _requirements(words: int) -> Iterator[tuple[int, int]]:
    """How many words must be there, from all of them down to one, each with the number of matches that is
    enough."""
    if words <= FEW_WORDS:
        yield from ((required, 1) for required in range(words, 0, -1))
        yield from [(0, 0)] * (not words)
    else:
        yield from ((max(1, math.ceil(share * words)), ENOUGH) for share in SHARES)
