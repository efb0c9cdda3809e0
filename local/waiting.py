"""What waits to be read on this machine, and since when: in a deployment the queues count it."""

from collections.abc import Iterator
from pathlib import Path

from object2vec.core.keys import ITEM_LOG, UPLOADS
from object2vec.release import live
from object2vec.release.manifest import CorruptReleaseError
from object2vec.search.base_formats import readable_base
from object2vec.storage import FolderStore
from object2vec.storage.item_log import number_of
from object2vec.users.log import EventLog

KINDS = ("uploads", "events", "item_log")
"""Files that were not taken yet, or in another version; events that are not curated; segments of the item log
that are not in the base index. (Search finds the items of the last and knows the events all the same.)"""


def waiting(store: FolderStore, data: Path) -> dict[str, list[float]]:
    """The moments since when each waits, in seconds since 1970, by kind. `data` holds the uploads."""
    return {
        "uploads": list(_uploads(store, data)),
        "events": [batch.modified for batch in EventLog(store).batches()],
        "item_log": list(_segments(store)),
    }


def _uploads(store: FolderStore, data: Path) -> Iterator[float]:
    taken = {entry.key: (entry.size, entry.modified) for entry in store.list(UPLOADS)}
    for path in (data / UPLOADS).rglob("*"):
        key = path.relative_to(data).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in key.split("/")):
            state = path.stat()
            if taken.get(key) != (state.st_size, state.st_mtime):
                yield state.st_ctime  # when it came: a copy may keep an older time of its content


def _segments(store: FolderStore) -> Iterator[float]:
    try:
        manifest = live(store)
    except CorruptReleaseError:
        return
    base = None if manifest is None else readable_base(store, manifest)
    if base is not None:
        yield from (entry.modified for entry in store.list(ITEM_LOG) if number_of(entry.key) > base.watermark)
