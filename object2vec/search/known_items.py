"""Which item ids the catalogue has, for a caller that needs no more of it than that."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock

import orjson

from object2vec.release.manifest import load, pointer
from object2vec.search.base_formats import Base, readable_base
from object2vec.storage import NotFoundError, ObjectStore, item_log
from object2vec.storage.item_log import Removed

CHECK_EVERY_S = 10.0


class KnownItems:
    """The ids of the live release's base index and of the item log after it, as of a few seconds ago."""

    def __init__(self, store: ObjectStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._check_at, self._checking = -float("inf"), Lock()
        self._release = ""
        self._ids: set[str] = set()
        self._watermark = 0

    def unknown(self, item_ids: Iterable[str]) -> list[str]:
        """The ids, each once, that no item has."""
        with self._checking:
            if self._clock() >= self._check_at:
                self._refresh()
                self._check_at = self._clock() + CHECK_EVERY_S
        return [item_id for item_id in dict.fromkeys(item_ids) if item_id not in self._ids]

    def _refresh(self) -> None:
        current = pointer(self._store)
        if current is not None and current.version != self._release:
            manifest = load(self._store, current.version)
            self._load(readable_base(self._store, manifest))
            self._release = manifest.version
        for segment in item_log.read(self._store, after=self._watermark):
            for change in segment.changes:
                (self._ids.discard if isinstance(change, Removed) else self._ids.add)(change.id)
            self._watermark = segment.number

    def _load(self, base: Base | None) -> None:
        """Without a base, or with one that this code cannot read, the whole log is read instead."""
        if base is None or base.watermark <= self._watermark:
            return
        with suppress(NotFoundError):  # a base of another engine, or one that was just removed
            self._ids = set(orjson.loads(self._store.get(f"{base.prefix}ids.json")))
            self._watermark = base.watermark
