"""The complements of a log; the index job writes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from object2vec.core.event_weights import USUAL
from object2vec.dataset.curated_log import open_log
from object2vec.ranker.complements import Complements
from object2vec.ranker.complements_fit import PurchaseLog, fit_complements, purchases

MAX_EVENTS = 10_000_000
"""The latest so many are counted: the time this takes is bounded, at about a minute."""

_ITEMS = """
    CREATE TABLE item AS
    SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS number
    FROM event WHERE weight > 0 GROUP BY item_id
"""
_EVENTS = """
    SELECT dense_rank() OVER (ORDER BY user_id) AS who, number, timestamp, weight
    FROM (SELECT user_id, item_id, timestamp, weight FROM event WHERE weight > 0
          ORDER BY timestamp DESC, user_id, item_id LIMIT $events)
    JOIN item USING (item_id) ORDER BY who, timestamp, number
"""


def complements_of(
    interactions: Sequence[Path], event_weights: Mapping[str, float] = USUAL, most: int = MAX_EVENTS
) -> Complements:
    """Counts curated interaction files: the latest events, at most so many."""
    if not interactions:
        return Complements.empty()
    with duckdb.connect() as db:
        open_log(db, interactions, event_weights)
        db.execute(_ITEMS)
        ids = [item_id for (item_id,) in db.execute("SELECT item_id FROM item ORDER BY number").fetchall()]
        found = db.execute(_EVENTS, {"events": most}).fetchnumpy()
    bought = purchases(found["weight"].astype(np.float64))
    users, items, times = (found[name].astype(np.int64)[bought] for name in ("who", "number", "timestamp"))
    return fit_complements(PurchaseLog(users, items, times), ids)
