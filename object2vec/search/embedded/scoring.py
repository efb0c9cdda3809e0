"""Weighs the signals of a request, whose sum is the score of each row that was found."""

from collections.abc import Mapping

import numpy as np

from object2vec.core.arrays import Rows, Scores
from object2vec.ranker.history import History
from object2vec.search import fusion
from object2vec.search.embedded.asked import Asked, JudgedBy
from object2vec.search.embedded.candidates import summed_parts
from object2vec.search.embedded.personal import POPULAR, RANKED, likelihood
from object2vec.search.embedded.text.matches import Matches


class Scoring:
    """Scores the rows of one request."""

    def __init__(self, asked: Asked) -> None:
        self._snapshot, self._asked = asked.snapshot, asked

    def parts(self, rows: Rows, matches: Matches, exact: Rows) -> dict[str, Scores]:
        """The parts of the score of rows (ascending), by name; `exact` are those whose id or code the query
        is."""
        signals = self._signals(rows, matches, exact)
        return self._with_expected(rows, fusion.weighted(signals), signals)

    def _signals(self, rows: Rows, matches: Matches, exact: Rows) -> dict[str, Scores]:
        """The parts by name whose weighted sum is the score of each row."""
        asked, signals = self._asked, self._word_signals(rows, matches, exact)
        for name in asked.vectors:
            if name != "profile" or asked.judged_by is None:
                signals[name] = self._cosines(rows, name)
        if asked.complements is not None:
            relative = bool(signals) or bool(asked.vectors)
            signals["complements"] = asked.complements.at(rows, relative=relative)
        if asked.judged_by is not None:
            signals["preference"] = self._preferences(rows, signals, asked.judged_by)
        elif asked.query and "profile" not in asked.vectors:
            signals |= self._popular(rows, signals)
        return signals

    def _with_expected(
        self, rows: Rows, parts: dict[str, Scores], signals: Mapping[str, Scores]
    ) -> dict[str, Scores]:
        """With the estimated word scores of items without a text, where the query has words and a meaning."""
        if self._asked.query is None or "semantic" not in signals:
            return parts
        without_text = self._snapshot.lexical.without_text[rows]
        if not without_text.any():
            return parts
        word_scores = parts["lexical"] + parts["words"]
        floor = self._snapshot.background
        estimated = fusion.expected_word_scores(signals["semantic"], word_scores, without_text, floor)
        return parts | {"expected": estimated} if estimated.any() else parts

    def _word_signals(self, rows: Rows, matches: Matches, exact: Rows) -> dict[str, Scores]:
        relative = matches.relative(rows).astype(np.float64)
        if self._asked.request.description:
            return {"lexical": relative**2}  # squared: a nearly equal text counts much, a common word little
        if self._asked.query is None:
            return {}
        named = self._snapshot.lexical.of_category(self._asked.query)
        return {
            "lexical": relative,
            "exact": _in(rows, exact),
            "words": _in(rows, matches.complete),
            "category": _in(rows, named),
        }

    def _cosines(self, rows: Rows, name: str) -> Scores:
        space = self._snapshot.looks if name == "look" else self._asked.space(name)
        products = space.products(rows, self._asked.vectors[name])
        return np.maximum(products, 0).astype(np.float64)

    def _preferences(self, rows: Rows, signals: Mapping[str, Scores], judged_by: JudgedBy) -> Scores:
        """(n,) how likely the shopper takes each row. Within a query's result it orders what fits: its root
        is divided by the greatest one, because the most likely item is often many times as likely as the
        next, and multiplied by how well an item fits what was asked for."""
        forest, history = judged_by
        every = np.arange(len(rows))
        judged = self._worth_judging(rows, signals, history) if self._asked.query else every
        similarity = self._cosines(rows[judged], "profile")
        likely = likelihood(forest, self._snapshot.facts, history, rows[judged], similarity)
        if self._snapshot.people_return is False:  # a ranker learned nothing about what they had
            likely[np.isin(rows[judged], history.rows)] = likely.min(initial=1.0)
        preferences = np.zeros(len(rows))
        if not signals:
            preferences[judged] = likely
            return preferences
        preferences[judged] = fusion.normalised(np.sqrt(likely))
        return preferences * self._fit(signals, len(rows))

    def _fit(self, signals: Mapping[str, Scores], size: int) -> Scores:
        """(size,) from 0 to 1, how well rows fit what was asked for: its words, where some have them, else
        its meaning above that of unrelated texts; the look of a picture above that of the least similar row;
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
        relevance = summed_parts(fusion.weighted(signals), len(rows))
        matching = signals["words"] if signals["words"].any() else signals["lexical"]
        liked = self._snapshot.log_popularity[rows] * (matching > 0)
        known = np.flatnonzero(np.isin(rows, history.rows))
        return np.unique(np.concatenate([_greatest(relevance, RANKED), _greatest(liked, POPULAR), known]))

    def _popular(self, rows: Rows, signals: Mapping[str, Scores]) -> Mapping[str, Scores]:
        """For a shopper nothing is known about: popularity, weighed by how well an item matches the words. So
        a new item that matches well stays above a popular one that does not."""
        liked = self._snapshot.log_popularity[rows] * (signals["lexical"] > 0)
        return {"popularity": fusion.normalised(liked) * signals["lexical"]} if liked.any() else {}


def _greatest(values: Scores, count: int) -> Rows:
    """Where the `count` greatest values are; there is at least one."""
    return np.argpartition(-values, min(count, len(values)) - 1)[:count]


def _in(rows: Rows, some: Rows) -> Scores:
    """(n,) 1 where rows (ascending) are among others, else 0."""
    marked = np.zeros(int(rows[-1]) + 1 if len(rows) else 0)
    marked[some[: np.searchsorted(some, len(marked))]] = 1.0
    return marked[rows]
