"""What users did, by user: the session store, in DynamoDB in AWS and in a file on a laptop, and the union of
several sources."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from object2vec.core.event_weights import Meanings
from object2vec.core.history import RECENT, EventHistory, Seen, SessionStore
from object2vec.users.sqlite import SqliteHistory


def open_history(url: str) -> SessionStore:
    """The store at `dynamodb://table` or `sqlite:///file`. Raises ValueError for any other form."""
    parts = urlsplit(url)
    if parts.scheme == "dynamodb" and parts.netloc and not parts.path.strip("/"):
        from object2vec.users.dynamodb import DynamoHistory  # boto3 is slow to import

        return DynamoHistory(parts.netloc)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.startswith("/"):
        return SqliteHistory(Path(unquote(parts.path)))
    raise ValueError(f"history url {url!r}: use dynamodb://table or sqlite:///absolute/file")


class MergedHistories:
    """Uploaded interactions and live events as one history. An event that has reached the curated data is in
    both, and counts once."""

    def __init__(self, *sources: EventHistory, meanings: Callable[[], Meanings] = Meanings) -> None:
        """`meanings` tells what the types of events say, at this moment; by default what their names say."""
        self._sources, self._meanings = sources, meanings

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[Seen]:
        merged = {event for source in self._sources for event in source.recent(user_id, limit)}
        typed = {event[:2] for event in merged if event.event_type is not None}
        said = self._meanings()
        seen = [
            Seen(event.item_id, event.time, said.weight(event.event_type, event.event_value))
            for event in merged
            if event.event_type is not None or event[:2] not in typed  # stored before types were
        ]
        return sorted((one for one in seen if one.weight), key=lambda one: (one.time, one.item_id))[-limit:]
