"""Other views of a product, made up of its picture: what somebody's telephone makes of it.

A part of it, mirrored or not, turned and tilted, lying on another ground, in another light with a shadow
across it, out of focus or shaken, noisy, scaled down, and compressed as messages are. How strong all that is
together (`STRENGTH`) is chosen so that the frozen network finds what it finds of photographs.
"""

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

STRENGTH = 0.8
"""Of the products that nothing is reported of, the network alone finds .85 among ten at .6, .62 at .8 and .35
at 1; the goal is about .62 to .66."""
_WHITE = 238
"""Least brightness of a pixel that is background, if it is joined to the picture's rim."""


def view_of(picture: Image.Image, rng: np.random.Generator, strength: float = STRENGTH) -> bytes:
    """A JPEG of another view; `strength` 0 is hardly another."""
    seen = _on_another_ground(picture, rng) if rng.random() < 0.5 * strength else picture
    seen = _part(seen, rng, strength)
    if rng.random() < 0.5:
        seen = ImageOps.mirror(seen)
    seen = seen.rotate(
        rng.uniform(-15, 15) * strength, Image.Resampling.BICUBIC, expand=True, fillcolor=_some_ground(rng)
    )
    for change in (_tilted, _lit, _shot):
        seen = change(seen, rng, strength)
    return _taken(seen, rng, strength)


def _part(picture: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    width, height = picture.size
    part = rng.uniform(1 - 0.6 * strength, 1 - 0.2 * strength)
    wide, high = (max(24, min(side, int(side * part * rng.uniform(0.85, 1.15)))) for side in (width, height))
    left, top = int(rng.uniform(0, width - wide + 1)), int(rng.uniform(0, height - high + 1))
    return picture.crop((left, top, left + wide, top + high))


def _some_ground(rng: np.random.Generator) -> tuple[int, int, int]:
    grey, tint = rng.uniform(60, 235), rng.uniform(-20, 20, 3)
    red, green, blue = (int(np.clip(grey + one, 0, 255)) for one in tint)
    return red, green, blue


def _on_another_ground(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The white around the thing becomes a table, a floor, a wall: a colour with a grain and a slope."""
    pixels = np.asarray(picture, np.float32)
    height, width = pixels.shape[:2]
    grain = rng.normal(0, rng.uniform(4, 28), (max(2, height // 6), max(2, width // 6), 1))
    rough = np.asarray(
        Image.fromarray(np.clip(grain[..., 0] + 128, 0, 255).astype(np.uint8)).resize((width, height)),
        np.float32,
    )
    slope = np.linspace(rng.uniform(-30, 30), rng.uniform(-30, 30), width, dtype=np.float32)
    ground = np.array(_some_ground(rng), np.float32) + (rough - 128)[..., None] + slope[None, :, None]
    white = pixels.min(axis=-1) >= _WHITE
    soft = Image.fromarray((white * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    share = np.asarray(soft, np.float32)[..., None] / 255
    return Image.fromarray(np.clip(pixels * (1 - share) + ground * share, 0, 255).astype(np.uint8))


def _tilted(picture: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Seen from the side."""
    (width, height), most = picture.size, 0.18 * strength
    x, y = rng.uniform(0, most, 4) * width, rng.uniform(0, most, 4) * height
    corners = (x[0], y[0], x[1], height - y[1], width - x[2], height - y[2], width - x[3], y[3])
    return picture.transform(
        picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=_some_ground(rng)
    )


def _lit(picture: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Darker or lighter, flatter or harder, with a lamp's colour and a shadow across it."""
    bright = ImageEnhance.Brightness(picture).enhance(rng.uniform(1 - 0.45 * strength, 1 + 0.3 * strength))
    hard = ImageEnhance.Contrast(bright).enhance(rng.uniform(1 - 0.4 * strength, 1 + 0.3 * strength))
    pale = ImageEnhance.Color(hard).enhance(rng.uniform(1 - 0.4 * strength, 1 + 0.3 * strength))
    pixels = np.asarray(pale, np.float32)
    height, width = pixels.shape[:2]
    warmth, tint = rng.uniform(-0.16, 0.16) * strength, rng.uniform(-0.06, 0.06) * strength
    pixels = pixels * np.array([1 + warmth, 1 + tint, 1 - warmth], np.float32)
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    side = np.cos(angle) * x + np.sin(angle) * y - offset
    edge = 1 / (1 + np.exp(-side / rng.uniform(0.02, 0.2)))
    shadow = (1 - rng.uniform(0, 0.5) * strength * edge).astype(np.float32)
    return Image.fromarray(np.clip(pixels * shadow[..., None], 0, 255).astype(np.uint8))


def _shot(picture: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Out of focus or shaken, and noisy."""
    blurred = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 2.2) * strength))
    if rng.random() < 0.3 * strength:
        blurred = blurred.filter(ImageFilter.BoxBlur((rng.uniform(1, 4), 0)))
    pixels = np.asarray(blurred, np.float32)
    pixels = pixels + rng.normal(0, rng.uniform(0, 22) * strength, pixels.shape).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _taken(picture: Image.Image, rng: np.random.Generator, strength: float) -> bytes:
    """Scaled down and compressed."""
    share = rng.uniform(1 - 0.5 * strength, 1)
    small = picture.resize((max(16, int(picture.width * share)), max(16, int(picture.height * share))))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=int(rng.uniform(95 - 75 * strength, 95 - 30 * strength)))
    return file.getvalue()
