"""Removes what is kept of pictures that no upload brings any more.

What is kept lies by content, and many uploads may bring the same picture; so nobody who lets one go can tell
whether it was the last. `lambdas/pruner` looks once a day, the local system at its start. A picture goes a
week after it was last uploaded, if nothing brings it by then: whoever uploads it again meanwhile renews it
(`encode.keep`). The vectors go first: where there is one, the copies to show are there too.
"""

from collections import defaultdict
from collections.abc import Iterator

from object2vec.core.keys import PENDING_PICTURES, PICTURE_VECTORS, SHOWN_PICTURES
from object2vec.ingest.pictures.kept import current_encoder
from object2vec.ingest.pictures.table import PictureTable
from object2vec.storage import Entry, ObjectStore

UNUSED_S = 7 * 86_400.0
"""Seconds from the last upload of a picture to its removal, if no upload holds it any more."""


def sweep(store: ObjectStore, now: float) -> Iterator[tuple[str, int]]:
    """Removes what has been of no use for long enough; yields each picture, or vector of an encoder that was
    replaced, and its bytes. `now` in seconds since 1970. May be stopped and repeated."""
    version = current_encoder(store)
    if version is None or next(iter(store.list(PENDING_PICTURES)), None) is not None:
        return  # items may still show what the table no longer has
    kept: defaultdict[str, list[Entry]] = defaultdict(list)
    for prefix in (PICTURE_VECTORS, SHOWN_PICTURES):
        for entry in store.list(prefix):
            kept[_name(entry.key)].append(entry)
    brought = PictureTable.read(store).all_names
    for name, entries in kept.items():
        if now - max(entry.modified for entry in entries) < UNUSED_S:
            continue
        gone = entries if name not in brought else [one for one in entries if _is_of_before(one, version)]
        for entry in gone:
            store.delete(entry.key)
        if gone:
            yield name, sum(entry.size for entry in gone)


def _name(key: str) -> str:
    """`pictures/vectors/<encoder>/<hash>` or `pictures/shown/<hash>-<width>.jpg` → the hash."""
    return key.rpartition("/")[2].partition("-")[0]


def _is_of_before(entry: Entry, version: str) -> bool:
    """Whether it is a vector of an encoder that items no longer get theirs from."""
    return entry.key.startswith(PICTURE_VECTORS) and not entry.key.startswith(f"{PICTURE_VECTORS}{version}/")
