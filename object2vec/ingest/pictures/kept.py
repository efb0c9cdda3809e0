"""What is kept of a picture, by the hash of its content: vectors, one an encoder, and the copies to show.

pictures/vectors/<encoder>/<hash>   words for what is seen, a line of JSON; then the vector, float16
pictures/shown/<hash>-<width>.jpg   one of each of `WIDTHS`

The same content is encoded once, whatever it is called and however often it is uploaded.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import orjson

from object2vec.core.arrays import Matrix
from object2vec.core.keys import PICTURE_ENCODER, PICTURE_VECTORS, SHOWN_PICTURES
from object2vec.storage import NotFoundError, ObjectStore

_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """The output of an encoder for a picture."""

    vector: Matrix
    """(length,)"""
    words: Sequence[str] = ()

    @classmethod
    def parse(cls, data: bytes) -> "SeenPicture":
        """The other way round than `data`."""
        words, _, numbers = data.partition(b"\n")
        return cls(np.frombuffer(numbers, "<f2").astype(np.float32), orjson.loads(words))

    @property
    def data(self) -> bytes:
        """Bytes in the stored form."""
        return orjson.dumps(list(self.words)) + b"\n" + self.vector.astype("<f2").tobytes()


def seen_in(store: ObjectStore, version: str, names: Iterable[str]) -> dict[str, SeenPicture]:
    """The kept pictures among these hashes, by hash."""

    def load(name: str) -> tuple[str, SeenPicture | None]:
        try:
            return name, SeenPicture.parse(store.get(f"{PICTURE_VECTORS}{version}/{name}"))
        except NotFoundError:
            return name, None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {name: seen for name, seen in pool.map(load, names) if seen is not None}


def shown_key(name: str, width: int) -> str:
    """Key of a copy."""
    return f"{SHOWN_PICTURES}{name}-{width}.jpg"


def current_encoder(store: ObjectStore) -> str | None:
    """The version whose vectors items get; None where no picture has ever been uploaded, or where the file is
    empty: the next upload writes it."""
    try:
        return store.get(PICTURE_ENCODER).decode() or None
    except NotFoundError:
        return None
