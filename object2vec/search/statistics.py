"""Item statistics from what shoppers did.

Popularity is the sum of 0.5^(age / half-life) over an item's interactions; age counts from the newest one of
all. Trending compares two such sums: S over days, L over months. An item interacted with at its long-run rate
has S = E = L · days / months; more is (S - E) / √(E + 1), the excess in Poisson standard deviations with one
interaction as a prior, so that neither two clicks on a new item nor a big seller's noise is a trend.

First-time buyers is the popularity sum over each user's first interaction with the item alone: what wins new
users, as opposed to what its users come back to. Repeat rate is visits after the first / (users + 2): two
users that never came back are assumed, so that a single regular makes no habit.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from object2vec.search.popularity import Statistics

HALF_LIFE_DAYS = 30.0
"""An interaction counts half as much as one that is this much younger: popular means popular now."""
TREND_HALF_LIFE_DAYS, LONG_RUN_HALF_LIFE_DAYS = 7.0, 60.0
_DAY = 24 * 3600

_UNSURE_USERS = 2.0

_SUMS = """
    WITH events AS (SELECT item_id, timestamp FROM read_parquet($files)),
         latest AS (SELECT max(timestamp) AS moment FROM events)
    SELECT item_id,
           sum(pow(0.5, (moment - timestamp) / $popular)) AS popularity,
           sum(pow(0.5, (moment - timestamp) / $trend)) AS recent,
           sum(pow(0.5, (moment - timestamp) / $long_run)) * $trend / $long_run AS expected
    FROM events, latest GROUP BY item_id
"""

_USERS = """
    WITH pairs AS (SELECT item_id, min(timestamp) AS first, count(DISTINCT timestamp) AS visits
                   FROM read_parquet($files) GROUP BY item_id, user_id),
         latest AS (SELECT max(timestamp) AS moment FROM read_parquet($files))
    SELECT item_id,
           sum(pow(0.5, (moment - first) / $popular)) AS first_time_buyers,
           sum(visits - 1) / (count(*) + $unsure) AS repeat_rate
    FROM pairs, latest GROUP BY item_id
"""


def item_statistics(interactions: Sequence[Path], half_life_days: float = HALF_LIFE_DAYS) -> Statistics:
    """Of every item in curated interaction files."""
    if not interactions:
        return Statistics()
    asked = {"files": [str(path) for path in interactions], "popular": half_life_days * _DAY}
    with duckdb.connect() as db:
        rows = db.execute(
            f"SELECT item_id, popularity, (recent - expected) / sqrt(expected + 1) FROM ({_SUMS})",  # noqa: S608
            asked | {"trend": TREND_HALF_LIFE_DAYS * _DAY, "long_run": LONG_RUN_HALF_LIFE_DAYS * _DAY},
        ).fetchall()
        by_users = db.execute(_USERS, asked | {"unsure": _UNSURE_USERS}).fetchall()
    return Statistics(
        popularity={item_id: popularity for item_id, popularity, _ in rows},
        trending={item_id: trend for item_id, _, trend in rows if trend > 0},
        first_time_buyers={item_id: first_time for item_id, first_time, _ in by_users},
        repeat_rate={item_id: rate for item_id, _, rate in by_users if rate > 0},
    )
