"""A store that counts requests, or ends the process before or after one of its writes."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from object2vec.storage import Entry, ObjectStore
from tests.helpers.killing import KilledError

WRITES = ("put", "create", "replace", "delete", "delete_version", "copy", "upload", "upload_over")
READS = ("get", "get_versioned", "head", "download")
PAGE = 1_000
"""Most keys that S3 gives in one request of a listing."""


Around = Callable[[str, Callable[[], Any]], Any]


class ObservedStore:
    """Hands every request on to a store; `around(name, request)` makes it."""

    def __init__(
        self,
        store: ObjectStore,
        around: Callable[[str, Callable[[], Any]], Any] = lambda _, request: request(),
    ) -> None:
        self._store, self._around = store, around
        self.requests: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        if name not in WRITES + READS:
            return attribute

        def call(*arguments: Any) -> Any:
            self.requests[name] += 1
            return self._around(name, lambda: attribute(*arguments))

        return call

    def list(self, prefix: str, after: str = "") -> Iterator[Entry]:
        for number, entry in enumerate(self._store.list(prefix, after)):
            if number % PAGE == 0:
                self.requests["list"] += 1
            yield entry

    @property
    def writes(self) -> int:
        return sum(self.requests[name] for name in WRITES)


def killed_at(store: ObjectStore, write: int, *, after: bool) -> ObservedStore:
    """The process ends before the write of this number (from 0), or after its effect."""
    numbers = count()

    def around(name: str, request: Callable[[], Any]) -> Any:
        now = name in WRITES and next(numbers) == write
        if now and not after:
            raise KilledError
        answer = request()
        if now:
            raise KilledError
        return answer

    return ObservedStore(store, around)
