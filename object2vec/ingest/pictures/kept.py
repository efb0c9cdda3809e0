"""What is kept of a picture, by the hash of its content: vectors, one an encoder, and the copies to show.

pictures/vectors/<encoder>/<hash>   float16, little-endian
pictures/shown/<hash>-<width>.jpg   one of each of `WIDTHS`

The same content is encoded once, whatever it is called and however often it is uploaded.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from object2vec.core.arrays import Matrix
from object2vec.storage import NotFoundError, ObjectStore

VECTORS, SHOWN = "pictures/vectors/", "pictures/shown/"
ENCODER = "pictures/encoder"
"""Holds the version of the encoder whose vectors items get."""
_AT_ONCE = 32


def vectors_of(store: ObjectStore, version: str, names: Iterable[str]) -> dict[str, Matrix]:
    """By hash, those that there are."""

    def load(name: str) -> tuple[str, Matrix | None]:
        try:
            return name, np.frombuffer(store.get(f"{VECTORS}{version}/{name}"), "<f2").astype(np.float32)
        except NotFoundError:
            return name, None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {name: vector for name, vector in pool.map(load, names) if vector is not None}


def shown_key(name: str, width: int) -> str:
    """Where a copy lies."""
    return f"{SHOWN}{name}-{width}.jpg"


def current_encoder(store: ObjectStore) -> str | None:
    """The version whose vectors items get; None where no picture has ever been uploaded."""
    try:
        return store.get(ENCODER).decode()
    except NotFoundError:
        return None
