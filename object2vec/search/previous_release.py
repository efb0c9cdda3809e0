"""The release before the live one, to compare answers with: loaded when asked for, and let go afterwards."""

import time
from collections.abc import Callable
from dataclasses import replace

from object2vec.core.errors import NoPreviousReleaseError
from object2vec.release.manifest import Pointer, pointer
from object2vec.search.live import LiveIndex
from object2vec.search.service import SearchService
from object2vec.storage import ObjectStore

IDLE_S = 300.0
"""A second release takes as much memory as the first: so long after the last comparison it goes."""

MakeService = Callable[[LiveIndex], SearchService]
MakeIndex = Callable[[Callable[[ObjectStore], Pointer | None]], LiveIndex]


class PreviousRelease:
    """`index` makes a live index that follows a given pointer, `service` a search over it."""

    def __init__(
        self,
        store: ObjectStore,
        index: MakeIndex,
        service: MakeService,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._index, self._make, self._clock = store, index, service, clock
        self._loaded: SearchService | None = None
        self._asked_at = 0.0

    def service(self) -> SearchService:
        """Answers as the release before would now: with today's items, rules and synonyms. Raises
        NoPreviousReleaseError where there is none."""
        if previous_pointer(self._store) is None:
            raise NoPreviousReleaseError(
                "there is no release before the live one to compare with: the next training makes one"
            )
        self._asked_at = self._clock()
        if self._loaded is None:
            self._loaded = self._make(self._index(previous_pointer))
        return self._loaded

    def drop_idle(self) -> None:
        """Lets go of what nobody has asked for lately."""
        if self._loaded is not None and self._clock() - self._asked_at > IDLE_S:
            self._loaded = None


def previous_pointer(store: ObjectStore) -> Pointer | None:
    """The live pointer as if the release before were live; None where there is none."""
    current = pointer(store)
    if current is None or current.previous is None:
        return None
    return replace(current, version=current.previous, previous=None)
