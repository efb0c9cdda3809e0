"""What users did, by user: the session store, in DynamoDB in AWS and in a file on a laptop, and the union of
several sources."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from object2vec.core.history import RECENT, Histories, Seen, SessionStore
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

    def __init__(self, *sources: Histories) -> None:
        self._sources = sources

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[Seen]:
        merged = {seen for source in self._sources for seen in source.recent(user_id, limit)}
        return sorted(merged, key=lambda seen: (seen.time, seen.item_id))[-limit:]
