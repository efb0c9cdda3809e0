"""The features of a candidate for a shopper: one definition, used by training and by serving.

Logarithms, because counts, ages and prices matter by their ratio; not-a-number where there is nothing to
measure (an item the shopper never had, a history without times), which the trees treat as a case of its own.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows, Values, distinct
from object2vec.ranker.history import History
from object2vec.ranker.items import OF_STATISTICS, ItemFacts
from object2vec.ranker.profiles import faded
from object2vec.ranker.successors import LATEST, RECENT

EVENTS, EVENTS_SHORT = 100.0, 20.0
"""Half-lives of an event's weight, in later events."""
DAYS, DAYS_SHORT = 90.0, 10.0
"""Half-lives of an event's weight in days, where times are known."""
_UNSURE = 4.0
"""Visits added to those since the first purchase, so that one of one is no habit yet."""
_TIMED = ("own_recent_days", "own_latest_days", "own_last_day", "own_due", "own_rate", "own_visits_since")
_OWN_SHARE, _OWN_SHARE_UNTIMED = 0.8, 0.5
"""How much the shopper's own events count, compared with those of similar shoppers; best of 0, .5, .8 and .95
on the sample shop's inner period."""
_FOLLOWING = 3.0
"""How many events of a profile all that follows the latest events counts as (docs/lab/sessions.md)."""
_LEAST_HABIT = 1e-3
_KNOWN_EVENTS = 50.0
"""Events from which the trees know more than counting: the prior has half its weight."""
_LITTLE = 0.01
"""Added to a sum of weights before its logarithm: an event that old is as good as none."""

_RARELY = 1e-4
"""Added to how much an item follows others before the logarithm."""

PRIOR = "habit_prior"
"""The feature that the forest's sum starts from: user-kNN counts the more, the less is known of a shopper."""

FEATURES = (
    "similarity",
    *OF_STATISTICS,
    "own_count",
    "own_recent_events",
    "own_latest_events",
    "own_last_event",
    "own_recent_days",
    "own_latest_days",
    "own_last_day",
    "own_due",
    "own_rate",
    "own_visits_since",
    "category_share",
    "category_last_event",
    "category_last_day",
    "price_in_category",
    "price_gap",
    "copurchase",
    "copurchase_recent",
    "follows",
    "follows_recent",
    "follows_share",
    "habit_prior",
    "history_events",
    "history_visits",
    "history_repeats",
)


def features_of(items: ItemFacts, history: History, rows: Rows, similarity: NDArray[np.floating]) -> Matrix:
    """(n, len(FEATURES)) of n candidate rows, ascending; `similarity` (n,) is the cosine with the session."""
    columns: dict[str, NDArray[Any]] = {
        "similarity": np.maximum(similarity, 0),
        "copurchase": items.copurchase.whole(history, rows),
        "copurchase_recent": items.copurchase.recent(history, rows),
        "follows": np.log(items.successors.at(history, rows, LATEST) + _RARELY),
        "follows_recent": np.log(items.successors.at(history, rows, RECENT) + _RARELY),
        "follows_share": np.log(items.successors.share(history, rows) + _RARELY),
    }
    columns |= {name: values[rows] for name, values in items.statistics.items()}
    columns |= _own(history, rows) | _category(items, history, rows) | _price(items, history, rows)
    columns |= _shopper(history)
    columns[PRIOR] = _prior(items, history, rows)
    matrix = np.empty((len(rows), len(FEATURES)), np.float32)
    for at, name in enumerate(FEATURES):
        matrix[:, at] = columns[name]
    return matrix


def _own(history: History, rows: Rows) -> dict[str, Values]:
    """Features of what the shopper did with this very item."""
    place = np.searchsorted(rows, history.rows).clip(0, max(len(rows) - 1, 0))
    found = rows[place] == history.rows if len(rows) else np.zeros(len(place), np.bool_)
    place, position = place[found], history.positions[found]
    count = np.bincount(place, minlength=len(rows))
    columns = {
        "own_count": np.log1p(count),
        "own_recent_events": _weight(place, position, EVENTS, len(rows)),
        "own_latest_events": _weight(place, position, EVENTS_SHORT, len(rows)),
        "own_last_event": np.log1p(_least(place, position, len(rows))),
    }
    if history.ages is None:
        return columns | dict.fromkeys(_TIMED, np.full(len(rows), np.nan))
    age, visit = history.ages[found], history.visits[found]
    last, first = _least(place, age, len(rows)), -_least(place, -age, len(rows))
    visits_since, visits = _least(place, visit, len(rows)), _distinct(place, visit, len(rows))
    interval = _ratio(first - last, visits - 1.0)
    return columns | {
        "own_recent_days": _weight(place, age, DAYS, len(rows)),
        "own_latest_days": _weight(place, age, DAYS_SHORT, len(rows)),
        "own_last_day": np.log1p(last),
        "own_due": np.log((last + 1) / (interval + 1)),  # above 0: longer ago than usual
        "own_rate": np.log(visits / (-_least(place, -visit, len(rows)) + _UNSURE)),
        "own_visits_since": np.log1p(visits_since),
    }


def _prior(items: ItemFacts, history: History, rows: Rows) -> Values:
    """(n,) the logarithm of the user-kNN score (Hu et al. 2020) with what follows the latest events, scaled
    down the more is known of the shopper."""
    tastes = items.profiles.at(history, rows) + _FOLLOWING * items.successors.share(history, rows)
    own: Values = np.zeros(len(rows))
    if len(rows):
        place = np.searchsorted(rows, history.rows).clip(0, len(rows) - 1)
        found = rows[place] == history.rows
        summed = np.bincount(place[found], faded(history)[found], minlength=len(rows))
        own = np.asarray(summed, np.float64)
    share = _OWN_SHARE_UNTIMED if history.ages is None else _OWN_SHARE
    habit = np.log(share * own + (1 - share) * tastes + _LEAST_HABIT)
    return np.asarray(habit / (1 + len(history) / _KNOWN_EVENTS), np.float64)


def _category(items: ItemFacts, history: History, rows: Rows) -> dict[str, Values]:
    """Features of what the shopper did with other items of the same category."""
    size = items.category_count + 1  # the last one stands for "none"
    category = items.categories[history.rows]
    wanted = items.categories[rows]
    weights = np.exp2(-history.positions / EVENTS)
    share = np.bincount(category, weights, minlength=size) / max(float(weights.sum()), 1e-9)
    last_event = _least(category, history.positions, size)
    days = np.full(size, np.nan) if history.ages is None else _least(category, history.ages, size)
    known = np.where(wanted < items.category_count, 1.0, np.nan)
    return {
        "category_share": np.log(share + 1e-4)[wanted] * known,
        "category_last_event": np.log1p(last_event)[wanted] * known,
        "category_last_day": np.log1p(days)[wanted] * known,
    }


def _price(items: ItemFacts, history: History, rows: Rows) -> dict[str, Values]:
    """The item's price relative to its category's, and to what the shopper usually pays."""
    paid = items.price_in_category[history.rows]
    priced = ~np.isnan(paid)
    weights = np.exp2(-history.positions[priced] / EVENTS)
    usual = float(paid[priced] @ weights / weights.sum()) if priced.any() else np.nan
    price = items.price_in_category[rows]
    return {"price_in_category": price, "price_gap": price - usual}


def _shopper(history: History) -> Mapping[str, Values]:
    """Features of the shopper, the same for all candidates; trees decide by them how much others count."""
    items = len(distinct(history.rows))
    visits = np.nan if history.ages is None else np.log1p(history.visits.max(initial=-1.0) + 1)
    repeats = 1 - items / len(history.rows) if len(history.rows) else 0.0
    return {
        "history_events": np.array(np.log1p(len(history.rows))),
        "history_visits": np.array(visits),
        "history_repeats": np.array(repeats),
    }


def _weight(place: Rows, age: Values, half_life: float, size: int) -> Values:
    weights: Values = np.log(np.bincount(place, np.exp2(-age / half_life), minlength=size) + _LITTLE)
    return weights


def _least(place: Rows, values: Values, size: int) -> Values:
    least = np.full(size, np.inf)
    np.minimum.at(least, place, values)
    least[np.isinf(least)] = np.nan
    return least


def _distinct(place: Rows, visit: Values, size: int) -> Values:
    pairs = distinct(place * (int(visit.max(initial=0)) + 1) + visit.astype(np.int64))
    counts = np.bincount(pairs // (int(visit.max(initial=0)) + 1), minlength=size)
    return np.where(counts > 0, counts, np.nan)


def _ratio(above: Values, below: Values) -> Values:
    ratio: Values = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return ratio
