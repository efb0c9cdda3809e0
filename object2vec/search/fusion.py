"""From signals to one score: a weighted sum of comparable parts.

BM25 has no upper bound, so it is divided by the best match's score. So are the logarithm of popularity, and
the preference, which is small for all items of a kind that is seldom bought. Cosines are taken as they are,
negative ones as 0. Score fusion rather than reciprocal ranks: on short product titles, where many items match
equally well, ranks among equals are noise (docs/lab/search-relevance.md has the measurements).

An item that has a text and not the words of a query is about something else. One that has a picture alone
could not have them, since nobody wrote anything about it: its word score is estimated from those of items
with a text that are as near to the query.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Scores

WEIGHTS: Mapping[str, float] = {
    "lexical": 0.5,
    "semantic": 0.5,
    "popularity": 0.3,
    "profile": 0.7,
    "look": 1.0,
    "preference": 1.5,
    "complements": 0.7,
}
"""Chosen by benchmarks/personalised_search.py, a tenth of the year before the one it reports; nDCG@10 of what
a household then bought / of any product asked for by its words. Popularity counts where there is no history,
as much as it can without costing products asked for by name: .046 / .282 without it, .246 / .297 at .2,
.260 / .287 at .3, .268 / .276 at .4. With a history the greatest mean of both is taken: .301 / .295 with the
profile at .5, .323 / .287 at .7, .331 / .267 at 1; .407 / .310 with the preference at 1, .409 / .310 at 1.5
and .410 / .311 at 2, where words and meaning alone had .050 / .298 (docs/lab/personal-search.md). The earlier
numbers are of an earlier analysis of words."""
BONUSES: Mapping[str, float] = {"exact": 2.0, "words": 1.0, "category": 1.0}
"""An item that has all of the query's words stands above those that have none, and one whose id or code is
the query above whatever merely contains it. So does one whose category the query is the name of: a phone has
the word less often than a case for it (docs/lab/search-relevance.md)."""

COMPARED = 10
"""Items with a text that one without is compared with."""


def normalised(scores: NDArray[Any]) -> NDArray[Any]:
    """Scores from 0 up (BM25, likelihoods) divided by their maximum; as they are where none is above 0."""
    best = scores.max(initial=0)
    return scores / best if best > 0 else scores


def weighted(signals: Mapping[str, Scores]) -> dict[str, Scores]:
    """The parts of the final score: signals times weights, the weights of those present adding up to 1."""
    total = sum(WEIGHTS[name] for name in signals if name in WEIGHTS)
    return {
        name: scores * (WEIGHTS[name] / total if name in WEIGHTS else BONUSES[name])
        for name, scores in signals.items()
    }


def expected_word_scores(cosines: Scores, word_scores: Scores, without_text: Mask, floor: float) -> Scores:
    """(n,) what the items `without_text` (n,) get in addition to their `word_scores` (n,), up to the mean of
    the `COMPARED` items with a text whose `cosines` (n,) with the query are closest; 0 for all others, and
    for a cosine up to `floor`."""
    found = np.zeros(len(cosines))
    with_text = np.flatnonzero(~without_text)
    estimated = np.flatnonzero(without_text & (cosines > floor))
    if not len(with_text) or not len(estimated):
        return found
    order = with_text[np.argsort(cosines[with_text], kind="stable")]
    sums = np.concatenate([[0.0], np.cumsum(word_scores[order])])
    count = min(COMPARED, len(order))
    place = np.searchsorted(cosines[order], cosines[estimated])
    first = np.clip(place - count // 2, 0, len(order) - count)
    means = (sums[first + count] - sums[first]) / count
    found[estimated] = np.maximum(means - word_scores[estimated], 0)
    return found
