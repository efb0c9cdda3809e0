"""The live release in this process: loaded, kept up with the item log, replaced while requests go on."""

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from object2vec import release
from object2vec.core.encoder import Encoder
from object2vec.core.errors import CorruptIndexError, StartingError
from object2vec.model.archive import RANKER_FILE
from object2vec.model.sagemaker.encoder import load_encoder
from object2vec.ranker.artefact import read_ranker
from object2vec.ranker.forest import Forest
from object2vec.release import Manifest
from object2vec.search.embedded.base import empty_index
from object2vec.search.formats import Base, readable_base
from object2vec.search.index import SearchIndex
from object2vec.search.registry import load_index
from object2vec.storage import ObjectStore, item_log
from object2vec.storage.item_log import Change, Segment

CHECK_EVERY_S = 1.0
RETRY_AFTER_S = 10.0
TAIL_BUDGET_S = 5.0
"""A request that finds a long tail applies what it can in this time; the next ones go on from there."""
PATIENCE_S = 1.0
"""A request waits so long for a newer state; then it is answered from the one there is."""
BATCH_CHANGES = 5_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Live:
    """Model and index of one release, read together so that they cannot disagree."""

    manifest: Manifest
    encoder: Encoder
    index: SearchIndex
    ranker: Forest | None
    without: str | None
    """What of the release has to be done without, and why."""
    files: "tempfile.TemporaryDirectory[str]"
    """Our private copy; removed when nobody refers to this object any more."""


class LiveIndex:
    """Holds the newest usable release. What goes wrong on the way to a newer one never reaches a request: the
    last good state goes on answering, and `trouble` says what happened."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        load_encoder: Callable[[Path], Encoder] = load_encoder,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._load_encoder, self._clock = store, load_encoder, clock
        self._refreshing = Lock()
        self._current: Live | None = None
        self._next: Live | None = None
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
        """The live release, looked after at most once a second, by one thread while the others go on; none
        waits long for a store that does not answer, unless there is no release yet.

        Raises StartingError while there is none.
        """
        if self._clock() >= self._check_at and self._refreshing.acquire(blocking=self._current is None):
            worker = Thread(target=self._refresh_and_release, daemon=True)
            worker.start()
            worker.join(None if self._current is None else PATIENCE_S)
        if self._current is None:
            raise StartingError(self._trouble or "no release yet: upload a catalogue to uploads/catalog/")
        return self._current

    def catch_up(self) -> None:
        """Applies everything that is in the log by now."""
        with self._refreshing:
            self._refresh(budget_s=float("inf"))

    def _refresh_and_release(self) -> None:
        try:
            if self._clock() >= self._check_at:
                self._refresh(TAIL_BUDGET_S)
        finally:
            self._refreshing.release()

    def _refresh(self, budget_s: float) -> None:
        self._refreshing_since = self._clock()
        try:
            newest = self._load_newest()
            if target := self._next or self._current:
                self._behind = not self._apply_tail(target.index, self._clock() + budget_s)
            self._swap()
            if newest:
                self._trouble = None
        except Exception as error:  # whatever failed, the last good state answers and /health says why
            _log.exception("refresh failed")
            self._trouble = f"{type(error).__name__}: {error}"
        finally:
            self._check_at = self._clock() + CHECK_EVERY_S
            self._refreshing_since = None

    def _load_newest(self) -> bool:
        """Whether the newest release is loaded; one that failed is not tried again at once."""
        found = release.pointer(self._store)
        loaded = self._next or self._current
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
        files = tempfile.TemporaryDirectory(prefix="object2vec-")
        folder = Path(files.name)
        download(self._store, manifest.encoder, folder / "encoder")
        encoder = self._load_encoder(folder / "encoder")
        index: SearchIndex
        if manifest.index is None:
            index = empty_index(folder / "index", encoder, manifest.version)
        else:
            own = Base(manifest.index, manifest.version, manifest.watermark)
            base = readable_base(self._store, manifest) or own  # which says what is wrong with it
            download(self._store, base.prefix, folder / "index")
            index = load_index(folder / "index", encoder, base.version)
            if index.snapshot.watermark != base.watermark:
                raise CorruptIndexError(
                    f"release {base.version} names watermark {base.watermark}, "
                    f"its index {index.snapshot.watermark}: build it again"
                )
        ranker, without = self._load_ranker(manifest, folder / "ranker")
        return Live(manifest, encoder, index, ranker, without, files)

    def _load_ranker(self, manifest: Manifest, folder: Path) -> tuple[Forest | None, str | None]:
        """A ranker that cannot be used costs its own part of the score, never an answer."""
        if manifest.ranker is None:
            return None, None
        try:
            download(self._store, manifest.ranker, folder)
            return read_ranker(folder / RANKER_FILE), None
        except Exception as error:
            _log.exception("the ranker cannot be used")
            return None, f"answering without the ranker: {error}"

    def _apply_tail(self, index: SearchIndex, deadline: float) -> bool:
        """Whole segments, several at once where they are small; True when the log's end was reached."""
        for changes, number in _batches(item_log.read(self._store, after=index.snapshot.watermark)):
            index.apply(changes, number)
            if self._clock() > deadline:
                return False
        return True

    def _swap(self) -> None:
        """Goes over to the next release once it knows what the current one knows."""
        waiting = self._next
        if waiting is None:
            return
        behind = self._current and waiting.index.snapshot.watermark < self._current.index.snapshot.watermark
        if not (behind and self._behind):
            self._current, self._next = waiting, None


def _batches(segments: Iterator[Segment]) -> Iterator[tuple[list[Change], int]]:
    changes: list[Change] = []
    number = 0
    for segment in segments:
        changes.extend(segment.changes)
        number = segment.number
        if len(changes) >= BATCH_CHANGES:
            yield changes, number
            changes = []
    if changes:
        yield changes, number


def download(store: ObjectStore, prefix: str, folder: Path) -> None:
    """Copies everything under the prefix. Raises CorruptIndexError if there is nothing."""
    keys = [entry.key for entry in store.list(prefix)]
    if not keys:
        raise CorruptIndexError(f"there is nothing under {prefix}: roll back, or restore it from the bucket")
    for key in keys:
        store.download(key, folder / key.removeprefix(prefix))
