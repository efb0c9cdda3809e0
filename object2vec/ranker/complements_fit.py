"""Fits complements: counts how often two items were bought near each other, for all items in one pass.

complements.py has the formulas that the counts are for. An event is near all others of its own basket, and
near the baskets of the `WINDOW` events before and after it: in a log of single purchases every basket holds
one item.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from object2vec.core.arrays import Mask, Rows, Scores, Values
from object2vec.core.event_weights import LEAST_PURCHASE
from object2vec.model.retrieval.forward import ragged_range
from object2vec.ranker.complements import MOST, Complements

WINDOW = 3
"""Events."""
LARGEST = 500
"""Events near one, at most: where there are more, it is an import or a reseller, not a shopper."""
_OF_DIVERSITY, _OF_DIVERSITY_IN_BASKET = 0.5, 0.05
"""λ / (1 / Σ p²): 917 purchases on the sample shop, where 1,000 was best; within a basket 92, where 30 to 300
were best (docs/lab/evaluation.md)."""
FEWEST_TIMES = 2
"""How often two items must have been bought near each other to be complements."""
LEAST_LIFT = 0.5
"""The least lift of a complement. A value of 1 or more would leave out items that everybody buys, which are
most of a basket (docs/lab/evaluation.md)."""
MOST_ITEMS = 100_000
"""How many items are counted, the most bought ones: the table stays below 60 MB."""
_PAIRS = 4_000_000
"""Pairs that are sorted at once, at most."""


@dataclass(frozen=True, eq=False)
class PurchaseLog:
    """n events sorted by user, time and item."""

    users: Rows
    """(n,)"""
    items: Rows
    """(n,) below the number of items."""
    times: Rows
    """(n,) equal for one user: a basket."""


def purchases(weights: Values) -> Mask:
    """(n,) which events count as purchases: those that weigh as much as putting into a cart, or more;
    `weights` (n,). In a log without any (of views alone, say) every event with a weight above zero counts."""
    bought = weights >= LEAST_PURCHASE
    return bought if bought.any() else weights > 0


def nearby(log: PurchaseLog, window: int = WINDOW) -> tuple[Rows, Rows]:
    """(n,) the first of the events near each event and (n,) the end of them; the event is among them."""
    place = np.arange(len(log.users))
    changed = np.diff(log.users) != 0
    users = np.flatnonzero(np.concatenate([[len(place) > 0], changed]))
    baskets = np.flatnonzero(np.concatenate([[len(place) > 0], changed | (np.diff(log.times) != 0)]))
    ends = np.append(baskets[1:], len(place))
    of_user = np.diff(np.append(users, len(place)))
    first, last = np.repeat(users, of_user), np.repeat(users + of_user - 1, of_user)
    basket = np.searchsorted(baskets, place, side="right") - 1
    return (
        baskets[basket[np.maximum(place - window, first)]],
        ends[basket[np.minimum(place + window, last)]],
    )


@dataclass(frozen=True, eq=False)
class NearCounts:
    """n pairs of an item and another that was bought near it, sorted by both."""

    items: Rows
    """(n,)"""
    others: Rows
    """(n,)"""
    times: Rows
    """(n,) how often."""


def near_counts(log: PurchaseLog, items: Rows, window: int = WINDOW) -> Iterator[NearCounts]:
    """The pairs of the items, some items at a time, ascending; all pairs of an item come together."""
    start, end = nearby(log, window)
    lengths = end - start
    lengths[(lengths > LARGEST) | ~np.isin(log.items, items)] = 0
    order = np.argsort(log.items, kind="stable")
    first = np.searchsorted(log.items[order], np.append(items, np.iinfo(np.int64).max))
    pairs = np.concatenate([[0], np.cumsum(lengths[order])])
    width = int(log.items.max(initial=0)) + 1
    at = 0
    while at < len(items):
        until = max(int(np.searchsorted(pairs[first[1:]], pairs[first[at]] + _PAIRS, side="right")), at + 1)
        events = order[first[at] : first[until]]
        near = log.items[ragged_range(start[events], lengths[events])]
        owner = np.repeat(log.items[events], lengths[events])
        other = near != owner
        keys, times = np.unique(owner[other] * width + near[other], return_counts=True)
        yield NearCounts(keys // width, keys % width, times)
        at = until


def fit_complements(log: PurchaseLog, item_ids: Sequence[str]) -> Complements:
    """The complements of the items that were bought; `log.items` are places among `item_ids`. Where baskets
    hold several items, they are also counted within single baskets."""
    table = _counted(log, item_ids, WINDOW, _OF_DIVERSITY)
    in_basket = _counted(log, item_ids, 0, _OF_DIVERSITY_IN_BASKET)
    return replace(table, in_basket=in_basket if len(in_basket.others) else None)


def _counted(log: PurchaseLog, item_ids: Sequence[str], window: int, of_diversity: float) -> Complements:
    bought = np.bincount(log.items, minlength=len(item_ids))
    share = bought / max(int(bought.sum()), 1)
    counted = np.sort(np.argsort(-bought, kind="stable")[:MOST_ITEMS])
    counted = counted[bought[counted] > 0]
    shrinkage = of_diversity / max(float((share**2).sum()), 1e-12)
    totals = np.zeros(len(item_ids), np.int64)
    owners, others, shares, lifts = [], [], [], []
    for near in near_counts(log, counted, window):
        np.add.at(totals, near.items, near.times)
        shrunk = (near.times + shrinkage * share[near.others]) / (totals[near.items] + shrinkage)
        lift = shrunk / share[near.others]
        kept = np.flatnonzero(
            (near.times >= FEWEST_TIMES) & (lift > LEAST_LIFT) & np.isin(near.others, counted)
        )
        best = _best_of_each(near.items[kept], shrunk[kept])
        kept = kept[best]
        owners.append(near.items[kept])
        others.append(near.others[kept])
        shares.append(shrunk[kept])
        lifts.append(lift[kept])
    nothing = np.zeros(0)
    owner, other = (np.concatenate([nothing, *parts]).astype(np.int64) for parts in (owners, others))
    return Complements(
        [item_ids[item] for item in counted.tolist()],
        totals[counted],
        np.append(np.searchsorted(owner, counted), len(owner)).astype(np.int64),
        np.searchsorted(counted, other).astype(np.int32),
        np.concatenate([nothing, *shares]).astype(np.float32),
        np.concatenate([nothing, *lifts]).astype(np.float32),
        shrinkage,
    )


def _best_of_each(items: Rows, scores: Scores) -> Rows:
    """Places of each item's `MOST` best scores, best first, in the order of the items, which ascend."""
    order = np.lexsort((-scores, items))
    first = np.searchsorted(items, items)
    return order[np.arange(len(items)) - first < MOST]
