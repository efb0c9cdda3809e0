"""Training data from the catalogue and all interactions, as Ibis expressions for DuckDB and Spark."""

from dataclasses import dataclass

import ibis
from ibis.expr.types import Table

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


@dataclass(frozen=True, slots=True)
class TimeCuts:
    """A global temporal split, in epoch seconds: training up to and including `train_until`, then validation
    up to and including `validation_until`, then test. No model sees what happened after what it predicts."""

    first: int
    train_until: int
    validation_until: int
    last: int


def time_cuts(first: int, last: int) -> TimeCuts:
    """The last tenth of the time span is test, the tenth before it validation."""
    span = last - first
    return TimeCuts(first, last - span * 2 // 10, last - span // 10, last)


def time_span(interactions: Table) -> Table:
    """One row: `first` and `last` timestamp, both null without interactions."""
    return interactions.aggregate(first=interactions.timestamp.min(), last=interactions.timestamp.max())


def split(interactions: Table, cuts: TimeCuts) -> dict[str, Table]:
    """The interactions of `train`, `validation` and `test`, each by user and time."""
    time = interactions.timestamp
    parts = {
        "train": time <= cuts.train_until,
        "validation": (time > cuts.train_until) & (time <= cuts.validation_until),
        "test": time > cuts.validation_until,
    }
    return {
        name: interactions.filter(part).order_by("user_id", "timestamp", "item_id")
        for name, part in parts.items()
    }


def all_items(catalog: Table, interactions: Table) -> Table:
    """Every item of the catalogue, and those known by interactions only with an empty text; by item id."""
    seen = interactions.select("item_id").distinct()
    unknown = seen.anti_join(catalog, "item_id").mutate(text=ibis.literal(""), metadata=ibis.literal("{}"))
    return catalog.union(unknown).order_by("item_id")


def counts(items: Table, parts: dict[str, Table]) -> Table:
    """One row: how many items, users, and interactions per split there are."""
    users = ibis.union(*(part.select("user_id") for part in parts.values())).user_id.nunique()
    rows = {name: part.count().as_scalar() for name, part in parts.items()}
    return items.aggregate(items=items.count(), users=users.as_scalar(), **rows)
