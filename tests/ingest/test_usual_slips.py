"""Slips that tables of shops have: a header that comes again, headings in groups, words for no value, numbers
that are dates, variants below the id of their product."""

import pytest

from object2vec.ingest.exports.headings import role_of
from tests.ingest.test_catalogues_of_other_systems import items


def test_a_header_that_comes_again_is_no_item(store, upload):
    report = upload("catalog/a.csv", b"sku,title,price\n1,Lamp,2\nsku,title,price\n2,Desk,3\n")
    assert [*items(store)] == ["1", "2"]
    assert report.reasons["repeated_header"].lines == [3]
    assert not report.cells


def test_groups_of_headings_above_the_header_are_no_header(store, upload):
    report = upload(
        "catalog/a.csv", b"Stammdaten;;;Preise\nArtikelnummer;Bezeichnung;Marke;Preis\nA;Lampe;Acme;9,90\n"
    )
    assert items(store)["A"].metadata == {"title": "Lampe", "brand": "Acme", "price": 9.9}
    assert report.read_as["lines of a title above the header"] == "1"


def test_a_header_with_empty_cells_stays_the_header(store, upload):
    upload("catalog/a.csv", b"sku,title,,\nA,Lamp,red,big\nB,Desk,blue,5\n")
    assert items(store)["A"].metadata == {"title": "Lamp", "column 3": "red", "column 4": "big"}


@pytest.mark.parametrize("cell", ["NULL", "None", "\\N", "nan", "N/A", "-", "k.A.", "(not set)"])
def test_a_word_for_no_value_is_no_brand_and_no_colour(store, upload, cell):
    report = upload(
        "catalog/a.csv", f"sku,title,brand,colour\nA,Lamp,{cell},{cell}\nB,Desk,Acme,red\n".encode()
    )
    assert items(store)["A"].metadata == {"title": "Lamp"}
    assert {name: codes["missing_value"].count for name, codes in report.cells.items()} == {
        "brand": 1,
        "colour": 1,
    }


def test_a_film_may_be_called_none(store, upload):
    upload("catalog/a.csv", b"sku,title,genre\nA,None,Drama\n")
    upload("catalog/b.jsonl", b'{"label":"B","text":"x","metadata":{"colour":"None"}}\n')
    assert items(store)["A"].text == "None"
    assert items(store)["B"].metadata == {"colour": "None"}


@pytest.mark.parametrize("title", ["Tom &amp;amp; Jerry", "<b>Tom</b> &amp;amp; Jerry", "Tom &amp; Jerry"])
def test_entities_that_were_escaped_twice_are_read(store, upload, title):
    upload("catalog/a.csv", f"sku,title\nA,{title}\n".encode())
    assert items(store)["A"].text == "Tom & Jerry"


@pytest.mark.parametrize(
    ("heading", "cells", "read"),
    [
        ("Erscheinungsdatum", ("45352", "45000"), "2024-03-01"),
        ("created_at", ("1709287200", "1700000000"), "2024-03-01T10:00:00Z"),
        ("releaseDate", ("1709287200000", "1700000000000"), "2024-03-01T10:00:00Z"),
        ("date added", ("1709287200000000", "1700000000000000"), "2024-03-01T10:00:00Z"),
        ("updated", ("12", "4"), 12),
        ("candidate", ("45352", "45000"), 45352),
        ("mandate", ("45352", "45000"), 45352),
    ],
)
def test_numbers_under_the_heading_of_a_time_are_dates(store, upload, heading, cells, read):
    rows = "".join(f"{place},Lamp,{cell}\n" for place, cell in enumerate(cells))
    upload("catalog/a.csv", f"sku,title,{heading}\n{rows}".encode())
    assert items(store)["0"].metadata[heading] == read


@pytest.mark.parametrize(("cells", "units"), [(("1,5 kg", "2 kg"), "kg"), (("20 %", "5%"), "%")])
def test_numbers_with_a_unit_are_texts_and_the_report_says_so(store, upload, cells, units):
    rows = "".join(f"{place};Lampe;{cell}\n" for place, cell in enumerate(cells))
    report = upload("catalog/a.csv", f"sku;title;Wert\n{rows}".encode())
    assert items(store)["0"].metadata["Wert"] == cells[0]
    assert any(note.startswith(f"`Wert` holds numbers with a unit ({units})") for note in report.notes)


def test_ids_and_codes_have_no_units(store, upload):
    report = upload("catalog/a.csv", b"sku,title,mpn\n3 fd,5 kg,1 fe\n4 fd,6 kg,2 fe\n")
    assert not [note for note in report.notes if "with a unit" in note]


def test_rows_below_the_id_of_their_product_are_its_variants(store, upload):
    report = upload("catalog/a.csv", b"id,name,sku,price\n7,Lamp,A,1\n7,Lamp,B,2\n8,Desk,C,3\n")
    assert {name: item.metadata["group"] for name, item in items(store).items()} == {
        "A": "7",
        "B": "7",
        "C": "8",
    }
    assert any("the rows are variants" in note for note in report.notes)


@pytest.mark.parametrize(
    "rows", ["7,Lamp,A\n7,Lamp,A\n8,Desk,C\n", "7,Lamp,A\n7,Lamp,\n8,Desk,C\n", "7,Lamp,A\n8,Desk,B\n"]
)
def test_a_row_that_comes_again_is_no_variant(store, upload, rows):
    upload("catalog/a.csv", f"id,name,sku\n{rows}".encode())
    assert [*items(store)] == ["7", "8"]


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Main Variant Image", "image"), ("Bild 1 Pfad/URL", "image"), ("URL de la imagen", "image"),
        ("Afbeelding URL", "image"), ("url_zdjecia", "image"), ("Immagine principale", "image"),
        ("Prezzo al pubblico", "price"), ("PVP c/ IVA", "price"), ("Standardpreis", "price"),
        ("Sales Price / Rate", "price"), ("Prezzo ivato", "price"),
        ("Category Tree", "category"), ("Categoria merceologica", "category"), ("Hoofdcategorie", "category"),
        ("Nom de l'article", "title"), ("Product/Service Name", "title"), ("Bez.", "title"),
        ("Item Page URL", "url"), ("Herst.", "brand"), ("name.language.value", "title"),
        ("old price", ""), ("image alt", ""), ("price change", ""), ("brand url", ""), ("category id", ""),
        ("Manufacturer Part Number", ""), ("shipping price", ""), ("customer name", ""), ("_type", ""),
    ],
)  # fmt: skip
def test_headings_of_several_words(heading, role):
    assert role_of(heading)[0] == role


@pytest.mark.parametrize("form", ["[%s,%s]", "%s\n%s\n", '{"products":[%s,%s]}'])
def test_a_nan_of_another_system_costs_its_value(store, upload, form):
    rows = ('{"sku":"A","title":"Lamp","price":NaN}', '{"sku":"B","title":"Desk","price":3}')
    upload("catalog/a.json", (form % rows).encode())
    assert [item.metadata for item in items(store).values()] == [
        {"title": "Lamp"},
        {"title": "Desk", "price": 3},
    ]


def test_a_list_of_objects_with_ids_is_what_a_document_holds(store, upload):
    upload("catalog/a.json", b'{"elements":[{"id":"A","name":"Lamp"},{"id":"B","name":"Desk"}],"total":2}')
    assert [*items(store)] == ["A", "B"]


def test_pictures_of_an_item_are_no_items(store, upload):
    upload(
        "catalog/a.json", b'{"sku":"A","title":"Lamp","media":[{"id":"m1","url":"https://x.example/a.jpg"}]}'
    )
    assert [*items(store)] == ["A"]


def test_a_line_that_is_too_long_is_one_row(store, upload):
    line = b'{"label":"1","text":"' + b"x" * (41 << 20) + b'"}\n'
    report = upload("catalog/a.jsonl", line + b'{"label":"2","text":"B"}\nno\n')
    assert [*items(store)] == ["2"]
    assert {code: reason.lines for code, reason in report.reasons.items()} == {
        "object_too_long": [1],
        "invalid_json": [3],
    }


@pytest.mark.parametrize("size", [1_000, 9 << 20])
def test_lists_that_open_without_end_are_one_row(upload, size):
    report = upload("catalog/a.json", b"[" * size)
    assert (report.rows_read, report.rejected) == (1, 1)
    assert [*report.reasons] == ["too_deep"]


def test_a_pdf_is_named(upload):
    assert "a PDF" in upload("catalog/a.csv", b"%PDF-1.4\n%abc\n").problem["message"]


def test_a_field_that_is_called_as_a_type_of_mongodb_is_a_field(store, upload):
    upload("catalog/a.jsonl", b'{"label":"A","text":"x","metadata":{"$symbol":"ACME"}}\n')
    upload("catalog/b.jsonl", b'{"label":"B","text":"x","metadata":{"price":{"$numberDouble":"1.5"}}}\n')
    assert [item.metadata for item in items(store).values()] == [{"$symbol": "ACME"}, {"price": 1.5}]


@pytest.mark.parametrize(
    "cells", [("36 37 38", "39 40", "41 42"), ("19 99", "20 50", "5 00"), ("1'2", "3'4", "5'6")]
)
def test_numbers_beside_each_other_are_not_one(store, upload, cells):
    rows = "".join(f"{place},Shoe,{cell}\n" for place, cell in enumerate(cells))
    upload("catalog/a.csv", f"sku,title,sizes\n{rows}".encode())
    assert [item.metadata["sizes"] for item in items(store).values()] == [*cells]


def test_spaces_between_thousands_are_no_gaps(store, upload):
    upload("catalog/a.csv", b"sku;title;weight\n1;A;1 299,50\n2;B;12 345 678\n3;C;1'299\n")
    assert [item.metadata["weight"] for item in items(store).values()] == [1299.5, 12_345_678, 1299]


@pytest.mark.parametrize(
    ("cells", "lists"),
    [
        (("{36,37}", "{38}", "{}"), [[36, 37], [38], None]),
        (('{S,"M L"}', "{XL,S}", "{M,S}"), [["S", "M L"], ["XL", "S"], ["M", "S"]]),
        (("36|37", "38.5", "39|40"), [[36, 37], [38.5], [39, 40]]),
        (("1,5 | 2,5", "3,5", "4"), [[1.5, 2.5], [3.5], [4]]),
    ],
)
def test_lists_of_a_database_and_of_numbers_under_any_heading(store, upload, cells, lists):
    rows = "".join(f"{place};Shoe;{cell}\n" for place, cell in enumerate(cells))
    upload("catalog/a.csv", f"sku;title;fits\n{rows}".encode())
    assert [item.metadata.get("fits") for item in items(store).values()] == lists


@pytest.mark.parametrize("cell", ["{placeholder}", "{A1B2-C3}", '{"a": 1}x', "{1,x}"])
def test_braces_around_something_else_are_no_list(store, upload, cell):
    upload("catalog/a.csv", f"sku;title;note\n1;Shoe;{cell}\n".encode())
    assert items(store)["1"].metadata["note"] == cell


def test_one_maybe_leaves_a_column_of_yes_and_no(store, upload):
    rows = "".join(f"{place},Tea,{'yes' if place else 'maybe'}\n" for place in range(100))
    report = upload("catalog/a.csv", f"sku,title,vegan\n{rows}".encode())
    assert items(store)["1"].metadata["vegan"] is True
    assert report.cells["vegan"]["not_boolean"].lines == [2]


@pytest.mark.parametrize("cell", ["#NAME?", "#REF!", "########", "nan", "NULL", "(null)"])
def test_what_stands_in_place_of_an_id_is_none(store, upload, cell):
    rows = f"sku,title\n{cell},Lamp\n{cell},Desk\nA,Cup\n"
    assert upload("catalog/a.csv", rows.encode()).rejected == 2
    assert [*items(store)] == ["A"]
    log = f"USER_ID,ITEM_ID,TIMESTAMP\nu,{cell},1700000000\nu,A,1700000000\n"
    assert upload("interactions/a.csv", log.encode()).reasons["missing_item_id"].lines == [2]


def test_what_a_program_says_of_a_file_is_no_header(store, upload):
    upload("catalog/a.csv", b"# made by a script | 2024\n# two lines\nsku,title,price\nA,Lamp,2\nB,Desk,3\n")
    assert items(store)["A"].metadata == {"title": "Lamp", "price": 2}


@pytest.mark.parametrize(
    ("yes", "no"), [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERDADERO", "FALSO"), ("TRUE", "FALSE")]
)
def test_a_spreadsheet_translates_what_a_shop_hides(store, upload, yes, no):
    header = "Handle;Title;Body (HTML);Vendor;Published;Variant SKU;Variant Price"
    report = upload(
        "catalog/a.csv", f"{header}\na;Lamp;;Acme;{yes};A;19,99\nb;Desk;;Acme;{no};B;5,00\n".encode()
    )
    assert [*items(store)] == ["A"]
    assert report.reasons["not_published"].lines == [3]


def test_prices_of_a_record_within_it(store, upload):
    upload("catalog/a.json", b'[{"id": 1, "name": "Lamp", "prices": {"amount": 5, "currency": "EUR"}}]')
    assert items(store)["1"].metadata == {"title": "Lamp", "price": 5, "currency": "EUR"}
