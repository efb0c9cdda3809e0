"""The co-purchase model of a log: what the ranker learns with, and what the index job writes."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.copurchase_fit import MAX_ITEMS, Counts, fit_copurchase

MAX_USERS = 50_000
"""The latest so many are learned from: the time this takes is bounded."""

_PAIRS = """
    CREATE TABLE pair AS
    WITH events AS (SELECT user_id, item_id, timestamp FROM read_parquet($files)),
         users AS (SELECT user_id FROM events GROUP BY user_id
                   ORDER BY max(timestamp) DESC, user_id LIMIT $users)
    SELECT user_id, item_id, count(*) AS times FROM events SEMI JOIN users USING (user_id)
    GROUP BY user_id, item_id
"""
_ITEMS = """
    CREATE TABLE item AS
    SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS number
    FROM (SELECT item_id FROM pair GROUP BY item_id ORDER BY count(*) DESC, item_id LIMIT $items)
"""
_COUNTS = """
    SELECT dense_rank() OVER (ORDER BY user_id) AS who, number, times
    FROM pair JOIN item USING (item_id) ORDER BY who, number
"""


def copurchase_of(interactions: Sequence[Path]) -> Copurchase:
    """Of curated interaction files: between the items that most users have."""
    if not interactions:
        return Copurchase.empty()
    with duckdb.connect() as db:
        db.execute(_PAIRS, {"files": [str(path) for path in interactions], "users": MAX_USERS})
        db.execute(_ITEMS, {"items": MAX_ITEMS})
        ids = [item_id for (item_id,) in db.execute("SELECT item_id FROM item ORDER BY number").fetchall()]
        found = db.execute(_COUNTS).fetchnumpy()
    users, items, times = (found[name].astype(np.int64) for name in ("who", "number", "times"))
    return fit_copurchase(ids, Counts(users, items, times))
