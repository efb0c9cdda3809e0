"""`open_history(url)`: the session store, in DynamoDB in AWS and in a file on a laptop."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from object2vec.events.history import UserHistory
from object2vec.events.sqlite import SqliteHistory

__all__ = ["UserHistory", "open_history"]


def open_history(url: str) -> UserHistory:
    """The store at `dynamodb://table` or `sqlite:///file`. Raises ValueError for any other form."""
    parts = urlsplit(url)
    if parts.scheme == "dynamodb" and parts.netloc and not parts.path.strip("/"):
        from object2vec.events.dynamodb import DynamoHistory  # boto3 is slow to import

        return DynamoHistory(parts.netloc)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.startswith("/"):
        return SqliteHistory(Path(unquote(parts.path)))
    raise ValueError(f"history url {url!r}: use dynamodb://table or sqlite:///absolute/file")
