"""An object store in memory whose clock is the year's, and which counts what is asked of it."""

import bisect
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from object2vec.storage import ConflictError, Entry, NotFoundError

DAY = 86_400
START = 1_767_225_600.0  # 2026-01-01


@dataclass
class YearStore:
    """An object store in memory, under the year's clock, which counts."""

    now: float = START
    requests: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    """Bytes read and written."""
    url: str = "memory://year"
    _objects: dict[str, tuple[bytes, str, float]] = field(default_factory=dict)
    _keys: list[str] = field(default_factory=list)

    def _count(self, kind: str, size: int = 0) -> None:
        self.requests[kind] += 1
        self.moved += size

    def get(self, key: str) -> bytes:
        return self.get_versioned(key)[0]

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        found = self._objects.get(key)
        self._count("read", len(found[0]) if found else 0)
        if found is None:
            raise NotFoundError(key)
        return found[0], found[1]

    def head(self, key: str) -> Entry | None:
        self._count("read")
        return self._entry(key) if key in self._objects else None

    def put(self, key: str, data: bytes) -> str:
        self._count("write", len(data))
        if key not in self._objects:
            bisect.insort(self._keys, key)
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        self._objects[key] = data, etag, self.now
        return etag

    def create(self, key: str, data: bytes) -> str:
        if key in self._objects:
            self._count("write")
            raise ConflictError(key)
        return self.put(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        if self._objects.get(key, (b"", ""))[1] != etag:
            self._count("write")
            raise ConflictError(key)
        return self.put(key, data)

    def list(self, prefix: str, after: str = "") -> Iterator[Entry]:
        start = bisect.bisect_left(self._keys, prefix)
        if after > prefix:
            start = bisect.bisect_right(self._keys, after)
        found = []
        for key in self._keys[start:]:
            if not key.startswith(prefix):
                break
            found.append(key)
        for number, key in enumerate(found or [""]):
            if number % 1_000 == 0:
                self._count("list")
            if key:
                yield self._entry(key)

    def delete(self, key: str) -> None:
        self._count("delete")
        if self._objects.pop(key, None):
            self._keys.pop(bisect.bisect_left(self._keys, key))

    def delete_version(self, key: str, etag: str) -> None:
        if self._objects.get(key, (b"", ""))[1] != etag:
            raise ConflictError(key)
        self.delete(key)

    def download(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.get(key))

    def lend(self, key: str, path: Path) -> None:
        self.download(key, path)

    def copy(self, key: str, to: str) -> None:
        self.put(to, self.get(key))

    def upload(self, path: Path, key: str) -> None:
        self.put(key, path.read_bytes())

    def upload_over(self, path: Path, key: str, etag: str) -> str:
        data = path.read_bytes()
        return self.replace(key, data, etag) if etag else self.create(key, data)

    def expire(self, rules: Mapping[str, int]) -> None:
        """What S3 does by itself, once a day."""
        for prefix, days in rules.items():
            for key in [entry.key for entry in self.list(prefix)]:
                if self._objects[key][2] < self.now - days * DAY:
                    self.delete(key)

    def sizes(self) -> Counter[str]:
        """Bytes by the first part of the key."""
        sizes: Counter[str] = Counter()
        for key, (data, _, _) in self._objects.items():
            sizes[key.partition("/")[0]] += len(data)
        return sizes

    def _entry(self, key: str) -> Entry:
        data, etag, modified = self._objects[key]
        return Entry(key, len(data), etag, modified)
