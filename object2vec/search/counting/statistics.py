"""Item statistics from what shoppers did.

Popularity counts people: a shopper who likes an item counts by the strongest thing they did with it, weighed
by its type and by 0.5^(age / half-life); one who is against it counts the same way below zero. A negative
count does not fade: people who stopped buying an item that they disliked do not like it now. Ages count from
a "now" that no clock error moves (`dataset/curated_log.py`).

Trending compares two sums of the days on which somebody did something with the item: S over days, L over
months. An item that is wanted at its long-run rate has S = E = L · days / months; more is
(S - E) / √(E + 1), the excess in Poisson standard deviations with one event as a prior, so that neither two
clicks on a new item nor a big seller's noise is a trend. A shopper adds at most one to S, and to E in
proportion.

First-time buyers are the popularity sum over each user's first interaction with the item alone: what wins new
users, as opposed to what its users come back to. The repeat rate is days after the first / (users + 2): two
users that never came back are assumed, so that a single regular makes no habit.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from object2vec.core.event_weights import LEAST_PURCHASE, USUAL
from object2vec.core.time import DAY_S
from object2vec.dataset.curated_log import now_of, open_log
from object2vec.ranker.repurchase import returned
from object2vec.search.item_statistics import Statistics

HALF_LIFE_DAYS = 30.0
"""An interaction counts half as much as one that is this much younger: popular means popular now."""
TREND_HALF_LIFE_DAYS, LONG_RUN_HALF_LIFE_DAYS = 7.0, 60.0
_UNSURE_USERS = 2.0
_MOST_REPEATS = 50
"""Days on which one user comes back to an item: about once a week for a year."""

_SUMS = f"""
    WITH day AS (SELECT user_id, item_id, timestamp // {DAY_S} AS day, min(timestamp) AS first,
                        max(weight) AS liked, max(-weight) AS against,
                        greatest($now - max(timestamp), 0) AS age
                 FROM event WHERE weight <> 0 GROUP BY ALL),
         pair AS (SELECT user_id, item_id,
                         coalesce(max(liked * pow(0.5, age / $popular)) FILTER (liked > 0), 0)
                       - coalesce(max(against * pow(0.5, age / $popular)) FILTER (against > 0), 0) AS popular,
                         coalesce(max(liked) FILTER (liked > 0), 0)
                       - coalesce(max(against) FILTER (against > 0), 0) AS ever,
                         coalesce(sum(liked * pow(0.5, age / $trend)) FILTER (liked > 0), 0) AS recent,
                         coalesce(sum(liked * pow(0.5, age / $long_run)) FILTER (liked > 0), 0)
                             * $trend / $long_run AS expected,
                         max(liked) * pow(0.5, greatest($now - min(first) FILTER (liked > 0), 0) / $popular)
                             AS first,
                         count(*) FILTER (liked > 0) AS days
                  FROM day GROUP BY user_id, item_id)
    SELECT item_id, CASE WHEN sum(popular) < 0 THEN least(sum(popular), sum(ever)) ELSE sum(popular) END,
           sum(least(recent, 1)), sum(expected / greatest(recent, 1)),
           coalesce(sum(first), 0),
           sum(least(greatest(days - 1, 0), {_MOST_REPEATS})) / (count(*) FILTER (days > 0) + $unsure)
    FROM pair GROUP BY item_id
"""  # noqa: S608
_DAYS = f"""
    WITH liked AS (SELECT *, max(weight) OVER () >= $bought AS has_purchases FROM event WHERE weight > 0),
         taken AS (SELECT *, max(timestamp) OVER () - min(timestamp) OVER () >= {2 * DAY_S} AS spans_days
                   FROM liked WHERE weight >= $bought OR NOT has_purchases),
         day AS (SELECT DISTINCT user_id, item_id, timestamp // CASE WHEN spans_days THEN {DAY_S} ELSE 1 END
                 FROM taken)
    SELECT count(*), count(DISTINCT (user_id, item_id)) FROM day
"""  # noqa: S608


def item_statistics(
    interactions: Sequence[Path],
    half_life_days: float = HALF_LIFE_DAYS,
    event_weights: Mapping[str, float] = USUAL,
) -> Statistics:
    """Sums up every item in curated interaction files; `event_weights` by type, where they are not the
    usual."""
    if not interactions:
        return Statistics()
    with duckdb.connect() as db:
        open_log(db, interactions, event_weights)
        parameters = {
            "now": now_of(db),
            "popular": half_life_days * DAY_S,
            "trend": TREND_HALF_LIFE_DAYS * DAY_S,
            "long_run": LONG_RUN_HALF_LIFE_DAYS * DAY_S,
            "unsure": _UNSURE_USERS,
        }
        rows = db.execute(_SUMS, parameters).fetchall()
    trends = {item_id: (recent - long) / (long + 1) ** 0.5 for item_id, _, recent, long, _, _ in rows}
    return Statistics(
        popularity={item_id: popular for item_id, popular, *_ in rows},
        trending={item_id: trend for item_id, trend in trends.items() if trend > 0},
        first_time_buyers={item_id: first for item_id, *_, first, _ in rows if first > 0},
        repeat_rate={item_id: rate for item_id, *_, rate in rows if rate > 0},
    )


def people_return_in(interactions: Sequence[Path], event_weights: Mapping[str, float] = USUAL) -> bool | None:
    """Whether users come back to what they took (object2vec/ranker/repurchase.py has the rule); None without
    a log."""
    if not interactions:
        return None
    with duckdb.connect() as db:
        open_log(db, interactions, event_weights)
        ((days, pairs),) = db.execute(_DAYS, {"bought": LEAST_PURCHASE}).fetchall()
    return returned(days, pairs) if days else None
