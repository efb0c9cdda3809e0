"""One quantity, however its unit is written."""

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.index import Request

TEXTS = {
    "ml": "Mineral water 500 ml",
    "l": "Still water 0.5 l",
    "comma": "Spring water 0,5 L, glass",
    "joined": "Orange soda 500ml",
    "big": "Water 1.5 l",
    "kg": "Wheat flour 1 kg",
    "g": "Rye flour 1000 g",
    "half": "Spelt flour 500 g",
    "oz": "Beer 12 oz",
    "ounces": "Beer 12 ounces",
    "pound": "Charcoal 10 lb",
    "metre": "Cable 5 metres",
    "m": "Cable 5 m",
    "m3": "Cable 3 m",
}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        *((query, {"ml", "l", "comma", "joined"}) for query in ("500ml", "500 ml", "0.5 l", "0,5 L", "50cl")),
        *((query, {"kg", "g"}) for query in ("1kg flour", "1000 g flour", "1 kg flour", "flour 1,000 g")),
        *((query, {"oz", "ounces"}) for query in ("12oz beer", "12 ounces beer")),
        ("charcoal 160 oz", {"pound"}),
        ("5m cable", {"metre", "m"}),
    ],
)
def test_a_quantity_finds_itself_in_other_units(embedded, query, ids):
    items = [CatalogItem(item_id, text) for item_id, text in TEXTS.items()]
    snapshot = embedded(items, {}).snapshot
    hits = snapshot.search(Request(text=query, limit=50)).hits
    assert {hit.item.id for hit in hits if hit.parts.get("words")} == ids
    assert {hit.item.id for hit in hits[: len(ids)]} == ids


def test_a_number_of_a_hundred_digits_is_a_word(embedded):
    snapshot = embedded([CatalogItem("1", "Tap water")], {}).snapshot
    assert snapshot.search(Request(text=f"{'9' * 100} {'9' * 100}.5 water")).hits[0].item.id == "1"
