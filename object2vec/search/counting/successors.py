"""The successors of a log's items: what the ranker learns with, and what the index job writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from object2vec.core.event_weights import USUAL
from object2vec.dataset.curated_log import open_log
from object2vec.ranker.successors import Successors
from object2vec.ranker.successors_fit import fit_successors

MAX_EVENTS = 500_000
"""The latest so many are counted: the time and memory this takes are bounded."""
MAX_ITEMS = 100_000
"""How many items are counted, those that most users have."""
FEWEST = 2
"""Users who have an item, that it is counted: no list holds an item that one person alone has."""

_ITEMS = """
    CREATE TABLE item AS
    SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS number
    FROM (SELECT item_id, count(DISTINCT user_id) AS users FROM event WHERE weight > 0 GROUP BY item_id
          HAVING users >= $fewest ORDER BY users DESC, item_id LIMIT $items)
"""
_EVENTS = """
    SELECT dense_rank() OVER (ORDER BY user_id) AS who, number
    FROM (SELECT user_id, item_id, timestamp FROM event WHERE weight > 0
          ORDER BY timestamp DESC, user_id, item_id LIMIT $events)
    JOIN item USING (item_id) ORDER BY who, timestamp, hash(user_id, item_id, timestamp)
"""


def successors_of(interactions: Sequence[Path], event_weights: Mapping[str, float] = USUAL) -> Successors:
    """Counts curated interaction files. Events of one moment have no order: they are taken in a random one,
    so that none of them is always first."""
    if not interactions:
        return Successors.empty()
    with duckdb.connect() as db:
        open_log(db, interactions, event_weights)
        db.execute(_ITEMS, {"fewest": FEWEST, "items": MAX_ITEMS})
        ids = [item_id for (item_id,) in db.execute("SELECT item_id FROM item ORDER BY number").fetchall()]
        found = db.execute(_EVENTS, {"events": MAX_EVENTS}).fetchnumpy()
    users, items = (found[name].astype(np.int64) for name in ("who", "number"))
    return fit_successors(ids, users, items)
