"""Curated interaction files as a weighed log in DuckDB, for functions and jobs that have no Ibis.

The same weights as `weighing.py` gives (a contract test holds them together), and one idea of "now": the time
that all but a few of the users' last events had passed, so that no clock error makes a whole log old.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from object2vec.core.event_kinds import PLAIN
from object2vec.core.event_weights import LEAST_PURCHASE, USUAL, Meanings, meanings_of
from object2vec.core.time import DAY_S
from object2vec.dataset.crowd_bounds import ALWAYS, BUSIEST, QUARTER_S, TIMES_OTHERS, TIMES_USUAL, WINDOW_S
from object2vec.dataset.scripted_users import LEAST_TIMES, LEAST_USERS, RHYTHM_S
from object2vec.ingest.logs.event_types import type_counts

_FIELDS = {"event_type": "VARCHAR", "event_value": "DOUBLE"}

_ONCE = """
    CREATE VIEW once AS
    WITH log AS (SELECT user_id, item_id, timestamp, nullif({type}, '') AS event_type, {value} AS event_value,
                        {id} AS event_id, {weight} AS given_weight
                 FROM curated
                 WHERE timestamp IS NOT NULL),
         sent AS (SELECT * FROM log WHERE event_id IS NOT NULL
                  QUALIFY row_number() OVER (PARTITION BY user_id, event_id
                                             ORDER BY timestamp, item_id, event_type, event_value) = 1)
    SELECT *, CASE WHEN NOT isnan(event_value) THEN event_value END AS value
    FROM (SELECT * FROM log WHERE event_id IS NULL UNION ALL SELECT * FROM sent)
"""
_EVENT = f"""
    CREATE VIEW {{name}} AS
    SELECT user_id, item_id, timestamp, once.event_type, event_value, coalesce(given_weight, CASE
        WHEN value IS NULL OR low IS NULL AND value >= 0 THEN usual
        WHEN low IS NULL THEN -abs(usual)
        WHEN least(greatest(value, low), high) < middle
            THEN usual * ((least(greatest(value, low), high) - middle) / (middle - low))
        ELSE usual * (0.5::DOUBLE + 0.5::DOUBLE * (least(greatest(value, low), high) - middle)
                      / (high - middle)) END) AS weight
    FROM once LEFT JOIN (SELECT event_type, usual AS type_weight, low, high, (low + high) / 2 AS middle
                         FROM meaning) AS said ON once.event_type IS NOT DISTINCT FROM said.event_type,
    LATERAL (SELECT coalesce(type_weight, {PLAIN}::DOUBLE) AS usual)
"""  # noqa: S608
_SCRIPTED = f"""
    CREATE TABLE scripted AS
    WITH act AS (SELECT user_id, item_id, (since + {RHYTHM_S // 2}) // {RHYTHM_S} AS step
                 FROM (SELECT *, timestamp - min(timestamp) OVER (PARTITION BY user_id) AS since
                       FROM all_events WHERE weight <> 0)),
         person AS (SELECT user_id, count(*) AS events, sum(hash(item_id, step)::HUGEINT) AS acts
                    FROM act GROUP BY user_id
                    HAVING count(DISTINCT step) >= {LEAST_TIMES} AND max(step % {DAY_S // RHYTHM_S}) > 0)
    SELECT user_id FROM person
    QUALIFY count(*) OVER (PARTITION BY events, acts) >= {LEAST_USERS}
        AND row_number() OVER (PARTITION BY events, acts ORDER BY user_id) > 1
"""  # noqa: S608
_THROWAWAY = f"""
    CREATE TABLE throwaway AS
    WITH act AS (SELECT user_id, item_id, timestamp, weight FROM all_events ANTI JOIN scripted USING (user_id)
                 WHERE weight <> 0),
         visit AS (SELECT user_id, min(timestamp) AS first, min(timestamp) // {WINDOW_S} AS slot,
                          list_sort(list(DISTINCT item_id)) AS items
                   FROM act GROUP BY user_id
                   HAVING max(timestamp) - min(timestamp) < {WINDOW_S}
                       AND (max(weight) < {LEAST_PURCHASE}
                            OR (SELECT min(weight) FROM act WHERE weight > 0) >= {LEAST_PURCHASE})),
         crowd AS (SELECT items, slot, count(*) AS ids, count(DISTINCT first) AS moments,
                          count(*) FILTER ((first + 1) % {QUARTER_S} > 1) AS exact
                   FROM visit GROUP BY ALL),
         usual AS (SELECT items, ids AS usual FROM crowd
                   QUALIFY row_number() OVER (PARTITION BY items ORDER BY ids DESC, slot) = {BUSIEST + 1}),
         large AS (SELECT items, slot, ids FROM crowd WHERE ids > {ALWAYS} AND moments > 1 AND 2 * exact > ids
                       AND (SELECT count(DISTINCT timestamp // {WINDOW_S}) FROM act) > {BUSIEST}),
         drawn AS (SELECT item_id, timestamp // {WINDOW_S} AS slot, count(DISTINCT user_id) AS drawn
                   FROM act GROUP BY ALL),
         met AS (SELECT items, slot, ids, greatest(min(drawn) - ids, 0) AS others
                 FROM (SELECT *, unnest(items) AS item_id FROM large) LEFT JOIN drawn USING (item_id, slot)
                 GROUP BY items, slot, ids),
         bounded AS (SELECT items, slot, greatest({ALWAYS}, {TIMES_USUAL} * coalesce(usual, 0),
                                                  {TIMES_OTHERS} * coalesce(others, 0)) AS kept
                     FROM met LEFT JOIN usual USING (items))
    SELECT user_id FROM visit JOIN bounded USING (items, slot)
    QUALIFY row_number() OVER (PARTITION BY items, slot ORDER BY first, user_id) > kept
"""  # noqa: S608
_NOW = """
    WITH last AS (SELECT max(timestamp) AS moment FROM event GROUP BY user_id)
    SELECT (SELECT count(*) FROM last),
           (SELECT moment FROM last ORDER BY moment DESC LIMIT 1
            OFFSET (SELECT count(*) // 200 + 1 FROM last)),
           (SELECT timestamp FROM event ORDER BY timestamp DESC LIMIT 1 OFFSET 1),
           (SELECT max(timestamp) FROM event)
"""


def open_log(
    db: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    event_weights: Mapping[str, float] = USUAL,
    *,
    every_id: bool = False,
) -> Meanings:
    """Makes the view `event` with user_id, item_id, timestamp, event_type, event_value and weight: each event
    once, without those that have no time. Of the ids that one program uses only the first counts
    (`scripted_users.py`), and of a crowd no more than its bound (`crowd_bounds.py`), unless all are asked
    for (`every_id`). Prepared files keep the weights they have. Returns what the types mean."""
    db.read_parquet([str(file) for file in files], union_by_name=True).create_view("curated")
    has = set(db.table("curated").columns)
    columns = {name: name if name in has else f"NULL::{kind}" for name, kind in _FIELDS.items()}
    db.execute(
        _ONCE.format(
            type=columns["event_type"],
            value=columns["event_value"],
            id="event_id" if "event_id" in has else "NULL::VARCHAR",
            weight="weight" if "weight" in has else "NULL::DOUBLE",
        )
    )
    meanings = meanings_of(type_counts(db, "once"), event_weights)
    db.execute("CREATE TABLE meaning (event_type VARCHAR, usual DOUBLE, low DOUBLE, high DOUBLE)")
    for name, said in meanings.by_type.items():
        db.execute(
            "INSERT INTO meaning VALUES (?, ?, ?, ?)", [name, said.weight, *(said.scale or (None, None))]
        )
    db.execute(_EVENT.format(name="event" if every_id else "all_events"))
    if not every_id:
        db.execute(_SCRIPTED)
        db.execute(_THROWAWAY)
        db.execute(
            """CREATE VIEW event AS SELECT * FROM all_events
               ANTI JOIN scripted USING (user_id) ANTI JOIN throwaway USING (user_id)"""
        )
    return meanings


def now_of(db: duckdb.DuckDBPyConnection) -> int:
    """The moment, in epoch seconds, that ages count from: only one user in 200, and one more, have later
    events, which count as events of this moment. With one or two users, it is the time of the last event but
    one. 0 without events."""
    ((users, of_users, of_events, last),) = db.execute(_NOW).fetchall()
    moment = of_users if users > 2 else of_events
    return int(moment if moment is not None else last or 0)
