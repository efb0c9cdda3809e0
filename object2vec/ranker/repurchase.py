"""Whether people come back to what they took, as to groceries; films they do not watch twice."""

import numpy as np

from object2vec.core.arrays import Rows, Values
from object2vec.ranker.complement_counts import purchases

DAY = 24 * 3600
LEAST = 0.02
"""Share of the days on which somebody took an item that are not the first; rarer ones are noise."""


def people_return(users: Rows, items: Rows, times: Rows, weights: Values) -> bool:
    """Of n events that say something for their items: (n,) codes, epoch seconds, and what each says. Looking
    at a thing twice is no return, nor is what happens on one day."""
    bought = purchases(weights)
    taken = np.stack([users[bought], items[bought], times[bought] // DAY], axis=1)
    days = np.unique(taken, axis=0)
    pairs = np.unique(days[:, :2], axis=0)
    return returned(len(days), len(pairs))


def returned(days: int, pairs: int) -> bool:
    """From the number of days on which a user took an item, and of pairs of a user and an item."""
    return days - pairs > LEAST * days
