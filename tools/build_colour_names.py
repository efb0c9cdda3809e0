"""Builds object2vec/model/pictures/colour_names.npy: what colours are called, from XKCD's colour survey (CC0,
https://xkcd.com/color/rgb/), which matplotlib ships.

    python -m tools.build_colour_names

Of the survey's 949 names those count that end in a basic term or in one that is a kind of it ("navy": blue)
and name no second one. A colour is called what the names near to it are called. The survey has hardly a name
for what is almost grey, almost black, or pale and warm; three rules say those.
"""

import re
from collections.abc import Iterator

import matplotlib.colors
import numpy as np
from numpy.typing import NDArray

from object2vec.model.pictures.colours import COLOURS, LEVELS, NAMES, Lab, lab

_KINDS = {
    kind: term
    for term, kinds in {
        "gray": "grey silver slate charcoal",
        "purple": "violet lavender lilac mauve plum indigo",
        "blue": "navy turquoise aqua cyan sky",
        "green": "olive teal lime mint",
        "pink": "magenta salmon rose",
        "red": "maroon crimson burgundy scarlet",
        "orange": "coral peach rust",
        "yellow": "gold mustard",
        "brown": "chocolate",
        "beige": "tan sand khaki cream",
    }.items()
    for kind in kinds.split()
}
_REACH = 8.0
"""Distance in CIELAB up to which a name mostly counts: colours that can hardly be told from its own."""
_STEP = 512

NameShares = NDArray[np.float64]


def main() -> None:
    """Writes the table."""
    grid = np.stack(np.meshgrid(*[np.linspace(0, 255, LEVELS)] * 3, indexing="ij"), -1).reshape(-1, 3)
    terms, colours = zip(*_named(), strict=True)
    known, places = np.array(terms), np.stack(colours)
    called = np.concatenate(
        [_called(lab(grid[at : at + _STEP]), known, places) for at in range(0, len(grid), _STEP)]
    )
    np.save(NAMES, np.rint(255 * _with_greys(called, lab(grid))).astype(np.uint8))
    print(f"{NAMES.stat().st_size:,} bytes from {len(known)} names")


def _named() -> Iterator[tuple[int, Lab]]:
    for name, code in matplotlib.colors.XKCD_COLORS.items():
        words = re.findall("[a-z]+", name.removeprefix("xkcd:"))
        term, *others = (_term(word) for word in reversed(words))
        if term is None or {*others} - {None, term} or any(word.endswith("ish") for word in words[:-1]):
            continue
        place = lab(np.array([int(str(code)[at : at + 2], 16) for at in (1, 3, 5)]))
        too_light = term == "brown" and place[0] > 52
        too_strong = term == "beige" and np.hypot(place[1], place[2]) > 28
        if not too_light and not too_strong:
            yield COLOURS.index(term), place


def _term(word: str) -> str | None:
    return word if word in COLOURS else _KINDS.get(word)


def _called(colours: Lab, known: NDArray[np.int64], places: Lab) -> NameShares:
    distance = ((colours[:, None] - places[None]) ** 2).sum(-1)
    near = np.exp(-distance / (2 * _REACH**2))
    shares = np.zeros((len(colours), len(COLOURS)))
    for term in range(len(COLOURS)):
        some = known == term
        shares[:, term] = near[:, some].sum(axis=1) / np.sqrt(max(some.sum(), 1))
    hue = np.degrees(np.arctan2(colours[:, 2], colours[:, 1]))
    greenish = (hue > 92) & (np.hypot(colours[:, 1], colours[:, 2]) > 20)
    shares[greenish, COLOURS.index("beige")] = 0
    nowhere = shares.sum(axis=1) < 1e-6
    shares[nowhere, known[distance[nowhere].argmin(axis=1)]] = 1
    scaled: NameShares = shares / shares.sum(axis=1, keepdims=True)
    return scaled


def _with_greys(called: NameShares, colours: Lab) -> NameShares:
    """The names with black, gray and white for colours without a hue, by their lightness; very dark ones are
    black."""
    light, strength = colours[:, 0], np.hypot(colours[:, 1], colours[:, 2])
    black, white = np.clip((34 - light) / 10, 0, 1), np.clip((light - 80) / 10, 0, 1)
    greys = np.zeros_like(called)
    for term, share in (("black", black), ("white", white), ("gray", 1 - black - white)):
        greys[:, COLOURS.index(term)] = share
    hueless = np.clip(1 - (strength - 4) / 5, 0, 1)[:, None]
    mixed = hueless * greys + (1 - hueless) * called
    dark = np.clip((20 - light) / 8, 0, 1)[:, None]
    only_black = np.zeros_like(called)
    only_black[:, COLOURS.index("black")] = 1
    found: NameShares = dark * only_black + (1 - dark) * mixed
    return found


if __name__ == "__main__":
    main()
