"""What a row of shopper logs holds: interactions (Amazon Personalize's columns) and search queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "time", "number", "grade", "word", "text"]
"""id: of a user or an item; time: epoch seconds or ISO 8601; grade: a number that is not negative; word: a
short text without control characters; text: a longer one that is not blank."""

SQL_TYPES: Mapping[Kind, str] = {
    "id": "VARCHAR",
    "time": "BIGINT",
    "number": "DOUBLE",
    "grade": "DOUBLE",
    "word": "VARCHAR",
    "text": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an upload. Problems are called `missing_<problem>` and `bad_<problem>`."""

    name: str
    kind: Kind
    problem: str
    required: bool = False
    given_up: bool = False
    """A value that cannot be read is left out, and its row is not."""
    stored: bool = True
    """False for a column that only tells more about another one; nothing of it is said or kept."""

    @property
    def field(self) -> str:
        """Its name in curated data."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class LogSchema:
    """The columns of one kind of log, in curated order."""

    title: str
    columns: Sequence[Column]

    @property
    def names(self) -> list[str]:
        """Column names as in an upload."""
        return [column.name for column in self.columns]

    @property
    def stored(self) -> list[Column]:
        """The columns of curated data."""
        return [column for column in self.columns if column.stored]

    @property
    def required(self) -> set[str]:
        """Names of the columns that a log cannot do without."""
        return {column.name for column in self.columns if column.required}


INTERACTIONS = LogSchema(
    "Interactions",
    (
        Column("USER_ID", "id", "user_id", required=True),
        Column("ITEM_ID", "id", "item_id", required=True),
        Column("TIMESTAMP", "time", "timestamp", required=True),
        Column("EVENT_TYPE", "word", "event_type"),
        Column("EVENT_VALUE", "number", "event_value", given_up=True),
        Column("VISITOR_ID", "id", "visitor_id", given_up=True, stored=False),
    ),
)
"""https://docs.aws.amazon.com/personalize/latest/dg/interactions-datasets.html"""

QUERIES = LogSchema(
    "Queries",
    (
        Column("QUERY", "text", "query", required=True),
        Column("ITEM_ID", "id", "item_id", required=True),
        Column("LABEL", "grade", "relevance"),
        Column("TIMESTAMP", "time", "timestamp", given_up=True),
        Column("USER_ID", "id", "user_id", given_up=True),
    ),
)

LOGS: Mapping[str, LogSchema] = {"interactions": INTERACTIONS, "queries": QUERIES}
"""Schemas of logs by the folder of their uploads."""
