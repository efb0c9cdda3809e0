"""Logs of systems that are not known by name: their headings, orders, visitors, and cells of several items."""

# ruff: noqa: E501  lines of files as they are

import json

import pytest

from tests.helpers.curated import curated_rows

DAY = 1_706_659_200  # 2024-01-31


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def table(*rows):
    return "".join(f"{row}\n" for row in rows).encode()


ORDERS = {
    "Etsy": table(
        "Sale Date,Item Name,Buyer,Quantity,Price,Item Total,Transaction ID,Listing ID,Date Paid,Date Shipped,Order ID,SKU",
        "01/31/24,Silver Ring,ann1,1,25.00,25.00,411,9911,01/31/2024,02/01/2024,3001,A",
    ),
    "eBay": table(
        "Sales Record Number,Order Number,Buyer Username,Buyer Name,Item Number,Item Title,Quantity,Sold For,Sale Date,Paid On Date",
        "101,12-345,ann1,Ann,A,Camera,1,$99.00,Jan-31-24,Jan-31-24",
    ),
    "Square": table(
        "Date,Category,Item,Qty,SKU,Net Sales,Transaction ID,Event Type,Customer ID,Customer Name",
        "2024-01-31,Coffee,Latte,1,A,$4.50,T1,Payment,ann1,Ann",
    ),
    "BigCommerce": table(
        "Order ID,Customer ID,Order Date,Order Status,Product ID,Product Name,Product Qty",
        "100,ann1,31/01/2024,Completed,A,Mug,2",
    ),
    "Shopware": table(
        "orderNumber;customerNumber;orderDateTime;productNumber;quantity;stateMachineState",
        "10001;ann1;2024-01-31;A;1;completed",
    ),
    "Magento": table(
        "increment_id,created_at,customer_email,status,sku,qty_ordered,price",
        "000000001,2024-01-31,ann1,complete,A,2.0000,4.5",
    ),
    "Amazon": table(
        "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tbuyer-email\tproduct-name\tsku\tasin\tquantity",
        "111-222\t2024-01-31\t2024-02-01\tShipped\tann1\tLamp\tA\tB000000001\t1",
    ),
    "Dunnhumby, with dates": table(
        "household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID",
        "ann1,26984851472,2024-01-31,A,1,1.39,364",
    ),
    "Portuguese": table(
        "Nº do pedido;Código do cliente;Data da compra;Cód. produto;Quantidade;Situação",
        "1;ann1;31/01/2024;A;1;Concluído",
    ),
    "Salesforce": lines(
        {
            "order_no": "1",
            "creation_date": "2024-01-31T00:00:00.000Z",
            "customer": {"customer_no": "ann1"},
            "status": {"order_status": "COMPLETED"},
            "product_items": [{"product_id": "A", "quantity": 2}],
        }
    ),
    "SAP Commerce": lines(
        {
            "code": "1",
            "created": "2024-01-31T00:00:00+0000",
            "user": {"uid": "ann1"},
            "status": "COMPLETED",
            "entries": [{"quantity": 2, "product": {"code": "A"}}],
        }
    ),
}


@pytest.mark.parametrize("system", ORDERS)
def test_orders_of_systems_that_are_not_known_by_name(store, upload, system):
    data = ORDERS[system]
    upload(f"interactions/a.{'jsonl' if data[:1] == b'{' else 'csv'}", data)
    (row,) = curated_rows(store)
    assert row[:3] == ("ann1", "A", DAY)
    assert row[3] in ("purchase", "payment")


def test_the_time_of_an_act_goes_before_later_ones(store, upload):
    upload(
        "interactions/a.csv",
        table("client,produit,expédié le,passée le,maj", "u,i,02/02/2024,31/01/2024,03/02/2024"),
    )
    assert curated_rows(store) == [("u", "i", DAY, None, None)]


def test_numbers_under_an_unknown_heading_are_no_times(upload):
    report = upload("interactions/a.csv", table("user,item,number", "u,i,1706659200"))
    assert "No column tells when it happened" in report.problem["message"]
    assert "add a column TIMESTAMP with one date in every row" in report.problem["message"]


@pytest.mark.parametrize("place", ["Berlin", "Store 5"])
def test_where_something_happened_is_no_time(upload, place):
    report = upload("interactions/a.csv", table("user,item,at", f"u,i,{place}"))
    assert report.problem["code"] == "missing_columns"


def test_days_that_are_counted_are_no_seconds_of_1970(upload):
    report = upload("interactions/a.csv", table("user,item,day", "u,i,1", "u,j,711"))
    assert "No column tells when it happened" in report.problem["message"]


def test_rows_with_the_number_of_an_order_alone_are_purchases(store, upload):
    upload(
        "interactions/a.csv",
        table("user,item,date,order_id,quantity", "u,i,2024-01-31,,1", "u,j,2024-01-31,7,2"),
    )
    assert curated_rows(store) == [("u", "i", DAY, None, 1.0), ("u", "j", DAY, "purchase", 2.0)]


@pytest.mark.parametrize("nobody", ["", "0", "Guest", "NA", "NULL"])
def test_nobody_is_not_one_shopper(store, upload, nobody):
    upload(
        "interactions/a.csv",
        table("order_id,customer_id,sku,order_date", f"1,{nobody},A,2024-01-31", "2,7,A,2024-01-31"),
    )
    assert {row[0] for row in curated_rows(store)} == {"order 1", "7"}


def test_lines_below_an_order_that_leave_everything_out_are_its_own(store, upload):
    upload(
        "interactions/a.csv",
        table(
            "Order Reference,Order Date,Customer,Order Lines/Product,Order Lines/Quantity,Status",
            "S1,2024-01-31,ann1,A,2,sale",
            ",,,B,4,",
            "S2,2024-01-31,bob,A,1,cancel",
        ),
    )
    assert curated_rows(store) == [
        ("ann1", "A", DAY, "purchase", 2.0),
        ("ann1", "B", DAY, "purchase", 4.0),
        ("bob", "A", DAY, "purchase", 1.0),
    ]


VISITS = (
    ("", "v1", "A"), ("ann", "v1", "B"), ("", "v2", "A"), ("bob", "v3", "B"), ("cat", "v3", "B"), ("", "v3", "C"),
)  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "jsonl", "nested", "parquet"])
def test_a_visitor_who_is_known_by_name_later_is_that_shopper(store, upload, parquet, form):
    records = [
        {"user_id": user or None, "visitor_id": visitor, "product_id": item, "time": DAY}
        for user, visitor, item in VISITS
    ]
    if form == "csv":
        data = table(*["user_id,visitor_id,product_id,time", *(f"{','.join(one)},{DAY}" for one in VISITS)])
    elif form == "parquet":
        rows = ", ".join(
            f"(nullif('{user}', ''), '{visitor}', '{item}', {DAY})" for user, visitor, item in VISITS
        )
        data = parquet(f"SELECT * FROM (VALUES {rows}) AS t(user_id, visitor_id, product_id, time)")
    else:
        data = lines(*({"who": record, "what": {"sku": record["product_id"]}} for record in records))
        data = data if form == "nested" else lines(*records)
    report = upload(f"interactions/a.{'jsonl' if form == 'nested' else form}", data)
    assert {row[:2] for row in curated_rows(store)} == {
        ("ann", "A"), ("ann", "B"), ("v2", "A"), ("bob", "B"), ("cat", "B"), ("v3", "C"),
    }  # fmt: skip
    assert (
        "1 row names a visitor alone whom other rows call by name: taken as that shopper's." in report.notes
    )


SEVERAL = {
    "bars": table("user,item,time,event", "u,a|b|c,2024-01-31,purchase", "v,b|d,2024-01-31,purchase"),
    "commas and a plural": table(
        "order_id,customer,products,date", '1,u,"a, b, c",2024-01-31', '2,v,"b,d",2024-01-31'
    ),
    "written by a program": table(
        "user;items;time", "u;['a', 'b', 'c'];2024-01-31", "v;['b', 'd'];2024-01-31"
    ),
    "JSON": lines(
        {"user": "u", "item": "a;b;c", "ts": "2024-01-31"}, {"user": "v", "item": "b;d", "ts": "2024-01-31"}
    ),
}


@pytest.mark.parametrize("form", SEVERAL)
def test_a_cell_may_name_several_items(store, upload, form):
    upload(f"interactions/a.{'jsonl' if form == 'JSON' else 'csv'}", SEVERAL[form])
    assert [row[:2] for row in curated_rows(store)] == [
        ("u", "a"),
        ("u", "b"),
        ("u", "c"),
        ("v", "b"),
        ("v", "d"),
    ]


def test_each_item_of_a_cell_has_its_own_quantity(store, upload):
    report = upload(
        "interactions/a.csv",
        table("order_id,customer,skus,qty,date", "1,u,a|b,2|-1,2024-01-31", "2,v,b,3,2024-01-31"),
    )
    assert [row[1::3] for row in curated_rows(store)] == [("a", 2.0), ("b", -1.0), ("b", 3.0)]
    assert report.read_as["several items in one cell"] == "|"


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("item", ["shop|1", "shop|2"]),
        ("item", ["A1;red", "A2"]),
        ("product_name", ["Shirt, red", "Shirt"]),
    ],
)
def test_a_sign_within_an_id_is_part_of_it(store, upload, heading, cells):
    upload("interactions/a.csv", table(f"user,{heading},time", *(f'u,"{cell}",2024-01-31' for cell in cells)))
    assert {row[1] for row in curated_rows(store)} == {*cells}


def test_a_count_of_items_is_no_item(upload):
    assert upload("interactions/a.csv", table("user,items,time", "u,3,2024-01-31")).problem is not None


@pytest.mark.parametrize(
    "fields",
    [{"USER_ID": "visitor.id", "TIMESTAMP": "when"}, {"USER_ID": "id", "ITEM_ID": "what.product.sku"}],
)
def test_a_mapping_of_nested_records_leaves_the_rest_recognised(store, upload, fields):
    store.put("uploads/mapping.json", json.dumps({"interactions/*": {"fields": fields}}).encode())
    record = {"visitor": {"id": "u"}, "what": {"product": {"sku": "A"}}, "when": "2024-01-31", "kind": "view"}
    upload("interactions/a.jsonl", lines(record, record))
    assert curated_rows(store) == [("u", "A", DAY, "view", None)] * 2


def test_a_mapping_changes_one_field_of_a_known_export(store, upload):
    fields = {"USER_ID": "client"}
    store.put("uploads/mapping.json", json.dumps({"interactions/*": {"fields": fields}}).encode())
    report = upload(
        "interactions/a.jsonl",
        lines(
            {
                "user_pseudo_id": "v",
                "event_name": "view_item",
                "event_timestamp": DAY * 1_000_000,
                "event_params": [],
                "client": "c",
                "items": [{"item_id": "A"}],
            }
        ),
    )
    assert report.recognised == "Google Analytics 4 events (BigQuery)"
    assert curated_rows(store) == [("c", "A", DAY, "view_item", None)]


def test_a_mapping_of_nested_records_says_what_is_not_there(store, upload):
    store.put("uploads/mapping.json", b'{"interactions/*": {"fields": {"USER_ID": "visitor.idd"}}}')
    report = upload("interactions/a.jsonl", lines({"visitor": {"id": "u"}, "what": {"sku": "A"}, "ts": DAY}))
    assert "did you mean 'visitor.id'?" in report.problem["message"]


def test_a_records_own_item_counts_where_its_lists_name_none(store, upload):
    upload(
        "interactions/a.jsonl",
        lines(
            {
                "anonymousId": "v",
                "event": "Product Viewed",
                "timestamp": DAY,
                "properties": {"product_id": "A"},
            },
            {
                "anonymousId": "v",
                "userId": "u",
                "event": "Order Completed",
                "timestamp": DAY,
                "properties": {"products": [{"product_id": "A", "quantity": 2}, {"product_id": "B"}]},
            },
        ),
    )
    assert [row[:2] for row in curated_rows(store)] == [("u", "A"), ("u", "A"), ("u", "B")]


@pytest.mark.parametrize("heading", ["Valor", "value", "Wert"])
def test_an_amount_beside_a_quantity_is_no_grade(store, upload, heading):
    report = upload(
        "interactions/a.csv",
        table(f"Cliente,Produto,Data,Qtde,{heading}", "u,A,31/01/2024,2,10.50", "v,A,31/01/2024,1,3"),
    )
    assert heading in report.unused


def test_a_loyalty_card_is_a_shopper(store, upload):
    upload(
        "interactions/a.csv", table("Till No,Trans Date,PLU,Qty,Loyalty Card", "1,31/01/2024,501,2,6335001")
    )
    assert curated_rows(store)[0][:2] == ("6335001", "501")


def shoppers_and_items(store, upload, content, name="a.csv"):
    upload(f"interactions/{name}", content)
    return [row[:2] for row in curated_rows(store)]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            table("user,session_id,item,time", f"5,1,a,{DAY}", f"1,2,b,{DAY}", f"2,3,c,{DAY}"),
            [("1", "b"), ("2", "c"), ("5", "a")],
        ),
        (
            table(
                "order_id,order_item_id,product_id,customer_id,order_purchase_timestamp",
                "o1,1,P7,ann,2024-01-31 10:00:00",
                "o1,2,P8,ann,2024-01-31 10:00:00",
            ),
            [("ann", "P7"), ("ann", "P8")],
        ),
        (
            table("receipt_no,date,salesperson_id,sku,qty", "1,2024-01-31,77,A,1", "2,2024-01-31,77,B,1"),
            [("order 1", "A"), ("order 2", "B")],
        ),
        (
            table(
                "receipt_no,device_id,customer_id,sku,date,qty",
                "1,t1,,A,2024-01-31,1",
                "2,t1,ann,B,2024-01-31,1",
            ),
            [("ann", "B"), ("order 1", "A")],
        ),
        (
            table("user,item,date,stock_number", "u,i,2024-01-31,4", "v,j,2024-01-31,9"),
            [("u", "i"), ("v", "j")],
        ),
    ],
    ids=["sessions counted like users", "lines of an order", "the seller", "a till", "a stock"],
)
def test_what_only_looks_like_a_shopper_or_an_item_is_none(store, upload, content, found):
    assert sorted(shoppers_and_items(store, upload, content)) == found


def test_a_device_that_nobody_may_follow_is_no_visitor(store, upload):
    zero = "00000000-0000-0000-0000-000000000000"
    content = table("device_id,user_id,item,time", f"{zero},,A,{DAY}", f"{zero},ann,B,{DAY}")
    assert shoppers_and_items(store, upload, content) == [("ann", "B")]


def test_a_spreadsheets_days_are_days(store, upload):
    upload("interactions/days.csv", table("user,item,day", "u,A,45322", "v,B,45322"))
    assert {row[2] for row in curated_rows(store)} == {DAY}


def test_the_state_of_something_else_makes_no_purchase(store, upload):
    content = table(
        "user,item,rating,date,progress", "u,A,1,2024-01-31,Completed", "v,B,5,2024-01-31,dropped"
    )
    upload("interactions/grades.csv", content)
    assert {row[3] for row in curated_rows(store)} == {"rating"}


def test_the_sum_below_is_no_line_of_the_order_above(store, upload):
    content = table(
        "order_id,customer,item,date,qty", "1,ann,A,2024-01-31,2", "2,bob,B,2024-01-31,1", ",,Total,,3"
    )
    assert sorted(shoppers_and_items(store, upload, content)) == [("ann", "A"), ("bob", "B")]
