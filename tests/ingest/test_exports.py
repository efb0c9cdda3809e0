"""Each system's export, as it is written: recognised by its columns, rows in and items out."""

# ruff: noqa: E501  lines of files as they are

import gzip

import orjson
import pytest

from object2vec.storage import item_log

SHOPIFY = """Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Gift Card
kettle,Red kettle,"<p>1.7&nbsp;l &amp; light</p><script>x()</script>",Acme,Kettles,"kitchen, red",TRUE,Size,Small,RK-1,19.99,https://x/1.jpg,FALSE
kettle,,,,,,,,Large,RK-2,21.99,,
kettle,,,,,,,,,,,https://x/2.jpg,
draft,Draft,,,,,FALSE,Title,Default Title,D-1,5,,
"""
WOO = """ID,Type,SKU,Name,Published,Description,Regular price,Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s)
44,variable,tee,V-Neck Tee,1,<b>Soft</b>,,"Clothing > Tshirts, Sale",https://x/t.jpg,,Color,"Red, Blue"
45,variation,tee-red,V-Neck Tee - Red,1,,20,,,id:44,Color,Red
46,variation,tee-blue,V-Neck Tee - Blue,1,,21,,,tee,Color,Blue
47,simple,mug,Mug,1,Holds coffee,9,Kitchen,,,,
48,simple,old,Old,-1,,1,,,,,
"""
MAGENTO = """sku,store_view_code,attribute_set_code,product_type,name,description,price,categories,additional_attributes,configurable_variations
WS-S,,Top,simple,Tee S,,29,Default Category/Women/Tops,"size=S,color=Blue",
WS-M,,Top,simple,Tee M,,29,Default Category/Women/Tops,"size=M,color=Blue",
WS,,Top,configurable,Tee,<p>Nice</p>,29,Default Category/Women/Tops,material=Cotton,"sku=WS-S,size=S|sku=WS-M,size=M"
WS,de,,,T-Shirt,,,,,
"""
GOOGLE = """id\ttitle\tdescription\tlink\timage_link\tprice\tavailability\tproduct_type\titem_group_id\tsurprise
k1\tRed kettle\tA kettle\thttps://x/k\thttps://x/k.jpg\t19.99 USD\tin_stock\tHome > Kettles\tk\tyes indeed
k2\tBlue kettle\tA kettle\thttps://x/l\thttps://x/l.jpg\t1,299.00 USD\tout of stock\tHome > Kettles\tk\tno way
"""
RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>k1</g:id><title>Red kettle</title><description>&lt;p&gt;A kettle&lt;/p&gt;</description>
<g:price>19.99 USD</g:price><g:availability>in stock</g:availability><g:additional_image_link>a</g:additional_image_link>
<g:additional_image_link>b</g:additional_image_link><link>https://x/k</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><entry><g:id>k1</g:id>
<title>Red kettle</title><link href="https://x/k"/><g:price>19.99 USD</g:price><g:condition>new</g:condition></entry></feed>"""
PERSONALIZE = (
    "ITEM_ID,GENRES,CREATION_TIMESTAMP,PRICE\n1,Adventure|Comedy,1577836800,5\n2,Drama,1577836801,\n"
)
AMAZON = """{"asin": "B1", "title": "Kettle", "price": "$19.99", "category": ["Home", "Kettles"], "also_buy": ["B2"], "description": ["Boils <b>water</b>"]}
{"asin": "B2", "title": "Pan", "price": "", "category": [], "also_buy": [], "description": []}
"""
PYTHON = """{'asin': 'B1', 'title': "Chef's pan", 'price': 19.99, 'categories': [['Home', 'Pans']], 'related': {'also_bought': ['B2']}}
"""
FILMS = "1::Toy Story (1995)::Animation|Comedy\n2::Café (1996)::Drama\n".encode("latin-1")
SCHEMA = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebSite", "name": "Shop"},
        {
            "@type": "Product", "name": "Kettle", "sku": "K-1", "brand": {"@type": "Brand", "name": "Acme"},
            "image": ["https://x/1.jpg"], "aggregateRating": {"@type": "AggregateRating", "ratingValue": "4.4"},
            "offers": [{"@type": "Offer", "price": "119.99", "priceCurrency": "EUR",
                        "availability": "https://schema.org/InStock"}],
        },
    ],
}  # fmt: skip
FILMS_100K = (
    "1|Café (1995)|01-Jan-1995||http://x/1|" + "|".join("0010010000000000000") + "\n"
    "2|Heat (1995)|01-Jan-1995||http://x/2|" + "|".join("0100000000000000000") + "\n"
).encode("latin-1")
EXCEL = "sep=;\r\nArtikelnummer;Bezeichnung;Beschreibung;Preis;Marke;Warengruppe\r\n007;Kessel;Für 5 €;1.299,00 €;Müller;Küche\r\n"


def catalog(store):
    return {item.id: item for item in item_log.replay(item_log.read(store))[0].values()}


EXPORTS = {
    "shopify.csv": (SHOPIFY.encode(), "Shopify products", 4, 1, {"RK-1", "RK-2"}),
    "woo.csv": (WOO.encode(), "WooCommerce products", 5, 1, {"45", "46", "47"}),
    "magento.csv": (MAGENTO.encode(), "Magento products", 4, 2, {"WS-S", "WS-M"}),
    "google.tsv": (GOOGLE.encode(), "Google Merchant Center feed", 2, 0, {"k1", "k2"}),
    "google.txt": (GOOGLE.encode(), "Google Merchant Center feed", 2, 0, {"k1", "k2"}),
    "feed.xml": (RSS.encode(), "Google Merchant Center feed", 1, 0, {"k1"}),
    "atom.xml": (ATOM.encode(), "Google Merchant Center feed", 1, 0, {"k1"}),
    "items.csv": (PERSONALIZE.encode(), "Amazon Personalize items", 2, 0, {"1", "2"}),
    "meta.jsonl.gz": (gzip.compress(AMAZON.encode()), "Amazon review data, products", 2, 0, {"B1", "B2"}),
    "meta_2014.json": (PYTHON.encode(), "Amazon review data, products", 1, 0, {"B1"}),
    "movies.dat": (FILMS, "MovieLens films", 2, 0, {"1", "2"}),
    "u.item": (FILMS_100K, "MovieLens films", 2, 0, {"1", "2"}),
    "movies.csv": (b"movieId,title,genres\n1,Heat,Action|Crime\n", "MovieLens films", 1, 0, {"1"}),
    "ld.json": (orjson.dumps(SCHEMA), "schema.org products", 2, 0, {"K-1"}),
    "excel.csv": (EXCEL.encode("cp1252"), "columns named as shops name them", 1, 0, {"007"}),
    "array.json": (b'[{"id":1,"title":"Kettle","price":5}]', "columns named as shops name them", 1, 0, {"1"}),
    "article.jsonl": (b'{"label":"1","text":"a"}{"label":"2","text":"b"}', "label, text and metadata", 2, 0, {"1", "2"}),
    "wrapped.json": (b'{"n":1,"products":[{"id":"a","name":"Pan"}]}', "columns named as shops name them", 1, 0, {"a"}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_and_read(store, upload, name):
    data, recognised, rows, merged, ids = EXPORTS[name]
    report = upload(f"catalog/{name}", data)
    assert (report.problem, report.recognised, report.rows_read, report.merged) == (
        None,
        recognised,
        rows,
        merged,
    )
    assert set(catalog(store)) == ids
    assert report.rows_read == report.accepted + report.rejected + report.duplicate_ids + report.merged


def test_the_flags_of_movielens_100k_become_genres(store, upload):
    upload("catalog/u.item", FILMS_100K)
    cafe = catalog(store)["1"].metadata
    assert (cafe["title"], cafe["categories"]) == ("Café (1995)", ["Adventure", "Comedy"])


def test_a_title_above_the_header_is_no_header(store, upload):
    data = "Price list, spring\t\t\t\r\nAs of 1 March\t\t\t\r\n\t\t\t\r\nSKU\tName\tPrice\r\n007\tKettle\t19.99\r\n"
    report = upload("catalog/a.tsv", data.encode())
    assert (report.problem, report.rejected, report.accepted) == (None, 0, 1)
    assert report.read_as["lines of a title above the header"] == "3"
    assert catalog(store)["007"].metadata["price"] == 19.99


def test_shopify_variants_share_what_their_first_row_says(store, upload):
    report = upload("catalog/a.csv", SHOPIFY.encode())
    large = catalog(store)["RK-2"]
    assert large.text == "Red kettle\n1.7 l & light"
    assert large.metadata == {
        "title": "Red kettle", "description": "1.7 l & light", "brand": "Acme", "category": "Kettles",
        "price": 21.99, "image": "https://x/1.jpg", "images": ["https://x/1.jpg", "https://x/2.jpg"],
        "group": "kettle", "Tags": ["kitchen", "red"], "Size": "Large",
    }  # fmt: skip
    assert report.reasons["not_published"].lines == [5]
    assert "setting of the shop system" in report.unused["Gift Card"]


def test_rows_of_a_product_may_come_in_any_order(store, upload):
    head, *rows = SHOPIFY.splitlines(keepends=True)
    upload("catalog/a.csv", SHOPIFY.encode())
    first = catalog(store)
    upload("catalog/a.csv", (head + "".join(reversed(rows))).encode())
    assert catalog(store) == first


def test_woocommerce_variations_inherit_and_are_grouped(store, upload):
    upload("catalog/a.csv", WOO.encode())
    blue, mug = catalog(store)["46"], catalog(store)["47"]
    assert (blue.metadata["group"], blue.metadata["Color"], blue.metadata["price"]) == ("44", "Blue", 21)
    assert (blue.metadata["category"], blue.metadata["categories"]) == (
        "Tshirts",
        ["Clothing", "Tshirts", "Sale"],
    )
    assert blue.text == "V-Neck Tee - Blue\nSoft"
    assert mug.metadata["category"] == "Kitchen"
    assert "group" not in mug.metadata


def test_magento_variants_have_the_attributes_of_their_configuration(store, upload):
    upload("catalog/a.csv", MAGENTO.encode())
    small = catalog(store)["WS-S"].metadata
    assert (small["group"], small["size"], small["color"], small["category"]) == ("WS", "S", "Blue", "Tops")
    assert small["description"] == "Nice"


def test_a_google_feed_keeps_what_it_does_not_know(store, upload):
    upload("catalog/a.tsv", GOOGLE.encode())
    kettle = catalog(store)["k2"].metadata
    assert (kettle["price"], kettle["currency"], kettle["availability"]) == (1299, "USD", "out of stock")
    assert (kettle["surprise"], kettle["group"], kettle["category"]) == ("no way", "k", "Kettles")


def test_amazon_and_schema_org_nest_what_is_flat_here(store, upload):
    report = upload("catalog/a.jsonl", AMAZON.encode())
    assert catalog(store)["B1"].metadata["price"] == 19.99
    assert catalog(store)["B1"].metadata["categories"] == ["Home", "Kettles"]
    assert "ids of other items" in report.unused["also_buy"]
    upload("catalog/b.json", orjson.dumps(SCHEMA))
    kettle = catalog(store)["K-1"].metadata
    assert (kettle["price"], kettle["currency"], kettle["brand"]) == (119.99, "EUR", "Acme")
    assert (kettle["availability"], kettle["rating"]) == ("in stock", 4.4)


def test_a_german_spreadsheet(store, upload):
    report = upload("catalog/a.csv", EXCEL.encode("cp1252"))
    assert catalog(store)["007"].metadata == {
        "title": "Kessel", "description": "Für 5 €", "price": 1299, "currency": "EUR", "brand": "Müller",
        "category": "Küche",
    }  # fmt: skip
    assert (report.read_as["separator"], "Windows-1252" in report.read_as["encoding"]) == ("semicolon", True)


def test_a_mapping_says_the_rest(store, upload):
    mapping = {
        "catalog/supplier-*.csv": {
            "fields": {"id": "Pos", "title": ["Name", "Zusatz"], "price": "VK", "colour": "F"},
            "decimal": ",", "currency": "CHF", "time_format": {"Seit": "%d %m %y"}, "ignore": ["EK"],
        }
    }  # fmt: skip
    rows = b"Pos;Name;Zusatz;VK;F;EK;Seit\n1;Kettle;red;1,299;r;1;01 02 20\n"
    assert upload("catalog/supplier-a.csv", rows).problem["code"] == "missing_columns"
    assert upload("mapping.json", orjson.dumps(mapping)).problem is None
    report = upload("catalog/supplier-a.csv", rows)
    assert catalog(store)["1"].metadata == {
        "title": "Kettle red", "price": 1.299, "currency": "CHF", "colour": "r", "Seit": "2020-02-01",
    }  # fmt: skip
    assert "ignore" in report.unused["EK"]


WOOCOMMERCE_IT = (
    "ID,Tipo,SKU,Nome,Pubblicato,Prezzo di listino,Categorie,Genitore,Marchi,Nome dell'attributo 1,"
    "Valori dell'attributo 1,Aliquota d'imposta\n"
    '10,simple,BBQ-1,Griglia,1,"14,50","Giardino, Giardino > Barbecue",,Fuocovivo,,,\n'
    '20,variable,ARR-1,Ombrellone,1,,"Giardino, Giardino > Arredo",,Relaxa,Colore,"Verde, Rosso",\n'
    '21,variation,ARR-1-1,Ombrellone - Verde,1,"89,00",,ARR-1,,Colore,Verde,\n'
    '30,simple,TEST-1,PRODOTTO TEST,-1,"1,00",Giardino,,Relaxa,,,\n'
)


@pytest.mark.parametrize(
    ("said", "ids", "group"),
    [({}, ("10", "21"), "20"), ({"fields": {"id": "SKU"}}, ("BBQ-1", "ARR-1-1"), "ARR-1"),
     ({"fields": {"label": "SKU"}, "currency": "EUR"}, ("BBQ-1", "ARR-1-1"), "ARR-1")],
)  # fmt: skip
def test_a_mapping_of_the_id_leaves_an_export_what_it_is(store, upload, said, ids, group):
    upload("mapping.json", orjson.dumps({"catalog/*": said}))
    report = upload("catalog/a.csv", WOOCOMMERCE_IT.encode())
    assert report.recognised == "WooCommerce products"
    assert catalog(store).keys() == {*ids}  # neither the parent nor the draft
    variant = catalog(store)[ids[1]].metadata
    assert variant["categories"] == ["Giardino", "Arredo"]
    assert (variant["brand"], variant["group"], variant["Colore"]) == ("Relaxa", group, "Verde")
    assert variant.get("currency") == said.get("currency")
    assert variant.get("ID") == (21 if said else None)
    assert not {"Valori dell'attributo 1", "Nome dell'attributo 1", "Aliquota d'imposta"} & variant.keys()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Attribute 1 name", "Attribute 1 value(s)"), ("Attribute 1 name", "Attribute 1 value"),
        ("Attribut 1 Name", "Attribut 1 Werte"), ("Attribut 1 Name", "Attribut 1 Wert"),
        ("Nom de l'attribut 1", "Valeurs de l\u2019attribut 1"), ("Nom de l\u2019attribut 1", "Valeur de l'attribut 1"),
        ("Nombre del atributo 1", "Valores del atributo 1"), ("Nombre del atributo 1", "Valor del atributo 1"),
        ("Nome dell'attributo 1", "Valori dell'attributo 1"), ("Nome attributo 1", "Valore dell\u2019attributo 1"),
        ("Naam eigenschap 1", "Waarden eigenschap 1"), ("Attribuut 1 naam", "Attribuut 1 waarde(n)"),
        ("Nome do atributo 1", "Valores do atributo 1"), ("Nazwa atrybutu 1", "Wartości atrybutu 1"),
    ],
)  # fmt: skip
def test_woocommerces_attributes_are_known_in_the_shops_language(store, upload, name, values):
    head = f"ID,Type,SKU,Name,Published,Regular price,{name},{values}"
    report = upload("catalog/a.csv", f'{head}\n1,simple,a,Pan,1,5,Size,"24 cm, 28 cm"\n'.encode())
    assert catalog(store)["1"].metadata["Size"] == ["24 cm", "28 cm"]
    assert report.unused[values] == report.unused[name] == "stored under the name of the attribute"
    assert not {name, values} & catalog(store)["1"].metadata.keys()


def test_a_mapping_of_shopifys_id_is_that_of_each_variant(store, upload):
    rows = (
        b"Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Barcode,Status\n"
        b"cup,Cup,Ware,Colour,red,C-1,4,'401,active\ncup,,,,blue,C-2,5,'402,\nold,Old,Ware,,,O,1,'403,draft\n"
    )
    upload("mapping.json", b'{"catalog/a*": {"fields": {"id": "Variant Barcode", "colour": "Vendor"}}}')
    report = upload("catalog/a.csv", rows)
    assert report.recognised == "Shopify products"
    items = catalog(store)
    assert {label: (items[label].metadata["group"], items[label].metadata["price"]) for label in items} == {
        "401": ("cup", 4), "402": ("cup", 5),
    }  # fmt: skip
    assert items["402"].metadata["colour"] == "Ware"
    assert "brand" not in items["402"].metadata


def test_shopifys_handle_as_the_id_keeps_variants_apart(store, upload):
    rows = (
        b"Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
        b"cup,Cup,Colour,red,C-1,4\ncup,,,blue,C-2,5\npot,Pot,,,P,1\n"
    )
    upload("mapping.json", b'{"catalog/*": {"fields": {"id": "Handle"}}}')
    upload("catalog/a.csv", rows)
    assert catalog(store).keys() == {"cup/red", "cup/blue", "pot"}


def test_a_mapping_of_magentos_id_is_that_of_variants_and_group(store, upload):
    rows = (
        b"sku,product_type,name,attribute_set_code,price,ean,configurable_variations\n"
        b'S-R,simple,Shirt red,Default,9,111,\nS,configurable,Shirt,Default,,110,"sku=S-R,color=Red"\n'
    )
    upload("mapping.json", b'{"catalog/*": {"fields": {"id": "ean"}}}')
    upload("catalog/a.csv", rows)
    assert [*catalog(store)] == ["111"]
    assert catalog(store)["111"].metadata["group"] == "110"


@pytest.mark.parametrize(
    ("mapping", "hint"),
    [
        (b"{", "no JSON"),
        (b'{"catalog/*": {"feilds": {}}}', "did you mean `fields`"),
        (b'{"catalog/*": {"fields": {"titel": "x"}}}', "did you mean `title`"),
        (b'{"catalog/*": {"decimal": ";"}}', "decimal"),
        (b'{"catalog/*": {"fields": {"id": "Nummer"}}}', "Did you mean `Nummern`"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(upload, mapping, hint):
    said = upload("mapping.json", mapping)
    report = upload("catalog/a.csv", b"Nummern,title\n1,a\n")
    assert hint in (said.problem or report.problem)["message"]


CASE_COLUMNS = {
    "dates": (["01.02.2020", "31.12.2020"], "date", ["2020-02-01", "2020-12-31"]),
    "months": (["1. März 2020", "3 août 2019"], "date", ["2020-03-01", "2019-08-03"]),
    "moments": (["2020-01-01T10:00:00+02:00", "2020-01-02"], "date", ["2020-01-01T08:00:00Z", "2020-01-02T00:00:00Z"]),
    "booleans": (["ja", "nein"], "boolean", [True, False]),
    "words": (["ja", "red"], "text", ["ja", "red"]),
    "codes": (["0123", "5"], "text", ["0123", "5"]),
    "decimal commas": (["1,5", "2,25"], "number", [1.5, 2.25]),
    "thousands by the other rows": (["1,299", "5.50"], "number", [1299, 5.5]),
    "commas by the other rows": (["1,299", "5,50"], "number", [1.299, 5.5]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASE_COLUMNS)
def test_a_column_has_one_type(store, upload, name):
    cells, kind, values = CASE_COLUMNS[name]
    rows = "".join(f'{place},t,"{cell}"\n' for place, cell in enumerate(cells))
    report = upload("catalog/a.csv", f"label,text,x\n{rows}".encode())
    assert report.column_types == {"x": kind}
    assert [item.metadata["x"] for item in catalog(store).values()] == values


def test_ids_that_a_spreadsheet_ruined_are_refused_or_named(store, upload):
    report = upload("catalog/a.csv", b"label,text\n4.00638E+12,a\n4.00638E+12,b\n001,c\n002,d\n17,e\n")
    assert report.reasons["ruined_label"].lines == [2, 3]
    assert any("zeros" in note for note in report.notes)
    assert set(catalog(store)) == {"001", "002", "17"}


@pytest.mark.parametrize(
    "dated", ["Mar 01", "01.03.2026", "3/1/2026", "01-Mar", "1. Mrz", "Mrz 26", "2026-03-01"]
)
def test_ids_that_a_spreadsheet_made_dates_of_are_named(store, upload, dated):
    report = upload("catalog/a.csv", f"id;title\nA-1;kettle\nMAR-1;pan\n12;pot\n{dated};cup\n".encode())
    assert [
        note
        for note in report.notes
        if "1 of the ids in `id` look like dates" in note and repr(dated) in note
    ]
    assert set(catalog(store)) == {"A-1", "MAR-1", "12", dated}
    log = upload("interactions/a.csv", f"USER_ID,ITEM_ID,TIMESTAMP\nu,A-1,5\nu,{dated},6\n".encode())
    assert [
        note
        for note in log.notes
        if "1 of the ids in `ITEM_ID` look like dates" in note and repr(dated) in note
    ]


@pytest.mark.parametrize("label", [b'"4.00638E+12"', b'"4,00638E+12"', b"4.00638e+20"])
def test_rounded_ids_are_refused_in_json_too(upload, label):
    report = upload("catalog/a.jsonl", b'{"label": %s, "text": "a"}\n{"label": 1, "text": "b"}\n' % label)
    assert report.reasons["ruined_label"].lines == [1]


def test_rounded_ids_of_a_log_are_refused_with_either_decimal_sign(upload):
    rows = b"USER_ID;ITEM_ID;TIMESTAMP\nu;1,23E+12;1577880000\nu;1.23E+12;1577880001\nu;1;1577880002\n"
    assert upload("interactions/a.csv", rows).reasons["rounded_item_id"].lines == [2, 3]


def test_one_word_among_300_numbers_costs_its_cell(store, upload):
    rows = "".join(f"w{n},t,{n}.5\n" for n in range(300)) + "w300,t,about 5\n"
    report = upload("catalog/a.csv", f"label,text,weight\n{rows}".encode())
    assert report.column_types == {"weight": "number"}
    assert report.cells["weight"]["not_number"].examples == ["about 5"]
    assert "weight" not in catalog(store)["w300"].metadata


def test_entities_of_its_own_stop_an_xml(upload):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><rss><item><id>1</id><title>&a;</title></item></rss>'
    assert upload("catalog/a.xml", bomb).problem["code"] == "xml_entities"


def test_headings_are_known_with_points_and_hyphens(store, upload):
    upload("catalog/a.csv", "Art.-Nr.;Artikelbezeichnung;Preis brutto\n0815;Bürostuhl;1.299,00\n".encode())
    assert catalog(store)["0815"].metadata["price"] == 1299
    rows = b"Kd.-Nr.;Art.-Nr.;Belegdatum;Belegnr.;Status\n7;0815;31.01.2024;1001;Retoure\n8;0815;31.01.2024;1002;Storno\n"
    assert upload("interactions/a.csv", rows).event_types == {"refund": 1, "cancelled": 1}


def test_blank_lines_below_what_excel_says_of_the_separator(store, upload):
    upload("catalog/a.csv", b"sep=;\r\n\r\nid;title;price\r\n1;Kettle;1,50\r\n")
    assert catalog(store)["1"].metadata == {"title": "Kettle", "price": 1.5}


def test_a_list_in_a_cell_is_one_of_numbers_where_all_of_them_are(store, upload):
    upload("catalog/a.csv", b"id,title,sizes,tags\n1,Shoe,36|37.5,01|02\n2,Boot,40,3|4\n3,Sock,,\n")
    found = {item.id: item.metadata for item in catalog(store).values()}
    assert (found["1"]["sizes"], found["2"]["sizes"]) == ([36, 37.5], [40])
    assert (found["1"]["tags"], found["2"]["tags"]) == (["01", "02"], ["3", "4"])


def test_records_under_their_ids_are_read(store, upload):
    upload("catalog/a.json", b'{"K1": {"title": "Kettle", "price": 5}, "K2": {"title": "Pan", "price": 6}}')
    assert {item.id: item.metadata["price"] for item in catalog(store).values()} == {"K1": 5, "K2": 6}


def test_whole_numbers_of_any_length_keep_their_digits_in_json(store, upload):
    long = 12345678901234567890123
    upload("catalog/a.json", b'[{"id": %d, "title": "a", "code": %d, "edge": %d}]' % (long, long, 2**63))
    item = catalog(store)[str(long)]
    assert (item.metadata["code"], item.metadata["edge"]) == (str(long), str(2**63))


@pytest.mark.parametrize(
    "name", ["catalog/a.csv", "catalog/a.json", "interactions/a.csv", "interactions/a.jsonl"]
)
@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html><form>log in", b"\n <table><tr><td>id", b"<HTML>"])
def test_a_web_page_is_no_export(upload, name, page):
    assert "This is a web page (HTML)" in upload(name, page).problem["message"]
