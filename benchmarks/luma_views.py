"""Other views of a product, made up of its picture: crops, flips, tilts, light, and what a telephone does."""

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

_GROUND = (235, 232, 228)


def view_of(picture: Image.Image, rng: np.random.Generator) -> bytes:
    """A JPEG of a half to four fifths of the picture, perhaps mirrored, turned by up to 12 degrees, tilted,
    in another light, noisy, blurred, compressed to between 30 and 70."""
    width, height = picture.size
    part = rng.uniform(0.5, 0.8)
    wide, high = (min(side, int(side * part * rng.uniform(0.9, 1.1))) for side in (width, height))
    left, top = int(rng.uniform(0, width - wide + 1)), int(rng.uniform(0, height - high + 1))
    seen = picture.crop((left, top, left + wide, top + high))
    if rng.random() < 0.5:
        seen = ImageOps.mirror(seen)
    turned = seen.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC, expand=True, fillcolor=_GROUND)
    return _photographed(_lit(_tilted(turned, rng), rng), rng)


def _tilted(picture: Image.Image, rng: np.random.Generator, most: float = 0.12) -> Image.Image:
    width, height = picture.size
    x, y = rng.uniform(0, most, 4) * width, rng.uniform(0, most, 4) * height
    corners = (x[0], y[0], x[1], height - y[1], width - x[2], height - y[2], width - x[3], y[3])
    return picture.transform(
        picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor="white"
    )


def _lit(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    bright = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.65, 1.3))
    return ImageEnhance.Contrast(bright).enhance(rng.uniform(0.7, 1.3))


def _photographed(picture: Image.Image, rng: np.random.Generator) -> bytes:
    warmth = rng.uniform(-0.12, 0.12)
    pixels = np.asarray(picture, np.float32) * np.array([1 + warmth, 1, 1 - warmth], np.float32)
    pixels += rng.normal(0, rng.uniform(0, 14), pixels.shape)
    taken = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    taken = taken.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.5)))
    file = io.BytesIO()
    taken.save(file, "JPEG", quality=int(rng.integers(30, 70)))
    return file.getvalue()
