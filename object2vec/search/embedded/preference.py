"""What a shopper is likely to take: the release's ranker over the candidates of a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.history import Seen
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.features import features_of
from object2vec.ranker.forest import Forest
from object2vec.ranker.history import MAX_EVENTS, History
from object2vec.ranker.items import ItemFacts, item_facts
from object2vec.search.embedded.columns import Columns
from object2vec.search.embedded.rows import RowNumbers

Rows = NDArray[np.int64]

CATEGORY, PRICE = "category", "price"
"""The metadata fields the ranker knows the meaning of."""
RANKED = 500
"""The most relevant so many of a query's result are ranked by preference too, and what the shopper had."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Preference:
    """A shopper's past and the forest that judges candidates by it."""

    forest: Forest
    item_ids: Sequence[str]
    """Oldest first, repeats allowed; ids that are no items are ignored."""
    times: Sequence[float] | None = None
    """Epoch seconds of each; None where they are unknown."""
    now: float = 0.0
    """Epoch seconds; matters with times only."""

    def history(self, numbers: RowNumbers) -> History:
        """As rows of the catalogue."""
        recent = slice(-MAX_EVENTS, None)
        rows = [numbers.get(item_id) for item_id in self.item_ids[recent]]
        known = [row for row in rows if row is not None]
        if self.times is None:
            return History.of(known)
        times = [time for row, time in zip(rows, self.times[recent], strict=True) if row is not None]
        return History.of(known, times, self.now)

    @property
    def question(self) -> tuple[object, ...]:
        """What must be the same for a cursor to continue; the clock may go on."""
        return tuple(self.item_ids), self.times is None


def preference(
    forest: Forest | None, past: Sequence[Seen], session: Sequence[str], now: float
) -> Preference | None:
    """Of a user's past and the request's history, which is now; None without a ranker or a history."""
    item_ids = [*(seen.item_id for seen in past), *session]
    if forest is None or not item_ids:
        return None
    times = [*(float(seen.time) for seen in past), *(now for _ in session)] if past else None
    return Preference(forest=forest, item_ids=item_ids, times=times, now=now)


def likelihood(
    forest: Forest, items: ItemFacts, history: History, rows: Rows, similarity: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(n,) how probably the shopper takes each of n candidates (rows ascending) in the weeks to come."""
    logits = forest.predict(features_of(items, history, rows, similarity)).astype(np.float64)
    probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
    return probabilities


def facts_of(
    columns: Columns,
    statistics: Mapping[str, NDArray[np.float32]],
    together: Copurchase,
    row_of: Callable[[str], int | None],
) -> ItemFacts:
    """What the ranker knows about the items of a catalogue; the statistics by their names in STATISTICS,
    `row_of` an item's id."""
    category, price = columns.fields.get(CATEGORY), columns.fields.get(PRICE)
    return item_facts(
        categories=np.full(columns.rows, -1, np.int64) if category is None else category.codes,
        prices=np.full(columns.rows, np.nan) if price is None else price.numbers,
        together=together.placed(row_of, columns.rows),
        **statistics,
    )
