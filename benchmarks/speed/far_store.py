"""A store as slow as S3 is for a function: a folder with 20 ms a call, and 80 MB/s for all calls together.

It records the start and end of every call, so that calls one after another can be told from simultaneous
ones.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from object2vec.storage import Entry, ObjectStore

CALL_S, BYTES_PER_S = 0.02, 80e6
CHUNK = 1 << 20
PART = 8 << 20
"""Bytes of one request: boto3 asks for a larger object in several."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, in seconds since the store was made."""

    operation: str
    key: str
    began: float
    ended: float


class FarStore:
    """Hands every request on to a store that is near, later."""

    def __init__(self, near: ObjectStore) -> None:
        self._near = near
        self._began = time.perf_counter()
        self._line, self._free_at = Lock(), 0.0
        self.calls: list[Call] = []

    @property
    def url(self) -> str:
        return self._near.url

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._near, name)
        return lambda key, *more: self._asked(name, key, lambda: method(key, *more))

    def list(self, prefix: str, after: str = "") -> Iterator[Entry]:
        return iter(self._asked("list", prefix, lambda: list(self._near.list(prefix, after))))

    def lend(self, key: str, path: Path) -> None:
        self.download(key, path)

    def download(self, key: str, path: Path) -> None:
        began = time.perf_counter() - self._began
        data = self._near.get(key)
        time.sleep(CALL_S)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            for start in range(0, len(data), CHUNK):
                self._carry(len(data[start : start + CHUNK]))
                file.write(data[start : start + CHUNK])
        ended = time.perf_counter() - self._began
        parts = max(1, -(-len(data) // PART))
        self.calls += [Call("download", key, began, ended)] * parts

    @property
    def rounds(self) -> int:
        """How many calls wait for another one to end: the longest chain of them."""
        waited: list[tuple[float, int]] = []
        for call in sorted(self.calls, key=lambda call: call.began):
            before = max((length for ended, length in waited if ended <= call.began), default=0)
            waited.append((call.ended, before + 1))
        return max((length for _, length in waited), default=0)

    def _asked(self, name: str, key: str, request: Callable[[], Any]) -> Any:
        began = time.perf_counter() - self._began
        try:
            answer = request()
            data = answer[0] if isinstance(answer, tuple) else answer
            self._carry(len(data) if isinstance(data, bytes) else 0)
            return answer
        finally:
            time.sleep(CALL_S)
            self.calls.append(Call(name, key, began, time.perf_counter() - self._began))

    def _carry(self, size: int) -> None:
        """Waits for a place on the line and until that much has come over it."""
        now = time.perf_counter()
        with self._line:
            self._free_at = max(now, self._free_at) + size / BYTES_PER_S
            until = self._free_at
        time.sleep(max(0.0, until - now))
