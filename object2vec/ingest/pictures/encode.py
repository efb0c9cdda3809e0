"""Encodes pictures once: see kept.py for where the results lie."""

import hashlib
from collections.abc import Iterable

from object2vec.core.pictures import WIDTHS, PictureEncoder
from object2vec.ingest.pictures.decode import decode, shown
from object2vec.ingest.pictures.kept import VECTORS, shown_key
from object2vec.storage import ObjectStore

HASH = 32
"""Hexadecimal digits: two pictures of a billion are alike with a chance of one in 10^20."""


def keep(store: ObjectStore, encoder: PictureEncoder, content: bytes) -> str:
    """The picture's hash. The vector is written last: where it is, everything is. Raises PictureError."""
    name = hashlib.sha256(content).hexdigest()[:HASH]
    key = f"{VECTORS}{encoder.version}/{name}"
    if store.head(key) is None:
        pixels = decode(content)
        (vector,) = encoder.encode([pixels])
        for width in WIDTHS:
            store.put(shown_key(name, width), shown(pixels, width))
        store.put(key, vector.astype("<f2").tobytes())
    return name


def encode_again(store: ObjectStore, encoder: PictureEncoder, names: Iterable[str]) -> int:
    """Gives pictures that another encoder encoded the vector of this one, from the largest copy that is kept;
    how many."""
    made = 0
    for name in names:
        key = f"{VECTORS}{encoder.version}/{name}"
        if store.head(key) is None:
            (vector,) = encoder.encode([decode(store.get(shown_key(name, WIDTHS[-1])))])
            store.put(key, vector.astype("<f2").tobytes())
            made += 1
    return made
