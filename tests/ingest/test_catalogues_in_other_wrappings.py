"""Catalogues as databases, APIs and price comparisons write them, and cells as shops write them."""

# ruff: noqa: E501  lines of files as they are

import json

import pytest

from object2vec.storage import item_log


def items(store):
    return item_log.replay(item_log.read(store))[0]


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


LAMP, DESK = {"title": "Lamp", "price": 19.99}, {"title": "Desk", "price": 49.5}
WRAPPED = {
    "Elasticsearch": lines(
        {"_index": "p", "_id": "A", "_source": LAMP}, {"_index": "p", "_id": "B", "_source": DESK}
    ),
    "an answer of Elasticsearch": json.dumps(
        {"took": 1, "hits": {"hits": [{"_id": "A", "_source": LAMP}, {"_id": "B", "_source": DESK}]}}
    ),
    "Solr": json.dumps({"response": {"numFound": 2, "docs": [{"id": "A", **LAMP}, {"id": "B", **DESK}]}}),
    "JSON:API": json.dumps(
        {"data": [{"id": "A", "attributes": LAMP}, {"id": "B", "type": "product", "attributes": DESK}]}
    ),
    "MongoDB": lines(
        {"_id": {"$oid": "A"}, "title": "Lamp", "price": {"$numberDecimal": "19.99"}},
        {"_id": {"$oid": "B"}, "title": "Desk", "price": {"$numberDecimal": "49.5"}},
    ),
    "DynamoDB": lines(
        {"Item": {"id": {"S": "A"}, "title": {"S": "Lamp"}, "price": {"N": "19.99"}}},
        {"Item": {"id": {"S": "B"}, "title": {"S": "Desk"}, "price": {"N": "49.5"}}},
    ),
    "JSON encoded twice": lines(json.dumps({"id": "A", **LAMP}), json.dumps({"id": "B", **DESK})),
    "lists with a header": json.dumps([["id", "title", "price"], ["A", "Lamp", 19.99], ["B", "Desk", 49.5]]),
    "pandas' columns": json.dumps(
        {"id": {"0": "A", "1": "B"}, "title": {"0": "Lamp", "1": "Desk"}, "price": {"0": 19.99, "1": 49.5}}
    ),
    "pandas' split": json.dumps(
        {
            "columns": ["id", "title", "price"],
            "index": [0, 1],
            "data": [["A", "Lamp", 19.99], ["B", "Desk", 49.5]],
        }
    ),
}


@pytest.mark.parametrize("form", WRAPPED)
def test_records_within_others(store, upload, form):
    upload("catalog/a.json", WRAPPED[form].encode())
    found = {key: item.metadata for key, item in items(store).items()}
    assert found.keys() == {"A", "B"}
    assert LAMP.items() <= found["A"].items()
    assert DESK.items() <= found["B"].items()


def test_a_record_with_a_list_of_attributes_is_itself(store, upload):
    record = {"id": "A", "title": "Lamp", "attributes": {"colour": "red"}}
    upload("catalog/a.jsonl", lines(record).encode())
    assert items(store)["A"].metadata == {"title": "Lamp", "attributes.colour": "red"}


HEADINGS = {
    "Awin": "aw_product_id,product_name,search_price,merchant_category",
    "ERPNext": "Item Code,Item Name,Standard Selling Rate,Item Group",
    "Korean": "상품코드,상품명,가격,카테고리",
    "Finnish": "Tuotenumero,Tuotenimi,Hinta,Tuoteryhmä",
    "Hungarian": "Cikkszám,Terméknév,Ár,Kategória",
    "Romanian": "Cod produs,Denumire,Preț,Categorie",
    "traditional Chinese": "商品編號,商品名稱,價格,分類",
    "books": "ISBN13,Title,Price,Genre",
}


@pytest.mark.parametrize("system", HEADINGS)
def test_headings_of_further_systems_and_languages(store, upload, system):
    upload("catalog/a.csv", f"{HEADINGS[system]}\nA,Lamp,19.99,Lamps\n".encode())
    assert items(store)["A"].metadata == {**LAMP, "category": "Lamps"}


PRICES = {
    "19.99 €*": 19.99, "£19.99 inc VAT": 19.99, "US $19.99": 19.99, "19€99": 19.99, "19,99 €/Stück": 19.99,
    "€19.99 per pair": 19.99, "19,99 € TTC": 19.99, "₹ 1,299.00/-": 1299,
}  # fmt: skip


@pytest.mark.parametrize("cell", PRICES)
def test_what_stands_behind_a_price(store, upload, cell):
    upload("catalog/a.csv", f'id,name,price\n1,Lamp,"{cell}"\n2,Desk,"{cell}"\n'.encode())
    assert [item.metadata["price"] for item in items(store).values()] == [PRICES[cell]] * 2


@pytest.mark.parametrize("cell", ["12 cm/Stück", "5/Stück", "20 per box"])
def test_what_has_no_currency_is_no_price(store, upload, cell):
    upload("catalog/a.csv", f"id,name,note\n1,Lamp,{cell}\n2,Desk,{cell}\n".encode())
    assert items(store)["1"].metadata["note"] == cell


@pytest.mark.parametrize("heading", ["stock", "Lager", "batch"])
def test_a_part_of_a_whole_is_no_grade(store, upload, heading):
    upload("catalog/a.csv", f"id,name,{heading}\n1,A,3/10\n2,B,7/10\n".encode())
    assert [item.metadata[heading] for item in items(store).values()] == ["3/10", "7/10"]


@pytest.mark.parametrize(
    ("heading", "cell", "grade"),
    [("Bewertung", "3/10", 3), ("averageRating", "3/10", 3), ("opinion", "4.5/5", 4.5), ("rating", "4.0 out of 5 stars", 4),
     ("rating", "4,5 von 5 Sternen", 4.5)],
)  # fmt: skip
def test_a_grade_of_a_scale(store, upload, heading, cell, grade):
    upload("catalog/a.csv", f'id,name,{heading}\n1,A,"{cell}"\n2,B,"{cell}"\n'.encode())
    assert items(store)["1"].metadata[heading] == grade


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (("1.2.24", "2.10.24"), "1.2.24"),
        (("1.2.24", "31.1.24"), "2024-02-01"),
        (("01.02.24", "2.3.24"), "2024-02-01"),
    ],
)
def test_versions_are_no_dates(store, upload, cells, first):
    upload("catalog/a.csv", f"id,name,firmware\n1,A,{cells[0]}\n2,B,{cells[1]}\n".encode())
    assert items(store)["1"].metadata["firmware"] == first


@pytest.mark.parametrize(
    "document",
    [
        {"id": "A", "title": "Bolt", "fields": ["a", "b"], "values": [["x", "y"]]},
        {"products": [{"id": "A", "title": "Bolt"}], "headers": ["h1", "h2"], "rows": [["x", "y"]]},
        [{"id": "A", "attributes": {"title": "Bolt", "id": "77"}, "type": "products"}],
        {"id": "A", "title": "Bolt", "_source": {"a": 1}},
    ],
)
def test_a_product_stays_a_product(store, upload, document):
    upload("catalog/a.json", json.dumps(document).encode())
    assert {label: item.metadata["title"] for label, item in items(store).items()} == {"A": "Bolt"}


def test_a_large_number_beside_a_dollar_sign_is_exact(store, upload):
    record = '{"id": "A", "title": "about \\"$5", "n": 123456789012345678901234567890}'
    upload("catalog/a.jsonl", record.encode())
    assert items(store)["A"].metadata["n"] == "123456789012345678901234567890"


def test_the_type_of_a_resource_is_kept_where_it_says_something(store, upload):
    rows = [{"id": "A", "type": "shoe", "attributes": {"title": "Runner"}}]
    upload("catalog/a.json", json.dumps(rows).encode())
    assert "shoe" in items(store)["A"].metadata.values()


def test_a_date_of_short_numbers_is_one_unless_its_heading_is_of_versions(store, upload):
    upload("catalog/a.csv", b"id,title,released,version\nA,Mug,1.2.24,1.2.24\nB,Pan,5.3.24,1.3.24\n")
    metadata = items(store)["A"].metadata
    assert (metadata["released"], metadata["version"]) == ("2024-02-01", "1.2.24")


@pytest.mark.parametrize(
    "heading", ["Kundennote", "review_average", "Punkte", "feedback", "average user reviews"]
)
def test_grades_of_five_under_other_words(store, upload, heading):
    upload("catalog/a.csv", f"id,title,{heading}\nA,Mug,4/5\nB,Pan,3/5\n".encode())
    assert items(store)["A"].metadata[heading] == 4


def test_a_binary_value_does_not_cost_the_record(store, upload):
    record = {"Item": {"id": {"S": "A"}, "title": {"S": "Mug"}, "photo": {"B": "aGk="}}}
    upload("catalog/a.jsonl", json.dumps(record).encode())
    assert items(store)["A"].metadata["title"] == "Mug"
