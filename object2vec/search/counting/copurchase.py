"""The co-purchase model of a log: what the ranker learns with, and what the index job writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from object2vec.core.event_weights import USUAL, user_limit
from object2vec.core.time import DAY_S
from object2vec.dataset.curated_log import open_log
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.copurchase_fit import MAX_ITEMS, Counts, fit_copurchase

MAX_USERS = 50_000
"""The latest so many are learned from: the time this takes is bounded."""

_PAIRS = f"""
    CREATE TABLE pair AS
    WITH day AS (SELECT user_id, item_id, max(weight) AS liked, max(-weight) AS against,
                        max(timestamp) AS last
                 FROM event WHERE weight <> 0 GROUP BY user_id, item_id, timestamp // {DAY_S}),
         liked AS (SELECT user_id, item_id, max(last) AS last,
                          coalesce(sum(liked) FILTER (liked > 0), 0)
                        - coalesce(sum(against) FILTER (against > 0), 0) AS times
                   FROM day GROUP BY user_id, item_id HAVING times > 0),
         users AS (SELECT user_id FROM liked GROUP BY user_id ORDER BY max(last) DESC, user_id LIMIT $users)
    SELECT user_id, item_id, times, last FROM liked SEMI JOIN users USING (user_id)
"""  # noqa: S608
_LIMIT = """
    SELECT coalesce(quantile_disc(items, 0.9), 0) FROM (SELECT count(*) AS items FROM pair GROUP BY user_id)
"""
_LIMITED = """
    CREATE TABLE limited AS
    SELECT user_id, item_id, times FROM pair
    QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY times DESC, last DESC, item_id) <= $limit
"""
_ITEMS = """
    CREATE TABLE item AS
    SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS number
    FROM (SELECT item_id FROM limited GROUP BY item_id ORDER BY count(*) DESC, item_id LIMIT $items)
"""
_COUNTS = """
    SELECT dense_rank() OVER (ORDER BY user_id) AS who, number, times
    FROM limited JOIN item USING (item_id) ORDER BY who, number
"""


def copurchase_of(interactions: Sequence[Path], event_weights: Mapping[str, float] = USUAL) -> Copurchase:
    """Counts curated interaction files, between the items that most users have. A pair counts by the days on
    which the user did something with the item, weighed by what it was, less those that speak against it; of a
    user with far more items than others have, only those with the highest counts are used."""
    if not interactions:
        return Copurchase.empty()
    with duckdb.connect() as db:
        open_log(db, interactions, event_weights)
        db.execute(_PAIRS, {"users": MAX_USERS})
        ((usual,),) = db.execute(_LIMIT).fetchall()
        db.execute(_LIMITED, {"limit": user_limit(usual)})
        db.execute(_ITEMS, {"items": MAX_ITEMS})
        ids = [item_id for (item_id,) in db.execute("SELECT item_id FROM item ORDER BY number").fetchall()]
        found = db.execute(_COUNTS).fetchnumpy()
    users, items = (found[name].astype(np.int64) for name in ("who", "number"))
    return fit_copurchase(ids, Counts(users, items, found["times"].astype(np.float64)))
