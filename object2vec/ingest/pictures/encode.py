"""Encodes pictures once: see kept.py for where the results lie."""

import hashlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import Lock
from typing import TypeVar

from object2vec.core.arrays import Vector
from object2vec.core.keys import IMAGE_UPLOADS, PICTURE_ENCODER, PICTURE_VECTORS
from object2vec.core.pictures import MAX_SENT_BYTES, WIDTHS, PictureEncoder, PictureError, Pixels
from object2vec.ingest.pictures.attach import EVERYTHING, mark
from object2vec.ingest.pictures.decode import decode, shown
from object2vec.ingest.pictures.kept import SeenPicture, current_encoder, shown_key
from object2vec.ingest.pictures.table import PictureTable
from object2vec.storage import NotFoundError, ObjectStore

HASH = 32
"""Hexadecimal digits: two pictures of a billion are alike with a chance of one in 10^20."""
_RENEWED_S = 86_400.0

Taken = TypeVar("Taken")

_log = logging.getLogger(__name__)


def keep(store: ObjectStore, encoder: PictureEncoder, content: bytes) -> str:
    """The picture's hash. The vector is written last: where it is, everything is. One that was written days
    ago is written again, so that nobody removes it before the table says who brought it (sweep.py).
    Raises PictureError."""
    name = hashlib.sha256(content).hexdigest()[:HASH]
    key = f"{PICTURE_VECTORS}{encoder.version}/{name}"
    entry = store.head(key)
    if entry is not None and time.time() - entry.modified > _RENEWED_S:
        try:
            store.put(key, store.get(key))
        except NotFoundError:  # removed just now
            entry = None
    if entry is None:
        pixels = decode(content)
        seen = look_at(encoder, pixels)
        for width in WIDTHS:
            store.put(shown_key(name, width), shown(pixels, width))
        store.put(key, seen.data)
    return name


def look_at(encoder: PictureEncoder, pixels: Pixels) -> SeenPicture:
    """Encodes one picture."""
    (vector,) = encoder.encode([pixels])
    return SeenPicture(vector, encoder.words(pixels))


def adopt(store: ObjectStore, encoder: PictureEncoder) -> None:
    """Makes this the encoder whose vectors items get. After a change of encoder all kept pictures are encoded
    again first, from the largest copy of each; until then items have the vectors of the one before.

    What is encoded stays: whoever is stopped half way goes on there when it is called again. This may take
    minutes: only for whoever works off uploads.

    Items are marked before, for a worker that ends right after the change, and after it, for another may have
    worked off the first marker with the vectors of the encoder before."""
    before = current_encoder(store)
    if before == encoder.version:
        return
    if before is not None:
        for name in not_encoded(store, encoder):
            encode_again(store, encoder, name)
        mark(store, [EVERYTHING])
    store.put(PICTURE_ENCODER, encoder.version.encode())
    if before is not None:
        mark(store, [EVERYTHING])


def not_encoded(store: ObjectStore, encoder: PictureEncoder) -> list[str]:
    """Hashes of the kept pictures without a vector of this encoder, in order."""
    encoded = {entry.key.rpartition("/")[2] for entry in store.list(f"{PICTURE_VECTORS}{encoder.version}/")}
    return sorted(PictureTable.read(store).all_names - encoded)


def encode_again(store: ObjectStore, encoder: PictureEncoder, name: str) -> None:
    """Encodes a kept picture from its largest copy, unless somebody has. A damaged copy is passed over."""
    key = f"{PICTURE_VECTORS}{encoder.version}/{name}"
    if store.head(key) is not None:
        return
    try:
        copy = store.get(shown_key(name, WIDTHS[-1]))
    except NotFoundError:  # its upload has only just begun, and encodes it
        return
    try:
        store.put(key, look_at(encoder, decode(copy)).data)
    except PictureError as error:
        _log.warning("%s: %s; upload the picture again", shown_key(name, WIDTHS[-1]), error)


class InProcessReader:
    """Reads pictures here, while a request waits. The encoder is loaded with the first of them.

    One at a time, in a thread that ends before the answer: a small file may take 0.8 GB while it is unpacked,
    and what a request's own thread has taken for that would stay with it."""

    def __init__(self, store: ObjectStore, load: Callable[[], PictureEncoder]) -> None:
        self._store, self._load = store, load
        self._one_at_a_time = Lock()

    def vector(self, content: bytes) -> Vector:
        return self._alone(self._vector, content)

    def keep(self, content: bytes) -> str:
        """The picture's hash. Raises PictureError.

        After a change of encoder an item shows the picture at once, and gets its vector with those of all
        kept pictures: the next upload to `uploads/images/` has them encoded again (`adopt`)."""
        name = self._alone(self._keep, content)
        current = current_encoder(self._store)
        if current is None:  # the first picture of the shop: no other has to be encoded again
            self._store.put(PICTURE_ENCODER, self._encoder.version.encode())
        elif current != self._encoder.version:
            _log.warning(
                "items have the vectors of %s, and pictures are read by %s: upload a picture to %s to have"
                " all kept pictures encoded again", current, self._encoder.version, IMAGE_UPLOADS,
            )  # fmt: skip
        return name

    def _alone(self, task: Callable[[bytes], Taken], content: bytes) -> Taken:
        with self._one_at_a_time, ThreadPoolExecutor(1, "pictures") as thread:
            return thread.submit(task, content).result()

    def _vector(self, content: bytes) -> Vector:
        return look_at(self._encoder, decode(content, MAX_SENT_BYTES)).vector

    def _keep(self, content: bytes) -> str:
        return keep(self._store, self._encoder, content)

    @cached_property
    def _encoder(self) -> PictureEncoder:
        return self._load()
