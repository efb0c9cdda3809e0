"""Rows whose id comes again further down the same file, counted without keeping the ids in memory."""

from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BUFFERED = 100_000
_PART = 2_000_000  # rows sorted at a time: about 50 MB


class IdLog:
    """Writes a 64-bit hash and the line of every id to a scratch file. Two different ids of ten million share
    a hash with a chance of about one in 400,000; that would misstate a count in the report, no data."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = 0
        self._buffer = array("q")
        path.write_bytes(b"")

    def add(self, item_id: str, line: int) -> None:
        """Notes that `item_id` is set or removed on `line`."""
        self._buffer.extend((hash(item_id), line))
        self._rows += 1
        if len(self._buffer) >= 2 * _BUFFERED:
            self._flush()

    def superseded(self, first: int) -> tuple[int, list[int]]:
        """How many rows a later one supersedes, and the lines of the first `first` of them."""
        self._flush()
        if not self._rows:
            return 0, []
        log = np.memmap(self._path, dtype=np.int64, mode="r").reshape(-1, 2)
        parts = -(-self._rows // _PART)
        lines = [_superseded(log[log[:, 0] % parts == part]) for part in range(parts)]
        smallest = np.sort(np.concatenate([np.sort(part)[:first] for part in lines]))[:first]
        return sum(len(part) for part in lines), [int(line) for line in smallest]

    def _flush(self) -> None:
        with open(self._path, "ab") as file:
            self._buffer.tofile(file)
        self._buffer = array("q")


def _superseded(log: NDArray[np.int64]) -> NDArray[np.int64]:
    ordered: NDArray[np.int64] = log[np.lexsort((log[:, 1], log[:, 0]))]
    lines: NDArray[np.int64] = ordered[:-1, 1][ordered[:-1, 0] == ordered[1:, 0]]
    return lines
