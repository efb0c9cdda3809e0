"""Pictures: pixels, and the protocols of what reads and encodes them."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Vector, Vectors
from object2vec.core.errors import InputError

Pixels = NDArray[np.uint8]
"""(height, width, 3) red, green and blue."""

MAX_SENT_BYTES = 4_000_000
"""Bytes of a picture in a request, at most: in base64 it has to fit into Lambda's 6 MB."""
WIDTHS = (360, 1200)
"""How wide the copies that are shown are, in pixels; a narrower picture is not made wider."""


class PictureError(InputError):
    """The picture cannot be used; the message says why and what to do. `code` is one of `ROW_PROBLEMS`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PictureReader(Protocol):
    """Reads pictures that come over HTTP: in this process, or in the function that has the packages for
    it."""

    def vector(self, content: bytes) -> Vector:
        """(p,) the encoder's vector of a file's bytes. Raises PictureError."""

    def keep(self, content: bytes) -> str:
        """Stores the picture's vector and the copies that are shown; returns the hash of the content. Raises
        PictureError."""


class PictureEncoder(Protocol):
    """Turns pictures into vectors of one length, in which pictures that look alike are near by cosine."""

    @property
    def version(self) -> str:
        """Changes whenever the vectors would: vectors of two versions cannot be compared."""

    @property
    def length(self) -> int:
        """Numbers in a vector."""

    def encode(self, pictures: Iterable[Pixels]) -> Vectors:
        """(n, length) vectors, not scaled to length 1."""

    def words(self, picture: Pixels) -> Sequence[str]:
        """Words for what the picture shows (its colours, say), the greatest share first."""
