"""Logs whose records are not rows: nested events, orders with their lines, JSON however it lies in a file."""

import json

import pytest

from tests.helpers.curated import curated_rows

T = 1_577_880_000  # 2020-01-01T12:00:00Z
ISO = "2020-01-01T12:00:00Z"


def read(upload, store, name, data):
    report = upload(f"interactions/{name}", data if isinstance(data, bytes) else data.encode())
    assert report.problem is None, report.problem
    assert report.rows_read == report.accepted + report.rejected + report.left
    return report, curated_rows(store)


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


GA4 = {
    "event_date": "20200101",
    "event_timestamp": "1577880000123456",
    "event_name": "add_to_cart",
    "event_params": [{"key": "ga_session_id", "value": {"int_value": "17"}}],
    "user_pseudo_id": "12.34",
    "user_id": None,
    "items": [{"item_id": "K1", "quantity": 1}, {"item_id": "K2", "quantity": 2}],
}
SEGMENT = {
    "type": "track",
    "event": "Product Viewed",
    "userId": None,
    "anonymousId": "a1",
    "messageId": "m1",
    "timestamp": ISO,
    "properties": {"product_id": "K1", "name": "Kettle"},
}
SNOWPLOW = {
    "collector_tstamp": "2020-01-01 12:00:01.123",
    "derived_tstamp": "2020-01-01 12:00:00.100",
    "event_name": "snowplow_ecommerce_action",
    "user_id": None,
    "domain_userid": "d1",
    "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1": {
        "type": "add_to_cart"
    },
    "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1": [{"id": "K1", "quantity": 1}],
}
MATOMO = {
    "idVisit": "1",
    "visitorId": "abc",
    "userId": None,
    "serverTimestamp": 5,
    "actionDetails": [
        {"type": "action", "timestamp": T, "url": "https://shop/"},
        {"type": "action", "timestamp": T, "productViewSku": "K3"},
        {"type": "ecommerceOrder", "timestamp": T, "itemDetails": [{"itemSKU": "K1", "quantity": 2}]},
    ],
}
WOOCOMMERCE = {
    "id": 727,
    "status": "processing",
    "date_created": "2020-01-01T13:00:00",
    "date_created_gmt": "2020-01-01T12:00:00",
    "customer_id": 0,
    "billing": {"email": "j@e.c"},
    "line_items": [{"id": 315, "product_id": 93, "quantity": 2, "sku": "K1"}],
}
SHOPIFY = {
    "id": 45,
    "email": "b@x.c",
    "created_at": "2020-01-01T07:00:00-05:00",
    "financial_status": "refunded",
    "customer": {"id": 207},
    "line_items": [{"id": 1, "product_id": 632, "variant_id": 3, "sku": "K1", "quantity": 1}],
}
MAGENTO = {
    "increment_id": "000017",
    "customer_email": None,
    "created_at": "2020-01-01 12:00:00",
    "status": "complete",
    "items": [{"sku": "K1", "qty_ordered": 1}],
}
EXPORTS = {
    "Google Analytics 4 events (BigQuery)": (
        [GA4, {**GA4, "user_id": "c1", "items": GA4["items"][:1]}, {**GA4, "items": []}],
        [*[("c1", "K1", T, "add_to_cart", 1.0)] * 2, ("c1", "K2", T, "add_to_cart", 2.0)],
        1,
    ),
    "Segment events": (
        [
            SEGMENT,
            {**SEGMENT, "userId": "u", "event": "Order Completed",
             "properties": {"products": [{"product_id": "K1", "quantity": 1}, {"sku": "K2"}]}},
            {**SEGMENT, "type": "identify", "event": None, "properties": {}},
        ],
        [("u", "K1", T, "order completed", 1.0), ("u", "K1", T, "product viewed", None),
         ("u", "K2", T, "order completed", None)],
        1,
    ),
    "Mixpanel events": (
        [{"event": "Purchase", "properties": {"distinct_id": "u", "time": T, "product_id": "K1"}}],
        [("u", "K1", T, "purchase", None)],
        0,
    ),
    "Amplitude events": (
        [{"event_type": "view", "user_id": None, "device_id": "d", "event_time": "2020-01-01 12:00:00.5",
          "event_properties": {"product_id": "K1"}}],
        [("d", "K1", T, "view", None)],
        0,
    ),
    "Snowplow events": ([SNOWPLOW], [("d1", "K1", T, "add_to_cart", 1.0)], 0),
    "Matomo visits": ([MATOMO], [("abc", "K1", T, "purchase", 2.0), ("abc", "K3", T, "view", None)], 0),
    "WooCommerce orders": (
        [WOOCOMMERCE, {**WOOCOMMERCE, "customer_id": 5, "status": "refunded"}],
        [("5", "K1", T, "refund", 2.0), ("j@e.c", "K1", T, "purchase", 2.0)],
        0,
    ),
    "Shopify orders": ([SHOPIFY], [("207", "K1", T, "refund", 1.0)], 0),
    "Magento orders": ([MAGENTO], [("order 000017", "K1", T, "purchase", 1.0)], 0),
}  # fmt: skip


@pytest.mark.parametrize("title", EXPORTS)
@pytest.mark.parametrize("form", ["lines", "array", "indented", "document"])
def test_a_nested_export_is_recognised_however_it_lies_in_the_file(store, upload, title, form):
    records, rows, without_item = EXPORTS[title]
    data = {
        "lines": lines(*records),
        "array": json.dumps(records),
        "indented": json.dumps(records, indent=1),
        "document": json.dumps({"total": 3, "orders" if "orders" in title else "events": records}),
    }[form]
    report, found = read(upload, store, "a.json", data)
    assert (report.recognised, found, report.left) == (title, rows, without_item)
    assert {field.name for field in report.fields} >= {"USER_ID", "ITEM_ID", "TIMESTAMP"}


def test_a_parquet_table_of_nested_events(store, upload, parquet):
    data = parquet(
        f"SELECT 'add_to_cart' AS event_name, {T}000000 AS event_timestamp, 'p' AS user_pseudo_id, "
        "NULL::VARCHAR AS user_id, [{'key': 'k'}] AS event_params, "
        "[{'item_id': 'K1', 'quantity': 2}, {'item_id': 'K2', 'quantity': 1}] AS items"
    )
    report, rows = read(upload, store, "a.parquet", data)
    assert report.recognised == "Google Analytics 4 events (BigQuery)"
    assert rows == [("p", "K1", T, "add_to_cart", 2.0), ("p", "K2", T, "add_to_cart", 1.0)]


@pytest.mark.parametrize(
    "record",
    [
        {"user": {"id": "u"}, "item": {"id": "i"}, "ts": T},
        {"customer": {"customer_id": "u"}, "created": ISO, "lines": [{"sku": "i"}]},
        {"uid": "u", "time": T, "items": ["i"]},
        {"data": {"visitor": "u", "when": {"timestamp": T}, "basket": {"products": [{"product_id": "i"}]}}},
    ],
)
def test_other_nested_records_are_read_by_their_headings(store, upload, record):
    report, rows = read(upload, store, "a.jsonl", lines(record, record))
    assert [row[:3] for row in rows] == [("u", "i", T)] * 2
    assert report.recognised == "nested records"


def test_a_bad_row_of_a_record_is_kept_alone_and_can_be_uploaded_again(store, upload):
    order = {**MAGENTO, "customer_email": "a@b.c", "items": [{"sku": "K1"}, {"sku": " K2"}, {"sku": "K3"}]}
    report, rows = read(upload, store, "a.jsonl", "\n" + lines(order))
    assert [row[1] for row in rows] == ["K1", "K3"]
    assert report.reasons["bad_item_id"].lines == [2]
    (kept,) = store.get(report.quarantine).splitlines()
    assert json.loads(kept)["ITEM_ID"] == " K2"
    report, _ = read(upload, store, "b.jsonl", kept.replace(b" K2", b"K2"))
    assert (report.accepted, report.recognised) == (1, "Amazon Personalize interactions")


def test_broken_records_cost_only_themselves(store, upload):
    report, rows = read(upload, store, "a.jsonl", lines(SHOPIFY) + '{"id": \n' + lines(SHOPIFY))
    assert (len(rows), report.reasons["invalid_json"].lines) == (2, [2])


SHOPIFY_CSV = (
    "Name,Email,Financial Status,Created at,Lineitem quantity,Lineitem name,Lineitem sku\n"
    "#1,a@b.c,paid,2020-01-01 14:00:00 +0200,2,Kettle,K-1\n"
    "#1,,,,1,Pot,K-2\n"
    "#2,d@e.f,refunded,2020-01-01 14:00:00 +0200,1,Kettle,K-1\n"
    "#3,,paid,2020-01-01 14:00:00 +0200,1,Kettle,K-1\n"
    "#3,,,,1,Pot, K-2\n"
)


def test_further_lines_of_an_order_belong_to_its_customer(store, upload):
    report, rows = read(upload, store, "orders.csv", SHOPIFY_CSV)
    assert rows == [
        ("a@b.c", "K-1", T, "purchase", 2.0),
        ("a@b.c", "K-2", T, "purchase", 1.0),
        ("d@e.f", "K-1", T, "refund", 1.0),
        ("order #3", "K-1", T, "purchase", 1.0),
    ]
    assert report.reasons["bad_item_id"].lines == [6]
    header, kept = store.get(report.quarantine).decode().splitlines()
    assert (header, kept) == (
        SHOPIFY_CSV.splitlines()[0],
        "#3,,paid,2020-01-01 14:00:00 +0200,1,Pot, K-2",
    )


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Order Number,Order Status,Order Date,Email (Billing),SKU,Quantity (- Refund)",
         "1,Completed,2020-01-01 12:00,a@b.c,K1,2"),
        ("Order Number,Order Date,Status,Customer User ID,Billing Email Address,SKU,Quantity",
         "1,2020-01-01 12:00,completed,0,a@b.c,K1,2"),
    ],
)  # fmt: skip
def test_orders_of_woocommerce_in_a_table(store, upload, header, row):
    report, rows = read(upload, store, "a.csv", f"{header}\n{row}\n")
    assert report.recognised == "WooCommerce orders"
    assert rows == [("a@b.c", "K1", T, "purchase", 2.0)]


def test_invoices_without_a_customer_are_shoppers_of_their_own(store, upload):
    _, rows = read(
        upload,
        store,
        "online_retail.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,LANTERN,6,1/1/2020 12:00,2.55,17850,United Kingdom\n"
        "C53,85123A,LANTERN,-6,1/1/2020 12:00,2.55,,United Kingdom\n"
        "53,85123A,LANTERN,1,1/31/2020 12:00,2.55,17850,United Kingdom\n",
    )
    later = T + 30 * 86_400
    bought = "17850", "85123A"
    assert rows[:2] == [(*bought, T, "purchase", 6.0), (*bought, later, "purchase", 1.0)]
    assert rows[2] == ("order C53", "85123A", T, "purchase", -6.0)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_date_and_a_time_of_day_in_two_columns_are_one_time(store, upload, form):
    data = {
        "csv": "Kunde;Artikel;Datum;Uhrzeit\nu;i;01.01.2020;12:00\nv;i;2020-01-01T12:00Z;\n",
        "jsonl": lines(
            {"Kunde": "u", "Artikel": "i", "Datum": "01.01.2020", "Uhrzeit": "12:00"},
            {"Kunde": "v", "Artikel": "i", "Datum": "2020-01-01T12:00Z", "Uhrzeit": ""},
        ),
    }[form]
    _, rows = read(upload, store, f"a.{form}", data)
    assert [row[2] for row in rows] == [T, T]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ("0439893577,A1VXOAVRGKGEAK,5.0,1577880000\nB00000DMF6,#oc-R1,1.0,0\n"
         + 9 * "B00000DMF6,A8R48NKTGC1,4.0,1577880000\n",
         ("A1VXOAVRGKGEAK", "0439893577", T, "rating", 5.0)),
        ("A1VXOAVRGKGEAK,0439893577,5.0,1577880000\n", ("A1VXOAVRGKGEAK", "0439893577", T, "rating", 5.0)),
        ("1,2268318,2520377,pv,1577880000\n", ("1", "2268318", T, "pv", None)),
        ("u,i,1577880000\n", ("u", "i", T, None, None)),
    ],
    ids=["Amazon 2018", "Amazon 2014", "Taobao", "three columns"],
)  # fmt: skip
def test_known_tables_without_a_header(store, upload, data, rows):
    report, found = read(upload, store, "a.csv", data)
    assert rows in found
    assert "none" in report.read_as["header"]


def test_the_schema_of_a_data_set_says_what_would_be_read(upload):
    schema = {
        "type": "record",
        "name": "Interactions",
        "fields": [
            {"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "TIMESTAMP", "IMPRESSION")
        ],
        "version": "1.0",
    }  # fmt: skip
    report = upload("interactions/schema.json", json.dumps(schema, indent=2).encode())
    assert report.problem["code"] == "schema_alone"
    assert "USER_ID, ITEM_ID, TIMESTAMP would be read" in report.problem["message"]
    assert "IMPRESSION is not (what was shown is no sign of a liking)" in report.problem["message"]


def test_lines_of_comments_above_a_table(store, upload):
    report, rows = read(
        upload,
        store,
        "ga.csv",
        "# ----\n# All Web Site Data\n# 20200101-20200131\n# ----\n\n"
        "Client ID,Product SKU,Date,Event name,Quantity\n12.34,K1,20200101,purchase,2\n",
    )
    assert rows == [("12.34", "K1", 1_577_836_800, "purchase", 2.0)]
    assert "title" in str(report.read_as)


def happened(item, **more):
    return {"user": {"id": "u"}, "product": {"sku": item}, "timestamp": T, **more}


def test_a_type_in_nested_records_is_one_of_events_where_it_reads_so(upload, store):
    records = [happened("K1", type="click"), happened("K2", type="buy")]
    report, _ = read(upload, store, "types.jsonl", lines(*records))
    assert report.event_types == {"click": 1, "buy": 1}
    records = [happened("K1", type="Kettle"), happened("K2", type="Toaster")]
    report, _ = read(upload, store, "goods.jsonl", lines(*records))
    assert report.event_types == {}


def test_a_type_within_the_list_of_what_was_done(upload, store):
    done = [{"type": "view", "item_id": "K1"}, {"type": "purchase", "item_id": "K2"}]
    record = {"user": {"id": "u"}, "timestamp": T, "type": "track", "events": done}
    _, rows = read(upload, store, "a.jsonl", lines(record))
    assert sorted(row[1:4] for row in rows) == [("K1", T, "view"), ("K2", T, "purchase")]


@pytest.mark.parametrize("yes_no", [(True, False), ("yes", "no"), (1, 0), ("👍", "👎")])
def test_a_liking_in_nested_records(upload, store, yes_no):
    records = [happened(f"K{n}", feedback={"liked": said}) for n, said in enumerate(yes_no)]
    report, rows = read(upload, store, "a.jsonl", lines(*records))
    assert sorted(row[1:] for row in rows) == [("K0", T, "like", 1.0), ("K1", T, "like", 0.0)]
    assert "feedback" not in report.unused


def test_true_and_false_are_nobodys_id(upload, store):
    report = upload("interactions/a.jsonl", lines({**happened("K1"), "user": {"id": True}}).encode())
    assert report.accepted == 0
    assert "missing_user_id" in report.reasons
