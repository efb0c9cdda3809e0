"""The item log's tail: what came after an index was built, applied to it in memory."""

from collections.abc import Callable, Iterator

from object2vec.search.index import SearchIndex
from object2vec.storage import ObjectStore, item_log
from object2vec.storage.item_log import Change, Segment

BATCH_CHANGES = 5_000


class LogTail:
    """Applies the tail of a store's log. Another thread may read how far it is."""

    def __init__(self, store: ObjectStore, clock: Callable[[], float], longest: int | None) -> None:
        """A tail of more than `longest` bytes is left alone: a new base with these changes will be here
        sooner. None: a tail of any length is applied."""
        self._store, self._clock, self._longest = store, clock, longest
        self.segments_read = 0
        """Since this was made."""
        self.is_applying = False

    def apply(self, index: SearchIndex, deadline: float) -> bool:
        """Applies whole segments, several at once where they are small. True when the log's end was reached;
        False when the time was over first, or the tail is too long."""
        if self._is_too_long(index.snapshot.watermark):
            return False
        for changes, number in _batches(self._counted(item_log.read(self._store, index.snapshot.watermark))):
            self.is_applying = True
            try:
                index.apply(changes, number)
            finally:
                self.is_applying = False
            if self._clock() > deadline:
                return False
        return True

    def _is_too_long(self, watermark: int) -> bool:
        room = self._longest
        if room is None:
            return False
        for number in range(watermark + 1, item_log.end(self._store) + 1):
            segment = self._store.head(item_log.segment_key(number))
            room -= segment.size if segment else 0
            if room < 0:
                return True
        return False

    def _counted(self, segments: Iterator[Segment]) -> Iterator[Segment]:
        for segment in segments:
            self.segments_read += 1
            yield segment


def _batches(segments: Iterator[Segment]) -> Iterator[tuple[list[Change], int]]:
    """The changes of several segments, and the number of the last. Where a segment cannot be read, those
    before it come first."""
    changes: list[Change] = []
    number = 0
    try:
        for segment in segments:
            changes.extend(segment.changes)
            number = segment.number
            if len(changes) >= BATCH_CHANGES:
                yield changes, number
                changes, number = [], 0
    except Exception:  # raised again, after what was read
        if number:
            yield changes, number
        raise
    if number:  # a segment may have no change for readers
        yield changes, number
