"""Training data from the catalogue and all interactions, as Ibis expressions for DuckDB and Spark."""

from unicodedata import ucd_3_2_0

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, StringValue, Table

from object2vec.core.time import DAY_S
from object2vec.dataset.timeline import LAST_DAY, TimeCuts

ITEMS = ibis.schema({"item_id": "string", "text": "string", "metadata": "string"})
INTERACTIONS = ibis.schema(
    {
        "user_id": "string",
        "item_id": "string",
        "timestamp": "int64",
        "event_type": "string",
        "event_value": "float64",
    }
)
QUERIES = ibis.schema(
    {
        "query": "string",
        "item_id": "string",
        "label": "float64",
        "timestamp": "int64",
        "user_id": "string",
    }
)
LOG = ibis.schema({**INTERACTIONS, "weight": "float64"})
"""Columns that training reads: the interactions that count, with their weights."""
_TEST_BELOW, _VALIDATION_BELOW = "1a", "33"  # of the two hex digits 00 to ff: a tenth each
_CAPITALS = "".join(
    c for c in map(chr, range(0x11000)) if ucd_3_2_0.category(c) == "Lu" and len(c.lower()) == 1
)
"""Letters with one small letter, by a version of Unicode that no longer changes."""


def time_span(log: Table) -> Table:
    """One row: `first` and `last` timestamp, both null without rows."""
    return log.aggregate(first=log.timestamp.min(), last=log.timestamp.max())


def days(log: Table) -> Table:
    """Rows `day` (since 1970) and `events`; days after 2099 are that year's last."""
    return _counted(log, _day(log), "day")


def moments(log: Table, day: int) -> Table:
    """Rows `moment` (epoch seconds) and `events` of one day."""
    return _counted(log.filter(_day(log) == day), log.timestamp, "moment")


def _day(log: Table) -> IntegerValue:
    return (log.timestamp // DAY_S).clip(0, LAST_DAY)


def _counted(log: Table, by: IntegerValue, name: str) -> Table:
    known = log.filter(log.timestamp.notnull())
    return known.group_by(**{name: by}).aggregate(events=known.count())


def without_repeats(interactions: Table) -> Table:
    """Each event once: one that was sent again keeps its first time, and of the same time the first of all
    its fields. Rows without `event_id` all stay."""
    event = interactions.event_id
    order = ["timestamp", "item_id", "event_type", "event_value"]
    occurrence = ibis.row_number().over(group_by=["user_id", "event_id"], order_by=order)
    sent = interactions.filter(event.notnull()).mutate(occurrence=occurrence)
    first = sent.filter(sent.occurrence == 0).drop("occurrence")
    return interactions.filter(event.isnull()).union(first)


def split(interactions: Table, cuts: TimeCuts) -> dict[str, Table]:
    """The interactions of `train`, `validation` and `test`, each by user and time; after the item come the
    other fields, so that no engine is left a choice."""
    return _parts(interactions, _periods(interactions, cuts))


def split_by_chance(interactions: Table) -> dict[str, Table]:
    """A tenth each of validation and test, by a hash of user and item: for a log that knows no before and
    after. What a user did with an item stays together."""
    pair = interactions.user_id.concat("\n", interactions.item_id)
    return _parts(interactions, _by_hash(pair))


def _parts(log: Table, parts: dict[str, BooleanValue]) -> dict[str, Table]:
    order = ("user_id", "timestamp", "item_id", "event_type", "event_value")
    return {name: log.filter(part).order_by(*order) for name, part in parts.items()}


def _by_hash(text: StringValue) -> dict[str, BooleanValue]:
    bucket = text.hexdigest("md5").substr(0, 2)
    return {
        "train": bucket >= _VALIDATION_BELOW,
        "validation": (bucket >= _TEST_BELOW) & (bucket < _VALIDATION_BELOW),
        "test": bucket < _TEST_BELOW,
    }


def split_queries(queries: Table, cuts: TimeCuts) -> dict[str, Table]:
    """The search log of the same three periods. Rows without a time go by a hash of their query, so that a
    query's rows stay together, and the same ones are held out at every training."""
    untimed = _by_hash(_in_small_letters(queries.query))
    no_time = queries.timestamp.isnull()
    return {
        name: queries.filter(ibis.ifelse(no_time, untimed[name], part)).order_by(
            "query", "item_id", "timestamp", "user_id", "label"
        )
        for name, part in _periods(queries, cuts).items()
    }


def _in_small_letters(text: StringValue) -> StringValue:
    """Letter by letter, because engines differ where one letter's small form depends on its neighbours or is
    two: Σ at a word's end, İ."""
    return text.translate(_CAPITALS, "".join(letter.lower() for letter in _CAPITALS))


def _periods(log: Table, cuts: TimeCuts) -> dict[str, BooleanValue]:
    time = log.timestamp
    return {
        "train": time <= cuts.train_until,
        "validation": (time > cuts.train_until) & (time <= cuts.validation_until),
        "test": time > cuts.validation_until,
    }


def all_items(catalog: Table, interactions: Table) -> Table:
    """Every item of the catalogue, and those known by interactions only with an empty text; by item id."""
    seen = interactions.select("item_id").distinct()
    unknown = seen.anti_join(catalog, "item_id").mutate(text=ibis.literal(""), metadata=ibis.literal("{}"))
    return catalog.union(unknown).order_by("item_id")


def counts(items: Table, parts: dict[str, Table]) -> Table:
    """One row: how many items, users, and interactions per split there are, and how many users were there
    before and after the first cut."""
    users = ibis.union(*(part.select("user_id") for part in parts.values())).user_id.nunique()
    later = parts["validation"].select("user_id").union(parts["test"].select("user_id"))
    returned = parts["train"].select("user_id").semi_join(later, "user_id").user_id.nunique()
    rows = {name: part.count().as_scalar() for name, part in parts.items()}
    return items.aggregate(
        items=items.count(), users=users.as_scalar(), returned=returned.as_scalar(), **rows
    )
