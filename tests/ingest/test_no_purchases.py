"""Rows that count for nothing, or for nobody: nothing ordered, all of it refunded, tests, guests."""

import json

import pytest

from tests.helpers.curated import curated_rows


def kinds(store):
    return {row[1]: row[3] for row in curated_rows(store)}


def weights(report):
    return sorted(line.split(";")[0].rstrip(".") for line in report.weights)


@pytest.mark.parametrize("none", ["0", "0.0", "0,00"])
@pytest.mark.parametrize("order", ["order_id", "basket"])
def test_a_quantity_of_zero_is_no_purchase(store, upload, none, order):
    rows = f'1,c,A,2024-03-01,"{none}"\n2,c,B,2024-03-01,2\n3,c,C,2024-03-01,"1,5"\n'
    report = upload("interactions/a.csv", f"{order},customer_id,sku,order_date,qty\n{rows}".encode())
    assert kinds(store) == {"A": "not bought", "B": "purchase", "C": "purchase"}
    assert weights(report) == ["1 event of type 'not bought' weighs 0", "2 events of type 'purchase' weigh 1"]


def test_shopify_says_when_an_order_was_cancelled_in_its_first_row_alone(store, upload):
    head = (
        "Name,Email,Financial Status,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Cancelled at\n"
    )
    rows = "#1,a@x.de,paid,2024-01-31,1,Cup,CUP,2024-02-01\n#1,,,2024-01-31,1,Pot,POT,\n"
    rows += "#2,b@x.de,paid,2024-01-31,1,Jug,JUG,\n"
    upload("interactions/a.csv", (head + rows).encode())
    assert kinds(store) == {"CUP": "cancelled", "POT": "cancelled", "JUG": "purchase"}


def test_lines_of_which_all_was_refunded(store, upload):
    head = "increment_id,customer_id,sku,created_at,status,qty_ordered,qty_refunded,qty_canceled\n"
    rows = "1,c,A,2024-03-01,complete,2.0000,2.0000,0\n2,c,B,2024-03-01,complete,2.0000,1.0000,0\n"
    rows += (
        "3,c,C,2024-03-01,complete,2,0,2\n4,c,D,2024-03-01,complete,0,0,0\n5,c,E,2024-03-01,complete,1,,\n"
    )
    upload("interactions/a.csv", (head + rows).encode())
    assert kinds(store) == {
        "A": "refund",
        "B": "purchase",
        "C": "cancelled",
        "D": "purchase",
        "E": "purchase",
    }


@pytest.mark.parametrize("form", ["known", "other", "lines", "parquet"])
def test_refunds_are_counted_in_every_format(store, upload, parquet, form):
    lines = [
        {"sku": "A", "qty_ordered": 2, "qty_refunded": 2},
        {"sku": "B", "qty_ordered": 2, "qty_refunded": 0},
    ]
    order = {"customer_id": "c", "created_at": "2024-03-01 10:00:00"}
    name = "a.json"
    if form == "known":
        data = json.dumps([{**order, "increment_id": "1", "items": lines}]).encode()
    elif form == "other":
        data = json.dumps([{**order, "order_id": "1", "lines": lines}]).encode()
    elif form == "lines":
        name = "a.jsonl"
        data = "\n".join(json.dumps({**order, "order_id": "1", **line}) for line in lines).encode()
    else:
        name = "a.parquet"
        data = parquet(
            "SELECT 'o' AS order_id, 'c' AS customer_id, 'A' AS sku, DATE '2024-03-01' AS order_date, "
            "2.0 AS qty_ordered, 2.0 AS qty_refunded UNION ALL SELECT 'o', 'c', 'B', DATE '2024-03-01', 2, 0"
        )
    upload(f"interactions/{name}", data)
    assert kinds(store) == {"A": "refund", "B": "purchase"}


def test_shopifys_orders_in_json_tell_tests_and_what_was_cancelled(store, upload):
    def order(item, **more):
        usual = {
            "email": "a@x",
            "created_at": "2024-03-01T10:00:00Z",
            "financial_status": "paid",
            "test": False,
        }
        return {**usual, "cancelled_at": None, **more, "line_items": [{"sku": item, "quantity": 1}]}

    orders = [
        order("A", id=1),
        order("B", id=2, test=True),
        order("C", id=3, cancelled_at="2024-03-02T10:00:00Z"),
    ]
    report = upload("interactions/a.json", json.dumps(orders).encode())
    assert kinds(store) == {"A": "purchase", "B": "test row", "C": "cancelled"}
    assert "1 event of type 'test row' weighs 0" in weights(report)


@pytest.mark.parametrize(
    ("heading", "yes", "no"), [("is_test", "1", "0"), ("test", "true", "false"), ("test_order", "ja", "nein")]
)
def test_rows_that_are_tests_count_for_nothing(store, upload, heading, yes, no):
    rows = f"u,A,2024-03-01,view,{yes}\nu,B,2024-03-01,view,{no}\nu,C,2024-03-01,view,\n"
    report = upload("interactions/a.csv", f"user_id,item_id,timestamp,event_type,{heading}\n{rows}".encode())
    assert kinds(store) == {"A": "test row", "B": "view", "C": "view"}
    assert "1 event of type 'test row' weighs 0" in weights(report)


@pytest.mark.parametrize("cells", [("1", "0"), ("A", "B"), ("new page", "old page")])
def test_the_groups_of_a_comparison_are_no_tests(store, upload, cells):
    rows = f"u,A,2024-03-01,view,{cells[0]}\nu,B,2024-03-01,view,{cells[1]}\n"
    upload("interactions/a.csv", f"user_id,item_id,timestamp,event_type,test\n{rows}".encode())
    assert kinds(store) == {"A": "view", "B": "view"}


def test_addresses_in_upper_and_lower_case_are_one_shopper(store, upload):
    rows = "Anna@X.de,A\nanna@x.de,B\nBob@x.de,C\nU1,D\nu1,E\n@Handle,F\n@handle,G\n".replace(
        "\n", ",2024-03-01\n"
    )
    report = upload("interactions/a.csv", f"user_id,item_id,timestamp\n{rows}".encode())
    found = [row[0] for row in sorted(curated_rows(store), key=lambda row: row[1])]
    assert found == ["anna@x.de", "anna@x.de", "Bob@x.de", "U1", "u1", "@Handle", "@handle"]
    assert [note for note in report.notes if note.startswith("1 e-mail address differs")]


@pytest.mark.parametrize("word", ["guest", "Guest", "Gast", "invité", "anonymous"])
def test_a_word_for_guests_names_nobody(store, upload, word):
    rows = f"{word},A,2024-03-01,s1\n{word},B,2024-03-01,\nu1,C,2024-03-01,s3\n"
    report = upload("interactions/a.csv", f"customer,item_id,timestamp,session_id\n{rows}".encode())
    assert {row[1]: row[0] for row in curated_rows(store)} == {"A": "s1", "C": "u1"}
    assert report.reasons["missing_user_id"].lines == [3]
    report = upload(
        "interactions/b.csv", f"user_id,item_id,timestamp\n{word},A,2024-03-01\nu,B,2024-03-01\n".encode()
    )
    assert report.reasons["missing_user_id"].lines == [2]
