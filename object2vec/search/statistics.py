"""Item statistics from what shoppers did."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from object2vec.search.base import Statistics

HALF_LIFE_DAYS = 30.0
"""An interaction counts half as much as one that is this much younger: popular means popular now."""

_POPULARITY = """
    WITH events AS (SELECT item_id, timestamp FROM read_parquet($files)),
         latest AS (SELECT max(timestamp) AS moment FROM events)
    SELECT item_id, sum(pow(0.5, (moment - timestamp) / $half_life))
    FROM events, latest GROUP BY item_id
"""


def item_statistics(interactions: Sequence[Path]) -> Statistics:
    """Popularity of every item in curated interaction files: its interactions, weighted by recency."""
    if not interactions:
        return Statistics()
    half_life = HALF_LIFE_DAYS * 24 * 3600
    with duckdb.connect() as db:
        rows = db.execute(
            _POPULARITY, {"files": [str(path) for path in interactions], "half_life": half_life}
        ).fetchall()
    return Statistics(popularity=dict(rows))
