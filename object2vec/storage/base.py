"""The object store every part reads and writes: S3 in AWS, a folder on a laptop.

Two conditional writes carry all coordination (S3: `If-None-Match: *` and `If-Match`), so no part needs a
lock: `create` makes the item log an ordered log with many writers, `replace` makes the live pointer atomic.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MAX_UPLOAD_OVER = 5 << 30
"""Bytes that S3 takes in one conditional request."""


class NotFoundError(KeyError):
    """No object has this key."""


class ConflictError(RuntimeError):
    """Another writer was first: read again and decide again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object in a listing."""

    key: str
    size: int
    etag: str
    modified: float = 0.0
    """When it was written, seconds since 1970: whole ones in S3."""


class ObjectStore(Protocol):
    """Keys are `/`-separated; listings are in ascending UTF-8 order of the key, as in S3."""

    @property
    def url(self) -> str:
        """`s3://bucket` or `file:///absolute/folder`; `open_store(url)` gives an equal store."""

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises NotFoundError."""

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        """The object's bytes and the etag that `replace` takes. Raises NotFoundError."""

    def head(self, key: str) -> Entry | None:
        """The object's entry, in one request; None if no object has this key, or can have:
        it is too long."""

    def put(self, key: str, data: bytes) -> str:
        """Writes the object over what was there; returns the etag. Readers see the old or the new one
        whole."""

    def create(self, key: str, data: bytes) -> str:
        """Writes only a new key; returns the etag. Raises ConflictError if the key exists."""

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """Writes only over the version `etag`; returns the new etag. Raises ConflictError if it changed."""

    def list(self, prefix: str, after: str = "") -> Iterator[Entry]:
        """Objects whose key starts with `prefix` and is greater than `after`."""

    def delete(self, key: str) -> None:
        """Removes the object; a key that is not there is fine."""

    def delete_version(self, key: str, etag: str) -> None:
        """Removes only the version `etag`. Raises ConflictError if it changed or is gone."""

    def download(self, key: str, path: Path) -> None:
        """Streams the object into a file, making its folder. Raises NotFoundError."""

    def lend(self, key: str, path: Path) -> None:
        """Downloads an object for a caller that never writes into the file. A store in a folder gives its own
        file a second name, so that all processes that map it share one copy in memory. Raises
        NotFoundError."""

    def copy(self, key: str, to: str) -> None:
        """Copies an object inside the store: its bytes do not pass this process. Raises NotFoundError."""

    def upload(self, path: Path, key: str) -> None:
        """Streams a file into an object. A folder keeps the file's own time of change."""

    def upload_over(self, path: Path, key: str, etag: str) -> str:
        """Streams a file of at most `MAX_UPLOAD_OVER` bytes over the version `etag` only, or with `""` into a
        new key only; returns the new etag. Raises ConflictError if the object changed."""


def put_over(store: ObjectStore, key: str, data: bytes, etag: str | None) -> str:
    """Writes only over the version `etag`, or only a new key where there is none; returns the new etag.
    Raises ConflictError if another writer was first."""
    return store.replace(key, data, etag) if etag else store.create(key, data)
