"""Pictures as the parts of the system speak of them: pixels, and the encoder's interface."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Vectors
from object2vec.core.errors import InputError

Pixels = NDArray[np.uint8]
"""(height, width, 3) red, green and blue."""

WIDTHS = (360, 1200)
"""Of the copies that are shown, in pixels; a smaller picture is not made larger."""


class PictureError(InputError):
    """The picture cannot be used; the message says why and what to do. `code` is one of `ROW_PROBLEMS`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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
