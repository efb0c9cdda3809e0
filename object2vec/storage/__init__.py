"""`open_store(url)`: the one way to a store, so that the same code runs in AWS and on a laptop."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from object2vec.storage.base import ConflictError, Entry, NotFoundError, ObjectStore, put_over
from object2vec.storage.folder import FolderStore

__all__ = ["ConflictError", "Entry", "FolderStore", "NotFoundError", "ObjectStore", "open_store", "put_over"]


def open_store(url: str) -> ObjectStore:
    """The store at `s3://bucket` or `file:///folder`. Raises ValueError for any other form."""
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc and not parts.path.strip("/"):
        from object2vec.storage.s3 import S3Store  # boto3 is slow to import and absent from the jobs

        return S3Store(parts.netloc)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return FolderStore(Path(unquote(parts.path)))
    raise ValueError(f"store url {url!r}: use s3://bucket or file:///absolute/folder")
