"""The live release in this process: kept up with the item log, replaced while requests go on.

AWS Lambda freezes a process between two requests, so whatever is to be done is done while a request waits:
the request that finds something new gives the work up to `BUDGET_S`, and the next one goes on with what is
left (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). Where several requests
run at once, one of them waits and the others answer from the release that is loaded.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from object2vec import release
from object2vec.core.encoder import Encoder
from object2vec.core.errors import StartingError
from object2vec.model.builtin.encoder import load_encoder
from object2vec.release.manifest import Pointer
from object2vec.search.copying import EarlyCopy
from object2vec.search.loading import Live
from object2vec.search.log_tail import LogTail
from object2vec.search.newest_release import NewestRelease
from object2vec.storage import ObjectStore
from object2vec.storage.item_log import Segment

CHECK_EVERY_S = 1.0
TAIL_BUDGET_S = 5.0
"""A request that finds a long tail applies what it can in this time; the next ones go on from there."""
PATIENCE_S = 1.0
"""So long a request waits for a store that sends nothing; then it is answered from the loaded release."""
SLICE_S = 0.02
"""A process that is never frozen loads a release while it answers. A request that waits for the log's tail
looks this often whether a release is being loaded instead."""
LOCK_S = 0.05
"""So often a write looks whether a release that is being loaded has applied it meanwhile."""
BUDGET_S = 15.0
"""So long a request waits in all while a newer release arrives: API Gateway gives up after 29 s."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How a process keeps up with the store. The defaults are for one that is frozen between two requests."""

    frozen: bool = True
    """Every request gives the work time; in a process that runs on, only the request that sets it off."""
    budget_s: float = field(default_factory=lambda: BUDGET_S)
    """So long a request waits while a newer release or a longer log arrives."""
    longest_tail: int | None = None
    """Bytes of the log's tail that are applied here; a longer one is left to the new base that somebody else
    builds. None: a tail of any length."""
    changed: Callable[[], bool] = lambda: False
    """Whether the log or the live pointer was written since it was last asked, where that costs next to
    nothing; else the store is asked once a second."""


class LiveIndex:
    """Decides which request looks for a newer release or a longer log, and how long it waits for it."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        load_encoder: Callable[[Path], Encoder] = load_encoder,
        clock: Callable[[], float] = time.monotonic,
        upkeep: Upkeep | None = None,
        pointer: Callable[[ObjectStore], Pointer | None] = release.pointer,
        early: EarlyCopy | None = None,
    ) -> None:
        """`pointer` says which release is followed; `early` has brought the first one along."""
        self._clock, self._upkeep = clock, upkeep or Upkeep()
        self._newest = NewestRelease(
            store,
            LogTail(store, clock, self._upkeep.longest_tail),
            load_encoder=load_encoder,
            clock=clock,
            frozen=self._upkeep.frozen,
            pointer=pointer,
            early=early,
        )
        self._refreshing, self._waiting = Lock(), Lock()
        self._worker: Thread | None = None
        self._changed = False
        self._check_at = -float("inf")
        self._refreshing_since: float | None = None

    @property
    def trouble(self) -> str | None:
        """Why this process does not answer from the newest release and log; None if it does."""
        since = self._refreshing_since
        if since is not None and self._clock() - since > PATIENCE_S:
            return f"the store has not answered for {self._clock() - since:.0f} s"
        return self._newest.trouble

    def get(self) -> Live:
        """The live release. At most once a second one request looks for a newer state, while the others go
        on. None waits long for a store that does not answer, unless there is no release yet.

        Raises StartingError while there is none.
        """
        self._changed = self._upkeep.changed() or self._changed
        due = self._worker is not None or self._is_due()
        if due and self._waiting.acquire(blocking=self._newest.current is None):
            try:
                self._give_time()
            finally:
                self._waiting.release()
        if self._newest.current is None:
            raise StartingError(
                self._newest.trouble
                or "no release yet: the first one comes soon after a catalogue in uploads/catalog/"
            )
        return self._newest.current

    def catch_up(self) -> None:
        """Applies everything that is in the log by now."""
        self._refresh(budget_s=float("inf"))

    def wrote(self, segment: Segment) -> None:
        """Applies a segment that this process has just appended: by itself if it is the next one, otherwise
        with all that is in the log by now. While a base is loaded, that one applies it meanwhile."""
        while not self._refreshing.acquire(timeout=LOCK_S):
            if self._newest.knows(segment.number):
                return
        try:
            if self._newest.apply_written(segment):
                return
        finally:
            self._refreshing.release()
        self.catch_up()

    def _is_due(self) -> bool:
        return self._changed or self._clock() >= self._check_at

    def _give_time(self) -> None:
        """Brings this process up to date in a thread, and waits as long as that makes progress. If something
        was written after it began, it runs once more."""
        until = time.monotonic() + self._upkeep.budget_s
        while True:
            if self._worker is None or not self._worker.is_alive():
                self._worker = None
                if not self._is_due():
                    return
                self._changed = False
                self._worker = Thread(target=self._refresh, args=(TAIL_BUDGET_S,), daemon=True)
                self._worker.start()
            self._wait(self._worker, until)
            if self._worker.is_alive():
                return
            self._worker = None
            if not self._changed or time.monotonic() >= until:
                return

    def _wait(self, worker: Thread, until: float) -> None:
        newest, frozen = self._newest, self._upkeep.frozen
        before = newest.progress
        while worker.is_alive() and (newest.current is None or time.monotonic() < until):
            if newest.current is not None and newest.is_loading and not frozen:
                return
            worker.join(PATIENCE_S if frozen else SLICE_S)
            now = newest.progress
            if newest.current is not None and now == before and not newest.is_computing and frozen:
                return  # nothing comes
            before = now

    def _refresh(self, budget_s: float) -> None:
        with self._refreshing:
            self._refreshing_since = self._clock()
            try:
                self._newest.refresh(budget_s)
            finally:
                self._check_at = self._clock() + CHECK_EVERY_S
                self._refreshing_since = None
