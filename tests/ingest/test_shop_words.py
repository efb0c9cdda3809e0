"""Headings and states in the words of shops: shortened, and in many languages."""

import json

import pytest

from object2vec.core.event_kinds import kind_of
from object2vec.ingest.exports.headings import role_of
from object2vec.ingest.logs.headings import STATUS_TYPES
from tests.helpers.curated import curated_rows

STATES = ["Completato", "Rimborsato", "Annullato", "Completato"]
ACTS = ["purchase", "refund", "cancelled", "purchase"]


@pytest.mark.parametrize(
    "header",
    [
        "Codice cliente;Cliente;SKU;Data", "Kd.-Nr.;Kunde;Art.-Nr.;Datum",
        "N° client;Client;Réf. produit;Date",
        "Cód. cliente;Cliente;Cód. artículo;Fecha", "Klantnr.;Klant;Art. nr.;Datum",
        "Cust. No.;Customer;Prod. code;Date", "Num. client;Client;Réf. article;Date",
        "Email;Cliente;Cod. articolo;Data", "Nr klienta;Klient;Kod produktu;Data",
        "Kundenr.;Kunde;Varenr.;Dato", "Código do cliente;Cliente;Cód. do produto;Data",
    ],
)  # fmt: skip
def test_a_customers_number_goes_before_the_name(store, upload, header):
    report = upload(
        "interactions/a.csv", f"{header}\nC1;Anna;B-1;2026-06-10\nC2;Anna;B-1;2026-06-11\n".encode()
    )
    assert report.problem is None
    assert [row[:2] for row in sorted(curated_rows(store))] == [("C1", "B-1"), ("C2", "B-1")]


def test_an_erps_order_lines(store, upload):
    header = (
        "N. ordine;Data ordine;Codice cliente;Cliente;Cod. articolo;Descrizione;Q.tà;Prezzo unitario €;Stato"
    )
    row = "ORD-1;10.06.2026 10:00;C1;Anna Rossi;BBQ-1;Griglia;2;14,50;Rimborsato"
    upload("interactions/a.csv", f"{header}\n{row}\n".encode())
    ((user, item, _, event, value),) = curated_rows(store)
    assert (user, item, event, value) == ("C1", "BBQ-1", "refund", 2)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    "said", [None, {"EVENT_TYPE": "Stato"}, {"USER_ID": "Cliente", "EVENT_TYPE": "Stato"}]
)
def test_states_mean_the_same_with_and_without_a_mapping(store, upload, parquet, form, said):
    names = ("Codice cliente", "Cliente", "SKU", "Data", "Stato")
    rows = [(f"C{n}", f"N{n}", "B-1", f"2026-06-1{n}", state) for n, state in enumerate(STATES)]
    if said:
        upload("mapping.json", json.dumps({"interactions/*": {"fields": said}}).encode())
    if form == "parquet":
        cells = [
            " , ".join(f"'{cell}' AS \"{name}\"" for name, cell in zip(names, row, strict=True))
            for row in rows
        ]
        data = parquet(" UNION ALL ".join(f"SELECT {cell}" for cell in cells))
    elif form == "csv":
        data = "\n".join(";".join(row) for row in (names, *rows)).encode()
    else:
        data = "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows).encode()
    report = upload(f"interactions/a.{form}", data)
    found = sorted(curated_rows(store), key=lambda row: row[2])
    assert [row[3] for row in found] == ACTS
    assert found[0][0] == ("N0" if said and "USER_ID" in said else "C0")
    assert not [line for line in report.weights if "not known" in line]


def test_a_mapped_column_of_acts_keeps_them(store, upload):
    upload("mapping.json", b'{"interactions/*": {"fields": {"EVENT_TYPE": "status"}}}')
    rows = b"user,item,time,status\nu,i,2026-01-01,view\nu,i,2026-01-02,cart\nu,i,2026-01-03,buy\n"
    upload("interactions/a.csv", rows)
    assert [row[3] for row in sorted(curated_rows(store), key=lambda row: row[2])] == ["view", "cart", "buy"]


def test_a_mapping_of_one_field_leaves_an_order_export_what_it_is(store, upload):
    head = "Name,Email,Financial Status,Paid at,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Phone"
    rows = "#1,a@x,refunded,2024-01-31,2024-01-31,1,Cup,CUP,070\n#1,,,,2024-01-31,1,Pot,POT,\n"
    upload("mapping.json", b'{"interactions/*": {"fields": {"ITEM_ID": "Lineitem name"}}}')
    report = upload("interactions/a.csv", f"{head}\n{rows}".encode())
    assert report.recognised == "Shopify orders"
    assert [(row[0], row[1], row[3]) for row in curated_rows(store)] == [
        ("a@x", "Cup", "refund"), ("a@x", "Pot", "refund"),
    ]  # fmt: skip


def test_every_word_for_an_order_that_came_back_is_an_act_against_the_item():
    back = [word for word, kind in STATUS_TYPES.items() if kind in ("refund", "cancelled")]
    words = [word for word in back if " " not in word and word not in ("voided", "expired")]  # carts too
    assert [word for word in words if kind_of(word) != "return"] == []


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Cod. articolo", "id"), ("Cod. art.", "id"), ("N. articolo", "id"), ("Art.-Nr.", "id"),
        ("Cod.", "id"),
        ("Réf. produit", "id"), ("Réf.", "id"), ("Cód. producto", "id"), ("Num. art.", "id"),
        ("Prod. code", "id"), ("Kod prod.", "id"), ("Nome prod.", "title"), ("Descr.", "description"),
        ("Desc. prodotto", "description"), ("Cat.", "category"), ("art", ""), ("cat", ""),
    ],
)  # fmt: skip
def test_shortened_words_are_those_they_stand_for(heading, role):
    assert role_of(heading)[0] == role
