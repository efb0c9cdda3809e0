"""The event log: recorded events, stored durably before the call is answered, until they are curated.

The events of one call are one object, `events/<day>/<digest of the request>.jsonl`, written by a conditional
create. The same request again finds that object and uses the events in it, with the times of the first call.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from object2vec.core.event import Event
from object2vec.core.keys import EVENT_LOG
from object2vec.storage import ConflictError, Entry, NotFoundError, ObjectStore
from object2vec.storage.digests import digest_of_record

_BATCH = re.compile(rf"{EVENT_LOG}\d{{4}}-\d\d-\d\d/[^/]+\.jsonl")


class EventLog:
    """Batches of events in an object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def append(
        self, request: Sequence[Mapping[str, Any]], events: Sequence[Event], now: int
    ) -> Sequence[Event]:
        """Keeps the events of a request; returns them as they were kept when the request came first."""
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        digest = digest_of_record(list(request))[:32]
        key = f"{EVENT_LOG}{day}/{digest}.jsonl"
        try:
            self._store.create(key, encode(events))
        except ConflictError:
            try:
                return self.read(key)
            except NotFoundError:  # curated in this very moment
                return events
        return events

    def batches(self) -> Iterator[Entry]:
        """The batches that are not curated yet, by day. Other files are passed over."""
        return (entry for entry in self._store.list(EVENT_LOG) if _BATCH.fullmatch(entry.key))

    def read(self, key: str) -> list[Event]:
        """The events of one batch. Raises NotFoundError."""
        return decode(self._store.get(key))


def day_of(key: str) -> str:
    """The day a batch was received on, as in its key."""
    return key.removeprefix(EVENT_LOG).split("/", 1)[0]


def encode(events: Sequence[Event]) -> bytes:
    """Events as JSON Lines."""
    return b"".join(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in events)


def decode(data: bytes) -> list[Event]:
    """The events of JSON Lines."""
    return [Event(**orjson.loads(line)) for line in data.splitlines()]


def sift(data: bytes) -> tuple[list[tuple[bytes, Event]], list[bytes]]:
    """The lines that hold an event, each with the event, and the damaged lines."""
    events, damaged = [], []
    for line in data.splitlines():
        try:
            events.append((line, Event(**orjson.loads(line))))
        except (ValueError, TypeError):
            damaged.append(line)
    return events, damaged
