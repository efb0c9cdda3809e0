"""Which events a training learns from, and the weight of each, as Ibis expressions for DuckDB and Spark.

An event of weight 0 (an impression) is left out. Of what a user does with one item on one day the first
`A_DAY` events count, for it and against it apart; and a user who has far more events than others do keeps an
even sample of them. Nobody's script decides then what a shop's shoppers like.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis
import orjson
from ibis.expr.types import FloatingValue, IntegerValue, Table

from object2vec.core.event_kinds import PLAIN
from object2vec.core.event_weights import TOPS, Meaning, Meanings, TypeCounts, user_limit
from object2vec.core.time import DAY_S
from object2vec.dataset.prepare import LOG
from object2vec.ingest.logs.event_types import MOST_TYPES

A_DAY = 3
"""Most events of one user with one item on one day: somebody may come back the same day."""
MEANINGS = ibis.schema(
    {"event_type": "string", "type_weight": "float64", "low": "float64", "high": "float64"}
)
"""Columns of the weight of each type of event; `low` and `high` where its values are grades."""
_NO_TYPE = ""


def type_counts(log: Table) -> Table:
    """A row for each of the most frequent types, with the fields of `TypeCounts`; a tuple makes columns."""
    value = _value(log)
    columns: dict[str, IntegerValue] = {
        "events": log.count(),
        "values": value.count(),
        "below_zero": value.count(where=value < 0),
        "zero": value.count(where=value == 0),
        "halves": value.count(where=(value * 2).floor() == value * 2),
    }
    for place, top in enumerate(TOPS):
        columns[f"up_to_{place}"] = value.count(where=value <= top)
        columns[f"upper_half_{place}"] = value.count(where=(value >= (1 + top) / 2) & (value <= top))
    counted = log.group_by("event_type").aggregate(**columns)
    return counted.order_by(counted.events.desc(), "event_type").limit(MOST_TYPES)


def counted_types(rows: Sequence[Mapping[str, Any]]) -> list[TypeCounts]:
    """The rows of `type_counts` as objects."""
    names = ("events", "values", "below_zero", "zero", "halves")
    numbers = [
        {name: value or 0 for name, value in row.items()} for row in rows
    ]  # engines give null for none
    return [
        TypeCounts(
            row["event_type"],
            **{name: found[name] for name in names},
            up_to=tuple(found[f"up_to_{place}"] for place in range(len(TOPS))),
            upper_half=tuple(found[f"upper_half_{place}"] for place in range(len(TOPS))),
        )
        for row, found in zip(rows, numbers, strict=True)
    ]


def meaning_lines(meanings: Meanings) -> bytes:
    """JSON Lines in the columns of `MEANINGS`."""
    return b"".join(
        orjson.dumps(
            {
                "event_type": name or _NO_TYPE,
                "type_weight": meaning.weight,
                "low": meaning.scale.low if meaning.scale else None,
                "high": meaning.scale.high if meaning.scale else None,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        for name, meaning in {None: Meaning(PLAIN), **meanings.by_type}.items()
    )


def weighed(log: Table, meanings: Table) -> Table:
    """The log with a column `weight`, as `Meaning.of` gives it; `meanings` has the columns of `MEANINGS`."""
    log = log.mutate(type_key=log.event_type.fill_null(_NO_TYPE))
    table = log.left_join(meanings, log.type_key == meanings.event_type)
    value, weight = _value(table), table.type_weight.fill_null(PLAIN)
    middle = (table.low + table.high) / 2
    grade = ibis.least(ibis.greatest(value, table.low), table.high)
    share = ibis.ifelse(
        grade < middle,
        (grade - middle) / (middle - table.low),
        0.5 + 0.5 * (grade - middle) / (table.high - middle),
    )
    against = table.low.isnull() & (value < 0)
    event_weight = ibis.cases(
        (value.isnull(), weight), (against, -weight.abs()), (table.low.isnull(), weight), else_=weight * share
    )
    return table.mutate(weight=event_weight).select(*LOG.names)


def without_repeats(weighted: Table) -> Table:
    """The events of a weighed log without a user's repeats within one day; none has the weight 0."""
    act = {"day": weighted.timestamp // DAY_S, "liked": weighted.weight > 0}
    order = ["timestamp", "event_type", "event_value"]
    marked = weighted.mutate(**act).mutate(
        repeat=ibis.row_number().over(group_by=["user_id", "item_id", "day", "liked"], order_by=order)
    )
    return marked.filter(marked.repeat < A_DAY).drop("day", "liked", "repeat")


def activity(log: Table) -> Table:
    """Number of users with each number of events."""
    users = log.group_by("user_id").aggregate(events=log.count())
    return users.group_by("events").aggregate(users=users.count()).order_by("events")


def limit_of(activity: Iterable[tuple[int, int]]) -> int:
    """The most events of one user that are learned from; `activity` as rows of (events, users)."""
    rows = sorted(activity)
    nine_in_ten = sum(users for _, users in rows) * 9 // 10
    usual = 0
    for events, users in rows:
        usual, nine_in_ten = events, nine_in_ten - users
        if nine_in_ten <= 0:
            break
    return user_limit(usual)


def heavy_users(log: Table, limit: int, most: int = 10) -> Table:
    """`user_id` and `events` of those with more events than the limit, the most active first."""
    users = log.group_by("user_id").aggregate(events=log.count())
    heavy = users.filter(users.events > limit)
    return heavy.order_by(heavy.events.desc(), "user_id").limit(most)


def limited(log: Table, limit: int) -> Table:
    """At most `limit` events of each user, an even sample of theirs."""
    order = ["timestamp", "item_id", "event_type", "event_value"]
    marked = log.mutate(
        place=ibis.row_number().over(group_by="user_id", order_by=order),
        had=log.count().over(group_by="user_id"),
    )
    step = (marked.place + 1) * limit // marked.had != marked.place * limit // marked.had
    return marked.filter((marked.had <= limit) | step).drop("place", "had")


def _value(log: Table) -> FloatingValue:
    return ibis.ifelse(log.event_value.isnan(), ibis.null("float64"), log.event_value)
