"""Finds the rows that answer a request."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from object2vec.core.arrays import Mask, Rows, Vector
from object2vec.core.encoder import WordList
from object2vec.search.analysis import PLUS
from object2vec.search.embedded.asked import asked_of
from object2vec.search.embedded.background import standing_out
from object2vec.search.embedded.candidates import AskedWords, Candidates
from object2vec.search.embedded.looks import Looks
from object2vec.search.embedded.personal import candidates_of
from object2vec.search.embedded.scoring import Scoring
from object2vec.search.embedded.snapshot import CatalogState
from object2vec.search.embedded.text.matches import NOTHING, Matches
from object2vec.search.embedded.vectors import VectorTable
from object2vec.search.index import Request
from object2vec.search.paging import Start
from object2vec.search.query import TextQuery

NEIGHBOURS = 200
"""How many nearest items join the lexical matches of a hybrid search."""
AS_NEAR = 0.6
"""What joins items with all of a query's words is at least so near to it, as a share of the nearest of these
(docs/lab/search-relevance.md)."""
LOOKED_AT = 1_000
"""Of more items with all of the words, about so many say how near the nearest is."""
PART_CHARS, JOINED_CHARS = 3, 8
"""Two words may be written as one (screwdriver): the parts have at least so many letters, the whole so
many."""
NEIGHBOURS_ALONE = 1_000
"""How many nearest items a result without a query has, and how many of the best matches of a description."""


class Finder:
    """Finds the candidates of one request.

    With a text: all its lexical matches and the nearest neighbours; with a description: the best matches and
    the neighbours; with vectors alone: the neighbours; with nothing: every row, by popularity or trend. With
    a query, a session and complements only rank what it found. Alone, a session finds its neighbours and,
    with a preference, what the shopper had before; complements alone are the result."""

    def __init__(self, snapshot: CatalogState, request: Request, start: Start | None = None) -> None:
        """`start` tells about the first page, where this is a later one: the same rows are found again."""
        self._snapshot, self._start = snapshot, start
        self.floor = start.floor if start else math.inf
        """The least cosine of what joined the first page as a neighbour of the query."""
        self._asked = asked_of(snapshot, request)
        query = self._asked.query
        self._understood = query is None or self._is_understood(query)
        self._strange = query is not None and not self._says_something(query)
        self._leading = self._leading_vector()

    def find(self, allowed: Mask) -> Candidates:
        """The candidates among the allowed rows."""
        request, query = self._asked.request, self._asked.query
        if self._asked.lists_everything:
            rows = np.flatnonzero(allowed)
            listed = self._snapshot.statistics[request.listing][rows]
            candidates = Candidates(rows, {request.listing: listed.astype(np.float64)})
            return candidates.with_at_least(request.min_score)
        matches, exact = self._lexical(allowed, self._like_before())
        rows = np.flatnonzero(self._members(allowed, matches, exact))
        parts = Scoring(self._asked).parts(rows, matches, exact)
        about = AskedWords(query, self._strange) if query else None
        candidates = Candidates(rows, parts, matches if query else NOTHING, about)
        return candidates.with_at_least(request.min_score)

    def rows(self, allowed: Mask, like: Candidates) -> Rows:
        """The rows alone, for another set of allowed rows; as many words are required as for `like`."""
        if self._asked.request.min_score:
            return self.find(allowed).rows
        if self._asked.lists_everything:
            return np.flatnonzero(allowed)
        return np.flatnonzero(self._members(allowed, *self._lexical(allowed, like.matches)))

    def _leading_vector(self) -> Literal["semantic", "profile"] | None:
        """The signal whose nearest neighbours join the result: the meaning, or the session where nothing
        else is asked for."""
        if "semantic" in self._asked.vectors:
            return "semantic"
        alone = self._asked.query is None and self._asked.complements is None
        return "profile" if alone and "profile" in self._asked.vectors else None

    def _lexical(self, allowed: Mask, like: Matches | None = None) -> tuple[Matches, Rows]:
        """The lexical matches, and the rows whose id or code the query is."""
        lexical, query = self._snapshot.lexical, self._asked.query
        if self._asked.request.description:
            return lexical.described(self._asked.request.description, allowed, NEIGHBOURS_ALONE), NOTHING.rows
        if query is None:
            return NOTHING, NOTHING.rows
        exact = lexical.exact(query.codes)
        return lexical.matches(query, allowed, like), exact[allowed[exact]]

    def _members(self, allowed: Mask, matches: Matches, exact: Rows) -> Mask:
        """(rows,) the result: the rows with the words, and the neighbours of the vectors."""
        asked = self._asked
        if asked.request.among is not None:
            return allowed
        member = np.zeros(len(allowed), np.bool_)
        member[matches.rows] = member[exact] = True
        if asked.complements is not None and asked.query is None:
            member[asked.complements.rows] = True
            return member & allowed & self._snapshot.wanted
        if not self._is_enough(matches, exact):
            for rows in self._neighbours(allowed, matches):
                member[rows] = True
        return member

    def _neighbours(self, allowed: Mask, matches: Matches) -> Iterator[Rows]:
        """The allowed rows that are near to each vector which finds rows."""
        asked = self._asked
        depth = NEIGHBOURS if asked.query or asked.request.description else NEIGHBOURS_ALONE
        if self._leading == "semantic":
            space, query = asked.space("semantic"), asked.vectors["semantic"]
            if self._start is None:
                self.floor = self._floor(space, query, matches)
            yield self._nearest(space, query, depth, self._meant(allowed), self.floor)
        elif self._leading == "profile":
            yield self._recommended(depth, allowed & self._snapshot.wanted)
        if "look" in asked.vectors:
            yield self._nearest(self._snapshot.looks, asked.vectors["look"], depth, allowed, 0.0)

    def _recommended(self, depth: int, allowed: Mask) -> Rows:
        """The rows that are near to the shopper's session, and with a history all that the ranker is to
        judge."""
        asked, snapshot = self._asked, self._snapshot
        near = self._nearest(asked.space("profile"), asked.vectors["profile"], depth, allowed, 0.0)
        if asked.judged_by is None:
            return near
        return candidates_of(asked.judged_by.history, near, snapshot.popular, snapshot.facts, allowed)

    def _meant(self, allowed: Mask) -> Mask:
        """The rows that may join as neighbours. Of words that are none of its own the model sees the letters
        alone, and by these all words of a script look alike: a neighbour then has one of the words."""
        query = self._asked.query
        if query is None or self._understood is not False or self._strange:
            return allowed
        found = np.zeros_like(allowed)
        found[self._snapshot.lexical.any_word(query, allowed)[0]] = True
        return found

    def _floor(self, space: VectorTable, query: Vector, matches: Matches) -> float:
        """The least cosine of a neighbour. Where items have all of the words, it is not much less near than
        these; where even they seem to be about something else (a code, a word of a review), it is nearer than
        nonsense is to anything. If no item has the words but the model knows them, items that stand out from
        all others are enough at half the usual level: a few of a large catalogue."""
        if self._asked.query is None:
            return 0.0
        floor = self._snapshot.background
        if self._strange:
            return max(floor, self._snapshot.nonsense)
        if len(matches.complete):
            some = matches.complete[:: len(matches.complete) // LOOKED_AT + 1]
            best = float(space.products(some, query).max())
            return max(floor, AS_NEAR * best if best > floor else self._snapshot.nonsense)
        if len(matches.rows):
            return floor
        return min(floor, max(floor / 2, standing_out(query, space, len(space))))

    def _nearest(
        self, space: VectorTable | Looks, query: Vector, depth: int, allowed: Mask, floor: float
    ) -> Rows:
        """Items added after the first page join what it found; they displace nothing."""
        if self._start is None or self._start.rows == len(allowed):
            return space.nearest(query, depth, allowed, above=floor)[0]
        later = np.arange(len(allowed)) >= self._start.rows
        rows, near = space.nearest(query, depth, allowed & ~later, above=floor)
        least = float(near.min()) if len(rows) == depth else floor
        among, how = space.nearest(query, depth, allowed & later, above=floor)
        return np.concatenate([rows, among[how >= least]])

    def _like_before(self) -> Matches | None:
        """Requires as few words as the first page did."""
        start = self._start
        if start is None or start.required < 0 or self._asked.query is None:
            return None
        required = min(start.required, len(self._asked.query.times))
        return replace(NOTHING, required=required, phrases_dropped=start.phrases_dropped)

    def _is_enough(self, matches: Matches, exact: Rows) -> bool:
        """Whether only what matches is wanted: for a code, a phrase that some item has, a query that has no
        word at all, and where a field decides the order, since the cheapest of what is merely near in meaning
        would come first."""
        query = self._asked.query
        if query is None:
            return False
        has_phrase = bool(query.phrases) > matches.phrases_dropped
        if not len(matches.rows):
            return query.is_empty or len(exact) > 0 or has_phrase
        return self._asked.request.sort is not None or has_phrase

    def _says_something(self, query: TextQuery) -> bool:
        """Whether a word of the query is one of the catalogue or of the model."""
        return bool(self._understood) or self._snapshot.lexical.knows_some(query)

    def _is_understood(self, query: TextQuery) -> bool | None:
        """Whether a word of the query is one of the model's; None where nobody can tell (AWS's own image)."""
        vocabulary = self._snapshot.vocabulary
        if vocabulary is None:
            return None
        spelt = (word for unit in (*query.words, *query.phrases) for word in unit.words)
        return any(is_known(word, vocabulary) for word in spelt if word != PLUS)


def is_known(word: str, vocabulary: WordList) -> bool:
    """Whether it is a word of the model, or two of them written as one (screwdriver). A number or a code
    means nothing by itself."""
    if any(map(str.isdigit, word)):
        return False
    ends = range(PART_CHARS, len(word) - PART_CHARS + 1) if len(word) >= JOINED_CHARS else ()
    return vocabulary.knows(word) or any(
        vocabulary.knows(word[:at]) and vocabulary.knows(word[at:]) for at in ends
    )
