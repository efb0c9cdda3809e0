"""The newest usable release, loaded from the store and kept up with the item log.

`live.py` decides when to look for a newer state, and how long a request waits for it.
"""

import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from object2vec import release
from object2vec.core.encoder import Encoder
from object2vec.core.errors import sentence
from object2vec.core.keys import LIVE
from object2vec.release import Manifest
from object2vec.release.manifest import Pointer
from object2vec.search.copying import Copied, EarlyCopy, copy_release, new_folder, size_of
from object2vec.search.index import SearchIndex
from object2vec.search.loading import Live, load_live
from object2vec.search.log_tail import LogTail
from object2vec.storage import ObjectStore
from object2vec.storage.item_log import Segment

RETRY_AFTER_S = 10.0
"""A release that could not be loaded is tried again after so long."""
MEANWHILE_S = 0.25
"""So often the log is read while a release is loaded in a process that is never frozen."""

_log = logging.getLogger(__name__)


class NewestRelease:
    """What goes wrong on the way to a newer state leaves the last good one in place, and `trouble` says what
    happened. One thread at a time may change it; others may read it meanwhile."""

    def __init__(
        self,
        store: ObjectStore,
        tail: LogTail,
        *,
        load_encoder: Callable[[Path], Encoder],
        clock: Callable[[], float],
        frozen: bool,
        pointer: Callable[[ObjectStore], Pointer | None],
        early: EarlyCopy | None,
    ) -> None:
        self._store, self._tail, self._clock, self._frozen = store, tail, clock, frozen
        self._pointer, self._copies = pointer, _Copies(store, load_encoder, early)
        self.current: Live | None = None
        """The release that answers."""
        self._next: Live | None = None
        """A newer one that does not know yet what the current one knows."""
        self.is_loading = False
        self._load_at = -float("inf")
        self._behind = False
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why this is not the newest release with the whole log; None if it is."""
        ranker = self.current.ranker_trouble if self.current else None
        return self._trouble or ranker or ("still applying the item log" if self._behind else None)

    @property
    def is_computing(self) -> bool:
        """Whether work goes on that does not show in `progress`."""
        return self.is_loading or self._tail.is_applying

    @property
    def progress(self) -> tuple[int, int]:
        """Segments of the log that were read, and bytes of a release that have arrived."""
        return self._tail.segments_read, self._copies.size

    def knows(self, number: int) -> bool:
        """Whether what answers has this segment of the log."""
        return self.current is not None and self.current.index.snapshot.watermark >= number

    def apply_written(self, segment: Segment) -> bool:
        """Applies a segment that this process has just appended, if it is the next one of the release that
        answers and no newer release waits for it. Whether it was applied."""
        live = self.current if self._next is None else None
        if live is None or live.index.snapshot.watermark != segment.number - 1:
            return False
        live.index.apply(segment.changes, segment.number)
        return True

    def refresh(self, budget_s: float) -> None:
        """Loads a newer release if there is one, and applies the log for about this long."""
        try:
            newest = self._load_newest()
            if target := self._next or self.current:
                self._follow(target.index, self._clock() + budget_s)
            self._swap()
            if newest:
                self._trouble = None
        except Exception as error:  # whatever failed, the last good state answers and /health says why
            self._trouble = sentence(error)
            _log.exception("refresh failed")

    def _follow(self, index: SearchIndex, deadline: float) -> None:
        """Applies the log's tail. Where it cannot be read, a newer release still goes live if it knows what
        the loaded one knows, and the first one if it knows any items."""
        try:
            self._behind = not self._tail.apply(index, deadline)
        except Exception:  # raised again; a newer release that is ready goes live before
            self._behind = True
            if self.current is not None or index.snapshot.watermark:
                self._swap()
            raise

    def _load_newest(self) -> bool:
        """Whether the newest release is loaded; one that failed is not tried again at once."""
        pointed = self._pointer(self._store)
        loaded = self._next or self.current
        if pointed is None and loaded:
            self._trouble = f"{LIVE} is missing: restore it from the bucket"
            return False
        if pointed is None or (loaded and loaded.manifest.version == pointed.version):
            return True
        if self._clock() < self._load_at:
            return False
        self._load_at = self._clock() + RETRY_AFTER_S
        try:
            self._next = self._load(release.load(self._store, pointed.version))
        except Exception as error:
            if loaded or pointed.previous is None:
                raise
            _log.exception("starting with the release before")
            self._next = self._load(release.load(self._store, pointed.previous))
            self._trouble = f"answering from the release before: {error}"
            return False
        self._load_at = -float("inf")
        return True

    def _load(self, manifest: Manifest) -> Live:
        copied = self._copies.of(manifest)
        self.is_loading = True
        try:
            return self._loaded(copied)
        finally:
            self.is_loading = False

    def _loaded(self, copied: Copied) -> Live:
        """A process that is never frozen goes on applying the log to the release that answers meanwhile."""
        if self.current is None or self._frozen:
            return load_live(copied, self._copies.load_encoder)
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load_live, copied, self._copies.load_encoder)
            while not wait([loading], timeout=MEANWHILE_S).done:
                self._apply_meanwhile(self.current.index)
        return loading.result()

    def _apply_meanwhile(self, index: SearchIndex) -> None:
        """What goes wrong here is told and tried again; the release that is being loaded arrives all the
        same. The log has one line for each reason, since it may come several times a second."""
        try:
            self._tail.apply(index, self._clock() + MEANWHILE_S)
        except Exception as error:
            before, self._trouble = self._trouble, sentence(error)
            if self._trouble != before:
                _log.exception("the log cannot be applied while a release is loaded")

    def _swap(self) -> None:
        """Goes over to the next release once it knows what the current one knows."""
        waiting = self._next
        if waiting is None:
            return
        is_older = self.current and waiting.index.snapshot.watermark < self.current.index.snapshot.watermark
        if not (is_older and self._behind):
            self.current, self._next = waiting, None


class _Copies:
    """Copies releases to this machine, one at a time."""

    def __init__(
        self, store: ObjectStore, load_encoder: Callable[[Path], Encoder], early: EarlyCopy | None
    ) -> None:
        """`early` has brought the first release along."""
        self._store, self.load_encoder, self._early = store, load_encoder, early
        self._arriving: tuple[str, tempfile.TemporaryDirectory[str]] | None = None
        """The release that is being copied, and where: the attempt after one that failed goes on with it."""

    @property
    def size(self) -> int:
        """Bytes that have arrived of the release that is being copied."""
        arriving = self._arriving
        return size_of(Path(arriving[1].name)) if arriving else 0

    def of(self, manifest: Manifest) -> Copied:
        """The files of a release. Raises what a failing store raises."""
        early, self._early = self._early, None
        copied = early.take(manifest.version, self.load_encoder) if early else None
        if copied is None:
            if self._arriving is None or self._arriving[0] != manifest.version:
                self._arriving = manifest.version, new_folder()
            copied = copy_release(self._store, manifest, self._arriving[1])
            self._arriving = None  # a file that cannot be read is copied again
        return copied
