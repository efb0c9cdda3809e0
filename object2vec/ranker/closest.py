"""How close a candidate is to any one thing the shopper had lately: the mean of a session loses a single
interest among many, and that is where new items come from."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from object2vec.ranker.history import History

LATELY = 50
"""Events; more cost time and add little."""

Rows = NDArray[np.int64]


def closest(
    vectors_at: Callable[[Rows], NDArray[np.float32]], history: History, rows: Rows
) -> NDArray[np.float32]:
    """(n,) the greatest cosine of each of n candidates, ascending, with another item of the latest events;
    NaN where there is no other. `vectors_at` gives the unit vectors of rows."""
    lately = np.unique(history.rows[-LATELY:])
    if not len(lately) or not len(rows):
        return np.full(len(rows), np.nan, np.float32)
    cosines = vectors_at(rows) @ vectors_at(lately).T
    place = np.searchsorted(rows, lately).clip(0, len(rows) - 1)
    itself = np.flatnonzero(rows[place] == lately)
    cosines[place[itself], itself] = -np.inf
    best: NDArray[np.float32] = cosines.max(axis=1)
    best[np.isinf(best)] = np.nan
    return best
