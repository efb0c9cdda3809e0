"""Logs in forms that systems write and no export above has: the rows they become, read by a person."""

# ruff: noqa: E501  lines of files as they are

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from object2vec.core.event_kinds import kind_of
from tests.helpers.curated import curated_rows

T = 1_704_448_800  # 2024-01-05 10:00 UTC


def read(upload, store, name, text):
    report = upload(f"interactions/{name}", text.encode())
    found = []
    for output in report.outputs:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            store.download(output, path)
            found += duckdb.read_parquet(str(path)).fetchall()
    return report, found


HEADLESS = {
    "type last": (
        "u1,i1,2024-01-05T10:00:00Z,view\nu2,i2,2024-01-05T10:00:00Z,purchase\n",
        ("u1", "i1", T, "view", None),
    ),
    "numbers": ("101,5001,1704448800,view\n102,5002,1704448800,purchase\n", ("101", "5001", T, "view", None)),
    "dates": ("u1;i1;05.01.2024 10:00\nu2;i2;25.01.2024 10:00\n", ("u1", "i1", T, None, None)),
    "type third": ("u1,i1,view,1704448800\nu2,i2,view,1704448800\n", ("u1", "i1", T, "view", None)),
}


@pytest.mark.parametrize("name", HEADLESS)
def test_user_item_and_time_are_found_by_their_values(store, upload, name):
    text, first = HEADLESS[name]
    report, rows = read(upload, store, "a.csv", text)
    assert rows[0] == first
    assert report.read_as["header"].startswith("none; its columns are read as ")


@pytest.mark.parametrize(
    "text",
    ["151603712,Skyrim,purchase,1.0\n151603713,Skyrim,play,2.0\n", "a,b,c\nu1,i1,2024-01-05T10:00:00Z\n"],
    ids=["ids of users are no times", "a header of unknown names"],
)
def test_what_the_values_do_not_tell_is_refused(upload, text):
    assert upload("interactions/a.csv", text.encode()).problem["code"] == "missing_columns"


@pytest.mark.parametrize(
    "row",
    ["1001,u1,i10,2023-01-01", "s1,u1,i1,1700000000", "i10,2023-01-01,u1", "1700000001,1800000001,5",
     "1,2024-01-05T10:00:00.000Z,77,0", "1704448800000,9,view,5"],
)  # fmt: skip
def test_a_log_of_other_ids_without_a_header_is_asked_for_one(upload, row):
    problem = upload("interactions/a.csv", f"{row}\n{row}\n".encode()).problem
    assert problem["code"] == "missing_columns"
    assert '"header"' in problem["message"]
    assert "mapping.json" in problem["message"]


@pytest.mark.parametrize(
    "written",
    ["5. Januar 2024 10:00", "5 janvier 2024 10:00", "5 de enero de 2024 10:00", "5-jan-24 10:00", "05/01/2024 10h00",
     "2024-01-05T11:00:00+01:00[Europe/Berlin]", "Fri Jan 05 10:00:00 +0000 2024"],
)  # fmt: skip
def test_times_as_other_places_write_them(store, upload, written):
    _, rows = read(upload, store, "a.csv", f"user;item;time\nu;i;{written}\nv;i;25/01/2024\n")
    assert rows[0][2] == T


@pytest.mark.parametrize("beside", ["date_added", "added_at", "rated_at"])
def test_when_something_was_added_is_not_when_it_was_done(store, upload, beside):
    _, rows = read(
        upload, store, "a.csv", f"user_id,item_id,date,{beside}\nu,i,2024-01-05 10:00,2019-01-01\n"
    )
    assert rows[0][2] == T


@pytest.mark.parametrize(
    ("header", "row"),
    [("date,at", "2024-01-05 10:00,store 3"), ("at,time", f"store 3,{T}"), ("invoice_date,at", f"{T},web"),
     ("at", f"{T}")],
)  # fmt: skip
def test_at_is_a_time_only_where_nothing_else_is(store, upload, header, row):
    _, rows = read(upload, store, "a.csv", f"user_id,item_id,{header}\nu,i,{row}\n")
    assert [found[2] for found in rows] == [T]


LIKINGS = {
    "thumb": [("up", 1.0), ("down", 0.0)],
    "liked": [("1", 1.0), ("0", 0.0)],
    "is_liked": [("true", 1.0), ("false", 0.0)],
}


@pytest.mark.parametrize("heading", LIKINGS)
def test_a_no_to_an_item_counts_against_it(store, upload, heading):
    cells = LIKINGS[heading]
    rows = "".join(f"u{n},i{n},1704448800,{cell}\n" for n, (cell, _) in enumerate(cells))
    report, found = read(upload, store, "a.csv", f"user_id,item_id,timestamp,{heading}\n{rows}")
    assert [(row[3], row[4]) for row in found] == [("like", value) for _, value in cells]
    assert "(0 to 1, middle 0.5)" in report.weights[0]


@pytest.mark.parametrize(
    ("heading", "cells", "acts"),
    [
        ("liked", ["yes", "", "no"], [("like", 1.0), (None, None), ("like", 0.0)]),
        ("liked", ["x", "", "x"], [(None, None)] * 3),
        ("like", ["0", "3", "17"], [(None, None)] * 3),
        ("thumb", ["https://a/1.jpg", "", "https://a/2.jpg"], [(None, None)] * 3),
    ],
)
def test_only_a_yes_or_no_is_a_liking(store, upload, heading, cells, acts):
    rows = "".join(f"u{n},i{n},1704448800,{cell}\n" for n, cell in enumerate(cells))
    _, found = read(upload, store, "a.csv", f"user_id,item_id,timestamp,{heading}\n{rows}")
    assert [row[3:] for row in found] == acts


@pytest.mark.parametrize(
    ("header", "cells", "types"),
    [
        ("user,item,timestamp,type", ["Book", "Book"], [None, None]),
        ("user,item,timestamp,type", ["view", "buy"], ["view", "buy"]),
        ("user,item,timestamp,rating,type", ["4,movie", "5,book"], ["rating", "rating"]),
        (
            "customer_id,product_id,order_date,status,type,order_id",
            ["returned,Hats,1", "shipped,Hats,2"],
            ["refund", "purchase"],
        ),
        (
            "customer_id,product_id,order_date,status,type,order_id",
            ["returned,sale,1", "shipped,sale,2"],
            ["refund", "purchase"],
        ),
    ],
)
def test_a_type_is_one_of_events_only_where_its_values_are(store, upload, header, cells, types):
    rows = "".join(f"u{n},i{n},2024-01-05,{cell}\n" for n, cell in enumerate(cells))
    assert [row[3] for row in read(upload, store, "a.csv", f"{header}\n{rows}")[1]] == types


def test_likings_and_types_of_products_in_parquet(store, upload, parquet):
    data = parquet("SELECT 'u' AS user_id, 'i' AS item_id, 1704448800 AS ts, true AS liked, ['a'] AS type")
    assert upload("interactions/a.parquet", data).accepted == 1


def test_a_liking_in_json_is_one_too(store, upload):
    rows = [
        {"user_id": "u", "item_id": n, "timestamp": T, "liked": said} for n, said in enumerate((True, False))
    ]
    _, found = read(upload, store, "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert [row[3:] for row in found] == [("like", 1.0), ("like", 0.0)]


@pytest.mark.parametrize(
    ("text", "types"),
    [
        (
            "Kundennummer;Artikelnummer;Bestelldatum;Menge;Status\n1;2;31.12.2023;1;versendet\n1;3;31.12.2023;1;storniert\n",
            ["purchase", "cancelled"],
        ),
        (
            "Client;Référence;Date commande;Quantité;Type\n1;R1;31/01/2024;1;achat\n2;R2;31/01/2024;2;retour\n",
            ["achat", "retour"],
        ),
    ],
    ids=["a status without a number of the order", "a column Type"],
)
def test_what_came_back_is_no_purchase(store, upload, text, types):
    assert [row[3] for row in read(upload, store, "a.csv", text)[1]] == types


def test_an_apostrophe_before_an_sku_is_no_part_of_it(store, upload):
    orders = "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem sku\n#1,a@b.c,2024-01-05T10:00:00Z,1,Shirt,'0012\n"
    assert read(upload, store, "a.csv", orders)[1][0][1] == "0012"


def test_ids_with_a_fraction_beside_orders_of_nobody(store, upload):
    rows = "536365,a,1,2024-01-05 10:00,17850.0\n536366,b,1,2024-01-05 10:00,\n"
    _, found = read(upload, store, "a.csv", f"InvoiceNo,StockCode,Quantity,InvoiceDate,CustomerID\n{rows}")
    assert [row[0] for row in found] == ["17850", "order 536366"]


def test_orders_of_nobody_within_one_document(store, upload):
    lines = [{"sku": "a"}, {"sku": "b"}]
    orders = {
        "orders": [{"order_id": 2, "customer": None, "created": "2024-01-05T10:00:00Z", "lines": lines}]
    }
    assert [row[:2] for row in read(upload, store, "a.json", json.dumps(orders))[1]] == [
        ("order 2", "a"),
        ("order 2", "b"),
    ]


def test_quotes_escaped_by_a_backslash(store, upload):
    text = 'user,item,time\n"u \\"1\\"","12\\" nail",1704448800\nu2,i2,1704448800\n'
    report, rows = read(upload, store, "a.csv", text)
    assert {row[:2] for row in rows} == {('u "1"', '12" nail'), ("u2", "i2")}
    assert report.rejected == 0


def test_attributes_of_shoppers_are_told_from_a_log_with_a_missing_column(upload):
    problem = upload("interactions/users.csv", b"USER_ID,AGE,GENDER\nu1,33,F\n").problem
    assert problem["code"] == "not_a_log"


def test_words_for_no_value_are_no_shopper_item_or_type(store, upload):
    rows = "NULL,i,1704448800,view\nu,undefined,1704448800,view\nv,i,1704448800,None\n"
    report, found = read(upload, store, "a.csv", f"user_id,item_id,timestamp,event_type\n{rows}")
    assert found == [("v", "i", T, None, None)]
    assert report.reasons.keys() == {"missing_user_id", "missing_item_id"}


def test_quotes_between_tabs_of_a_log(store, upload):
    _, rows = read(upload, store, "a.tsv", 'user\titem\ttime\nu\t"5" nail\t1704448800\n')
    assert rows == [("u", '"5" nail', T, None, None)]


@pytest.mark.parametrize(
    ("header", "cancelled"),
    [
        ("id_order;id_customer;product_reference;product_quantity;date_add;order_state", "Canceled"),
        ("Numéro de commande;E-mail;Référence;Quantité;Date de commande;État", "Annulée"),
        ("Numer zamówienia;Klient;Indeks;Ilość;Data zamówienia;Status zamówienia", "Anulowane"),
        ("Número do pedido;Cliente;Código do produto;Quantidade;Data do pedido;Situação", "Cancelado"),
        ("Ordernummer;Kundnr;Artikelnummer;Antal;Orderdatum;Status", "Makulerad"),
        ("Ordrenummer;Kunde;Varenummer;Antal;Ordredato;Status", "Annulleret"),
        ("Číslo objednávky;Zákazník;Kód produktu;Množství;Datum objednávky;Stav", "Stornováno"),
        ("Sipariş No;Müşteri No;Ürün Kodu;Adet;Sipariş Tarihi;Durum", "İptal edildi"),
        ("Номер заказа;Клиент;Артикул;Количество;Дата заказа;Статус", "Отменён"),
        ("注文番号;会員ID;商品コード;数量;注文日時;注文状況", "キャンセル"),
        ("订单编号;会员ID;商品编号;数量;下单时间;订单状态", "已取消"),
    ],
)
def test_orders_in_the_languages_that_catalogues_come_in(store, upload, header, cancelled):
    lines = [header, "1;u1;A;2;2024-01-05 10:00;?", f"2;u2;B;1;2024-01-05 10:00;{cancelled}"]
    report, rows = read(upload, store, "a.csv", "\n".join(lines))
    assert report.problem is None
    assert rows == [("u1", "A", T, "purchase", 2.0), ("u2", "B", T, "cancelled", 1.0)]


@pytest.mark.parametrize(
    "written",
    ["5 janvier 2024 à 10h00", "January 5th, 2024 10:00 AM", "Jan 5th 2024 at 10:00", "5. Januar 2024 um 10:00",
     "Fri Jan 05 2024 11:00:00 GMT+0100 (CET)", "5 gennaio 2024 alle 10:00"],
)  # fmt: skip
def test_times_with_words_between(store, upload, written):
    _, rows = read(upload, store, "a.csv", f"user;item;date\nu;i;{written}\n")
    assert [row[2] for row in rows] == [T]


@pytest.mark.parametrize(
    ("said", "grade"),
    [("4/5", 4), ("4.5 / 5", 4.5), ("4 out of 5", 4), ("2 sur 5", 2), ("1 star", 1), ("4,5 Sterne", 4.5),
     ("★★★", 3), ("★★☆☆☆", 2)],
)  # fmt: skip
def test_grades_as_people_write_them(store, upload, said, grade):
    report, rows = read(upload, store, "a.csv", f"user;item;rating;time\nu;i;{said};{T}\nu;k;5;{T}\n")
    assert [row[4] for row in rows] == [grade, 5]
    assert report.cells == {}


@pytest.mark.parametrize("said", ["great", "5 parcels", "4/", "★ a"])
def test_what_is_no_grade_is_given_up_and_named(store, upload, said):
    report, rows = read(upload, store, "a.csv", f"user;item;rating;time\nu;i;{said};{T}\n")
    assert [row[4] for row in rows] == [None]
    assert report.cells["EVENT_VALUE"]["bad_event_value"].count == 1


@pytest.mark.parametrize("heading", ["Quantity", "Menge", "qty", "Quantité", "Ilość", "数量"])
def test_a_quantity_is_no_grade(store, upload, heading):
    text = f"customer;sku;date;{heading}\n" + "".join(f"u{n};i;2024-01-05 10:00;{n}\n" for n in range(1, 6))
    report, rows = read(upload, store, "a.csv", text)
    assert {row[3:] for row in rows} == {(None, None)}
    assert report.weights == ["5 events without EVENT_TYPE weigh 1."]


@pytest.mark.parametrize(
    ("header", "cell"),
    [("order_id,date", f"o1,{T}"), ("order_date", T), ("timestamp,unit_price", f"{T},9.90"),
     ("Rechnungsdatum,Preis", f"{T},9.90")],
)  # fmt: skip
def test_a_quantity_beside_an_order_is_one_of_a_purchase(store, upload, header, cell):
    text = f"customer,sku,{header},quantity\n" + "".join(f"u{n},i,{cell},{n}\n" for n in range(7))
    report, rows = read(upload, store, "a.csv", text)
    assert [row[3:] for row in rows] == [("not bought", 0.0), *[("purchase", float(n)) for n in range(1, 7)]]
    assert any("only a minus is used" in sentence for sentence in report.weights)


@pytest.mark.parametrize("beside", ["", ",price", ",order_id"])
def test_what_was_added_was_not_bought(store, upload, beside):
    cells = ",5" if beside else ""
    _, rows = read(upload, store, "a.csv", f"user_id,item_id,added_at,quantity{beside}\nu,i,{T},2{cells}\n")
    assert [row[3] for row in rows] == [None]


def test_a_minus_speaks_against_an_item_without_an_order_too(store, upload):
    report, rows = read(upload, store, "a.csv", f"user,item,timestamp,quantity\nu,i,{T},-2\nv,i,{T},3\n")
    assert [row[4] for row in rows] == [-2.0, None]
    assert "turns them against the item" in report.weights[0]


UNLISTED = (
    "activity", "kind", "verb", "event_kind", "behaviour_type", "operation", "event_category", "hit_type",
    "funnel_step", "transaction", "step", "what", "Vorgangsart", "hecho",
)  # fmt: skip
ACTS = ("view", "cart", "purchase")


def acts_of(n):
    return ACTS[n % 3]


@pytest.mark.parametrize("heading", UNLISTED)
def test_acts_are_found_by_their_values(store, upload, heading):
    lines = "".join(f"u{n},i{n},{T + n},{acts_of(n)},1\n" for n in range(9))
    report, rows = read(upload, store, "a.csv", f"user_id,item_id,timestamp,{heading},quantity\n{lines}")
    assert [row[3] for row in sorted(rows, key=lambda row: row[2])] == [acts_of(n) for n in range(9)]
    assert {one.name: one.columns for one in report.fields}["EVENT_TYPE"] == [heading]


def test_acts_are_found_by_their_values_in_records(store, upload):
    flat = [
        {"user_id": f"u{n}", "item_id": f"i{n}", "timestamp": T + n, "verb": acts_of(n)} for n in range(9)
    ]
    flat = [row | {"quantity": 1, "order_id": "7"} for row in flat]
    nested = [
        {"user_id": row["user_id"], "timestamp": row["timestamp"], "did": {"verb": row["verb"]},
         "items": [{"item_id": row["item_id"], "quantity": 1}], "order_id": "7"}
        for row in flat
    ]  # fmt: skip
    for rows in (flat, nested):
        _, found = read(upload, store, "a.jsonl", "\n".join(map(json.dumps, rows)))
        assert [row[3] for row in sorted(found, key=lambda row: row[2])] == [acts_of(n) for n in range(9)]


@pytest.mark.parametrize("price", ["", ", 9.9 AS price"])
@pytest.mark.parametrize("verb", ["['view', 'cart', 'purchase'][1 + n % 3]", "'red'"])
def test_acts_are_found_by_their_values_in_parquet(store, upload, parquet, verb, price):
    data = parquet(
        f"SELECT 'u' || n AS user_id, 'i' AS item_id, {T} + n AS timestamp, {verb} AS verb, "
        f"1.0::DOUBLE AS quantity{price} FROM range(9) AS r(n)"
    )
    report = upload("interactions/a.parquet", data)
    assert report.accepted == 9
    found = {row[3] for row in curated_rows(store)}
    assert found == ({"purchase"} if price else {None}) if "red" in verb else found == {*ACTS}


@pytest.mark.parametrize(
    "cells",
    [
        "paid shipped returned",
        "red green blue",
        "true false true",
        "subscribed subscribed like",
        "book book watch",
    ],
)
def test_other_words_are_no_acts(store, upload, cells):
    lines = "".join(f"u{n},i{n},{T},{cell},1\n" for n, cell in enumerate(cells.split()))
    _, rows = read(upload, store, "a.csv", f"user_id,item_id,timestamp,detail,quantity\n{lines}")
    assert {row[3] for row in rows} == {None}


@pytest.mark.parametrize("header", ["user,item,time", "user,item,time,"])
def test_a_separator_at_the_end_of_each_row(store, upload, header):
    _, rows = read(upload, store, "a.csv", f"{header}\nu,i,{T},\nv,k,{T},\n")
    assert [row[:3] for row in rows] == [("u", "i", T), ("v", "k", T)]


def test_quotes_within_a_quoted_value_of_a_log(store, upload):
    _, rows = read(upload, store, "a.csv", f'user,item,note,time\nu,i,"a "big" one",{T}\nv,k,,{T}\n')
    assert {row[0] for row in rows} == {"u", "v"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Order;Creation Date;Email;Status;ID_SKU;Quantity_SKU", "7;2024-01-05 10:00:00Z;u;Faturado;i;2"),
        ("orderID;customerID;ordertime;status;articleordernumber;quantity", "7;u;2024-01-05 10:00:00;2;i;2"),
        (
            "N° pièce;Date pièce;Code client;Référence article;Quantité;Montant HT",
            "7;05/01/2024 10:00;u;i;2;16,80",
        ),
        (
            "Nr dokumentu;Data wystawienia;Kod klienta;Indeks towaru;Ilość;Cena",
            "7;2024-01-05 10:00;u;i;2;16,80",
        ),
        (
            "Nº encomenda;Data da encomenda;Nº cliente;Ref. artigo;Qtd.;Preço",
            "7;05/01/2024 10:00;u;i;2;16,80",
        ),
        ("external_user_id;product_id;quantity;price;time", "u;i;2;9.5;2024-01-05T10:00:00Z"),
    ],
    ids=["VTEX", "Shopware 5", "Sage", "Polish", "Portuguese", "Braze"],
)
def test_orders_of_further_systems(store, upload, header, row):
    _, rows = read(upload, store, "a.csv", f"{header}\n{row}\n{row.replace('05/01', '25/01')}\n")
    assert rows[0] == ("u", "i", T, "purchase", 2)


@pytest.mark.parametrize(
    ("written", "grade"),
    [("Excellent", 5), ("sehr gut", 5), ("Terrible", 1), ("one star", 1), ("4 Punkte", 4), ("5 - Excellent", 5),
     ("2.5/5.0", 2.5)],
)  # fmt: skip
def test_grades_in_words_are_no_likings_without_one(store, upload, written, grade):
    _, rows = read(upload, store, "a.csv", f"user;item;rating;time\nu;i;{written};{T}\n")
    assert rows == [("u", "i", T, "rating", grade)]


@pytest.mark.parametrize("column", ["label", "esci_label"])
@pytest.mark.parametrize(("written", "grade"), [("Exact", 3), ("S", 2), ("Partial", 1), ("Irrelevant", 0)])
def test_relevance_in_words(store, upload, column, written, grade):
    upload("queries/a.csv", f"query,product_id,{column}\nlamp,i,{written}\n".encode())
    assert [row[:3] for row in curated_rows(store, "queries")] == [("lamp", "i", grade)]


@pytest.mark.parametrize(
    ("act", "kind"),
    [("Refund Issued", "return"), ("order_refund", "return"), ("Rücksendung", "return"), ("Kasse", "cart"),
     ("Añadir a la cesta", "cart"), ("Aufruf", "view"), ("Liste d'envies", "like"), ("Gedeeld", "share"),
     ("return_to_home", None), ("report_view", None)],
)  # fmt: skip
def test_further_acts(act, kind):
    assert kind_of(act) == kind


@pytest.mark.parametrize(
    "text",
    [
        'user, item, time\nu, "A, B", 2020-01-01\n',
        "'user','item','time'\n'u','A, B','2020-01-01'\n",
    ],
)
def test_spaces_before_quotes_and_single_quotes_are_no_part_of_an_id(store, upload, text):
    assert read(upload, store, "a.csv", text)[1][0][:2] == ("u", "A, B")


@pytest.mark.parametrize(
    "time",
    [
        "2024-01-05 11:00:00 CET",
        "2024-01-05 12:00 CEST",
        "2024-01-05T10:00:00 GMT",
        "Jan 5, 2024 02:00:00 PST",
    ],
)
def test_names_of_time_zones_with_one_meaning(store, upload, time):
    _, rows = read(upload, store, "a.csv", f"user;item;time\nu;i;2024-01-05T10:00:00Z\nv;i;{time}\n")
    assert [row[2] for row in rows] == [T, T]


def test_a_date_in_six_digits_is_no_second_of_1970(upload):
    problem = upload("interactions/a.csv", b"user,item,date\nu,A,240131\nv,B,240201\n").problem
    assert problem["code"] == "missing_columns"
