"""What a shopper pays, where a row has two prices or one in cents."""

import json

import pytest

from object2vec.ingest.exports.minor_units import minor_digits
from object2vec.storage import item_log


def items_of(store):
    return {item.id: item.metadata for item in item_log.replay(item_log.read(store))[0].values()}


def paid(store):
    return {name: (item.get("price"), item.get("regular_price")) for name, item in items_of(store).items()}


@pytest.mark.parametrize(
    ("usual", "sale"),
    [
        ("Preis", "Sonderpreis"), ("Preis", "Aktionspreis"), ("UVP", "Angebotspreis"),
        ("price", "sale_price"), ("prix", "Prix promo"), ("precio", "Precio oferta"), ("prijs", "Actieprijs"),
        ("prezzo", "Prezzo scontato"), ("retail_price", "discounted_price"), ("Price", "Special Price"),
    ],
)  # fmt: skip
def test_a_shopper_pays_the_sale_price(store, upload, usual, sale):
    rows = f"sku;name;{usual};{sale}\n1;Vase;19,90;14,90\n2;Pot;5,00;\n3;Cup;4,00;0,00\n4;Jug;4,00;6,00\n"
    report = upload("catalog/a.csv", rows.encode())
    assert paid(store) == {"1": (14.9, 19.9), "2": (5.0, None), "3": (4.0, None), "4": (4.0, None)}
    assert [one.columns for one in report.fields if one.name == "price"] == [[sale, usual]]


@pytest.mark.parametrize("list_price", ["msrp", "RRP", "UVP", "list price", "Listenpreis", "retail price"])
@pytest.mark.parametrize("price", ["our price", "online price", "Preis", "current price"])
def test_a_list_price_is_a_field_beside_the_price(store, upload, list_price, price):
    upload("catalog/a.csv", f"sku,name,{list_price},{price}\n1,Vase,20,15\n".encode())
    assert items_of(store)["1"] == {"title": "Vase", "price": 15, list_price: 20}


def test_a_list_price_or_a_sale_price_alone_is_the_price(store, upload):
    upload("catalog/a.csv", b"sku,name,msrp\n1,Vase,20\n")
    upload("catalog/b.csv", b"sku;nome;Prezzo scontato\n2;Vaso;15,50\n")
    assert items_of(store) == {"1": {"title": "Vase", "price": 20}, "2": {"title": "Vaso", "price": 15.5}}


def test_what_was_compared_with_stays_beside_the_price(store, upload):
    rows = "Handle,Title,Variant SKU,Variant Price,Variant Compare At Price\nvase,Vase,V1,15.00,20.00\n"
    upload("catalog/a.csv", rows.encode())
    found = items_of(store)["V1"]
    assert (found["price"], found["Variant Compare At Price"]) == (15.0, 20.0)


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [("2020-01-01", "2999-12-31", True), ("", "2020-01-31", False), ("2999-01-01", "", False),
     ("2020-01-01", "", True), ("", "", True)],
)  # fmt: skip
def test_a_sale_price_counts_while_it_holds(store, upload, starts, ends, holds):
    rows = f"sku,name,price,sale price,sale price from,sale price to\n1,Vase,20,15,{starts},{ends}\n"
    rows += "2,Pot,20,15,2020-01-01,2999-01-01\n"
    upload("catalog/a.csv", rows.encode())
    assert paid(store)["1"] == ((15, 20) if holds else (20, None))


def test_a_period_in_one_cell_and_a_sale_that_is_off(store, upload):
    feed = "id\ttitle\tavailability\tprice\tsale_price\tsale_price_effective_date\n"
    feed += "1\tA\tin stock\t15 GBP\t12 GBP\t2024-01-01T00:00+0100/2024-02-01T00:00+0100\n"
    feed += "2\tB\tin stock\t15 GBP\t12 GBP\t2024-01-01T00:00+0100/2924-02-01T00:00+0100\n"
    upload("catalog/a.tsv", feed.encode())
    upload("catalog/b.csv", b"sku,name,price,sale price,on sale\n3,C,15,12,No\n4,D,15,12,Yes\n")
    assert paid(store) == {"1": (15, None), "2": (12, 15), "3": (15, None), "4": (12, 15)}


def test_a_price_that_the_shop_names_itself_stays(store, upload):
    upload("mapping.json", b'{"catalog/*": {"fields": {"price": "price"}}}')
    upload("catalog/a.csv", b"sku,name,price,sale price\n1,Vase,20,15\n")
    assert items_of(store)["1"] == {"title": "Vase", "price": 20, "sale price": 15}


@pytest.mark.parametrize(("over", "found"), [(False, (15.0, 20.0)), (True, (20.0, None))])
def test_woocommerces_api_says_itself_what_is_paid(store, upload, over, found):
    product = {"id": 1, "name": "Vase", "permalink": "https://x/1", "regular_price": "20.00"}
    upload(
        "catalog/a.json",
        json.dumps([product | {"sale_price": "15.00", "price": ["15.00", "20.00"][over]}]).encode(),
    )
    assert paid(store)["1"] == found


@pytest.mark.parametrize(
    ("price", "found"),
    [
        ({"unit_amount": 1999, "currency": "usd"}, 19.99), ({"unit_amount": 500, "currency": "jpy"}, 500),
        ({"price_cents": 1999}, 19.99), ({"Preis (Cent)": 1999}, 19.99),
        ({"price": {"centAmount": 1999, "currencyCode": "EUR", "fractionDigits": 2}}, 19.99),
        ({"price": {"centAmount": 1999, "currencyCode": "JPY", "fractionDigits": 0}}, 1999),
        ({"price": {"amountMicros": "19990000", "currencyCode": "EUR"}}, 19.99),
        ({"price_cents": 1999, "sale_price_cents": 1500}, 15.0),
    ],
)  # fmt: skip
def test_a_price_in_cents_is_one_in_whole_units_and_a_note_says_so(store, upload, price, found):
    report = upload("catalog/a.jsonl", json.dumps({"sku": "1", "name": "Vase", **price}).encode())
    assert items_of(store)["1"]["price"] == found
    assert any("smallest unit" in note for note in report.notes)


@pytest.mark.parametrize(
    "heading",
    ["price", "unit_price", "price per unit", "percent", "cents", "shipping_cents", "tax_amount_cents",
     "cost_cents", "discount.centAmount"],
)  # fmt: skip
def test_only_the_name_of_a_price_says_that_it_is_in_cents(heading):
    assert minor_digits(heading) == 0


def test_whole_units_go_before_cents(store, upload):
    upload("catalog/a.csv", b"sku,name,price_cents,price\n1,Vase,1999,19.99\n")
    assert items_of(store)["1"] == {"title": "Vase", "price": 19.99, "price_cents": 1999}


@pytest.mark.parametrize(
    ("cell", "price"), [("EUR 1.299,-", 1299), ("1,299.- CHF", 1299), ("12.500,- €", 12_500), ("5,- €", 5)]
)
def test_a_dash_in_place_of_cents_tells_the_decimal_sign(store, upload, cell, price):
    upload(
        "catalog/a.csv",
        f'sku;title;price\n1;Cup;19.99 EUR\n2;Pan;"{cell}"\n3;Pot;"7,50"\n4;Lid;8.25\n'.encode(),
    )
    assert items_of(store)["2"]["price"] == price
