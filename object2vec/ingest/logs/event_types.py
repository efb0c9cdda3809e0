"""What a log in DuckDB has of each type of event."""

from collections.abc import Sequence
from typing import Any

import duckdb

from object2vec.core.event_weights import TOPS, TypeCounts

MOST_TYPES = 1_000
"""The most frequent so many are looked at; a type beyond them is a plain interaction."""
_UP_TO = ", ".join(
    f"count(*) FILTER (value <= {top}), count(*) FILTER (value BETWEEN {(1 + top) / 2} AND {top})"
    for top in TOPS
)


def type_counts(db: duckdb.DuckDBPyConnection, log: str, most: int = MOST_TYPES) -> list[TypeCounts]:
    """Counts of each type in a table, a view or a query in parentheses with the columns `event_type` and
    `value`; the most frequent first."""
    rows = db.execute(
        f"""SELECT event_type, count(*), count(value), count(*) FILTER (value < 0),
               count(*) FILTER (value = 0), count(*) FILTER (floor(value * 2) = value * 2), {_UP_TO}
        FROM {log} GROUP BY event_type ORDER BY count(*) DESC, event_type LIMIT {most}"""  # noqa: S608
    ).fetchall()
    return [_counts(row) for row in rows]


def _counts(row: Sequence[Any]) -> TypeCounts:
    name, events, values, below_zero, zero, halves, *by_top = row
    return TypeCounts(
        name,
        events,
        values,
        below_zero,
        zero,
        halves,
        up_to=tuple(by_top[::2]),
        upper_half=tuple(by_top[1::2]),
    )
