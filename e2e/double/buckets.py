"""Every bucket of the emulator as one object store: a key starts with the bucket's name.

Its URL is `s3:/`, so that what stands behind `<url>/` in an `s3://bucket/key` is such a key.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from object2vec.storage import Entry, ObjectStore, open_store


class Buckets:
    """`ObjectStore` over all buckets, as jobs reach them: the data in one, the code in another."""

    url = "s3:/"

    def get(self, key: str) -> bytes:
        store, rest = _split(key)
        return store.get(rest)

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        store, rest = _split(key)
        return store.get_versioned(rest)

    def head(self, key: str) -> Entry | None:
        store, rest = _split(key)
        found = store.head(rest)
        return found and replace(found, key=key)

    def put(self, key: str, data: bytes) -> str:
        store, rest = _split(key)
        return store.put(rest, data)

    def create(self, key: str, data: bytes) -> str:
        store, rest = _split(key)
        return store.create(rest, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        store, rest = _split(key)
        return store.replace(rest, data, etag)

    def list(self, prefix: str, after: str = "") -> Iterator[Entry]:
        store, rest = _split(prefix)
        bucket = prefix.partition("/")[0]
        for entry in store.list(rest, after.removeprefix(f"{bucket}/")):
            yield replace(entry, key=f"{bucket}/{entry.key}")

    def delete(self, key: str) -> None:
        store, rest = _split(key)
        store.delete(rest)

    def delete_version(self, key: str, etag: str) -> None:
        store, rest = _split(key)
        store.delete_version(rest, etag)

    def lend(self, key: str, path: Path) -> None:
        self.download(key, path)

    def download(self, key: str, path: Path) -> None:
        store, rest = _split(key)
        store.download(rest, path)

    def copy(self, key: str, to: str) -> None:
        store, rest = _split(key)
        store.copy(rest, _split(to)[1])

    def upload(self, path: Path, key: str) -> None:
        store, rest = _split(key)
        store.upload(path, rest)

    def upload_over(self, path: Path, key: str, etag: str) -> str:
        store, rest = _split(key)
        return store.upload_over(path, rest, etag)


def _split(key: str) -> tuple[ObjectStore, str]:
    bucket, _, rest = key.partition("/")
    return _store(bucket), rest


@cache
def _store(bucket: str) -> ObjectStore:
    return open_store(f"s3://{bucket}")
