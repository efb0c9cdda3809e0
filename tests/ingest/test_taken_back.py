"""Lines of orders of which a column says whether, or when, they were cancelled or came back."""

import pytest

from tests.helpers.curated import curated_rows

LINES = (
    "order_id,customer_id,sku,quantity,order_date,{heading}\n"
    "1,c1,A,2,2024-03-01,{no}\n2,c2,A,1,2024-03-02,{yes}\n"
)


def kinds(store):
    return [row[3] for row in sorted(curated_rows(store), key=lambda row: row[2])]


@pytest.mark.parametrize(
    ("heading", "no", "yes", "state"),
    [
        ("returned", "False", "True", "refund"), ("Is Refunded", "0", "1", "refund"),
        ("cancelled_at", "", "2024-03-05 10:00:00", "cancelled"), ("storniert", "nein", "ja", "cancelled"),
        ("annulé", "Non", "Oui", "cancelled"), ("refunded_at", "NULL", "1709287200", "refund"),
    ],
)  # fmt: skip
def test_what_was_taken_back_is_no_purchase(store, upload, heading, no, yes, state):
    upload("interactions/a.csv", LINES.format(heading=heading, no=no, yes=yes).encode())
    assert kinds(store) == ["purchase", state]


def test_a_state_and_a_column_of_returns_count_both(store, upload):
    rows = "1,c1,A,2024-03-01,paid,\n2,c2,A,2024-03-02,paid,2024-03-09\n3,c3,A,2024-03-03,pending payment,\n"
    upload("interactions/a.csv", f"order_id,customer_id,sku,order_date,status,returned_at\n{rows}".encode())
    assert kinds(store) == ["purchase", "refund", "checkout"]


def test_returns_within_records(store, upload):
    upload(
        "interactions/a.json",
        b'[{"order_id":1,"customer":"c1","date":"2024-03-01","cancelled":false,"lines":[{"sku":"A","qty":1}]},'
        b'{"order_id":2,"customer":"c2","date":"2024-03-02","cancelled":true,"lines":[{"sku":"A","qty":1}]}]',
    )
    assert kinds(store) == ["purchase", "cancelled"]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_returns_of_other_formats(store, upload, parquet, form):
    if form == "jsonl":
        line = '{"order_id":"1","user_id":"u","sku":"A","order_date":"2024-03-0%d","returned":%s}\n'
        data = (line % (1, "false") + line % (2, "true")).encode()
    else:
        data = parquet(
            "SELECT 'o' AS order_id, 'u' AS user_id, 'A' AS sku, "
            "DATE '2024-03-01' + CAST(i AS INT) AS order_date, i = 1 AS returned FROM range(2) AS r(i)"
        )
    upload(f"interactions/a.{form}", data)
    assert kinds(store) == ["purchase", "refund"]


@pytest.mark.parametrize("cells", [("broken", "too small"), ("12.50", "3.10")])
def test_a_reason_or_an_amount_says_nothing_of_the_line(store, upload, cells):
    upload("interactions/a.csv", LINES.format(heading="returned", no=cells[0], yes=cells[1]).encode())
    assert kinds(store) == ["purchase", "purchase"]


def test_a_view_is_not_taken_back(store, upload):
    rows = "u1,A,2024-03-01,view,true\nu2,A,2024-03-02,view,false\n"
    upload("interactions/a.csv", f"user,item,time,event,returned\n{rows}".encode())
    assert kinds(store) == ["view", "view"]


@pytest.mark.parametrize(
    ("heading", "bought", "back"),
    [("Belegart", "Rechnung", "Gutschrift"), ("document type", "Invoice", "Credit Note"),
     ("Tipo documento", "Fattura", "Nota di credito")],
)  # fmt: skip
def test_kinds_of_documents(store, upload, heading, bought, back):
    rows = f"1;K1;A;2;01.03.2024;{bought}\n2;K1;A;2;15.03.2024;{back}\n"
    report = upload("interactions/a.csv", f"Beleg;Kunde;Artikel;Menge;Datum;{heading}\n{rows}".encode())
    assert sorted(line.split("weighs ")[1].split(";")[0] for line in report.weights) == ["-1", "1"]


def test_order_lines_of_oxid(store, upload):
    upload(
        "interactions/a.csv",
        b"OXID;OXORDERID;OXAMOUNT;OXARTID;OXARTNUM;OXTITLE;OXPRICE;OXTIMESTAMP;OXSTORNO\n"
        b"x1;a1;2;r1;K-1;Kessel;19.99;2024-03-01 10:00:00;0\nx2;a1;1;r2;T-1;Tasse;7;2024-03-01 10:00:01;1\n",
    )
    rows = sorted(curated_rows(store), key=lambda row: row[2])
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("order a1", "K-1", "purchase", 2),
        ("order a1", "T-1", "cancelled", 1),
    ]


def test_orders_of_ebay_name_items_as_its_listings_do(store, upload):
    report = upload(
        "interactions/a.csv",
        b"Sales record number,Order number,Buyer username,Item number,Custom label,Quantity,Sale date\n"
        b"1,01-1,ann,123456789012,K-1,2,Mar-14-24\n2,01-2,bo,123456789013,,1,Mar-15-24\n",
    )
    assert report.recognised == "eBay orders"
    assert [row[:2] for row in sorted(curated_rows(store))] == [("ann", "K-1"), ("bo", "123456789013")]


@pytest.mark.parametrize(
    "data",
    [
        b"1 0 D1 1\n1 0 D2 0\n",
        b"1\t0\tD1\t1\n",
        b"1 Q0 D1 1 14.3 bm25\n",
        b"query-id\tcorpus-id\tscore\nq\td\t1\n",
    ],
)
@pytest.mark.parametrize("kind", ["queries", "catalog", "interactions"])
def test_judgements_without_the_words_of_their_queries_are_refused(upload, data, kind):
    report = upload(f"{kind}/qrels.txt", data)
    assert report.problem["message"].startswith("These are relevance judgements")


def test_ratings_whose_item_is_zero_are_no_judgements(store, upload):
    upload("interactions/u.data", b"1\t0\t3\t881250949\n2\t5\t4\t881250950\n")
    assert [row[1] for row in sorted(curated_rows(store))] == ["0", "5"]
