"""The co-purchase models of a log: what the ranker's job learns with and what the index job writes."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.copurchase_fit import MAX_ITEMS, Counts, fit_copurchase

MAX_USERS = 50_000
"""The latest so many are learned from: the time this takes is bounded."""

_COUNTS = """
    WITH events AS (SELECT user_id, item_id, timestamp FROM read_parquet($files)),
         users AS (SELECT user_id FROM events GROUP BY user_id
                   ORDER BY max(timestamp) DESC, user_id LIMIT $users),
         pairs AS (SELECT user_id, item_id, count(*) AS times FROM events SEMI JOIN users USING (user_id)
                   GROUP BY user_id, item_id),
         items AS (SELECT item_id FROM pairs GROUP BY item_id ORDER BY count(*) DESC, item_id LIMIT $items)
    SELECT dense_rank() OVER (ORDER BY user_id) - 1 AS who, item_id, times
    FROM pairs SEMI JOIN items USING (item_id) ORDER BY who, item_id
"""


def copurchase_of(interactions: Sequence[Path]) -> Copurchase:
    """Of curated interaction files: the items most users have."""
    if not interactions:
        return Copurchase.empty()
    asked = {"files": [str(path) for path in interactions], "users": MAX_USERS, "items": MAX_ITEMS}
    with duckdb.connect() as db:
        found = db.execute(_COUNTS, asked).fetchnumpy()
    item_ids, items = np.unique(found["item_id"].astype(str), return_inverse=True)
    counts = Counts(found["who"].astype(np.int64), items.astype(np.int64), found["times"].astype(np.int64))
    return fit_copurchase(item_ids.tolist(), counts)
