"""Profiles of some of a log's users: what the ranker learns with, and what the index job writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np

from object2vec.core.event_weights import USUAL
from object2vec.core.time import DAY_S
from object2vec.dataset.curated_log import now_of, open_log
from object2vec.ranker.profiles import HALF_LIFE_DAYS, Profiles

MAX_PAIRS = 500_000
"""So many pairs of a user and an item are kept, those of the latest users: 3 MB in the release."""
MAX_USERS = 20_000
MOST_OF_EACH = 200
"""Items with the greatest weight that are kept of a user."""
_LEAST = 1e-3
"""Less than that is noise: 0.001 of an event is ten half-lives old."""

_PAIRS = """
    CREATE TABLE pair AS
    WITH faded AS (SELECT user_id, item_id, max(timestamp) AS last,
                          sum(weight * pow(0.5, greatest($now - timestamp, 0) / $half_life)) AS value
                   FROM event WHERE weight <> 0 GROUP BY user_id, item_id),
         kept AS (SELECT * FROM faded WHERE value > $least
                  QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY value DESC, item_id) <= $of_each),
         users AS (SELECT user_id, count(*) AS items, max(last) AS last FROM kept
                   GROUP BY user_id HAVING items > 1),
         sampled AS (SELECT user_id, row_number() OVER latest AS number, sum(items) OVER latest AS so_far
                     FROM users WINDOW latest AS (ORDER BY last DESC, hash(user_id), user_id
                                                  ROWS UNBOUNDED PRECEDING))
    SELECT number, item_id, value FROM kept JOIN sampled USING (user_id)
    WHERE number <= $users AND so_far <= $pairs
"""
_ITEMS = """
    CREATE TABLE item AS
    SELECT item_id, row_number() OVER (ORDER BY item_id) - 1 AS item FROM pair GROUP BY item_id
"""
_FOUND = "SELECT number, item, value FROM pair JOIN item USING (item_id) ORDER BY number, item"


def profiles_of(interactions: Sequence[Path], event_weights: Mapping[str, float] = USUAL) -> Profiles:
    """Reads curated interaction files and keeps the latest users with two items and more. What speaks against
    an item counts against it."""
    if not interactions:
        return Profiles.empty()
    with duckdb.connect() as db:
        open_log(db, interactions, event_weights)
        parameters = {
            "now": now_of(db),
            "half_life": HALF_LIFE_DAYS * DAY_S,
            "least": _LEAST,
            "of_each": MOST_OF_EACH,
            "users": MAX_USERS,
            "pairs": MAX_PAIRS,
        }
        db.execute(_PAIRS, parameters)
        db.execute(_ITEMS)
        ids = [item_id for (item_id,) in db.execute("SELECT item_id FROM item ORDER BY item").fetchall()]
        found = db.execute(_FOUND).fetchnumpy()
    _, sizes = np.unique(found["number"].astype(np.int64), return_counts=True)
    return Profiles(
        ids,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        found["item"].astype(np.int32),
        found["value"].astype(np.float16),
    )
