"""Where a shopper's candidates come from when there is no query: one definition for training and serving.

A union, because no source alone is enough: the nearest items know what belongs together, but after one event
hold an eighth of the next basket; what is popular and what is bought with the latest items hold more of it.
The ranker decides between them.
"""

import numpy as np

from object2vec.core.arrays import Mask, Matrix, Rows
from object2vec.ranker.copurchase import PlacedCopurchase
from object2vec.ranker.history import History

POPULAR, BOUGHT_WITH = 300, 200
"""How many candidates are the most popular, and how many go best with the latest events."""


def by_popularity(popularity: Matrix, wanted: Mask, count: int) -> Rows:
    """Up to `count` wanted rows that anybody took, the most popular first; ties by row."""
    some = np.flatnonzero(wanted & (popularity > 0))
    if len(some) > count:
        least = np.partition(popularity[some], len(some) - count)[len(some) - count]
        some = some[popularity[some] >= least]
    return some[np.argsort(-popularity[some], kind="stable")[:count]]


def candidates_of(
    history: History, near: Rows, popular: Rows, copurchase: PlacedCopurchase, allowed: Mask
) -> Rows:
    """The rows to be ranked for a shopper, ascending: what lies near the session, what is popular (best
    first), what is bought with the latest events, and what the shopper had; of the allowed (n,) rows."""
    liked = popular[allowed[popular]][:POPULAR]
    others = np.concatenate([copurchase.nearest(history, BOUGHT_WITH), history.rows])
    return np.unique(np.concatenate([near, liked, others[allowed[others]]]))
