"""What a shopper is likely to take: the release's ranker over the candidates of a request."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, Scores
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.features import features_of
from object2vec.ranker.forest import Forest
from object2vec.ranker.history import History
from object2vec.ranker.items import ItemFacts, item_facts
from object2vec.search.embedded.columns import Columns

CATEGORY, PRICE = "category", "price"
"""The metadata fields the ranker knows the meaning of."""
RANKED = 500
"""So many of a query's most relevant items, and what the shopper had, are ranked by preference too."""


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
    row_of: Callable[[str], int | None],
) -> ItemFacts:
    """What the ranker knows about the items of a catalogue; the statistics by their names in STATISTICS,
    `row_of` an item's id."""
    category, price = columns.fields.get(CATEGORY), columns.fields.get(PRICE)
    return item_facts(
        categories=np.full(columns.rows, -1, np.int64) if category is None else category.codes,
        prices=np.full(columns.rows, np.nan) if price is None else price.numbers,
        copurchase=copurchase.placed(row_of, columns.rows),
        statistics=statistics,
    )
