"""Logs as databases, analytics and till systems write them down: records within others, JSON within texts, XML,
headings with paths, and values as other places write them."""

# ruff: noqa: E501, RUF001  lines of files as they are; letters of other alphabets

import json

import pytest

from object2vec.core.event_kinds import kind_of
from tests.helpers.curated import curated_rows

T = 1_706_695_200  # 2024-01-31 10:00 UTC
DAY = 1_706_659_200
RECORDS = [
    {"user_id": "u1", "item_id": "A", "timestamp": T, "event": "view"},
    {"user_id": "u2", "item_id": "B", "timestamp": T, "event": "purchase"},
]
ROWS = [("u1", "A", T, "view", None), ("u2", "B", T, "purchase", None)]


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def dynamo(record):
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in record.items()
    }


def columns(make):
    return {name: make([record[name] for record in RECORDS]) for name in RECORDS[0]}


WRAPPED = {
    "JSON encoded twice": lines(*map(json.dumps, RECORDS)),
    "Elasticsearch": lines(*({"_index": "e", "_id": "1", "_source": record} for record in RECORDS)),
    "DynamoDB": lines(*({"Item": dynamo(record)} for record in RECORDS)),
    "MongoDB": lines(
        *(
            record | {"user_id": {"$oid": record["user_id"]}, "timestamp": {"$date": "2024-01-31T10:00:00Z"}}
            for record in RECORDS
        )
    ),
    "a text within": lines(*({"id": n, "body": json.dumps(record)} for n, record in enumerate(RECORDS))),
    "lists by column": json.dumps(columns(list)),
    "pandas' columns": json.dumps(columns(lambda cells: {str(n): cell for n, cell in enumerate(cells)})),
    "pandas' split": json.dumps(
        {"columns": [*RECORDS[0]], "index": [0, 1], "data": [[*record.values()] for record in RECORDS]}
    ),
    "lists with a header": json.dumps([[*RECORDS[0]], *([*record.values()] for record in RECORDS)], indent=1),
}


@pytest.mark.parametrize("form", WRAPPED)
def test_records_within_others(store, upload, form):
    upload("interactions/a.json", WRAPPED[form].encode())
    assert curated_rows(store) == ROWS


def test_objects_in_a_column_of_a_table(store, upload):
    rows = "".join(
        f'{record["event"]},{record["user_id"]},{T},"{{""product_id"": ""{record["item_id"]}""}}"\n'
        for record in RECORDS
    )
    upload("interactions/a.csv", f"event,distinct_id,time,properties\n{rows}".encode())
    assert curated_rows(store) == ROWS


XML = {
    "a bare list": (
        "<orders><order><customer>u</customer><date>2024-01-31</date><items><sku>A</sku><sku>B</sku></items></order>"
        "<order><customer>v</customer><date>2024-01-31</date><items><sku>C</sku></items></order></orders>",
        [("u", "A", DAY), ("u", "B", DAY), ("v", "C", DAY)],
    ),
    "attributes": (
        '<events><event user="u" item="A" time="2024-01-31T10:00:00Z"/><event user="v" item="B" time="2024-01-31T10:00:00Z"/></events>',
        [("u", "A", T), ("v", "B", T)],
    ),
    "lines of an order": (
        "<orders><order order-no='1'><order-date>2024-01-31T10:00:00Z</order-date><customer><customer-no>u</customer-no></customer>"
        "<lines><line><product-id>A</product-id><quantity>1</quantity></line><line><product-id>B</product-id><quantity>2</quantity></line></lines></order></orders>",
        [("u", "A", T), ("u", "B", T)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", XML)
def test_logs_in_xml(store, upload, form):
    data, rows = XML[form]
    upload("interactions/a.xml", data.encode())
    assert [row[:3] for row in curated_rows(store)] == rows


@pytest.mark.parametrize("heading", ["item_id", "item_ids", "products"])
def test_several_items_in_a_cell_of_parquet(store, upload, parquet, heading):
    data = parquet(
        f"SELECT * FROM (VALUES ('u', 'A,B,C', {T}), ('v', 'B,D', {T}), ('w', 'C', {T})) AS t(user_id, {heading}, ts)"
    )
    upload("interactions/a.parquet", data)
    assert [row[:2] for row in curated_rows(store)] == [
        ("u", "A"), ("u", "B"), ("u", "C"), ("v", "B"), ("v", "D"), ("w", "C"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("events.user_id,events.item_id,events.created_at", f"u,A,{T}"),
        ("user.id,product.id,context.timestamp", f"u,A,{T}"),
        ("OXUSERID,OXARTNUM,OXORDERDATE", "u,A,2024-01-31 10:00:00"),
        ("event_properties.product_id,user_id,event_time", f"A,u,{T}"),
    ],
)
def test_headings_that_say_where_the_value_lay(store, upload, header, row):
    upload("interactions/a.csv", f"{header}\n{row}\n".encode())
    assert [one[:3] for one in curated_rows(store)] == [("u", "A", T)]


@pytest.mark.parametrize(
    ("header", "user"),
    [("user,item,time,Exp. date", "u"), ("user_id,user_name,user_email,item,time", "1")],
)
def test_the_end_of_a_heading_stands_back_behind_a_whole_one(store, upload, header, user):
    cells = {"user": "u", "item": "A", "time": str(T), "Exp. date": "2030-01-01", "user_id": "1"}
    row = ",".join(cells.get(name, "x") for name in header.split(","))
    upload("interactions/a.csv", f"{header}\n{row}\n".encode())
    assert [one[:3] for one in curated_rows(store)] == [(user, "A", T)]


SESSIONS = f"user_id,session_id,item,time\n3,901,A,{T}\n,3,B,{T}\n4,4,C,{T}\n,4,D,{T}\n,5,E,{T}\n"


def test_a_session_with_the_number_of_a_shopper_is_another(store, upload):
    upload("interactions/a.csv", SESSIONS.encode())
    assert {row[:2] for row in curated_rows(store)} == {
        ("3", "A"), ("session 3", "B"), ("4", "C"), ("4", "D"), ("5", "E"),
    }  # fmt: skip


def test_a_visitor_with_the_number_of_a_shopper_is_that_shopper(store, upload):
    upload("interactions/a.csv", f"user_id,visitor_id,item,time\n3,3,A,{T}\n,3,B,{T}\n".encode())
    assert {row[0] for row in curated_rows(store)} == {"3"}


def test_rows_of_nobody_in_personalizes_own_columns_are_the_sessions(store, upload):
    upload(
        "interactions/a.csv",
        f"USER_ID,ITEM_ID,TIMESTAMP,SESSION_ID\nu,A,{T},s\n,B,{T},s\n,C,{T},t\n".encode(),
    )
    assert {row[:2] for row in curated_rows(store)} == {("u", "A"), ("u", "B"), ("t", "C")}


MAGENTO = "increment_id,created_at,customer_email,status,sku,qty_ordered\n"
ERP = "Order Number,Account ID,Product Code,Order Date,Status,Quantity\n"


@pytest.mark.parametrize(
    ("text", "act"),
    [(f"{MAGENTO}1,2024-01-31,u,closed,A,1.0000\n", "refund"), (f"{MAGENTO}1,2024-01-31,u,complete,A,1.0000\n", "purchase"),
     (f"{ERP}1,u,A,2024-01-31,Closed,1\n", "purchase")],
)  # fmt: skip
def test_a_closed_order_came_back_in_magento_alone(store, upload, text, act):
    upload("interactions/a.csv", text.encode())
    assert curated_rows(store) == [("u", "A", DAY, act, 1.0)]


@pytest.mark.parametrize("heading", ["item_name", "product_name", "Lineitem name"])
def test_a_comma_in_a_name_is_part_of_it(store, upload, heading):
    names = ["Salt, Pepper", "Pepper", "Pepper, Salt, Thyme"]
    rows = "".join(f'{n},u{n},2024-01-31,"{name}"\n' for n, name in enumerate(names))
    upload("interactions/a.csv", f"order_id,customer,date,{heading}\n{rows}".encode())
    assert {row[1] for row in curated_rows(store)} == {*names}


def test_none_of_a_thing_was_not_bought(store, upload):
    rows = "u,A,7,2\nv,B,8,0\nw,C,,1\nx,D,,1\ny,E,9,\nz,F,,\n"
    rows = "".join(f"{row[:3]},2024-01-31{row[3:]}\n" for row in rows.splitlines())
    upload("interactions/a.csv", f"user,item,date,order_id,quantity\n{rows}".encode())
    assert [row[3] for row in curated_rows(store)] == ["purchase", None, None, None, "purchase", None]


def test_a_guest_is_known_by_the_address(store, upload):
    upload(
        "interactions/a.csv",
        b"order_id,customer_id,email,date_added,product_id\n1,7,a@b.c,2024-01-31,A\n2,0,d@e.f,2024-01-31,B\n",
    )
    assert [row[0] for row in curated_rows(store)] == ["7", "d@e.f"]


def test_a_further_line_of_an_order_may_have_its_number(store, upload):
    rows = "1,a@b.c,2024-01-31,A,paid\n1,,,B,\n2,d@e.f,2024-01-31,C,paid\n"
    upload("interactions/a.csv", f"Order ID,Email,Created at,SKU,Financial Status\n{rows}".encode())
    assert [row[:2] for row in curated_rows(store)] == [("a@b.c", "A"), ("a@b.c", "B"), ("d@e.f", "C")]


@pytest.mark.parametrize("heading", ["fecha de registro", "Data registrazione", "date d'enregistrement"])
def test_what_was_recorded_then_happened_then(store, upload, heading):
    upload("interactions/a.csv", f"user;item;{heading}\nu;A;31/01/2024\n".encode())
    assert curated_rows(store)[0][2] == DAY


@pytest.mark.parametrize(
    ("heading", "cells"), [("app_version", ["1.2.24", "2.3.24"]), ("registered_at", ["2024-01-31"] * 2)]
)
def test_versions_and_registrations_are_no_times(upload, heading, cells):
    rows = "".join(f"u,A,{cell}\n" for cell in cells)
    assert (
        upload("interactions/a.csv", f"user,item,{heading}\n{rows}".encode()).problem["code"]
        == "missing_columns"
    )


def test_short_dates_under_an_unknown_heading(store, upload):
    upload("interactions/a.csv", b"user,item,wann\nu,A,31.1.24\nv,B,1.2.24\n")
    assert [row[2] for row in curated_rows(store)] == [DAY, DAY + 86_400]


@pytest.mark.parametrize("header", ["date_created,time", "Date created,Time", "time,date_created"])
def test_a_date_under_any_heading_and_the_time_of_day(store, upload, header):
    row = "2024-01-31,10:00" if header[0] in "dD" else "10:00,2024-01-31"
    upload("interactions/a.csv", f"user,item,{header}\nu,A,{row}\n".encode())
    assert curated_rows(store)[0][2] == T


def test_an_epoch_beside_a_time_of_day_stays(store, upload):
    upload("interactions/a.csv", f"user,item,timestamp,time\nu,A,{T},10:00\n".encode())
    assert curated_rows(store)[0][2] == T


def test_formulas_that_keep_zeros(store, upload):
    upload("interactions/a.csv", f'user,item,time\n="0001",="0012",{T}\n'.encode())
    assert curated_rows(store)[0][:2] == ("0001", "0012")


TIMES = [
    "31-JAN-24 10.00.00.000000000 AM", "/Date(1706695200000)/", "20240131T110000+0100", "2024年1月31日 10:00",
    "31 sty 2024 10:00", "31. Jan. 2024, 10:00 Uhr", "2024-01-31 10:00:00 +0000 UTC", "Wednesday, 31-Jan-24 10:00:00 GMT",
    "31.01.2024 10.00", "1706695200,5", "1.7066952E9", "Mittwoch, 31. Januar 2024 10:00", "31/ene/2024 10:00", "31 января 2024 10:00",
    "31 Ocak 2024 10:00", "31 januari 2024 kl. 10:00", "31 januari 2024 om 10:00 uur", "31/01/2024 10:00 a. m.",
    "2024-01-31 오전 10:00", "2024-01-31 10", "mercredi 31 janvier 2024 10h00", "2024-W05-3T10:00:00Z", "2024-W05-3 10:00:00",
    "2024-01-31 11:00:00 Europe/Berlin", "2024-01-31T05:00:00 America/New_York", "[31/Jan/2024:10:00:00 +0000]",
    "Wed Jan 31 10:00:00 UTC 2024", "Wed Jan 31 11:00:00 CET 2024", "Jan 31, 2024 5:00 AM EST", "1,706,695,200", "1.706.695.200.000", "1 706 695 200",
]  # fmt: skip


@pytest.mark.parametrize("written", TIMES)
def test_times_as_other_systems_write_them(store, upload, written):
    upload("interactions/a.csv", f"user;item;time\nu;A;{written}\n".encode())
    assert [row[2] for row in curated_rows(store)] == [T]


@pytest.mark.parametrize(
    "written",
    ["1.71E+09", "2024年", "Version 10.00", "31 foo 2024 10:00", "2024-W60-1", "2024-01-31 10:00 Foo/Bar"],
)
def test_what_only_looks_like_such_a_time_is_none(upload, written):
    assert upload("interactions/a.csv", f"user;item;time\nu;A;{written}\n".encode()).accepted == 0


@pytest.mark.parametrize(
    ("said", "grade"),
    [("4.0 out of 5 stars", 4), ("4,5 von 5 Sternen", 4.5), ("4,0 sur 5 étoiles", 4), ("4,0 su 5 stelle", 4),
     ("80%", 80), ("20 %", 20), ("5つ星のうち4.0", 4), ("⭐⭐⭐⭐", 4), ("4 van de 5", 4)],
)  # fmt: skip
def test_grades_as_review_pages_write_them(store, upload, said, grade):
    upload("interactions/a.csv", f"user;item;rating;time\nu;A;{said};{T}\n".encode())
    assert curated_rows(store)[0][4] == grade


ACTS = {
    "cart": "In winkelmandje,Dodano do koszyka,Добавлено в корзину,カートに追加,加入购物车,sepete ekle,přidat do košíku,atc",
    "removal": "Aus Warenkorb entfernt,Retiré du panier,Eliminado del carrito,Rimosso dal carrello,"
    "aus dem Warenkorb,retrait du panier,rimuovi dal carrello,quitar del carrito,Verwijderd uit winkelwagen,Usunięto z koszyka,カートから削除,item deleted from basket",
    "view": "Produktansicht,Consulté,Ver producto,Visualizzato,商品浏览",
    "like": "Gemerkt,收藏,お気に入り登録,swipe_right",
    "dislike": "no_like,don't like,did not like,less like this,nicht interessiert,kein Interesse,mag ich nicht,"
    "pas intéressé,no me interesa,non interessato,vind ik niet leuk,não gostei,不喜欢,嫌い",
    "return": "zurückgeschickt,renvoyé,sent back",
    "purchase": "checkout.order.placed,1-click buy,購入済み,satın alma",
}


@pytest.mark.parametrize("kind", ACTS)
def test_acts_in_the_words_of_shops(kind):
    assert [act for act in ACTS[kind].split(",") if kind_of(act) != kind] == []


@pytest.mark.parametrize(
    "act", ["未购买", "购买失败", "注文キャンセル", "order removed", "view cart purchase"]
)
def test_what_was_not_done_is_no_act(act):
    assert kind_of(act) is None


def test_events_of_bloomreach(store, upload):
    one = {"type": "view_item", "customer_ids": {"registered": "u", "cookie": "c"}, "timestamp": T + 0.5}
    other = {"type": "purchase_item", "customer_ids": {"cookie": "d"}, "timestamp": T}
    upload(
        "interactions/a.jsonl",
        lines(
            one | {"properties": {"product_id": "A"}},
            other | {"properties": {"product_id": "B", "quantity": 2}},
        ).encode(),
    )
    assert curated_rows(store) == [("d", "B", T, "purchase_item", 2.0), ("u", "A", T, "view_item", None)]


@pytest.mark.parametrize(
    "record",
    [
        {"user_id": "u", "item_id": "A", "timestamp": T, "_source": {"app": "web"}},
        {"id": "1", "type": "view", "attributes": {"item_id": "A", "timestamp": T}, "meta": {"user_id": "u"}},
        {"id": "1", "type": "view", "attributes": {"user_id": "u", "item_id": "A", "timestamp": T}},
    ],
)
def test_what_lies_beside_a_record_within_is_not_lost(store, upload, record):
    upload("interactions/a.jsonl", lines(record).encode())
    kind = "view" if "type" in record else None
    assert [row[:4] for row in curated_rows(store)] == [("u", "A", T, kind)]


@pytest.mark.parametrize("other", ["shipping.date", "customer.birth.date"])
def test_a_path_does_not_make_any_date_the_time_of_the_act(store, upload, other):
    upload("interactions/a.csv", f"user,item,{other},when\nu,A,2020-03-05,2024-01-31\n".encode())
    assert [row[2] for row in curated_rows(store)] == [DAY]


@pytest.mark.parametrize(
    ("other", "value"), [("product.rating", "4.5"), ("account.status", "cancelled"), ("cart.value", "-3")]
)
def test_a_path_does_not_make_any_value_that_of_the_act(store, upload, other, value):
    upload("interactions/a.csv", f"user,item,time,{other}\nu,A,{T},{value}\nv,A,{T},{value}\n".encode())
    assert [row[3:] for row in curated_rows(store)] == [(None, None)] * 2


@pytest.mark.parametrize("cells", [("3 days", "1:75"), ("00:03:20", "12"), ("35", "120")])
def test_a_duration_is_no_time_of_day(store, upload, cells):
    rows = "".join(f"u,A,2024-01-31,{cell}\n" for cell in cells)
    upload("interactions/a.csv", f"user_id,item_id,created_at,time\n{rows}".encode())
    assert [row[2] for row in curated_rows(store)] == [DAY] * len(cells)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("user_id,item_id,date_id,dt", "u,A,1,2024-01-31"),
        ("usuario_id,producto_id,fecha_registro,dia_compra", "u,A,2020-01-05,2024-01-31"),
        ("utente,articolo,data_registrazione,quando", "u,A,05/01/2020,31/01/2024"),
        ("user_id,item_id,date_key", "u,A,20240131"),
        ("user_id,item_id,wann", "u,A,31.1.24"),
    ],
)
def test_the_day_of_the_act_is_taken_and_no_other(store, upload, header, row):
    upload("interactions/a.csv", f"{header}\n{row}\n".encode())
    assert [row[:3] for row in curated_rows(store)] == [("u", "A", DAY)]


def test_a_number_of_a_day_is_no_time(upload):
    rows = b"user_id,item_id,date_id\nu,A,1\nv,A,2\n"
    assert upload("interactions/a.csv", rows).problem["code"] == "missing_columns"


def test_short_dates_of_the_first_days_of_a_month_are_dates(store, upload):
    upload("interactions/a.csv", b"user_id,item_id,wann\nu,A,5.1.24\nv,A,6.1.24\n")
    assert [row[2] - DAY for row in curated_rows(store)] == [-26 * 86_400, -25 * 86_400]


def test_a_card_goes_behind_the_customer(store, upload):
    upload("interactions/a.csv", "client;carte_fidélité;article;date\n55;oui;A;31/01/2024\n".encode())
    assert [row[0] for row in curated_rows(store)] == ["55"]


def test_the_number_of_an_invoice_is_no_item(upload):
    rows = b"document_id,customer_id,description,invoice_date,price\nD1,c,Mug,2024-01-31,5\n"
    assert upload("interactions/a.csv", rows).problem["code"] == "missing_columns"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("お気に入り解除", "removal"), ("購入予定", None), ("購入手続き", None), ("立即购买", None),
        ("remove_from_cart_failed", None), ("not removed from cart", None), ("removed_cart_undo", None),
        ("remove_coupon_cart", None), ("remove promo code from cart", None), ("filter removed like", None),
        ("moved to cart, removed from wishlist", None), ("mini cart view", None), ("checkout page view", None),
        ("remove_from_cart", "removal"), ("Product Removed from Wishlist", "removal"), ("カートから削除", "removal"),
        ("checkout.order.placed", "purchase"),
    ],
)  # fmt: skip
def test_what_was_not_done_or_taken_back(written, kind):
    assert kind_of(written) == kind


def test_an_order_of_commercetools_names_its_skus_as_its_catalogue_does(store, upload):
    line = {"productId": "p1", "variant": {"id": 1, "sku": "S1"}, "quantity": 2}
    order = {"id": "o", "customerId": "c", "createdAt": "2024-01-31T10:00:00Z", "orderState": "Complete"}
    upload("interactions/a.json", json.dumps({"results": [{**order, "lineItems": [line]}]}).encode())
    assert curated_rows(store) == [("c", "S1", T, "purchase", 2)]


def test_properties_of_an_event_in_columns_of_a_table(store, upload):
    rows = b"user_id,event,timestamp,properties_product_id\nu,product_viewed,2024-01-31T10:00:00Z,A\n"
    upload("interactions/a.csv", rows)
    assert [row[:4] for row in curated_rows(store)] == [("u", "A", T, "product_viewed")]
