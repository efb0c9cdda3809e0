"""Pictures as the parts of the system speak of them: pixels, and the encoder's interface."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Vector, Vectors
from object2vec.core.errors import InputError

Pixels = NDArray[np.uint8]
"""(height, width, 3) red, green and blue."""

MAX_SENT_BYTES = 4_000_000
"""Of a picture in a request: with base64 it has to fit into Lambda's 6 MB."""
WIDTHS = (360, 1200)
"""Of the copies that are shown, in pixels; a smaller picture is not made larger."""


class PictureError(InputError):
    """The picture cannot be used; the message says why and what to do. `code` is one of `ROW_PROBLEMS`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PictureReader(Protocol):
    """Reads pictures that come over HTTP: in this process, or in the function that has what it takes."""

    def vector(self, content: bytes) -> Vector:
        """(p,) what the encoder says of it. Raises PictureError."""

    def keep(self, content: bytes) -> str:
        """Keeps what the encoder says, and copies to show; the hash of the content. Raises PictureError."""


class PictureEncoder(Protocol):
    """Turns pictures into vectors of one length, in which pictures that look alike are near by cosine."""

    @property
    def version(self) -> str:
        """Changes whenever the vectors would: vectors of two versions cannot be compared."""

    @property
    def length(self) -> int:
        """Numbers in a vector."""

    def encode(self, pictures: Iterable[Pixels]) -> Vectors:
        """(n, length), not scaled."""

    def words(self, picture: Pixels) -> Sequence[str]:
        """What is seen in it and has a name that shoppers use, the most of it first."""
