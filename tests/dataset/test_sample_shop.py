import csv

import orjson
import pytest

from local.sample_shop import CATALOG, INTERACTIONS, write_sample_shop
from local.sample_shop_text import product_text, readable, size_name
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    write_sample_shop(folder, households=3)
    return folder


def test_a_slice_is_whole_households_and_what_they_bought(shop):
    products = [orjson.loads(line) for line in (shop / CATALOG).read_bytes().splitlines()]
    events = list(csv.DictReader((shop / INTERACTIONS).open()))
    assert len({event["USER_ID"] for event in events}) == 3
    bought, described = {event["ITEM_ID"] for event in events}, {product["label"] for product in products}
    assert described <= bought
    assert len(described) > 0.99 * len(bought)  # the data set describes all but 17 of the products it sells
    assert [event["TIMESTAMP"] for event in events] == sorted(event["TIMESTAMP"] for event in events)
    assert all(product["text"] and product["metadata"]["department"] for product in products)
    assert any(product["metadata"].get("price", 0) > 0 for product in products)
    assert {"USD"} == {
        product["metadata"].get("currency") for product in products if "price" in product["metadata"]
    }


def test_preprocess_accepts_all_of_it(shop):
    store = FolderStore(shop)
    for key in (CATALOG, INTERACTIONS):
        report = preprocess_upload(store, key)
        assert report.rows_read == report.accepted > 100
        assert report.ignored_columns == []


def test_written_once_and_renewed_where_incomplete(shop):
    before = (shop / CATALOG).stat().st_mtime_ns
    write_sample_shop(shop, households=3)
    assert (shop / CATALOG).stat().st_mtime_ns == before
    content = (shop / CATALOG).read_bytes()
    (shop / INTERACTIONS).unlink()
    write_sample_shop(shop, households=3)
    assert (shop / CATALOG).read_bytes() == content
    assert (shop / INTERACTIONS).exists()
    assert not list(shop.glob(".sample-shop-*"))


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("SOFT DRINKS 12/18&15PK CAN CAR", "Soft Drinks 12, 18 and 15 Pack Can Carbonated"),
        ("SFT DRNK MLT-PK BTL CARB (EXCP", "Soft Drink Multi Pack Bottles Carbonated"),
        ("DRY CAT FOOD (CAT CHOW/FRISKIE", "Dry Cat Food, Cat Chow, Friskies"),
        ("FRZN SS PREMIUM ENTREES/DNRS/N", "Frozen Single Serve Premium Entrees, Dinners"),
        ("PNT BTR/JELLY/JAMS", "Peanut Butter, Jelly, Jams"),
        ("PREPARED BEANS - BAKED W/PORK", "Prepared Beans, Baked with Pork"),
        ("WOMEN S GENERAL-MAGAZINE", "Womens General Magazine"),
        (None, ""),
    ],
)
def test_labels_become_words(label, words):
    assert readable(label) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [("12 PK/12 OZ", "12 pack 12 oz"), ("1/2 GAL", "1/2 gallon"), ("16 OZ", "16 oz"), (None, "")],
)
def test_sizes_have_units_in_words(size, words):
    assert size_name(size) == words


def test_a_product_is_one_line():
    product = {
        "product_type": "PIZZA/PREMIUM",
        "product_category": "FROZEN PIZZA",
        "department": "GROCERY",
        "brand": "Private",
        "package_size": "27.5 OZ",
    }
    assert product_text(product) == "Pizza, Premium - Frozen Pizza - 27.5 oz - Grocery - store brand"


@pytest.mark.parametrize(("kind", "cola"), [("SFT DRNK 2 LITER BTL CARB INCL", True), ("JUICE", False)])
def test_only_carbonated_soft_drinks_are_called_cola(kind, cola):
    product = {
        "product_type": kind,
        "product_category": "SOFT DRINKS",
        "department": "GROCERY",
        "brand": "National",
        "package_size": None,
    }
    assert ("cola" in product_text(product)) == cola
