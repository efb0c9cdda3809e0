"""The session store in a DynamoDB table.

Key: user_id, event_id, so that a conditional put keeps the first of two equal events. The local index
`by_time` gives the latest events and, unlike a global one, can be read consistently: what was just recorded
is part of the very next answer. It copies the attribute `item_id` alone, and an index cannot be changed: an
event with a type or a value keeps them there too, in a map.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from object2vec.core.event import Event
from object2vec.core.history import RECENT, HistoryEvent
from object2vec.core.time import DAY_S

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX, EXPIRY = "by_time", "expires_at"
KEPT_DAYS = 180
"""A session store is for recent history; the event log and the curated data keep the rest."""
_WRITERS = 10
_DELETE_BATCH = 25
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    tcp_keepalive=True,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=_WRITERS,
)
"""An answer takes milliseconds. By botocore's defaults a function would wait for a connection that died while
it was frozen for longer than the API waits for the function."""


class DynamoSessionStore:
    """The session store as a DynamoDB table."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._db: DynamoDBClient = boto3.client("dynamodb", config=_CONFIG)

    def add(self, events: Sequence[Event]) -> None:
        if len(events) == 1:
            self._put(events[0])
            return
        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(self._put, events))

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[HistoryEvent]:
        answer = self._db.query(
            TableName=self._table,
            IndexName=INDEX,
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        return [_history_event(item) for item in reversed(answer["Items"])]

    def erase(self, user_id: str) -> int:
        pages = self._db.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
            ProjectionExpression="user_id, event_id",
            ConsistentRead=True,
        )
        keys = [item for page in pages for item in page["Items"]]
        for start in range(0, len(keys), _DELETE_BATCH):
            self._delete(keys[start : start + _DELETE_BATCH])
        return len(keys)

    def _put(self, event: Event) -> None:
        item: dict[str, Any] = {
            "user_id": {"S": event.user_id},
            "event_id": {"S": event.event_id},
            "item_id": _item_attribute(event),
            "timestamp": {"N": str(event.timestamp)},
            EXPIRY: {"N": str(event.timestamp + KEPT_DAYS * DAY_S)},
        }
        try:
            self._db.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(event_id)"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def _delete(self, keys: Sequence[Any]) -> None:
        waiting: Any = {self._table: [{"DeleteRequest": {"Key": key}} for key in keys]}
        while waiting:
            waiting = self._db.batch_write_item(RequestItems=waiting)["UnprocessedItems"]


def _item_attribute(event: Event) -> Any:
    """The attribute `item_id`: the item alone, or a map of item, type and value."""
    more: dict[str, Any] = {}
    if event.event_type is not None:
        more["type"] = {"S": event.event_type}
    if event.event_value is not None:
        more["value"] = {"S": repr(event.event_value)}  # N rounds, and knows no 1e200
    return {"M": {"item": {"S": event.item_id}, **more}} if more else {"S": event.item_id}


def _history_event(stored: Any) -> HistoryEvent:
    stored_item, time = stored["item_id"], int(stored["timestamp"]["N"])
    if "S" in stored_item:
        return HistoryEvent(stored_item["S"], time)
    parts = {name: part["S"] for name, part in stored_item["M"].items()}
    value = float(parts["value"]) if "value" in parts else None
    return HistoryEvent(parts["item"], time, parts.get("type"), value)
