"""The matches of a query's words: rows with their scores, added up word by word."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Rows
from object2vec.search.embedded.text.bm25 import WordScores

TermHits = tuple[NDArray[np.integer], WordScores]
"""Rows and their scores."""

FEW_WORDS = 4
"""Up to so many words are a shopper's keywords; more are a description."""
MAX_MATCHES = 10_000
"""More matches than this are cut to the best: more than anyone reads, and each of them is judged further."""
MANY = 32
"""Sorting a row takes about as long as reading so many places of an array."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows, ascending, with their BM25 scores."""

    rows: Rows
    scores: WordScores
    required: int = 0
    """How many of the query's words each row has at least."""
    words: int = 0
    """How many words the query has."""
    phrases_dropped: bool = False
    complete: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    """Those of the rows that have all of the query's words."""
    cut: bool = False
    """Whether there are more, which these are the best of."""
    best: float = 1.0
    """The score that others are divided by: the best match's, or a described item's own."""
    shares: WordScores | float = 1.0
    """How much of what the query asks for each row has: a rare word is worth more (idf)."""

    def relative(self, rows: Rows) -> WordScores:
        """(n,) how well rows (ascending, these among them) have the words: BM25 divided by the best, times
        the share of the query that a match has; 0 for what is no match. Where no item has all of the words,
        they say less about what was meant."""
        if not len(self.rows):
            return np.zeros(len(rows), np.float32)
        signal = np.zeros(int(rows[-1]) + 1, np.float32)  # by row: a look-up takes a third of a search
        signal[self.rows] = self.scores * np.float32(1 / self.best) * self.shares
        return signal[rows]


NOTHING = Matches(np.zeros(0, np.int64), np.zeros(0, np.float32))


class Tally:
    """How many words of a query every row has, and its score."""

    def __init__(self, allowed: Mask, words: int) -> None:
        self._allowed, self.words = allowed, words
        self._counts = np.zeros(len(allowed), np.uint16)
        self._scores = np.zeros(len(allowed), np.float32)
        self._worth: list[tuple[Mask, float]] = []

    def count(self, found: Sequence[TermHits], times: int = 1, also: Sequence[TermHits] = ()) -> None:
        """A word that was asked for so many times, by field; `also` are rows that have it as a part of what
        another word was counted for."""
        here = self._add(found, times)
        for rows, _ in also:
            here[rows] = True
        self._counts += here
        if self.words <= FEW_WORDS:
            items = np.count_nonzero(here)
            self._worth.append((here, math.log(1 + (len(here) - items + 0.5) / (items + 0.5))))

    def add(self, found: Sequence[TermHits]) -> None:
        """Scores alone, by field: of what no match needs to have."""
        self._add(found)

    def require(self, found: Sequence[TermHits]) -> None:
        """Something that every match has, by field."""
        self._allowed = self._allowed & self._add(found)

    def matches(self, required: int, most: int = MAX_MATCHES) -> Matches:
        """The allowed rows with as many words; the best `most` of them, if there are more."""
        rows = np.flatnonzero((self._counts >= required) & self._allowed)
        scores = self._scores[rows]
        cut = len(rows) > most
        if cut:
            best = _greatest(scores, most)
            rows, scores = rows[best], scores[best]
        return Matches(
            rows,
            scores,
            required,
            self.words,
            complete=rows[self._counts[rows] >= max(self.words, 1)],
            cut=cut,
            best=float(scores.max(initial=0)),
            shares=self._shares(rows),
        )

    def _shares(self, rows: Rows) -> WordScores | float:
        """The share of keywords that each row has; for a description, the share that the best match has."""
        most = int(self._counts[rows].max(initial=0))
        if most >= self.words:
            return 1.0
        if not self._worth:
            return most / self.words
        total = sum(worth for _, worth in self._worth)
        shares = np.zeros(len(rows), np.float32)
        for here, worth in self._worth:
            shares[here[rows]] += np.float32(worth / total)
        return shares

    @property
    def greatest(self) -> float:
        """The greatest score of any row, allowed or not."""
        return float(self._scores.max(initial=0))

    def _add(self, found: Sequence[TermHits], times: int = 1) -> Mask:
        here: Mask = np.zeros(len(self._allowed), np.bool_)
        for rows, scores in found:
            here[rows] = True
            self._scores[rows] = self._scores.take(rows) + (
                scores if times == 1 else scores * np.float32(times)
            )
        return here


def summed(found: Sequence[TermHits]) -> tuple[NDArray[np.integer], WordScores, NDArray[np.integer]]:
    """Each row once, ascending, with the sum of its scores and how many there are."""
    if len(found) == 1:
        return *found[0], np.ones(len(found[0][0]), np.int64)
    rows, scores = _joined(found)
    if not _are_many(rows):
        rows, places, times = np.unique(rows, return_inverse=True, return_counts=True)
        return rows, np.bincount(places, scores, len(rows)).astype(np.float32), times
    times, sums = np.bincount(rows), np.bincount(rows, scores)
    rows = np.flatnonzero(times)
    return rows, sums[rows].astype(np.float32), times[rows]


def best_of(units: Sequence[Sequence[TermHits]]) -> TermHits:
    """Each row that any of the units has, ascending, with the score of the best."""
    found = [summed(fields)[:2] for fields in units]
    rows, scores = _joined(found)
    if not _are_many(rows):
        order = np.lexsort((-scores, rows))
        rows, scores = rows[order], scores[order]
        first = np.ones(len(rows), np.bool_)
        first[1:] = rows[1:] != rows[:-1]
        return rows[first], scores[first]
    best = np.full(int(rows.max()) + 1, -np.inf, np.float32)
    for some, theirs in found:
        best[some] = np.maximum(best[some], theirs)
    rows = np.flatnonzero(best > -np.inf)
    return rows, best[rows]


def _joined(found: Sequence[TermHits]) -> TermHits:
    rows = np.concatenate([NOTHING.rows, *(rows for rows, _ in found)])
    return rows, np.concatenate([NOTHING.scores, *(scores for _, scores in found)])


def _are_many(rows: NDArray[np.integer]) -> bool:
    """Whether counting them into an array with a place for every row is faster than sorting them."""
    return len(rows) * MANY > int(rows.max(initial=0))


def _greatest(scores: WordScores, count: int) -> Mask:
    """Where the greatest scores are, of equal ones the first."""
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    kept: Mask = scores > least
    kept[np.flatnonzero(scores == least)[: count - np.count_nonzero(kept)]] = True
    return kept
