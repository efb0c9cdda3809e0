"""The bytes of an upload, unpacked: in pieces, within a bound, and up to where they break off."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from object2vec.ingest.readers.archive import ARCHIVE, unzipped
from object2vec.ingest.rules import MAX_UNPACKED_BYTES, FileError, too_large

GZIP = b"\x1f\x8b"
MAX_RATIO = 200
"""Text unpacks to ten or twenty times its size; a file that passes this, and `FREE_BYTES`, is a bomb."""
FREE_BYTES = 256 << 20


class Allowance:
    """Counts what a file has unpacked to; shared by every format."""

    def __init__(self, path: Path) -> None:
        self.most = min(MAX_UNPACKED_BYTES, max(FREE_BYTES, MAX_RATIO * path.stat().st_size))
        self._taken = 0

    def take(self, size: int) -> None:
        """Raises FileError when the file has become too large."""
        self._taken += size
        if self._taken > self.most:
            raise too_large()


def unpacked(path: Path, size: int) -> Iterator[bytes]:
    """Pieces of at most `size` bytes; gzip is recognised by its first bytes, or by the name, zip by the name.
    Raises FileError where it breaks off, after the last byte that could be read, and where it unpacks without
    end."""
    allowance = Allowance(path)
    for piece in _read(path, size):
        allowance.take(len(piece))
        yield piece


def _read(path: Path, size: int) -> Iterator[bytes]:
    if path.suffix == ARCHIVE:
        yield from unzipped(path, size)
        return
    with open(path, "rb") as file:
        start = file.read(len(GZIP))
        file.seek(0)
        yield from _gunzip(file, size) if start == GZIP or path.suffix == ".gz" else _pieces(file, size)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        yield piece


def _gunzip(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Member by member, with zlib itself: `gzip.open` loses up to a whole piece before the damage."""
    packed, member, begun = b"", _member(), False
    while packed := packed or file.read(1 << 20):
        begun = True
        yield from _taken(member, packed, size)
        packed = member.unconsumed_tail
        if member.eof:
            packed, member, begun = member.unused_data.lstrip(b"\0"), _member(), False
    if begun:
        while rest := list(_taken(member, b"", size)):
            yield from rest
        raise _broken("it ends early")


def _member() -> "zlib._Decompress":
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _taken(member: "zlib._Decompress", packed: bytes, size: int) -> Iterator[bytes]:
    try:
        piece = member.decompress(packed, size)
    except zlib.error as error:
        raise _broken(str(error)) from error
    if piece:
        yield piece


def _broken(why: str) -> FileError:
    return FileError(
        "broken_gzip", f"The gzip data is damaged: {why}. Compress it again; what came before is kept."
    )
