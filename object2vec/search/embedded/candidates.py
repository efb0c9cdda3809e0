"""Finds the rows of a request, and weighs the signals whose sum is their score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from object2vec.core.arrays import Mask, Rows, Scores, Vector
from object2vec.core.encoder import WordList
from object2vec.ranker.history import History
from object2vec.search import fusion
from object2vec.search.analysis import PLUS
from object2vec.search.embedded.background import standing_out
from object2vec.search.embedded.expected import expected_word_scores
from object2vec.search.embedded.found import AskedWords, Candidates, added
from object2vec.search.embedded.looks import Looks
from object2vec.search.embedded.personal import POPULAR, RANKED, candidates_of, likelihood
from object2vec.search.embedded.snapshot import CatalogState
from object2vec.search.embedded.text.matches import NOTHING, Matches
from object2vec.search.embedded.vectors import VectorTable
from object2vec.search.index import Request
from object2vec.search.paging import Start
from object2vec.search.query import TextQuery

NEIGHBOURS = 200
"""How many nearest items join the lexical matches of a hybrid search."""
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
        self._snapshot, self._request, self._start = snapshot, request, start
        self._query: TextQuery | None = snapshot.query_of(request) if request.text else None
        self._strange = self._query is not None and not self._says_something(self._query)
        self._complements = self._find_complements()
        self._dense = self._vectors()
        self._leading = self._leading_vector()
        preference = request.preference if "profile" in self._dense else None
        self._preference = preference
        self._history = preference.history(snapshot.numbers.get) if preference else None

    def find(self, allowed: Mask) -> Candidates:
        """The candidates among the allowed rows."""
        if self._lists_everything:
            rows = np.flatnonzero(allowed)
            listed = self._snapshot.statistics[self._request.listing][rows]
            found = Candidates(rows, {self._request.listing: listed.astype(np.float64)})
            return found.with_at_least(self._request.min_score)
        matches, exact = self._lexical(allowed, self._like_before())
        rows = np.flatnonzero(self._members(allowed, matches, exact))
        signals = self._signals(rows, matches, exact)
        parts = self._with_expected(rows, fusion.weighted(signals), signals)
        about = AskedWords(self._query, self._strange) if self._query else None
        found = Candidates(rows, parts, matches if self._query else NOTHING, about)
        return found.with_at_least(self._request.min_score)

    def _signals(self, rows: Rows, matches: Matches, exact: Rows) -> dict[str, Scores]:
        """The parts by name whose weighted sum is the score of each row."""
        signals = self._word_signals(rows, matches, exact)
        for name in self._dense:
            if name != "profile" or self._preference is None:
                signals[name] = self._cosines(rows, name)
        if self._complements is not None:
            signals["complements"] = self._complements.at(rows, relative=bool(signals) or bool(self._dense))
        if self._preference is not None:
            signals["preference"] = self._preferences(rows, signals)
        elif self._query and "profile" not in self._dense:
            signals |= self._popular(rows, signals)
        return signals

    def _with_expected(
        self, rows: Rows, parts: dict[str, Scores], signals: Mapping[str, Scores]
    ) -> dict[str, Scores]:
        """With the estimated word scores of items without a text, where the query has words and a meaning."""
        if self._query is None or "semantic" not in signals:
            return parts
        without_text = self._snapshot.lexical.without_text[rows]
        if not without_text.any():
            return parts
        word_scores = parts["lexical"] + parts["words"]
        floor = self._snapshot.background
        estimated = expected_word_scores(signals["semantic"], word_scores, without_text, floor)
        return parts | {"expected": estimated} if estimated.any() else parts

    def rows(self, allowed: Mask, like: Candidates) -> Rows:
        """The rows alone, for another set of allowed rows; as many words are required as for `like`."""
        if self._request.min_score:
            return self.find(allowed).rows
        if self._lists_everything:
            return np.flatnonzero(allowed)
        return np.flatnonzero(self._members(allowed, *self._lexical(allowed, like.matches)))

    def _cosines(self, rows: Rows, name: str) -> Scores:
        space = self._snapshot.looks if name == "look" else self._space(name)
        products = space.products(rows, self._dense[name])
        return np.maximum(products, 0).astype(np.float64)

    def _space(self, name: str) -> VectorTable:
        """A query is compared with texts, a session and an item with items."""
        of_query = name == "semantic" and not self._request.near_item
        return self._snapshot.texts if of_query else self._snapshot.vectors

    def _preferences(self, rows: Rows, signals: Mapping[str, Scores]) -> Scores:
        """(n,) how likely the shopper takes each row. Within a query's result it orders what fits: its root
        is divided by the greatest one, because the most likely item is often many times as likely as the
        next, and multiplied by how well an item fits what was asked for."""
        assert self._preference is not None
        assert self._history is not None
        judged = self._worth_judging(rows, signals, self._history) if self._query else np.arange(len(rows))
        similarity = self._cosines(rows[judged], "profile")
        likely = likelihood(
            self._preference.forest, self._snapshot.facts, self._history, rows[judged], similarity
        )
        if self._snapshot.people_return is False:  # a ranker learned nothing about what they had
            likely[np.isin(rows[judged], self._history.rows)] = likely.min(initial=1.0)
        preferences = np.zeros(len(rows))
        if not signals:
            preferences[judged] = likely
            return preferences
        preferences[judged] = fusion.normalised(np.sqrt(likely))
        return preferences * self._fit(signals, len(rows))

    def _fit(self, signals: Mapping[str, Scores], size: int) -> Scores:
        """(size,) from 0 to 1, how well rows fit what was asked for: its words, where some have them, else
        its meaning above that of unrelated texts; the look of a picture above the least alike that was found;
        how much goes with the basket."""
        fit = np.ones(size)
        if "lexical" in signals and signals["lexical"].any():
            fit = signals["lexical"]
        elif "semantic" in signals:
            fit = fusion.normalised(np.maximum(signals["semantic"] - self._snapshot.background, 0))
        if "look" in signals and size:
            fit = fit * fusion.normalised(signals["look"] - signals["look"].min())
        if "complements" in signals:
            fit = fit * fusion.normalised(signals["complements"])
        return fit

    def _worth_judging(self, rows: Rows, signals: Mapping[str, Scores], history: History) -> Rows:
        """Places in a query's result (ascending): the most relevant rows, the most popular of those that
        match best, and what the shopper had before."""
        if len(rows) <= RANKED:
            return np.arange(len(rows))
        relevance = added(fusion.weighted(signals), len(rows))
        matching = signals["words"] if signals["words"].any() else signals["lexical"]
        liked = self._snapshot.log_popularity[rows] * (matching > 0)
        known = np.flatnonzero(np.isin(rows, history.rows))
        return np.unique(np.concatenate([_greatest(relevance, RANKED), _greatest(liked, POPULAR), known]))

    def _popular(self, rows: Rows, signals: Mapping[str, Scores]) -> Mapping[str, Scores]:
        """For a shopper nothing is known about: popularity, weighed by how well an item matches the words. So
        a new item that matches well stays above a popular one that does not."""
        liked = self._snapshot.log_popularity[rows] * (signals["lexical"] > 0)
        return {"popularity": fusion.normalised(liked) * signals["lexical"]} if liked.any() else {}

    def _vectors(self) -> dict[str, Vector]:
        """The request's vectors other than zeros, by the names of their signals. A query of stop words alone
        is compared as words: its meaning has no weight."""
        request = self._request
        named = (("semantic", request.vector), ("profile", request.session_vector), ("look", request.look))
        found = {name: vector for name, vector in named if vector is not None and vector.any()}
        if self._query is not None and self._snapshot.lexical.has_stop_words_alone(self._query):
            found.pop("semantic", None)
        return found

    def _leading_vector(self) -> Literal["semantic", "profile"] | None:
        """The signal whose nearest neighbours join the result: the meaning, or the session where nothing
        else is asked for."""
        if "semantic" in self._dense:
            return "semantic"
        alone = self._query is None and self._complements is None
        return "profile" if alone and "profile" in self._dense else None

    @property
    def _lists_everything(self) -> bool:
        words = self._query is not None or bool(self._request.description)
        vectors = self._request.vector is not None or self._request.look is not None
        given = vectors or self._complements is not None
        return not words and not given and not self._dense

    def _find_complements(self) -> "_Complements | None":
        """The request's complements that are items of this catalogue."""
        if self._request.complements is None:
            return None
        rows = {self._snapshot.numbers.get(i): share for i, share in self._request.complements.items()}
        known = sorted((row, share) for row, share in rows.items() if row is not None)
        return _Complements(
            np.array([row for row, _ in known], np.int64), np.array([share for _, share in known], np.float64)
        )

    def _lexical(self, allowed: Mask, like: Matches | None = None) -> tuple[Matches, Rows]:
        """The lexical matches, and the rows whose id or code the query is."""
        lexical = self._snapshot.lexical
        if self._request.description:
            return lexical.described(self._request.description, allowed, NEIGHBOURS_ALONE), NOTHING.rows
        if self._query is None:
            return NOTHING, NOTHING.rows
        exact = lexical.exact(self._query.codes)
        return lexical.matches(self._query, allowed, like), exact[allowed[exact]]

    def _word_signals(self, rows: Rows, matches: Matches, exact: Rows) -> dict[str, Scores]:
        relative = matches.relative(rows).astype(np.float64)
        if self._request.description:
            return {"lexical": relative**2}  # squared: a nearly equal text counts much, a common word little
        if self._query is None:
            return {}
        return {"lexical": relative, "exact": _in(rows, exact), "words": _in(rows, matches.complete)}

    def _members(self, allowed: Mask, matches: Matches, exact: Rows) -> Mask:
        """(rows,) the result: the rows with the words, and the neighbours of the vectors."""
        if self._request.among is not None:
            return allowed
        member = np.zeros(len(allowed), np.bool_)
        member[matches.rows] = member[exact] = True
        if self._complements is not None and self._query is None:
            member[self._complements.rows] = True
            return member & allowed & self._snapshot.wanted
        if not self._is_enough(matches, exact):
            for rows in self._neighbours(allowed, has_matches=len(matches.rows) > 0):
                member[rows] = True
        return member

    def _neighbours(self, allowed: Mask, *, has_matches: bool) -> Iterator[Rows]:
        """The allowed rows that are near to each vector which finds rows."""
        depth = NEIGHBOURS if self._query or self._request.description else NEIGHBOURS_ALONE
        if self._leading == "semantic":
            space, query = self._space("semantic"), self._dense["semantic"]
            yield self._nearest(space, query, depth, allowed, self._floor(space, query, has_matches))
        elif self._leading == "profile":
            yield self._recommended(depth, allowed & self._snapshot.wanted)
        if "look" in self._dense:
            yield self._nearest(self._snapshot.looks, self._dense["look"], depth, allowed, 0.0)

    def _recommended(self, depth: int, allowed: Mask) -> Rows:
        """The rows that are near to the shopper's session, and with a history all that the ranker is to
        judge."""
        near = self._nearest(self._space("profile"), self._dense["profile"], depth, allowed, 0.0)
        if self._history is None:
            return near
        return candidates_of(self._history, near, self._snapshot.popular, self._snapshot.facts, allowed)

    def _floor(self, space: VectorTable, query: Vector, has_matches: bool) -> float:
        """The least cosine of a neighbour. If no item has the words but the model knows them, items that
        stand out from all others are enough at half that level: a few of a large catalogue."""
        if self._query is None:
            return 0.0
        floor = self._snapshot.background
        if self._strange:
            return max(floor, self._snapshot.nonsense)
        if has_matches:
            return floor
        size = self._start.rows if self._start else len(space)
        return min(floor, max(floor / 2, standing_out(query, space, min(size, len(space)))))

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
        if start is None or start.required < 0 or self._query is None:
            return None
        required = min(start.required, len(self._query.times))
        return replace(NOTHING, required=required, phrases_dropped=start.phrases_dropped)

    def _is_enough(self, matches: Matches, exact: Rows) -> bool:
        """Whether only what matches is wanted: for a code, a phrase that some item has, a query that has no
        word at all, and where a field decides the order, since the cheapest of what is merely near in meaning
        would come first."""
        if self._query is None:
            return False
        if not len(matches.rows):
            return (
                self._query.is_empty or len(exact) > 0 or bool(self._query.phrases) > matches.phrases_dropped
            )
        return self._request.sort is not None or bool(self._query.phrases) > matches.phrases_dropped

    def _says_something(self, query: TextQuery) -> bool:
        """Whether a word of the query is one of the catalogue or of the model."""
        vocabulary = self._snapshot.vocabulary
        spelt = (word for unit in (*query.words, *query.phrases) for word in unit.words)
        return self._snapshot.lexical.knows_some(query) or (
            vocabulary is not None and any(is_known(word, vocabulary) for word in spelt if word != PLUS)
        )


def is_known(word: str, vocabulary: WordList) -> bool:
    """Whether it is a word of the model, or two of them written as one (screwdriver)."""
    ends = range(PART_CHARS, len(word) - PART_CHARS + 1) if len(word) >= JOINED_CHARS else ()
    return vocabulary.knows(word) or any(
        vocabulary.knows(word[:at]) and vocabulary.knows(word[at:]) for at in ends
    )


@dataclass(frozen=True, slots=True)
class _Complements:
    """The rows that go with a basket."""

    rows: Rows
    """(n,) ascending."""
    shares: Scores
    """(n,)"""

    def at(self, rows: Rows, *, relative: bool) -> Scores:
        """(m,) the shares of rows (ascending), 0 where they do not go with it; `relative` to the greatest."""
        found = np.zeros(len(rows))
        inside = np.flatnonzero(np.isin(rows, self.rows))
        found[inside] = self.shares[np.searchsorted(self.rows, rows[inside])]
        return fusion.normalised(found) if relative else found


def _greatest(values: Scores, count: int) -> Rows:
    """Where the `count` greatest values are; there is at least one."""
    return np.argpartition(-values, min(count, len(values)) - 1)[:count]


def _in(rows: Rows, some: Rows) -> Scores:
    """(n,) 1 where rows (ascending) are among others, else 0."""
    marked = np.zeros(int(rows[-1]) + 1 if len(rows) else 0)
    marked[some[: np.searchsorted(some, len(marked))]] = 1.0
    return marked[rows]
