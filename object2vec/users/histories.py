"""Opens the session store (DynamoDB in AWS, a file on a laptop), and merges it with uploaded histories."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from object2vec.core.event_weights import Meanings
from object2vec.core.history import RECENT, EventHistory, HistoryItem, SessionStore
from object2vec.users.sqlite import SqliteSessionStore


def open_session_store(url: str) -> SessionStore:
    """The store at `dynamodb://table` or `sqlite:///file`. Raises ValueError for any other form."""
    parts = urlsplit(url)
    if parts.scheme == "dynamodb" and parts.netloc and not parts.path.strip("/"):
        from object2vec.users.dynamodb import DynamoSessionStore  # boto3 is slow to import

        return DynamoSessionStore(parts.netloc)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.startswith("/"):
        return SqliteSessionStore(Path(unquote(parts.path)))
    raise ValueError(f"history url {url!r}: use dynamodb://table or sqlite:///absolute/file")


class MergedHistories:
    """Uploaded interactions and live events as one history. An event that has reached the curated data is in
    both, and counts once."""

    def __init__(self, *sources: EventHistory, meanings: Callable[[], Meanings] = Meanings) -> None:
        """`meanings` returns the meanings of the types of events as they are now; by default those of their
        names."""
        self._sources, self._meanings = sources, meanings

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[HistoryItem]:
        merged = {event for source in self._sources for event in source.recent(user_id, limit)}
        typed = {event[:2] for event in merged if event.event_type is not None}
        meanings = self._meanings()
        seen = [
            HistoryItem(event.item_id, event.time, meanings.weight(event.event_type, event.event_value))
            for event in merged
            if event.event_type is not None or event[:2] not in typed  # stored before types were
        ]
        return sorted((item for item in seen if item.weight), key=lambda item: (item.time, item.item_id))[
            -limit:
        ]
