"""From the bytes of a picture to its pixels: what is refused, and how the rest is made alike."""

import io
import warnings
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from object2vec.core.errors import InputError

Pixels = NDArray[np.uint8]
"""(height, width, 3) red, green and blue."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
"""Of one frame. A camera's picture has 12 to 48 million; a small file can claim many more."""


class PictureError(InputError):
    """The picture cannot be used; the message says why and what to do."""


def decode(content: bytes) -> Pixels:
    """The picture upright, on white where it is transparent, its first frame if it moves.

    Raises PictureError: not JPEG, PNG or WebP, damaged, above `MAX_BYTES` or above `MAX_PIXELS`. The size is
    read from the header: a picture that would need too much memory is refused before it is unpacked."""
    if len(content) > MAX_BYTES:
        raise PictureError(
            f"The picture has {len(content):,} bytes; at most {MAX_BYTES:,} are read: make it smaller"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit warns at a size that is allowed here
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise PictureError(
                        f"{width:,} by {height:,}; at most {MAX_PIXELS:,} pixels are read: scale it down"
                    )
                return np.asarray(_on_white(ImageOps.exif_transpose(picture)))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit, before its size can be asked
        raise PictureError(
            f"The picture is too large: at most {MAX_PIXELS:,} pixels are read: scale it down"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError("This is no JPEG, PNG or WebP; save the picture as one of these") from error
    except Exception as error:  # decoders of damaged files raise whatever went wrong inside them
        raise PictureError(f"The picture is damaged ({error}); upload it again") from error


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture."""
    return PurePath(name).suffix.lower() in SUFFIXES


def _on_white(picture: Image.Image) -> Image.Image:
    if "transparency" not in picture.info and "A" not in picture.mode:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")
