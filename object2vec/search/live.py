"""The live release in this process: kept up with the item log, replaced while requests go on.

AWS Lambda freezes a process between two requests, so whatever is to be done is done while a request waits:
the request that finds something new gives the work up to `BUDGET_S`, and the next one goes on with what is
left (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). Where several requests
run at once, one of them waits and the others answer from the release that is loaded.
"""

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from object2vec import release
from object2vec.core.encoder import Encoder
from object2vec.core.errors import StartingError
from object2vec.core.keys import LIVE
from object2vec.model.builtin.encoder import load_encoder
from object2vec.release import Manifest
from object2vec.release.manifest import Pointer
from object2vec.search.copying import Copied, EarlyCopy, copy_release, new_folder, size_of
from object2vec.search.index import SearchIndex
from object2vec.search.loading import Live, load_live
from object2vec.storage import ObjectStore, item_log
from object2vec.storage.item_log import Change, Segment

CHECK_EVERY_S = 1.0
RETRY_AFTER_S = 10.0
TAIL_BUDGET_S = 5.0
"""A request that finds a long tail applies what it can in this time; the next ones go on from there."""
PATIENCE_S = 1.0
"""So long a request waits for a store that sends nothing; then it is answered from the loaded release."""
SLICE_S = 0.02
"""A process that is never frozen loads a release while it answers. A request that waits for the log's tail
looks this often whether a release is being loaded instead."""
BUDGET_S = 15.0
"""So long a request waits in all while a newer release arrives: API Gateway gives up after 29 s."""
MEANWHILE_S = 0.25
"""So often the log is read while a release is loaded in a process that is never frozen."""
BATCH_CHANGES = 5_000

_log = logging.getLogger(__name__)


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
    """Holds the newest usable release. What goes wrong on the way to a newer one never reaches a request: the
    last good state goes on answering, and `trouble` says what happened."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        load_encoder: Callable[[Path], Encoder] = load_encoder,
        clock: Callable[[], float] = time.monotonic,
        upkeep: Upkeep | None = None,
        pointer: Callable[[ObjectStore], tuple[Pointer, str] | None] = release.pointer,
        early: EarlyCopy | None = None,
    ) -> None:
        """`pointer` says which release is followed; `early` has brought the first one along."""
        self._store, self._load_encoder, self._clock = store, load_encoder, clock
        self._pointer, self._early = pointer, early
        self._upkeep = upkeep or Upkeep()
        self._refreshing, self._waiting = Lock(), Lock()
        self._worker: Thread | None = None
        self._current: Live | None = None
        self._next: Live | None = None
        self._arriving: tuple[str, tempfile.TemporaryDirectory[str]] | None = None
        """The release that is being copied, and where: the attempt after one that failed goes on with it."""
        self._computing = self._loading = self._changed = False
        self._segments = 0
        self._check_at = self._load_at = -float("inf")
        self._refreshing_since: float | None = None
        self._trouble: str | None = None
        self._behind = False

    @property
    def trouble(self) -> str | None:
        """Why this process does not answer from the newest release and log; None if it does."""
        without = self._current.without if self._current else None
        since = self._refreshing_since
        if since is not None and self._clock() - since > PATIENCE_S:
            return f"the store has not answered for {self._clock() - since:.0f} s"
        return self._trouble or without or ("still applying the item log" if self._behind else None)

    def get(self) -> Live:
        """The live release. At most once a second one request looks for a newer state, while the others go
        on. None waits long for a store that does not answer, unless there is no release yet.

        Raises StartingError while there is none.
        """
        self._changed = self._upkeep.changed() or self._changed
        due = self._worker is not None or self._is_due()
        if due and self._waiting.acquire(blocking=self._current is None):
            try:
                self._give_time()
            finally:
                self._waiting.release()
        if self._current is None:
            raise StartingError(self._trouble or "no release yet: upload a catalogue to uploads/catalog/")
        return self._current

    def catch_up(self) -> None:
        """Applies everything that is in the log by now."""
        self._refresh(budget_s=float("inf"))

    def wrote(self, segment: Segment) -> None:
        """Applies a segment that this process has just appended: by itself if it is the next one, otherwise
        with all that is in the log by now. While a base is loaded, that one applies it meanwhile."""
        while not self._refreshing.acquire(timeout=MEANWHILE_S / 5):
            if self._knows(segment.number):
                return
        try:
            live = self._current if self._next is None else None
            if live is not None and live.index.snapshot.watermark == segment.number - 1:
                live.index.apply(segment.changes, segment.number)
                return
        finally:
            self._refreshing.release()
        self.catch_up()

    def _knows(self, number: int) -> bool:
        """Whether what answers has this segment of the log."""
        return self._current is not None and self._current.index.snapshot.watermark >= number

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
        before = self._progress()
        while worker.is_alive() and (self._current is None or time.monotonic() < until):
            if self._current is not None and self._loading and not self._upkeep.frozen:
                return
            worker.join(PATIENCE_S if self._upkeep.frozen else SLICE_S)
            now = self._progress()
            if self._current is not None and now == before and not self._computing and self._upkeep.frozen:
                return  # nothing comes
            before = now

    def _progress(self) -> tuple[int, int]:
        """Segments of the log that were read, and bytes of a release that have arrived."""
        arriving = self._arriving
        return self._segments, size_of(Path(arriving[1].name)) if arriving else 0

    def _refresh(self, budget_s: float) -> None:
        with self._refreshing:
            self._refreshing_since = self._clock()
            try:
                newest = self._load_newest()
                if target := self._next or self._current:
                    self._follow(target.index, self._clock() + budget_s)
                self._swap()
                if newest:
                    self._trouble = None
            except Exception as error:  # whatever failed, the last good state answers and /health says why
                _log.exception("refresh failed")
                self._trouble = f"{type(error).__name__}: {error}"
            finally:
                self._check_at = self._clock() + CHECK_EVERY_S
                self._refreshing_since, self._computing = None, False

    def _follow(self, index: SearchIndex, deadline: float) -> None:
        """Applies the log's tail. Where it cannot be read, a newer release still goes live if it knows what
        the loaded one knows."""
        try:
            self._behind = not self._apply_tail(index, deadline)
        except Exception:
            self._behind = True
            if self._current is not None:
                self._swap()
            raise

    def _load_newest(self) -> bool:
        """Whether the newest release is loaded; one that failed is not tried again at once."""
        found = self._pointer(self._store)
        loaded = self._next or self._current
        if found is None and loaded:
            self._trouble = f"{LIVE} is missing: restore it from the bucket"
            return False
        if found is None or (loaded and loaded.manifest.version == found[0].version):
            return True
        if self._clock() < self._load_at:
            return False
        self._load_at = self._clock() + RETRY_AFTER_S
        try:
            self._next = self._load(release.load(self._store, found[0].version))
        except Exception as error:
            if loaded or found[0].previous is None:
                raise
            _log.exception("starting with the release before")
            self._next = self._load(release.load(self._store, found[0].previous))
            self._trouble = f"answering from the release before: {error}"
            return False
        self._load_at = -float("inf")
        return True

    def _load(self, manifest: Manifest) -> Live:
        early, self._early = self._early, None
        copied = early.take(manifest.version, self._load_encoder) if early else None
        if copied is None:
            if self._arriving is None or self._arriving[0] != manifest.version:
                self._arriving = manifest.version, new_folder()
            copied = copy_release(self._store, manifest, self._arriving[1])
            self._arriving = None  # a file that cannot be read is copied again
        self._computing = self._loading = True
        try:
            return self._loaded(copied)
        finally:
            self._computing = self._loading = False

    def _loaded(self, copied: Copied) -> Live:
        """A process that is never frozen goes on applying the log to the release that answers meanwhile."""
        current = self._current
        if current is None or self._upkeep.frozen:
            return load_live(copied, self._load_encoder)
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load_live, copied, self._load_encoder)
            while not wait([loading], timeout=MEANWHILE_S).done:
                self._apply_meanwhile(current.index)
        return loading.result()

    def _apply_meanwhile(self, index: SearchIndex) -> None:
        """What goes wrong here is told and tried again; the release that is being loaded arrives all the
        same."""
        try:
            self._apply_tail(index, self._clock() + MEANWHILE_S)
        except Exception as error:
            self._tell(error, "the log cannot be applied while a release is loaded")

    def _tell(self, error: Exception, what: str) -> None:
        """/health says why. Once for each reason, for it may come several times a second."""
        said = f"{type(error).__name__}: {error}"
        before, self._trouble = self._trouble, said
        if before != said:
            _log.error(what, exc_info=error)

    def _apply_tail(self, index: SearchIndex, deadline: float) -> bool:
        """Whole segments, several at once where they are small; True when the log's end was reached."""
        if self._is_left_to_others(index.snapshot.watermark):
            return False
        for changes, number in _batches(self._heard(item_log.read(self._store, index.snapshot.watermark))):
            self._computing = True
            index.apply(changes, number)
            self._computing = False
            if self._clock() > deadline:
                return False
        return True

    def _is_left_to_others(self, watermark: int) -> bool:
        """Whether the tail is so long that a new base with these changes will be here sooner."""
        room = self._upkeep.longest_tail
        if room is None:
            return False
        for number in range(watermark + 1, item_log.end(self._store) + 1):
            segment = self._store.head(item_log.segment_key(number))
            room -= segment.size if segment else 0
            if room < 0:
                return True
        return False

    def _heard(self, segments: Iterator[Segment]) -> Iterator[Segment]:
        for segment in segments:
            self._segments += 1
            yield segment

    def _swap(self) -> None:
        """Goes over to the next release once it knows what the current one knows."""
        waiting = self._next
        if waiting is None:
            return
        behind = self._current and waiting.index.snapshot.watermark < self._current.index.snapshot.watermark
        if not (behind and self._behind):
            self._current, self._next = waiting, None


def _batches(segments: Iterator[Segment]) -> Iterator[tuple[list[Change], int]]:
    """Where a segment cannot be read, those before it come first."""
    changes: list[Change] = []
    number = 0
    try:
        for segment in segments:
            changes.extend(segment.changes)
            number = segment.number
            if len(changes) >= BATCH_CHANGES:
                yield changes, number
                changes, number = [], 0
    except Exception:
        if number:
            yield changes, number
        raise
    if number:  # a segment may have no change for readers
        yield changes, number
