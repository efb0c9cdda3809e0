"""The colours of a picture: a histogram, and what people call the main ones.

The network learned to recognise things whatever their colour, so its features hardly tell colours. This
histogram in CIELAB, whose distances are roughly those that people see, adds them. The background (one colour
that reaches the edge) does not count, the middle counts more than the rim. In names, skin counts little, and
what is seen through a ring not at all.

Names are the basic colour terms (Berlin & Kay 1969) and beige. `tools/build_colour_names.py` makes the table
of what a colour is called from the answers of XKCD's colour survey (CC0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from object2vec.core.arrays import Matrix, Vectors
from object2vec.core.pictures import Pixels

COLOURS = (
    "black", "white", "gray", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "beige",
)  # fmt: skip
LEVELS = 16
"""Steps of red, green and blue in the table of names."""
NAMES = Path(__file__).parent / "colour_names.npy"
"""(LEVELS³, len(COLOURS)) how much a colour is called each name, 255 in all."""
_SIDE = 64
_L_BINS, _AB_BINS = 4, 6
BINS = _L_BINS * _AB_BINS**2
_L_RANGE, _AB_RANGE = (10, 95), (-50, 60)
_LIKE_GROUND = 6
"""Distance in CIELAB up to which a pixel may be ground; 2 is hardly visible."""
_RIM_SHARE = 0.5
_IN_HOLE, _SOLID, _WHOLE = 1, 0.3, 0.9
"""Distance up to which a pixel may be seen through the thing, and the share of the thing that is then left:
of a white plate with a narrow blue rim, the white is no hole; small gaps do not matter."""
_LEAST = 0.02
"""A smaller share of the picture tells no colours."""
_NAMED, _BESIDE = 0.3, 0.6
"""A colour has a name here if it has that share of the thing, and of the greatest share."""
_SKIN = 0.05
_WIDE, _NARROW = 0.35, 0.2
"""Reach of the middle, as a share of the picture's size: for the histogram, and for names."""
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.2126729, 0.0193339], [0.3575761, 0.7151522, 0.1191920], [0.1804375, 0.0721750, 0.9503041]]
) / [0.95047, 1.0, 1.08883]
"""sRGB, D65. http://www.brucelindbloom.com/index.html?Eqn_RGB_to_XYZ.html"""

Lab = NDArray[np.float64]
"""(…, 3) lightness 0 to 100, green to red, blue to yellow."""
Distances = NDArray[np.float64]
Ground = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a picture."""

    histogram: Vectors
    """(BINS,) of length 1: square roots of shares; the dot product of two that are alike is 1."""
    names: Sequence[str]
    """Names among `COLOURS`, the greatest share first."""


def palette(pixels: Pixels) -> Palette:
    """The colours of the thing in the picture, without its background."""
    small = Image.fromarray(pixels)
    small.thumbnail((_SIDE, _SIDE), reducing_gap=2.0)
    rgb = np.asarray(small)
    colours = lab(rgb)
    distances = _from_rim(colours)
    thing = ~_ground(distances)
    solid = _without_holes(thing, distances)
    return Palette(_histogram(colours, _middle(thing, _WIDE)), _names(rgb, colours, _middle(solid, _NARROW)))


def lab(rgb: NDArray[np.generic]) -> Lab:
    """CIELAB (…, 3) from sRGB 0 to 255 (…, 3)."""
    share = np.asarray(rgb, np.float64) / 255
    linear = np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)
    xyz = linear @ _RGB_TO_XYZ
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _from_rim(colours: Lab) -> Distances:
    """(height, width) the distance of each pixel to the usual colour of the picture's rim."""
    distances: Distances = np.linalg.norm(colours - np.median(_rim(colours), axis=0), axis=-1)
    return distances


def _rim(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _ground(distances: Distances) -> Ground:
    """(height, width) whether each pixel is background: of the rim's colour and connected to it. None is
    where the rim has several colours."""
    like = distances < _LIKE_GROUND
    joined: Ground = np.zeros(like.shape, np.bool_)
    if np.mean(_rim(distances) < _LIKE_GROUND) < _RIM_SHARE:
        return joined
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        joined[edge] = like[edge]
    while True:
        grown: Ground = joined.copy()
        grown[1:] |= joined[:-1]
        grown[:-1] |= joined[1:]
        grown[:, 1:] |= joined[:, :-1]
        grown[:, :-1] |= joined[:, 1:]
        grown &= like
        if np.array_equal(grown, joined):
            return joined
        joined = grown


def _without_holes(thing: Ground, distances: Distances) -> Ground:
    """The thing without what is seen through it: the very colour of the background, as in a ring."""
    solid: Ground = thing & (distances > _IN_HOLE)
    return solid if not thing.all() and _SOLID < solid.sum() / max(thing.sum(), 1) < _WHOLE else thing


def _middle(thing: Ground, reach: float) -> Matrix:
    """(height, width) the weight of each pixel: of the thing's, more in the middle of the picture, or equal
    if hardly anything of it is there; all equal where almost all is background."""
    height, width = thing.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    far = ((y - height / 2) / (height * reach)) ** 2 + ((x - width / 2) / (width * reach)) ** 2
    for counts in (np.exp(-far / 2) * thing, thing):
        if counts.sum() > _LEAST * thing.size:
            return counts.astype(np.float32)
    return np.ones(thing.shape, np.float32)


def _histogram(colours: Lab, counts: Matrix) -> Vectors:
    light = _soft(colours[..., 0], *_L_RANGE, _L_BINS)
    red = _soft(colours[..., 1], *_AB_RANGE, _AB_BINS)
    yellow = _soft(colours[..., 2], *_AB_RANGE, _AB_BINS)
    found = np.einsum("yxl,yxa,yxb,yx->lab", light, red, yellow, counts, optimize=True).ravel()
    shares: Vectors = np.sqrt(np.maximum(found, 0) / max(found.sum(), 1e-9)).astype(np.float32)
    return shares


def _soft(values: NDArray[np.float64], low: float, high: float, bins: int) -> NDArray[np.float64]:
    """(…, bins) the shares of each value in the two bins that it lies between."""
    place = np.clip((values - low) / (high - low) * (bins - 1), 0, bins - 1 - 1e-6)
    first = place.astype(np.int64)
    spread = np.zeros((*values.shape, bins))
    np.put_along_axis(spread, first[..., None], (1 - (place - first))[..., None], -1)
    np.put_along_axis(spread, first[..., None] + 1, (place - first)[..., None], -1)
    return spread


def _names(rgb: Pixels, colours: Lab, counts: Matrix) -> Sequence[str]:
    level = np.rint(rgb.astype(np.float64) / 255 * (LEVELS - 1)).astype(np.int64)
    called = _table()[(level[..., 0] * LEVELS + level[..., 1]) * LEVELS + level[..., 2]]
    without = (called * (counts * ~_skin(colours))[..., None]).sum(axis=(0, 1))
    shares = (called * counts[..., None]).sum(axis=(0, 1))
    if without.sum() > 0.2 * shares.sum():
        shares = without + _SKIN * (shares - without)
    shares = shares / max(shares.sum(), 1e-9)
    least = max(_NAMED, _BESIDE * shares.max())
    return [COLOURS[at] for at in np.argsort(-shares) if shares[at] >= least]


def _skin(colours: Lab) -> Ground:
    """Whether each colour may be skin, of any complexion: the hue hardly differs."""
    strength = np.hypot(colours[..., 1], colours[..., 2])
    hue = np.degrees(np.arctan2(colours[..., 2], colours[..., 1]))
    light = colours[..., 0]
    skin: Ground = (light > 25) & (light < 92) & (strength > 8) & (strength < 42) & (hue > 30) & (hue < 72)
    return skin


@cache
def _table() -> NDArray[np.float64]:
    table: NDArray[np.float64] = np.load(NAMES, allow_pickle=False) / 255
    return table
