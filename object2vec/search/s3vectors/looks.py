"""How items look: a second vector index, of those with a picture.

Its vectors are shorter than the dense ones of the items (search/embedded/looks.py), in a space that is chosen
when the index is made and then stays. So the index is named after the model version and its space. It repeats
the items' texts and fields: one query finds what has a look, the words, and passes the filters.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import CorruptIndexError
from object2vec.search.embedded.looks import Looks
from object2vec.search.s3vectors.bucket import LOOKS
from object2vec.search.s3vectors.records import VectorRecord, to_look_record
from object2vec.search.s3vectors.remote import RemoteIndex

BASIS = "looks.npy"
_BATCH = 4_096


def read_space(directory: Path) -> Looks:
    """The space of a base's looks. Raises CorruptIndexError."""
    path = directory / BASIS
    if not path.exists():
        return Looks.none()
    try:
        return Looks.within(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise CorruptIndexError(f"{BASIS} is damaged ({error}): build the base again") from error


def looks_index(client: Any, bucket: str, model_version: str, space: Looks) -> RemoteIndex | None:
    """The index of looks in this space; None where no item has one."""
    if not space.basis.size:
        return None
    digest = hashlib.sha256(space.basis.tobytes()).hexdigest()[:12]
    return RemoteIndex(client, bucket, f"{model_version}{LOOKS}{digest}")


def put_looks(remote: RemoteIndex, items: Sequence[CatalogItem], space: Looks) -> set[str]:
    """Upserts the looks of the items that have one, and returns their ids."""
    seen: set[str] = set()
    remote.put(_records(items, space, seen))
    return seen


def _records(items: Sequence[CatalogItem], space: Looks, seen: set[str]) -> Iterator[VectorRecord]:
    for start in range(0, len(items), _BATCH):
        looks = space.extended(items[start : start + _BATCH], start)
        for row, look in zip(looks.rows.tolist(), looks.matrix, strict=True):
            record = to_look_record(items[row], look)
            if record is not None:
                seen.add(record["key"])
                yield record
