"""Small pictures, and an encoder that knows them by their colour."""

import io
import zipfile
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from object2vec.core.arrays import Vectors
from object2vec.core.pictures import Pixels

Colour = tuple[float, float, float]
RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


class MeanColour:
    """The three means."""

    version, length = "mean-1", 3

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, pictures: Iterable[Pixels]) -> Vectors:
        rows = [pixels.reshape(-1, 3).mean(axis=0) / 255 for pixels in pictures]
        self.encoded += len(rows)
        return np.array(rows, np.float32)

    def words(self, picture: Pixels) -> Sequence[str]:
        return [("red", "green", "blue")[int(picture.reshape(-1, 3).sum(axis=0).argmax())]]


def picture(colour: Colour, kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    """A file of one colour."""
    file = io.BytesIO()
    red, green, blue = (int(255 * one) for one in colour)
    Image.new("RGB", size, (red, green, blue)).save(file, kind)
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    """An archive of files by name."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()
