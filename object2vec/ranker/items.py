"""Facts about the catalogue's items, by row, that are the same for every shopper."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Values
from object2vec.ranker.copurchase import PlacedCopurchase
from object2vec.ranker.profiles import PlacedProfiles
from object2vec.ranker.successors import PlacedSuccessors

_SELDOM = 0.05
"""Repeat rate added before the logarithm."""


@dataclass(frozen=True, eq=False)
class ItemFacts:
    """Facts of n items."""

    categories: NDArray[np.int64]
    """(n,) codes below `category_count`; `category_count` itself where an item has none."""
    category_count: int
    price_in_category: Values
    """(n,) logarithm of price / median price of the category; NaN without a price."""
    statistics: Mapping[str, Values]
    """(n,) the features that are made of a stored statistic, by the names in `OF_STATISTICS`."""
    copurchase: PlacedCopurchase
    """The co-purchase weights."""
    profiles: PlacedProfiles
    """The profiles for user-kNN."""
    successors: PlacedSuccessors
    """What follows an item."""


def item_facts(
    *,
    categories: NDArray[np.integer],
    prices: Values,
    statistics: Mapping[str, NDArray[np.floating]],
    copurchase: PlacedCopurchase,
    profiles: PlacedProfiles,
    successors: PlacedSuccessors,
) -> ItemFacts:
    """The facts from columns (n,): category codes (negative: none), prices (NaN or not positive: none), and
    statistics as in object2vec/search/item_statistics.py."""
    count = int(categories.max(initial=-1)) + 1
    codes = np.where(categories < 0, count, categories).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(prices > 0, np.log(prices), np.nan)
    return ItemFacts(
        categories=codes,
        category_count=count,
        price_in_category=logs - _medians(codes, logs, count + 1)[codes],
        statistics={name: feature(statistics[name]) for name, feature in OF_STATISTICS.items()},
        copurchase=copurchase,
        profiles=profiles,
        successors=successors,
    )


def _relative_to_mean(counts: NDArray[np.floating]) -> Values:
    """(n,) log(count / mean), so that it does not depend on the shop's size; 0 where nothing is counted."""
    counts = np.maximum(counts.astype(np.float64), 0)  # below zero: more people against than for it
    mean = float(counts.mean()) if len(counts) else 0.0
    return np.log((counts + 1e-2 * mean) / mean) if mean > 0 else np.zeros(len(counts))


def _medians(codes: NDArray[np.int64], values: Values, size: int) -> Values:
    """(size,) the median of each code's values; NaN where it has none."""
    known = ~np.isnan(values)
    order = np.lexsort((values[known], codes[known]))
    ordered = values[known][order]
    counts = np.bincount(codes[known], minlength=size)
    starts = np.cumsum(counts) - counts
    low, high = starts + np.maximum(counts - 1, 0) // 2, starts + counts // 2
    medians = np.full(size, np.nan)
    some = counts > 0
    medians[some] = (ordered[low[some]] + ordered[high[some]]) / 2
    return medians


def _log_rate(rates: NDArray[np.floating]) -> Values:
    """(n,) the logarithm of how many times a user comes back, on average."""
    return np.log(rates.astype(np.float64) + _SELDOM)


OF_STATISTICS: Mapping[str, Callable[[NDArray[np.floating]], Values]] = {
    "popularity": _relative_to_mean,
    "trending": lambda excess: excess.astype(np.float64),
    "first_time_buyers": _relative_to_mean,
    "repeat_rate": _log_rate,
}
"""The features of an item that are statistics (object2vec/search/item_statistics.py), and their scaling."""
