"""A small shop whose shoppers have tastes across its shelves: only purchases show them, texts do not."""

import csv
import io
import json
import random

from PIL import Image, ImageDraw

SHELVES = {
    "Tea": ("green tea leaves", "black tea bags", "herbal infusion", "matcha powder", "rooibos tin"),
    "Camping": ("two person tent", "sleeping bag", "gas stove", "head torch", "trekking poles"),
    "Cats": ("dry cat food", "cat litter", "scratching post", "catnip mouse", "cat carrier"),
    "Guitars": ("steel strings", "guitar tuner", "leather strap", "plectrum set", "chorus pedal"),
    "Garden": ("tomato seeds", "pruning shears", "garden hose", "rose fertiliser", "terracotta pot"),
    "Baking": ("rye flour", "proofing basket", "dough scraper", "baking stone", "dried yeast"),
    "Cycling": ("bicycle pump", "inner tube", "chain oil", "rear light", "cycling gloves"),
    "Painting": ("acrylic paint", "hog bristle brush", "stretched canvas", "palette knife", "sketch pad"),
}
COLOURS = ("classic", "deluxe")
TASTES = 8
SHOPPERS = 160
EVENTS = 14
START = 1_780_000_000
DAY = 86_400
PICTURED = {"p0": 0, "p40": 1}
"""Products with a picture, and which."""
PAINT = ((178, 34, 34), (250, 250, 250), (20, 60, 140), (30, 130, 80))
"""The colours of rings, then of stripes."""


def products() -> list[tuple[str, str, str, str]]:
    """Id, text, category and price of the 80 products."""
    named = [
        (shelf, f"{colour} {name}")
        for shelf, names in SHELVES.items()
        for colour in COLOURS
        for name in names
    ]
    return [(f"p{n}", text, shelf, f"{5 + n % 10}.50") for n, (shelf, text) in enumerate(named)]


def catalogue() -> str:
    """The products as CSV."""
    return _csv(("label", "text", "category", "price"), products())


def photograph(view: int, size: int = 480) -> bytes:
    """A JPEG of rings or stripes in front of a wall, whichever product `view` is; `size` in pixels a side."""
    wall = Image.new("RGB", (size, size), (236, 232, 224))
    draw, step = ImageDraw.Draw(wall), size // 12
    for n in range(5):
        if view == 0:
            draw.ellipse(
                (step * (n + 1), step * (n + 1), size - step * (n + 1), size - step * (n + 1)), PAINT[n % 2]
            )
        else:
            draw.rectangle((step, step * (2 * n + 1), size - step, step * (2 * n + 2)), PAINT[2 + n % 2])
    content = io.BytesIO()
    wall.save(content, "JPEG", quality=90)
    return content.getvalue()


def one_product(number: int) -> tuple[str, bytes]:
    """Key and content of a catalogue file with one more product."""
    item = {"label": f"bell{number}", "text": f"brass bell of size {number}"}
    return f"uploads/catalog/bell-{number}.jsonl", json.dumps(item).encode()


def of_one_taste(taste: int) -> list[str]:
    """The products that the same shoppers like: every eighth, so ten of nearly as many shelves."""
    return [item for item, *_ in products()[taste::TASTES]]


def interactions() -> str:
    """What shoppers bought, in Personalize's columns; the last line is malformed on purpose."""
    dice = random.Random(7)
    rows: list[tuple[object, ...]] = []
    for shopper in range(SHOPPERS):
        liked = of_one_taste(shopper % TASTES)
        for step in range(EVENTS):
            rows.append((f"u{shopper}", dice.choice(liked), START + DAY * step + shopper, "purchase"))
    rows.append(("u0", "p0", "yesterday", "purchase"))
    return _csv(("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"), rows)


def _csv(header: tuple[str, ...], rows: list[tuple[str, str, str, str]] | list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()
