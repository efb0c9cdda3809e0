"""Counts successors: for every two items, how near one came after the other (formulas: successors.py)."""

from collections.abc import Sequence

import numpy as np

from object2vec.core.arrays import Rows, Values
from object2vec.ranker.successors import Successors

REACH = 10
"""Events up to which a later one is a successor."""
BACKWARD = 0.3
"""The weight of what came before an item; what came after it has 1."""
MOST = 50
"""Successors with the greatest weight that are kept of an item."""
MOST_OF_ALL = 1_000_000
"""Weights that are kept of all items: 8 MB in the release."""
_ROOM = 16
"""Above `REACH`: a distance is the last digit of a number, so that sorting numbers sorts by it too."""


def fit_successors(item_ids: Sequence[str], users: Rows, items: Rows) -> Successors:
    """Counts n events, sorted by user and time: who (n,), and each item's place among the ids (n,)."""
    size = len(item_ids)
    if not size:
        return Successors.empty()
    pairs, after = _counted(users, items, size)
    both = np.concatenate([pairs, pairs % size * size + pairs // size])
    pairs, weights = _summed(both, np.concatenate([after, BACKWARD * after]))
    item, other = pairs // size, pairs % size
    kept = np.sort(_strongest(item, weights, size))
    return Successors(
        item_ids,
        np.concatenate([[0], np.cumsum(np.bincount(item[kept], minlength=size))]).astype(np.int64),
        other[kept].astype(np.int32),
        weights[kept].astype(np.float32),
    )


def _counted(users: Rows, items: Rows, size: int) -> tuple[Rows, Values]:
    """The pairs i · size + j of which item j came after i, ascending, and their c_ij."""
    found = [np.zeros(0, np.int64)]
    for distance in range(1, REACH + 1):
        same = (users[distance:] == users[:-distance]) & (items[distance:] != items[:-distance])
        at = np.flatnonzero(same)
        pairs = items[at] * size + items[at + distance]
        found.append((users[at] * size**2 + pairs) * _ROOM + distance)
    of_users = np.sort(np.concatenate(found))
    nearest = of_users[np.flatnonzero(np.diff(of_users // _ROOM, prepend=-1))] % (size**2 * _ROOM)
    nearest.sort()
    return _sums_of_sorted(nearest // _ROOM, 1 / np.sqrt(nearest % _ROOM))


def _summed(keys: Rows, values: Values) -> tuple[Rows, Values]:
    """The distinct keys, ascending, and the sum of each one's values."""
    order = np.argsort(keys)
    return _sums_of_sorted(keys[order], values[order])


def _sums_of_sorted(keys: Rows, values: Values) -> tuple[Rows, Values]:
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], np.add.reduceat(values, first) if len(first) else values


def _strongest(item: Rows, weights: Values, size: int) -> Rows:
    """Places of the greatest weights, `MOST` of each item; the items are ascending."""
    order = np.argsort(item - weights / (2 * weights.max(initial=1.0)))
    starts = np.searchsorted(item, np.arange(size))
    place = np.arange(len(order)) - starts[item]
    strongest = order[place < MOST]
    if len(strongest) <= MOST_OF_ALL:
        return strongest
    return strongest[np.argpartition(-weights[strongest], MOST_OF_ALL - 1)[:MOST_OF_ALL]]
