"""The items themselves, as JSON in one memory-mapped file: decoded only when they are part of an answer."""

import mmap
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import CorruptIndexError

_DATA, _OFFSETS = "documents.bin", "documents.npy"


def encode(item: CatalogItem) -> bytes:
    """The item as one JSON document."""
    return orjson.dumps({"id": item.id, "text": item.text, "metadata": dict(item.metadata)})


class Documents:
    """Items by row: the base's in the file, the tail's in memory. Immutable."""

    def __init__(
        self, data: bytes | mmap.mmap, offsets: NDArray[np.int64], tail: tuple[bytes, ...] = ()
    ) -> None:
        self._data, self._offsets, self._tail = data, offsets, tail

    @classmethod
    def build(cls, items: Iterable[CatalogItem]) -> "Documents":
        documents = [encode(item) for item in items]
        offsets = np.cumsum([0, *map(len, documents)], dtype=np.int64)
        return cls(b"".join(documents), offsets)

    @classmethod
    def load(cls, directory: Path) -> "Documents":
        """From the files `save` wrote. Raises CorruptIndexError if they do not fit together."""
        offsets: NDArray[np.int64] = np.load(directory / _OFFSETS)
        size = (directory / _DATA).stat().st_size
        if offsets[-1] != size:
            raise CorruptIndexError(f"{_DATA} has {size} bytes, {offsets[-1]} were written")
        with open(directory / _DATA, "rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        return cls(data, offsets)

    def save(self, directory: Path) -> None:
        """Writes the base."""
        (directory / _DATA).write_bytes(self._data)
        np.save(directory / _OFFSETS, self._offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1 + len(self._tail)

    def extended(self, items: Sequence[CatalogItem]) -> "Documents":
        """With further rows at the end; the base is shared."""
        return Documents(self._data, self._offsets, (*self._tail, *map(encode, items)))

    def at(self, row: int) -> CatalogItem:
        """The item in this row."""
        base_rows = len(self._offsets) - 1
        if row >= base_rows:
            document = self._tail[row - base_rows]
        else:
            document = self._data[self._offsets[row] : self._offsets[row + 1]]
        record = orjson.loads(document)
        return CatalogItem(record["id"], record["text"], record["metadata"])
