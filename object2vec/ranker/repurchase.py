"""Whether people of a shop buy the same item again, as groceries, or not, as films."""

import numpy as np

from object2vec.core.arrays import Rows, Values
from object2vec.core.time import DAY_S
from object2vec.ranker.complements_fit import purchases

LEAST = 0.02
"""Share of the days on which somebody took an item that are not the first; rarer ones are noise."""


def people_return(users: Rows, items: Rows, times: Rows, weights: Values) -> bool:
    """Whether users buy items again on another day. `users` and `items` are codes (n,), `times` epoch seconds
    (n,), `weights` (n,) those of events that count for their items; `purchases` says which of them are
    used."""
    bought = purchases(weights)
    pairs = users[bought] * (items.max(initial=0) + 1) + items[bought]
    days = times[bought] // (DAY_S if _spans_days(times[bought]) else 1)
    order = np.lexsort((days, pairs))
    other_pair = np.diff(pairs[order], prepend=-1) != 0
    other_day = np.diff(days[order], prepend=-1) != 0
    return returned(int((other_pair | other_day).sum()), int(other_pair.sum()))


def _spans_days(times: Rows) -> bool:
    """Whether times are those of days. In a log of less than two days, and in one that has the numbers of
    orders for times, every time is a day of its own."""
    return len(times) > 0 and int(times.max() - times.min()) >= 2 * DAY_S


def returned(days: int, pairs: int) -> bool:
    """The same from counts: `days` on which a user bought an item, and `pairs` of a user and an item."""
    return days - pairs > LEAST * days
