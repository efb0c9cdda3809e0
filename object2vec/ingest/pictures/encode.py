"""Encodes pictures once: see kept.py for where the results lie."""

import hashlib
import time
from collections.abc import Callable, Iterable
from functools import cached_property

from object2vec.core.arrays import Vector
from object2vec.core.pictures import MAX_SENT_BYTES, WIDTHS, PictureEncoder, Pixels
from object2vec.ingest.pictures.decode import decode, shown
from object2vec.ingest.pictures.kept import ENCODER, VECTORS, SeenPicture, current_encoder, shown_key
from object2vec.storage import NotFoundError, ObjectStore

HASH = 32
"""Hexadecimal digits: two pictures of a billion are alike with a chance of one in 10^20."""
_RENEWED_S = 86_400.0


def keep(store: ObjectStore, encoder: PictureEncoder, content: bytes) -> str:
    """The picture's hash. The vector is written last: where it is, everything is. One that was written days
    ago is written again, so that nobody removes it before the table says who brought it (sweep.py).
    Raises PictureError."""
    name = hashlib.sha256(content).hexdigest()[:HASH]
    key = f"{VECTORS}{encoder.version}/{name}"
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
    """What the encoder says of one picture."""
    (vector,) = encoder.encode([pixels])
    return SeenPicture(vector, encoder.words(pixels))


def encode_again(store: ObjectStore, encoder: PictureEncoder, names: Iterable[str]) -> int:
    """Gives pictures that another encoder encoded the vector of this one, from the largest copy that is kept;
    how many."""
    made = 0
    for name in names:
        key = f"{VECTORS}{encoder.version}/{name}"
        if store.head(key) is None:
            store.put(key, look_at(encoder, decode(store.get(shown_key(name, WIDTHS[-1])))).data)
            made += 1
    return made


class InProcessReader:
    """Reads pictures here. The encoder is loaded with the first of them."""

    def __init__(self, store: ObjectStore, load: Callable[[], PictureEncoder]) -> None:
        self._store, self._load = store, load

    def vector(self, content: bytes) -> Vector:
        return look_at(self._encoder, decode(content, MAX_SENT_BYTES)).vector

    def keep(self, content: bytes) -> str:
        """Items get this encoder's vectors from now on."""
        if current_encoder(self._store) != self._encoder.version:
            self._store.put(ENCODER, self._encoder.version.encode())
        return keep(self._store, self._encoder, content)

    @cached_property
    def _encoder(self) -> PictureEncoder:
        return self._load()
