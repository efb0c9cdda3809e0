"""Catalogues in forms that shops write and no export above has: what each becomes, read by a person."""

# ruff: noqa: E501  lines of files as they are

import json

import pytest

from object2vec.storage import item_log
from tests.helpers.curated import curated_rows


def items_of(store):
    return {item.id: item for item in item_log.replay(item_log.read(store))[0].values()}


@pytest.mark.parametrize(
    ("heading", "cell"),
    [("Nr", "7"), ("Nr.", "7"), ("No", "7"), ("N°", "7"), ("EAN", "4006381333931"), ("EAN-Code", "4006381333931"),
     ("SKU", "a-7"), ("Strichcode", "4006381333931"), ("Código", "C7")],
)  # fmt: skip
def test_one_column_of_numbers_or_codes_is_the_id(store, upload, heading, cell):
    upload("catalog/a.csv", f"{heading};Name;Preis\r\n{cell};Hammer;1,50\r\n".encode())
    assert items_of(store)[cell].metadata == {"title": "Hammer", "price": 1.5}


@pytest.mark.parametrize("heading", ["GTIN, UPC, EAN, or ISBN", "EAN/GTIN", "Product UPC (12)"])
def test_a_heading_with_the_name_of_a_code_among_others_keeps_its_digits(store, upload, heading):
    upload("catalog/a.csv", f'id,name,"{heading}"\n1,Honey,4006381333931\n'.encode())
    assert items_of(store)["1"].metadata[heading] == "4006381333931"


@pytest.mark.parametrize("heading", ["EAN count", "No of barcode scans", "ISBN pages"])
def test_a_heading_of_what_is_said_about_a_code_names_none(store, upload, heading):
    upload("catalog/a.csv", f"id,name,{heading}\n1,Honey,12\n".encode())
    assert items_of(store)["1"].metadata[heading] == 12


def test_a_date_about_a_code_is_one(store, upload):
    upload("catalog/a.csv", b"id,name,upc date\n1,Honey,31.01.2024\n")
    assert items_of(store)["1"].metadata["upc date"] == "2024-01-31"


def test_a_currency_is_no_text_of_an_item(store, upload):
    rows = "id\ttitle\tprice\tavailability\nk1\t\t5.00 EUR\tin stock\nk2\tPan\t6.00 EUR\tin stock\n"
    report = upload("catalog/a.tsv", rows.encode())
    assert [*items_of(store)] == ["k2"]
    assert report.reasons["missing_title"].lines == [2]


def test_films_with_as_many_genres_as_columns_are_cut_at_the_colons(store, upload):
    films = (
        "1::Toy Story (1995)::Animation|Children's|Comedy\n2::Jumanji (1995)::Adventure|Children's|Fantasy\n"
    )
    upload("catalog/movies.dat", films.encode())
    assert items_of(store)["1"].metadata["categories"] == ["Animation", "Children's", "Comedy"]


def test_colons_within_values_do_not_cut_rows_of_more_columns(store, upload):
    upload("catalog/a.csv", b"id,name,in::out,price\n1,Vector,a::b,2.50\n2,Map,c::d,3.50\n")
    assert items_of(store)["1"].metadata["price"] == 2.5


@pytest.mark.parametrize("cell", ["n.c.", "k. A.", "néant", "sin precio", "unbekannt", "P.O.A.", "n.v.t."])
def test_no_value_in_other_languages_is_a_missing_price(store, upload, cell):
    report = upload("catalog/a.csv", f"sku;nom;prix\n1;Vase;2,50\n2;Pot;{cell}\n".encode())
    assert "price" not in items_of(store)["2"].metadata
    assert [*report.cells["prix"]] == ["missing_value"]


def test_prices_in_thousands_of_a_file_with_decimal_commas(store, upload):
    report = upload("catalog/a.csv", b"Artikelnummer;Name;Preis;Menge\nA;Sofa;1.299;1.000\nB;Bett;2.000;3\n")
    found = items_of(store)
    assert (found["A"].metadata["price"], found["A"].metadata["Menge"]) == (1299, 1.0)
    assert len(report.notes) == 2  # both readings are said


def test_pictures_and_paths_of_a_german_marketplace(store, upload):
    rows = "Artikelnummer;Produktname;Kategoriepfad;Bild-URL 1;Bild-URL 2\n1;Sofa;Wohnen|Sofas;https://a/1.jpg;https://a/2.jpg\n"
    upload("catalog/a.csv", rows.encode())
    assert items_of(store)["1"].metadata == {
        "title": "Sofa", "category": "Sofas", "categories": ["Wohnen", "Sofas"],
        "image": "https://a/1.jpg", "images": ["https://a/1.jpg", "https://a/2.jpg"],
    }  # fmt: skip


def test_eans_that_lost_their_zeros_are_named(upload):
    rows = "".join(f"40063813339{n:02d},pen {n}\n" for n in range(9))
    report = upload("catalog/a.csv", f"EAN,name\n{rows}12345678905,paper\n".encode())
    assert [note for note in report.notes if note.startswith("1 of the ids in `EAN` have 9 or 11 digits")]


def test_a_file_without_a_header_says_how_to_give_it_one(upload):
    problem = upload("catalog/a.csv", b"1001,Red kettle,19.99\n1002,Pan,9.99\n").problem
    assert '"header"' in problem["message"]


def test_a_cell_that_is_cut_is_counted_once(upload):
    report = upload("catalog/a.csv", f"id,title,description\n1,a,{'long ' * 5_000}\n".encode())
    assert report.cells["description"]["text_cut"].count == 1


def test_a_column_that_is_only_a_little_like_a_role_raises_no_question(upload):
    assert upload("catalog/a.csv", b"id;titre;poids\n1;Vase;2,5\n2;Pot;3,5\n").notes == []


def test_quotes_between_tabs_are_letters(store, upload):
    rows = 'id\ttitle\tdescription\tavailability\n1\t"Best" pan\t5" wide\tin stock\n2\t"a\tb"\tx\tin stock\n'
    report = upload("catalog/a.tsv", rows.encode())
    assert items_of(store)["1"].text == '"Best" pan\n5" wide'
    assert (items_of(store)["2"].metadata["title"], report.rejected) == ("a\tb", 0)


def test_rows_of_empty_cells_are_no_rows(store, upload):
    report = upload("catalog/a.csv", b"Nr;Name\r\n1;a\r\n;\r\n2;b\r\n;\r\n")
    assert (report.rows_read, report.rejected, [*items_of(store)]) == (2, 0, ["1", "2"])


def test_ids_that_a_table_made_fractions_are_read_as_in_logs(store, upload):
    assert upload("catalog/a.csv", b"id,title\n101.0,a\n102.0,b\n").notes
    assert [*items_of(store)] == ["101", "102"]


def test_fractions_among_other_ids_stay(store, upload):
    upload("catalog/a.csv", b"id,title\n1.0,a\nx2,b\n")
    assert [*items_of(store)] == ["1.0", "x2"]


def test_lists_that_a_program_wrote_into_cells(store, upload):
    films = """id,title,genres,tags,note
1,a,"[{'id': 28, 'name': 'Action'}, {'id': 12, 'name': 'Crime'}]","[""x"", ""y""]",[old]
2,b,['Crime'],"[""x""]",new
"""
    upload("catalog/a.csv", films.encode())
    first = items_of(store)["1"].metadata
    assert (first["categories"], first["tags"], first["note"]) == (["Action", "Crime"], ["x", "y"], "[old]")


def test_lists_without_a_value_and_with_more_than_a_number_holds(store, upload):
    cells = "".join(f'{n},a,"[{n}, 2]"\n' for n in range(3))
    report = upload(
        "catalog/a.csv", f'id,title,sizes\n{cells}3,a,"[1e999, 2]"\n4,a,[null]\n5,a,[]\n'.encode()
    )
    assert items_of(store)["1"].metadata["sizes"] == [1, 2]
    assert not any("sizes" in items_of(store)[one].metadata for one in "345")
    assert {code: found.count for code, found in report.cells["sizes"].items()} == {
        "not_list": 1,
        "missing_value": 2,
    }


def test_lists_of_numbers_with_decimal_commas(store, upload):
    upload("catalog/a.csv", b"id;title;sizes\n1;a;36|37,5\n2;b;38|39\n")
    assert items_of(store)["1"].metadata["sizes"] == [36, 37.5]


def test_digits_of_other_scripts(store, upload):
    rows = "id,title,price\n1,حذاء,١٢٫٥\n2,靴,１２９９円\n"  # noqa: RUF001
    upload("catalog/a.csv", rows.encode())
    assert [item.metadata["price"] for item in items_of(store).values()] == [12.5, 1299]


SHILLINGS = ["KSh 1,200", "12 Dhs", "12 NIS", "SFr 12.50", "SFr. 12.50", "Skr 12", "Nkr 12", "TSh 12", "12.50 Yen", "12 Lek",
             "12.00 din", "12.00 Leu", "12 RUR", "BYR 12", "12 TRL", "GHC 12", "12 Afs", "12 Bht", "12 Baht",
             "From KSh 12", "12 Dhs - 15 Dhs"]  # fmt: skip


@pytest.mark.parametrize("cell", SHILLINGS)
def test_a_price_may_have_any_sign_of_currency(store, upload, cell):
    upload("catalog/a.csv", f'id,name,price\n1,Lamp,"{cell}"\n2,Desk,"{cell}"\n'.encode())
    expected = {"KSh 1,200": 1200}.get(cell, 12.5 if "12.50" in cell else 12)
    assert [item.metadata["price"] for item in items_of(store).values()] == [expected, expected]


def test_a_word_that_few_prices_have_is_given_up(store, upload):
    rows = "".join(f"{n},Lamp {n},KSh {n}00\n" for n in range(1, 101))
    report = upload("catalog/a.csv", f"id,name,price\n{rows}x,Desk,20 pcs\ny,Chair,VEL-001\n".encode())
    items = items_of(store)
    assert items["7"].metadata["price"] == 700
    assert "price" not in items["x"].metadata
    assert "price" not in items["y"].metadata
    assert report.accepted == 102


def test_another_column_of_money_uses_the_signs_of_the_prices(store, upload):
    rows = "id;name;price;recommended\n1;Lamp;KSh 1.200,50;KSh 1.500\n2;Desk;KSh 2.000,00;KSh 2.500\n"
    upload("catalog/a.csv", rows.encode())
    assert items_of(store)["1"].metadata == {"title": "Lamp", "price": 1200.5, "recommended": 1500}


@pytest.mark.parametrize("cell", ["12 lbs", "12 rpm", "12 kWh", "12 pgs", "12 cal", "12 pcs"])
def test_a_column_of_one_unit_is_one_of_numbers(store, upload, cell):
    report = upload("catalog/a.csv", f"id,name,measure\n1,Lamp,{cell}\n2,Desk,7 {cell[-3:]}\n".encode())
    assert [item.metadata["measure"] for item in items_of(store).values()] == [12, 7]
    assert report.column_types["measure"] == "number"


def test_measures_of_several_units_stay_texts(store, upload):
    upload("catalog/a.csv", b"id,name,measure\n1,Lamp,12 lbs\n2,Desk,7 pcs\n3,Chair,9 kg\n")
    assert [item.metadata["measure"] for item in items_of(store).values()] == ["12 lbs", "7 pcs", "9 kg"]


def test_a_price_of_an_own_record_may_have_any_sign_of_currency(store, upload):
    record = {"label": "1", "text": "Lamp", "metadata": {"price": "KSh 1,200"}}
    upload("catalog/a.jsonl", json.dumps(record).encode())
    assert items_of(store)["1"].metadata["price"] == 1200


@pytest.mark.parametrize("cell", ["VEL-001", "REF-12", "ART-7", "VEL 12"])
def test_letters_that_are_no_currency_make_no_price(store, upload, cell):
    upload("catalog/a.csv", f"id;name;reference fournisseur\n1;Vélo;{cell}\n2;Casque;{cell}\n".encode())
    assert items_of(store)["1"].metadata["reference fournisseur"] == cell


@pytest.mark.parametrize(
    "headings",
    ["Prix (HT);Prix (TTC)", "Cena (netto);Cena (brutto)", "Price excl. VAT;Price incl. VAT", "Nettopreis;Preis",
     "price_tax_excluded;price_tax_included", "Precio sin IVA;Precio con IVA"],
)  # fmt: skip
def test_the_price_is_what_shoppers_pay(store, upload, headings):
    report = upload("catalog/a.csv", f"id;name;{headings}\n1;Vélo;100,00;120,00\n".encode())
    assert items_of(store)["1"].metadata["price"] == 120
    assert any(note.startswith("price is taken from") for note in report.notes)


@pytest.mark.parametrize(
    "headings",
    ["price (net);amount", "price (net);msrp", "price excl. VAT;msrp;amount", "Nettopreis;UVP",
     "price_tax_excluded;msrp", "Prix HT;Prix public", "prezzo netto;prezzo di listino"],
)  # fmt: skip
def test_a_net_price_goes_before_prices_of_another_kind(store, upload, headings):
    cells = ";".join(["100,00", "1,00", "2,00"][: headings.count(";") + 1])
    upload("catalog/a.csv", f"id;name;{headings}\n1;Vélo;{cells}\n".encode())
    assert items_of(store)["1"].metadata["price"] == 100


@pytest.mark.parametrize("heading", ["cost", "costo", "wholesale price", "EK-Preis"])
def test_the_only_price_is_kept_and_asked_about(store, upload, heading):
    report = upload("catalog/a.csv", f"id;name;{heading}\n1;Vélo;9,50\n".encode())
    assert items_of(store)["1"].metadata == {"title": "Vélo", heading: 9.5}
    assert any(note.startswith(f"`{heading}` is stored as it is") and "?" in note for note in report.notes)
    assert report.unused == {}


@pytest.mark.parametrize(
    "heading", ["EK netto", "Wholesale price", "Prix d'achat", "cost_price", "Inkoopprijs"]
)
def test_what_the_shop_pays_is_not_shown_to_shoppers(store, upload, heading):
    report = upload("catalog/a.csv", f"id;name;price;{heading}\n1;Vélo;9,00;5,00\n".encode())
    assert items_of(store)["1"].metadata == {"title": "Vélo", "price": 9}
    assert report.unused[heading] == "what the shop pays is not for shoppers"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_a_separator_at_the_end_of_each_row_is_no_column(store, upload, sign):
    text = f"sku{sign}name{sign}price\nA1{sign}Lamp{sign}10.00{sign}\nA2{sign}Desk{sign}20.00{sign}\n"
    report = upload("catalog/a.csv", text.encode())
    assert items_of(store)["A2"].metadata == {"title": "Desk", "price": 20}
    assert report.unused == {"column 4": "empty in every row"}


def test_a_row_with_one_value_too_many_is_still_refused(upload):
    report = upload("catalog/a.csv", b"sku,name,price\nA1,Lamp,1,299.00\nA2,Desk,20.00\n")
    assert report.reasons["wrong_columns"].lines == [2]


@pytest.mark.parametrize(
    ("cell", "read"),
    [('"a "big" lamp"', 'a "big" lamp'), ('"12" wide"', '12" wide'), ('"6"" and "7"""', '6" and "7"')],
)
def test_quotes_within_a_quoted_value_need_not_be_doubled(store, upload, cell, read):
    upload("catalog/a.csv", f"id,name,description\n1,Lamp,{cell}\n2,Desk,ok\n".encode())
    assert items_of(store)["1"].metadata["description"] == read


def test_a_quote_that_is_never_closed_is_still_refused(upload):
    report = upload("catalog/a.csv", b'id,name,description\n1,Lamp,"a big lamp\n2,Desk,ok\n')
    assert report.reasons["broken_quotes"].lines == [2]


@pytest.mark.parametrize(
    "rows",
    [
        "'id','name','price'\n'1','Lamp, \"big\"','10.5'\n'2','It''s a desk','5'\n",
        "id,name,price\n'1','Lamp, \"big\"',10.5\n'2','It''s a desk',5\n",
        "'id', 'name', 'price'\n'1', 'Lamp, \"big\"', 10.5\n'2', 'It''s a desk', 5\n",
        "'id','name','price'\n'1','Lamp, \"big\"',10.5\n2,It's a desk,5\n3,Chair,5\n4,Bed,5\n",
    ],
)
def test_single_quotes_are_quotes_where_most_rows_or_all_names_have_them(store, upload, rows):
    report = upload("catalog/a.csv", rows.encode())
    assert report.read_as["quotes"] == "single"
    assert items_of(store)["1"].metadata == {"title": 'Lamp, "big"', "price": 10.5}
    assert items_of(store)["2"].metadata == {"title": "It's a desk", "price": 5}


def test_an_apostrophe_is_no_quote(store, upload):
    upload("catalog/a.csv", b"id,name,price\n1,'n Beetje,5\n2,'s Avonds',5\n3,Lamp,5\n")
    names = [item.metadata["title"] for item in items_of(store).values()]
    assert names == ["'n Beetje", "'s Avonds'", "Lamp"]


@pytest.mark.parametrize("name", ['"Lamp, big"', '"Lamp, ""big"""'])
def test_spaces_may_stand_before_a_quote(store, upload, name):
    report = upload("catalog/a.csv", f'id, name, price\n1, {name}, 10.5\n2, Desk, "5"\n'.encode())
    assert report.rejected == 0
    assert items_of(store)["1"].metadata == {"title": name[1:-1].replace('""', '"'), "price": 10.5}


def test_an_inch_behind_a_space_is_no_quote(store, upload):
    upload("catalog/a.csv", b'id,name,width\n1,Shelf, 5" wide\n2,Desk, "6\n')
    assert items_of(store)["2"].metadata["width"] == ' "6'


@pytest.mark.parametrize("sign", ["^", "~"])
def test_rare_separators(store, upload, sign):
    upload("catalog/a.txt", f"id{sign}name{sign}price\n1{sign}Lamp{sign}10.5\n".encode())
    assert items_of(store)["1"].metadata == {"title": "Lamp", "price": 10.5}


def test_an_answer_of_a_graphql_api(store, upload):
    nodes = [{"node": {"id": f"gid://shopify/Product/{n}", "title": f"Lamp {n}"}} for n in (1, 2)]
    upload("catalog/a.json", json.dumps({"data": {"products": {"edges": nodes}}}).encode())
    assert items_of(store)["gid://shopify/Product/2"].text == "Lamp 2"


def test_spaces_around_a_title_are_no_part_of_it(store, upload):
    upload("catalog/a.csv", b"id , name , price\n1 , Lamp , 10.5\n")
    assert items_of(store)["1"].metadata["title"] == "Lamp"


@pytest.mark.parametrize(
    ("said", "stored"),
    [("auf lager", "in stock"), ("Sold out", "out of stock"), ("in_stock", "in stock"),
     ("https://schema.org/InStock", "in stock")],
)  # fmt: skip
def test_what_is_available_in_words_is_in_stock(store, upload, said, stored):
    upload("catalog/a.csv", f"id,name,available\n1,Lamp,{said}\n".encode())
    assert items_of(store)["1"].metadata == {"title": "Lamp", "availability": stored}


@pytest.mark.parametrize("heading", ["available", "Is available"])
@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [(("12", "1"), "number", [12, 1]), (("1", "0"), "number", [1, 0]), (("2026-05-01", "2026-06-01"), "date", ["2026-05-01", "2026-06-01"]),
     (("true", "false"), "boolean", [True, False]), (("ja", "Nein"), "boolean", [True, False]),
     (("in two weeks", "by letter"), "text", ["in two weeks", "by letter"])],
)  # fmt: skip
def test_what_is_available_otherwise_is_a_field_of_its_own(store, upload, heading, cells, kind, values):
    rows = f"id,name,{heading}\n1,Lamp,{cells[0]}\n2,Desk,{cells[1]}\n"
    report = upload("catalog/a.csv", rows.encode())
    assert [item.metadata.get(heading) for item in items_of(store).values()] == values
    assert report.column_types[heading] == kind
    assert "availability" not in report.column_types


def test_a_yes_or_no_of_json_keeps_its_name(store, upload):
    lines = '{"id": 1, "name": "Lamp", "available": true}\n{"id": 2, "name": "Desk", "available": false}\n'
    upload("catalog/a.jsonl", lines.encode())
    assert [item.metadata["available"] for item in items_of(store).values()] == [True, False]


@pytest.mark.parametrize("heading", ["In stock", "Verfügbarkeit"])
def test_a_count_or_a_date_is_no_availability(store, upload, heading):
    upload("catalog/a.csv", f"id,name,{heading}\n1,Lamp,12\n2,Desk,1\n".encode())
    assert [item.metadata[heading] for item in items_of(store).values()] == [12, 1]
    upload("catalog/b.csv", f"id,name,{heading}\n3,Lamp,1\n4,Desk,0\n".encode())
    assert items_of(store)["4"].metadata["availability"] == "out of stock"


def test_availability_is_taken_from_the_column_that_tells_it(store, upload):
    rows = b"id,name,in stock,inventory status\n1,Lamp,12,Sold out\n2,Desk,3,in stock\n"
    upload("catalog/a.csv", rows)
    assert items_of(store)["1"].metadata == {"title": "Lamp", "in stock": 12, "availability": "out of stock"}


@pytest.mark.parametrize("values", ["1;0", "TRUE;FALSE", "oui;non"])
def test_a_column_that_may_hide_rows_is_named(upload, values):
    first, second = values.split(";")
    report = upload("catalog/a.csv", f"id;name;actif\n1;Vélo;{first}\n2;Casque;{second}\n".encode())
    assert report.accepted == 2
    assert any(note.startswith("`actif` is stored as it is") for note in report.notes)


NAMED = {
    "German": "Artikel-Nr;Artikelbez.;VK-Preis inkl. MwSt.",
    "French": "Code article;Libellé article;Prix de vente TTC",
    "Polish": "Indeks;Nazwa towaru;Cena brutto",
    "Czech": "Kód zboží;Název zboží;Cena s DPH",
    "Slovene": "Šifra izdelka;Naziv izdelka;Cena z DDV",
    "Russian": "Код;Наименование товара;Цена, руб.",  # noqa: RUF001
    "Greek": "Κωδικός;Όνομα;Τιμή",
    "Arabic": "رمز المنتج;اسم المنتج;السعر",
    "Vietnamese": "Mã sản phẩm;Tên sản phẩm;Giá",
    "a number sign": "Item #;Item;Price",
    "a database": "products.id;products.name;products.price",
    "one word before all": "p_id;p_name;p_price",
    "the item in each": "product_sku;product_name;product_price",
    "tax behind an underscore": "sku;name;price_with_vat",
}


@pytest.mark.parametrize("name", NAMED)
def test_headings_that_name_the_item_beside_the_role(store, upload, name):
    upload("catalog/a.csv", f"{NAMED[name]}\nA;Lamp;19,99\nB;Chair;49,00\n".encode())
    assert items_of(store)["A"].metadata == {"title": "Lamp", "price": 19.99}


def test_a_badge_of_a_product_is_no_id_of_it(store, upload):
    upload("catalog/a.csv", b"sku,name,product label,item weight\nA,Lamp,NEW,1.5\n")
    assert items_of(store)["A"].metadata == {"title": "Lamp", "product label": "NEW", "item weight": 1.5}


@pytest.mark.parametrize(
    ("headings", "other"),
    [("price,cost_price", "5"), ("brand,store", "London"), ("category,type", "simple")],
)
def test_a_column_that_is_empty_in_every_row_keeps_its_role(store, upload, headings, other):
    upload("catalog/a.csv", f"id,title,{headings}\nA,Lamp,,{other}\n".encode())
    price, brand, category = (
        items_of(store)["A"].metadata.get(one) for one in ("price", "brand", "category")
    )
    assert (price, brand, category) == (None, None, None)
    assert "cost_price" not in items_of(store)["A"].metadata


@pytest.mark.parametrize("heading", ["product", "item", "Prod", "Product"])
def test_a_word_for_the_item_is_the_id_where_there_is_no_other(store, upload, heading):
    upload("catalog/a.csv", f"{heading},description,price\np1,Nice shirt,9\np2,Hat,8\n".encode())
    assert items_of(store)["p1"].metadata == {"description": "Nice shirt", "price": 9}
    upload("catalog/b.csv", f"{heading},name,price\np3,Hat,8\n".encode())
    assert items_of(store)["p3"].metadata == {"title": "Hat", "price": 8}


def test_a_word_for_the_item_is_the_id_where_a_mapping_names_another_role(store, upload):
    upload("mapping.json", b'{"catalog/*": {"fields": {"title": "words"}}}')
    upload("catalog/a.csv", b"product,words,price\np1,Hat,8\n")
    assert items_of(store)["p1"].metadata == {"title": "Hat", "price": 8}


def test_a_word_for_the_item_is_the_title_beside_an_id(store, upload):
    upload("catalog/a.csv", b"sku,product,price\nA,Lamp,9\n")
    assert items_of(store)["A"].metadata == {"title": "Lamp", "price": 9}


@pytest.mark.parametrize("item", ["product", "item"])
def test_a_badge_is_no_id_where_all_headings_begin_alike(store, upload, item):
    headings = f"{item}_id,{item}_label,{item}_price,{item}_name"
    upload("catalog/a.csv", f"{headings}\n1,NEW,9,Lamp\n2,NEW,8,Desk\n3,SALE,7,Rug\n".encode())
    assert [*items_of(store)] == ["1", "2", "3"]
    assert items_of(store)["1"].metadata == {"title": "Lamp", "price": 9, f"{item}_label": "NEW"}


def test_what_a_part_of_the_headings_begins_with_gives_no_role(store, upload):
    headings = "id,title,attr_type,attr_text,attr_label,attr_size,attr_color,attr_a,attr_b,attr_c"
    upload("catalog/a.csv", f"{headings}\n1,Lamp,simple,Blue,NEW,S,red,x,y,z\n".encode())
    item = items_of(store)["1"]
    assert item.metadata["title"] == "Lamp"
    assert item.metadata["attr_type"] == "simple"
    assert item.metadata["attr_text"] == "Blue"
    assert "category" not in item.metadata


def test_texts_and_deletions_are_named_in_full(store, upload):
    headings = "product_id,product_title,product_description,product_text,product_deleted"
    upload("catalog/a.csv", f"{headings}\n1,Lamp,A lamp,More,true\n2,Desk,A desk,More,false\n".encode())
    assert [*items_of(store)] == ["1", "2"]
    assert items_of(store)["1"].text == "Lamp\nA lamp"
    assert items_of(store)["1"].metadata["product_text"] == "More"


@pytest.mark.parametrize(
    "rows",
    ["product_id,variant_sku,name\n1,v1,Lamp\n2,,Desk\n3,v1,Rug\n", "code,custom_sku,name\n1,c1,Lamp\n2,,Desk\n3,c1,Rug\n"],
)  # fmt: skip
def test_the_sku_of_a_variant_is_no_id_beside_that_of_the_item(store, upload, rows):
    upload("catalog/a.csv", rows.encode())
    assert [*items_of(store)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("heading", "cell"),
    [("num_products", 3), ("product_store", "London"), ("item_store", "London"), ("product_body", "Steel"),
     ("product_amount", 4), ("item_type", "simple")],
)  # fmt: skip
def test_what_is_said_of_an_item_without_being_a_role_of_it(store, upload, heading, cell):
    upload("catalog/a.csv", f"{heading},name,ean\n{cell},Lamp,4006381333931\n".encode())
    assert items_of(store)["4006381333931"].metadata == {"title": "Lamp", heading: cell}


@pytest.mark.parametrize(
    ("cell", "price"),
    [("€5/month", 5), ("USD 1,299.00/mo", 1299), ("19,99 € / 100 g", 19.99), ("EUR 19,99 inkl. MwSt.", 19.99),
     ("19,99 € inkl. 19% MwSt.", 19.99), ("1.299,00 EUR (UVP)", 1299), ("19,99 € *", 19.99), ("NT$1,299", 1299),
     ("฿1,299", 1299), ("¥1,299", 1299), ("1,299円(税込)", 1299), ("税込1,299円", 1299), ("Rs. 1,299/-", 1299),
     ("1,299.- CHF", 1299), ("KSh 1,299", 1299), ("S/ 19.90", 19.9), ("19.99 $ CAD", 19.99),
     ("1,299.00 د.إ", 1299), ("$1,299", 1299), ("€ 1.299", 1299), ("Rp 19.900", 19900)],
)  # fmt: skip
def test_prices_as_countries_write_them_in_a_file_of_semicolons(store, upload, cell, price):
    upload("catalog/a.csv", f"id;name;price\nA;Lamp;{cell}\nB;Desk;{cell}\n".encode())
    assert items_of(store)["A"].metadata["price"] == price


@pytest.mark.parametrize("cell", ["Rp 19.900", "19.900 ₫", "CLP 19.900"])
def test_points_between_thousands_of_currencies_without_cents(store, upload, cell):
    upload("catalog/a.csv", f"id,name,price\nA,Lamp,{cell}\n".encode())
    assert items_of(store)["A"].metadata["price"] == 19900


@pytest.mark.parametrize(
    ("cell", "grade"),
    [("★★★★☆", 4), ("⭐⭐⭐", 3), ("4.5 stars", 4.5), ("4,5 Sterne", 4.5), ("80 %", 80), ("4.5 / 5.0", 4.5)],
)
def test_grades_are_numbers_where_the_heading_says_grades(store, upload, cell, grade):
    upload("catalog/a.csv", f"id;name;rating;cotton\nA;Shirt;{cell};{cell}\nB;Sock;{cell};x\n".encode())
    assert items_of(store)["A"].metadata["rating"] == grade
    assert items_of(store)["A"].metadata["cotton"] == cell


@pytest.mark.parametrize("written", ['"=""0012"""', '="0012"', "'0012"])
def test_zeros_of_ids_that_were_kept_from_a_spreadsheet(store, upload, written):
    upload("catalog/a.csv", f"sku,name\n{written},Lamp\n".encode())
    assert [*items_of(store)] == ["0012"]


@pytest.mark.parametrize("name", ["'n Sommer", "'90s", "'"])
def test_an_apostrophe_before_other_than_digits_is_a_part_of_the_id(store, upload, name):
    upload("catalog/a.csv", f"sku,name\n{name},Poster\n".encode())
    assert [*items_of(store)] == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "sku,name\n'0012,Lamp\nX13,Chair\n"), ("b.csv", "label,text\n'0012,Lamp\nX13,Chair\n"),
     ("a.jsonl", '{"label": "\'0012", "text": "Lamp"}\n{"label": "X13", "text": "Chair"}\n')],
)  # fmt: skip
def test_ids_behind_an_apostrophe_are_the_same_in_logs(store, upload, name, text):
    upload(f"catalog/{name}", text.encode())
    upload("interactions/a.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nu,'0012,1700000000\nu,X13,1700000001\n")
    assert [*items_of(store)] == [row[1] for row in curated_rows(store)] == ["0012", "X13"]


@pytest.mark.parametrize(
    "record",
    [{"id": "A", "createdTime": "2024-01-31T10:00:00Z", "fields": {"Name": "Lamp"}},
     {"sys": {"id": "A", "type": "Entry"}, "fields": {"Name": "Lamp"}},
     {"put": "id:shop:product::A", "fields": {"Name": "Lamp"}}],
    ids=["Airtable", "Contentful", "Vespa"],
)  # fmt: skip
def test_the_fields_of_a_record_are_the_record(store, upload, record):
    upload("catalog/a.json", json.dumps({"records": [record]}).encode())
    assert items_of(store)["A"].metadata == {"title": "Lamp"}


def test_fields_of_a_record_that_says_more_are_a_part_of_it(store, upload):
    upload("catalog/a.jsonl", json.dumps({"id": "A", "title": "Lamp", "fields": {"x": 1}}).encode())
    assert items_of(store)["A"].metadata == {"title": "Lamp", "fields.x": 1}


def test_columns_that_other_files_have_too_are_no_export(store, upload):
    for name, text in NO_EXPORTS.items():
        upload(f"catalog/{name}.csv", text.encode())
    found = items_of(store)
    assert {id: item.metadata["title"] for id, item in found.items()} == {
        "A1": "Red shoe", "A2": "Blue shoe", "31": "Desk lamp", "32": "Oak chair", "51": "One", "52": "Two",
    }  # fmt: skip
    assert found["52"].metadata["language"] == "German"


NO_EXPORTS = {
    "commercetools": "product_type,variant_id,sku,slug,title,price\nshoe,1,A1,red-shoe,Red shoe,10\n"
    "shoe,2,A2,blue-shoe,Blue shoe,12\n",
    "bigcommerce": "item,id,name,type,sku,options,price\nLamp,31,Desk lamp,light,L1,red,10\n"
    "Chair,32,Oak chair,seat,C1,blue,20\n",
    "cs_cart": "product_id,product_code,product_name,language,price,status\n51,X1,One,English,10,A\n"
    "52,X2,Two,German,12,D\n",
}


def test_an_export_that_tells_no_item_is_read_by_its_headings(store, upload):
    upload("catalog/a.csv", b"product_type,variant_id,sku,prices,title\nshoe,1,A1,10,Red shoe\n")
    assert items_of(store)["A1"].metadata["title"] == "Red shoe"


def test_variants_and_parts_without_a_product_above_are_refused(store, upload):
    report = upload(
        "catalog/a.csv",
        b"Item,ID,Name,Type,SKU,Options,Inventory Tracking,Price\nVariant,2,,,V,,none,10\nImage,4,,,,,,\n"
        b"Product,3,Oak chair,physical,C,,none,20\n",
    )
    assert [*items_of(store)] == ["3"]
    assert (report.reasons["missing_product"].count, report.merged) == (2, 0)


def prices_of(upload, store, *cells):
    rows = "".join(f"{place};Lamp;{cell}\n" for place, cell in enumerate(cells))
    report = upload("catalog/a.csv", f"sku;title;price\n{rows}".encode())
    return [item.metadata.get("price") for item in items_of(store).values()], report


def test_thousands_of_one_currency_say_nothing_of_another(store, upload):
    cells = ("1,299 USD", "1.299 EUR", "12,99 EUR")
    assert prices_of(upload, store, *cells)[0] == [1299, 1299, 12.99]


def test_the_full_width_yen_is_a_yen(store, upload):
    assert prices_of(upload, store, "￥1,299", "12,50 €")[0] == [1299, 12.5]
    assert [item.metadata["currency"] for item in items_of(store).values()] == ["JPY", "EUR"]


def test_what_may_be_a_decimal_sign_of_reals_is_noted(store, upload):
    _, report = prices_of(upload, store, "R$ 5,899", "R$ 6,100")
    assert any("say `decimal`" in note for note in report.notes)


@pytest.mark.parametrize("cell", ["20 %", "★★★", "4 stars"])
def test_percentages_and_stars_are_no_prices(store, upload, cell):
    prices, report = prices_of(upload, store, cell, cell)
    assert prices == [None, None]
    assert report.cells["price"]["not_number"].count == 2


@pytest.mark.parametrize(
    ("cell", "price"), [("1.299 EUR (RRP)", 1299), ("42,50 € (pair)", 42.5), ("10 GEL (b)", 10)]
)
def test_notes_in_brackets_are_taken_off_prices_alone(store, upload, cell, price):
    upload("catalog/a.csv", f"sku;title;price;size\n1;Lamp;{cell};{cell}\n".encode())
    assert (items_of(store)["1"].metadata["price"], items_of(store)["1"].metadata["size"]) == (price, cell)


@pytest.mark.parametrize("codec", ["cp850", "cp1252", "mac_roman"])
def test_german_letters_of_three_code_pages(store, upload, codec):
    text = "Artikelnummer;Name\n1;Käse Größe\n2;Für Söhne\n3;Münchner Straße\n"
    upload("catalog/a.csv", text.encode(codec))
    assert [item.text for item in items_of(store).values()] == ["Käse Größe", "Für Söhne", "Münchner Straße"]


def test_part_numbers_are_no_powers_of_ten(store, upload):
    upload("catalog/a.csv", b"id,name,part,load,price\n1,A,1E5,1E+05,Now $19.99\n2,B,2E7,2.5E3,Only $5\n")
    one, two = items_of(store).values()
    assert [one.metadata["part"], two.metadata["part"]] == ["1E5", "2E7"]
    assert [one.metadata["load"], two.metadata["load"]] == [100_000, 2_500]
    assert [one.metadata["price"], two.metadata["price"]] == [19.99, 5]


@pytest.mark.parametrize(
    ("codec", "title"),
    [
        ("cp1252", "Les client·e·s, les étudiant·e·s"),
        ("cp1252", "GORE-TEX™Jacke für Männer"),
        ("cp1252", "”Nalle”s räka på CAFÉs"),
        ("mac_roman", "Müller·Söhne, weiße Möbel"),
        ("cp932", "ランプ テーブル シャツ"),
        ("cp932", "コーヒー カップ"),
    ],
)
def test_signs_within_words_now_and_then_are_of_no_other_code_page(store, upload, codec, title):
    upload("catalog/a.csv", f'id,name\n1,"{title}"\n2,"{title}"\n'.encode(codec))
    assert items_of(store)["1"].text == title


def test_the_end_of_a_word_is_no_advertisement(store, upload):
    upload("catalog/a.csv", b"id,name,brand\n1,A,Snow $5\n2,B,Snow $7\n")
    assert items_of(store)["1"].metadata["brand"] == "Snow $5"
