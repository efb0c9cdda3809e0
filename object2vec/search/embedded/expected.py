"""Estimates the word score of items without a text: the mean score of the `COMPARED` items with a text whose
cosine to the query is closest.

An item that has a text and not the words of a query is about something else. One that has a picture alone
could not have them, since nobody wrote anything about it.
"""

import numpy as np

from object2vec.core.arrays import Mask, Scores

COMPARED = 10
"""Items with a text that one without is compared with."""


def expected_word_scores(cosines: Scores, word_scores: Scores, without_text: Mask, floor: float) -> Scores:
    """(n,) what the items `without_text` (n,) get in addition to their `word_scores` (n,), and 0 for all
    others; `cosines` (n,) with the query: up to `floor` they have no weight."""
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
