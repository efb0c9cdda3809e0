"""What is known about the catalogue's items, by row, whoever asks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.ranker.copurchase import PlacedCopurchase

Column = NDArray[np.float64]
_SELDOM = 0.05
"""Returns per user added before the logarithm."""


@dataclass(frozen=True, eq=False)
class ItemFacts:
    """Facts of n items."""

    categories: NDArray[np.int64]
    """(n,) codes below `category_count`; `category_count` itself where an item has none."""
    category_count: int
    price_in_category: Column
    """(n,) logarithm of price / median price of the category; NaN without a price."""
    popularity: Column
    """(n,) logarithm of popularity / mean popularity, so that it does not depend on the shop's size."""
    trending: Column
    """(n,) excess of the last days over the long run, in standard deviations, at least 0."""
    first_time_buyers: Column
    """(n,) logarithm of recent first-time users / their mean over the items."""
    repeat_rate: Column
    """(n,) logarithm of how many times a user comes back, on average."""
    together: PlacedCopurchase
    """What is bought together."""


def item_facts(
    *,
    categories: NDArray[np.integer],
    prices: Column,
    popularity: NDArray[np.floating],
    trending: NDArray[np.floating],
    first_time_buyers: NDArray[np.floating],
    repeat_rate: NDArray[np.floating],
    together: PlacedCopurchase,
) -> ItemFacts:
    """From columns (n,): category codes (negative: none), prices (NaN or not positive: none), statistics as
    in object2vec/search/popularity.py."""
    count = int(categories.max(initial=-1)) + 1
    codes = np.where(categories < 0, count, categories).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(prices > 0, np.log(prices), np.nan)
    return ItemFacts(
        categories=codes,
        category_count=count,
        price_in_category=logs - _medians(codes, logs, count + 1)[codes],
        popularity=_beside_mean(popularity),
        trending=trending.astype(np.float64),
        first_time_buyers=_beside_mean(first_time_buyers),
        repeat_rate=np.log(repeat_rate.astype(np.float64) + _SELDOM),
        together=together,
    )


def _beside_mean(counts: NDArray[np.floating]) -> Column:
    """(n,) log(count / mean), so that it does not depend on the shop's size; 0 where nothing is counted."""
    counts = counts.astype(np.float64)
    mean = float(counts.mean()) if len(counts) else 0.0
    return np.log((counts + 1e-2 * mean) / mean) if mean > 0 else np.zeros(len(counts))


def _medians(codes: NDArray[np.int64], values: Column, size: int) -> Column:
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
