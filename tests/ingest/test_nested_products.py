"""Products in the JSON of shops: of commercetools and Shopware, and attributes that are pairs."""

import json

import pytest

from object2vec.storage import item_log


def items_of(store):
    return {item.id: item.metadata for item in item_log.replay(item_log.read(store))[0].values()}


def price(cents, currency="EUR", digits=2, **more):
    value = {"type": "centPrecision", "centAmount": cents, "currencyCode": currency, "fractionDigits": digits}
    return {"value": value, **more}


DRESS = {
    "name": {"de": "Kleid", "en-GB": "Dress"}, "description": {"en": "Of linen"},
    "categories": [{"typeId": "category", "id": "c1", "obj": {"name": {"en": "Dresses"}}}],
    "masterVariant": {
        "id": 1, "sku": "V1", "images": [{"url": "https://x/1.jpg", "dimensions": {"w": 10, "h": 10}}],
        "prices": [price(1299, country="DE"), price(1999, discounted=price(1500))],
        "attributes": [
            {"name": "colour", "value": {"key": "r", "label": {"de": "Rot", "en": "Red"}}},
            {"name": "sizes", "value": ["S", "M"]},
        ],
    },
    "variants": [{"id": 2, "sku": "V2", "prices": [price(900, "JPY", 0)], "images": [], "attributes": []}],
}  # fmt: skip


@pytest.mark.parametrize("whole", [True, False])
def test_commercetools_products_and_projections(store, upload, whole):
    product = {
        "id": "p1",
        "key": "dress",
        "masterData": {"published": True, "current": DRESS, "staged": DRESS},
    }
    record = product if whole else {"id": "p1", "key": "dress", **DRESS}
    upload("catalog/a.json", json.dumps({"results": [record]}).encode())
    shared = {"title": "Dress", "description": "Of linen", "category": "Dresses", "group": "dress"}
    assert items_of(store) == {
        "V1": {
            **shared, "price": 15.0, "regular_price": 19.99, "currency": "EUR", "image": "https://x/1.jpg",
            "colour": "Red", "sizes": ["S", "M"],
        },
        "V2": {**shared, "price": 900, "currency": "JPY"},
    }  # fmt: skip


def test_a_product_that_commercetools_does_not_show_is_refused(store, upload):
    off = {"id": "p2", "masterData": {"published": False, "current": DRESS}}
    report = upload("catalog/a.json", json.dumps([{"id": "p1", **DRESS}, off]).encode())
    assert report.reasons["not_published"].count == 1
    assert [*items_of(store)] == ["V1", "V2"]


def test_a_product_of_shopware(store, upload):
    option = {"translated": {"name": "Rot"}, "group": {"translated": {"name": "Farbe"}}}
    product = {
        "id": "0190", "productNumber": "SW1", "name": None, "active": True, "available": True,
        "translated": {"name": "Hose", "description": "<p>weich</p>"}, "options": [option],
        "calculatedPrice": {"unitPrice": 19.99, "quantity": 1, "listPrice": {"price": 29.99}},
        "cover": {"media": {"url": "https://x/a.jpg"}}, "manufacturer": {"translated": {"name": "Acme"}},
        "categories": [{"translated": {"name": "Hosen"}}],
    }  # fmt: skip
    upload("catalog/a.json", json.dumps({"elements": [product]}).encode())
    assert items_of(store)["SW1"] == {
        "title": "Hose", "description": "weich", "price": 19.99, "regular_price": 29.99, "brand": "Acme",
        "category": "Hosen", "image": "https://x/a.jpg", "availability": "in stock", "Farbe": "Rot",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ([{"name": "Colour", "value": "red"}, {"name": "Size", "value": 4}], {"Colour": "red", "Size": 4}),
        ([{"key": "Colour", "value": "red"}], {"Colour": "red"}),
        ([{"id": 1, "name": "Colour", "position": 0, "visible": True, "options": ["red", "blue"]}],
         {"Colour": ["red", "blue"]}),
        ([{"id": "C", "name": "Colour", "value_id": "5", "value_name": "red"}], {"Colour": "red"}),
        ([{"name": "Colour", "value": {"key": "r", "label": "red"}}], {"Colour": "red"}),
        ([{"name": "Weight", "value": 3, "unit": "kg"}], {"Weight": "3 kg"}),
        ([{"name": "Colour", "value": "red"}, {"name": "Colour", "value": "blue"}],
         {"Colour": ["red", "blue"]}),
        ([{"name": "Title", "value": "Sir"}, {"name": "id", "value": "x"}],
         {"attributes.Title": "Sir", "attributes.id": "x"}),
    ],
)  # fmt: skip
def test_attributes_that_are_pairs_become_fields(store, upload, attributes, found):
    upload("catalog/a.json", json.dumps([{"sku": "1", "name": "Tee", "attributes": attributes}]).encode())
    assert items_of(store)["1"] == {"title": "Tee", **found}
    record = {"label": "2", "text": "Tee", "metadata": {"attributes": attributes}}
    upload("catalog/b.jsonl", json.dumps(record).encode())
    assert items_of(store)["2"] == found


def test_what_says_more_than_a_name_and_a_value_is_no_pair(store, upload):
    reviews = [{"name": "Anna", "value": 5, "comment": "good"}]
    upload("catalog/a.json", json.dumps([{"sku": "1", "name": "Tee", "opinions": reviews}]).encode())
    assert items_of(store)["1"]["opinions.comment"] == ["good"]


@pytest.mark.parametrize("name", ["url", "src", "url_standard"])
def test_pictures_that_are_objects_are_their_addresses(store, upload, name):
    pictures = [{name: f"https://x/{n}.jpg"} for n in (1, 2)]
    upload("catalog/a.json", json.dumps([{"sku": "1", "name": "Tee", "images": pictures}]).encode())
    assert items_of(store)["1"]["images"] == ["https://x/1.jpg", "https://x/2.jpg"]


def test_a_column_of_objects_in_a_table_is_opened(store, upload):
    rows = "id,name,specs,note\n"
    rows += '1,Chair,"{""wood"": ""oak"", ""legs"": 4, ""size"": {""h"": 45.5}}","{""a"": 1}"\n'
    rows += '2,Stool,"{""wood"": ""ash"", ""legs"": 3}",none\n3,Bench,,x\n'
    upload("catalog/a.csv", rows.encode())
    found = items_of(store)
    assert found["1"] == {
        "title": "Chair", "specs.wood": "oak", "specs.legs": 4, "specs.size.h": 45.5, "note": '{"a": 1}',
    }  # fmt: skip
    assert (found["2"]["specs.legs"], found["3"]) == (3, {"title": "Bench", "note": "x"})


def test_the_projects_own_table_keeps_its_objects_as_texts(store, upload):
    upload("catalog/a.csv", b'label,text,specs\n1,Chair,"{""wood"": ""oak""}"\n')
    assert items_of(store)["1"] == {"specs": '{"wood": "oak"}'}


def test_the_first_of_several_skus_is_the_id_of_a_listing(store, upload):
    head = "TITLE,DESCRIPTION,PRICE,CURRENCY_CODE,QUANTITY,TAGS,MATERIALS,IMAGE1,SKU\n"
    rows = 'Mug,Nice,12,EUR,3,a,b,https://x/1.jpg,"MUG-R,MUG-B"\nPot,Nice,12,EUR,3,a,b,https://x/1.jpg,POT\n'
    upload("catalog/a.csv", (head + rows).encode())
    found = items_of(store)
    assert found["MUG-R"]["codes"] == ["MUG-R", "MUG-B"]
    assert "codes" not in found["POT"]


def test_nan_is_no_title_and_none_may_be_one(store, upload):
    report = upload("catalog/a.csv", b"id,name,description\n1,nan,nan\n2,None,x\n3,Vase,nan\n")
    assert items_of(store) == {"2": {"title": "None", "description": "x"}, "3": {"title": "Vase"}}
    assert report.reasons["missing_title"].lines == [2]


def test_variants_within_a_product_of_any_system_are_items(store, upload):
    one = {
        "id": "v1",
        "sku": "M-1",
        "title": "S",
        "pricing": {"basePrice": {"currency": "EUR", "value": "12.00"}},
    }
    two = {**one, "id": "v2", "sku": "M-2", "pricing": {"basePrice": {"currency": "EUR", "value": "13.00"}}}
    product = {"id": "1", "title": "Mug", "handle": "mug", "thumbnail": "a.jpg", "variants": [one, two]}
    plain = {"id": "2", "title": "Cup", "pricing": two["pricing"], "variants": [{"id": 1, "colour": "red"}]}
    report = upload("catalog/a.json", json.dumps({"products": [product, plain]}).encode())
    found = items_of(store)
    assert {name: (item["title"], item["price"]) for name, item in found.items()} == {
        "M-1": ("Mug", 12), "M-2": ("Mug", 13), "2": ("Cup", 13),
    }  # fmt: skip
    assert found["M-2"]["group"] == "mug"
    assert found["M-2"]["image"] == "a.jpg"
    assert report.rows_read == report.accepted == 3


@pytest.mark.parametrize(
    ("prices", "paid"),
    [
        ({"prices": {"price": "1500", "currency_code": "EUR", "currency_minor_unit": 2}}, 15),
        ({"prices": {"price": "1500", "currency_code": "JPY", "currency_minor_unit": 0}}, 1500),
        ({"price": {"amount": 1999, "divisor": 100, "currency_code": "USD"}}, 19.99),
        ({"price": {"value": 19.99, "fractionDigits": 2}}, 19.99),
    ],
    ids=["WooCommerce's store", "without cents", "Etsy", "whole units"],
)
def test_what_stands_beside_an_amount_says_its_unit(store, upload, prices, paid):
    upload("catalog/a.json", json.dumps([{"id": 1, "title": "Mug", **prices}]).encode())
    assert items_of(store)["1"]["price"] == paid
