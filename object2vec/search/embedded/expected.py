"""Judges by meaning how much of a query's words an item without a text would have.

An item that has a text and not the words of a query is about something else. One that has a picture alone
could not have them: nobody wrote anything. It gets what items that lie as near to the query have on average,
so it stands among them, and below those that have all the words unless all that are as near have them.
"""

import numpy as np

from object2vec.core.arrays import Mask, Scores

ALIKE = 10
"""Items with a text whose cosines are nearest to the one to judge."""


def expected(cosines: Scores, has: Scores, untold: Mask, floor: float) -> Scores:
    """(n,) what the `untold` (n,) lack of it, 0 for all others. `has` (n,): what each got for its words;
    `cosines` (n,) with the query; those up to `floor` say nothing."""
    found = np.zeros(len(cosines))
    told = np.flatnonzero(~untold)
    judged = np.flatnonzero(untold & (cosines > floor))
    if not len(told) or not len(judged):
        return found
    order = told[np.argsort(cosines[told], kind="stable")]
    sums = np.concatenate([[0.0], np.cumsum(has[order])])
    count = min(ALIKE, len(order))
    place = np.searchsorted(cosines[order], cosines[judged])
    first = np.clip(place - count // 2, 0, len(order) - count)
    means = (sums[first + count] - sums[first]) / count
    found[judged] = np.maximum(means - has[judged], 0)
    return found
