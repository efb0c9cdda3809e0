"""Recommends to a shopper: which items are candidates when there is no query, and how likely each is taken,
by the release's ranker. One definition for training and serving.

The candidates are a union, because no source alone is enough. The items nearest to the session go well with
it, but after one event they hold only an eighth of the next basket. Popular items, those bought together with
the latest ones or after them, and those that similar shoppers have hold more of it. The ranker decides
between them.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Matrix, Rows, Scores, distinct
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.features import features_of
from object2vec.ranker.forest import Forest
from object2vec.ranker.history import History
from object2vec.ranker.items import ItemFacts, item_facts
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.embedded.columns import Columns

POPULAR, BOUGHT_WITH, OF_SIMILAR_SHOPPERS, FOLLOWING = 300, 200, 200, 200
"""How many candidates are the most popular items, how many are bought most with the latest events, how many
similar shoppers have most of, and how many follow the latest events."""
CATEGORY, PRICE = "category", "price"
"""The metadata fields the ranker knows the meaning of."""
RANKED = 500
"""With a query, preference ranks so many of its most relevant items, and what the shopper had."""


def by_popularity(popularity: Matrix, wanted: Mask, count: int) -> Rows:
    """Up to `count` wanted rows that anybody took, the most popular first; ties by row."""
    some = np.flatnonzero(wanted & (popularity > 0))
    if len(some) > count:
        least = np.partition(popularity[some], len(some) - count)[len(some) - count]
        some = some[popularity[some] >= least]
    return some[np.argsort(-popularity[some], kind="stable")[:count]]


def candidates_of(history: History, near: Rows, popular: Rows, facts: ItemFacts, allowed: Mask) -> Rows:
    """The rows to be ranked for a shopper, ascending: what lies near the session, what is popular (best
    first), what is bought with the latest events, what similar shoppers have, what follows the latest events,
    and what the shopper had; of the allowed (n,) rows."""
    liked = popular[allowed[popular]][:POPULAR]
    bought_with = facts.copurchase.nearest(history, BOUGHT_WITH)
    of_others = facts.profiles.nearest(history, OF_SIMILAR_SHOPPERS)
    following = facts.successors.nearest(history, FOLLOWING)
    others = np.concatenate([bought_with, of_others, following, history.rows])
    return distinct(np.concatenate([near, liked, others[allowed[others]]]))


def likelihood(
    forest: Forest, items: ItemFacts, history: History, rows: Rows, similarity: NDArray[np.floating]
) -> Scores:
    """(n,) how probably the shopper takes each of n candidates (rows ascending) in the weeks to come."""
    logits = forest.predict(features_of(items, history, rows, similarity)).astype(np.float64)
    probabilities: Scores = 1 / (1 + np.exp(-logits))
    return probabilities


def facts_of(
    columns: Columns,
    statistics: Mapping[str, NDArray[np.float32]],
    copurchase: Copurchase,
    profiles: Profiles,
    successors: Successors,
    *,
    row_of: Callable[[str], int | None],
) -> ItemFacts:
    """The facts that the ranker knows about the items of a catalogue; the statistics by their names in
    STATISTICS, `row_of` an item's id."""
    category, price = columns.fields.get(CATEGORY), columns.fields.get(PRICE)
    return item_facts(
        categories=np.full(columns.rows, -1, np.int64) if category is None else category.codes,
        prices=np.full(columns.rows, np.nan) if price is None else price.numbers,
        copurchase=copurchase.placed(row_of, columns.rows),
        profiles=profiles.placed(row_of, columns.rows),
        successors=successors.placed(row_of, columns.rows),
        statistics=statistics,
    )
