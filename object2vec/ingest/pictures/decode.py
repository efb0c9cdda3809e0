"""Decoding of a picture's bytes to pixels: what is refused, and how the rest is made alike."""

import io
import re
import warnings
from pathlib import PurePath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from object2vec.core.pictures import PictureError, Pixels

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
"""Most pixels of one frame. A camera's picture has 12 to 48 million; a small file can claim many more."""
MAX_FRAMES = 1_000
MAX_SIDE = 1_280
"""Longest side of the pixels that are kept: more than any copy that is shown, and than the encoder reads."""
MAX_SCANS = 500
"""What programs write has up to twenty."""
_SCAN = b"\xff\xda"
_EIGHT_BITS = 256
_SVG = re.compile(rb"<(svg|!DOCTYPE svg)[\s/>]", re.IGNORECASE)


def decode(content: bytes, max_bytes: int | None = None) -> Pixels:
    """The picture upright, on white where it is transparent, its first frame if it moves, scaled down to
    `MAX_SIDE`.

    Raises PictureError: not JPEG, PNG or WebP, damaged, or above a limit. Size and frames are read from the
    header: a picture that would need too much memory is refused before it is unpacked."""
    if len(content) > (max_bytes := max_bytes or MAX_BYTES):
        raise PictureError(
            "picture_too_large",
            f"The picture has {len(content):,} bytes; at most {max_bytes:,} are read: make it smaller",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit warns at a size that is allowed here
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                _check_size(picture)
                _check_scans(picture, content)
                picture.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG is unpacked at a half or a quarter
                return np.asarray(_on_white(ImageOps.exif_transpose(_small(_eight_bits(picture)))))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit, before its size can be asked
        raise _bomb(
            f"The picture is too large: at most {MAX_PIXELS:,} pixels are read: scale it down"
        ) from error
    except UnidentifiedImageError as error:
        if _SVG.search(content[:4_096]):
            raise PictureError(
                "picture_is_svg",
                "SVG is a drawing that may hold scripts and is no JPEG, PNG or WebP: export it as PNG",
            ) from error
        raise PictureError(
            "not_a_picture", "This is no JPEG, PNG or WebP; save the picture as one of these"
        ) from error
    except Exception as error:  # decoders of damaged files raise whatever went wrong inside them
        raise PictureError("picture_damaged", f"The picture is damaged ({error}); upload it again") from error


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture."""
    return PurePath(name).suffix.lower() in SUFFIXES


def shown(pixels: Pixels, width: int) -> bytes:
    """A JPEG of at most this width, without anything that the file said besides its pixels."""
    picture = Image.fromarray(pixels)
    if picture.width > width:
        picture = picture.resize((width, max(1, picture.height * width // picture.width)), reducing_gap=3.0)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82, optimize=True, progressive=True)
    return file.getvalue()


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _bomb(f"{width:,} by {height:,}; at most {MAX_PIXELS:,} pixels are read: scale it down")
    frames = int(getattr(picture, "n_frames", 1))
    if frames > MAX_FRAMES:
        raise _bomb(f"The picture has {frames:,} frames; at most {MAX_FRAMES:,} are read: save one of them")


def _check_scans(picture: Image.Image, content: bytes) -> None:
    """A progressive JPEG may add to all of its pixels with every hundred bytes: 4 MB of them would take half
    an hour. Compressed data never hold the mark of a scan; other parts of a file hold a few by chance."""
    if picture.format in ("JPEG", "MPO") and (scans := content.count(_SCAN)) > MAX_SCANS:
        raise _bomb(f"The picture has {scans:,} scans; at most {MAX_SCANS:,} are read: save it again")


def _bomb(message: str) -> PictureError:
    return PictureError("picture_too_large", message)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16 bits of grey scaled to 8: a plain conversion would cut them off at white."""
    if not picture.mode.startswith("I"):
        return picture
    grey = np.asarray(picture)
    return Image.fromarray((grey >> 8 if grey.max(initial=0) >= _EIGHT_BITS else grey).astype(np.uint8))


def _small(picture: Image.Image) -> Image.Image:
    """Scaled down before anything is made of it: the layers of a large transparent one take a
    gigabyte."""
    if max(picture.size) <= MAX_SIDE:
        return picture
    if picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    if "transparency" not in picture.info and "A" not in picture.mode:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")
