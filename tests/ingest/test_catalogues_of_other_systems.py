"""Catalogues of systems that are not known by name, or in letters that nothing names."""

# ruff: noqa: E501  lines of files as they are

import pytest

from object2vec.storage import item_log


def items(store):
    return item_log.replay(item_log.read(store))[0]


CODE_PAGES = {
    "cp1251": ("артикул;название;цена\n1;Хлеб;10\n", "Хлеб"),
    "cp1251 of two words": ("label;text;brand\n1;Хлеб;Мир\n", "Хлеб"),
    "koi8_r": ("sku;name;price\n1;Хлеб чёрный;10\n", "Хлеб чёрный"),
    "cp1253": ("sku;name;price\n1;Ψωμί μαύρο;10\n", "Ψωμί μαύρο"),
    "cp1255": ("sku;name;price\n1;לחם שחור;10\n", "לחם שחור"),
    "cp1250": ("sku;name;price\n1;Żółty sęk;10\n", "Żółty sęk"),
    "cp1254": ("sku;name;price\n1;Türk kahvesi şişe;10\n", "Türk kahvesi şişe"),
    "cp1252": ("sku;name;price\n1;Äpfel süß;10\n", "Äpfel süß"),
    "mac_roman": ("sku;name;price\n1;Crème brûlée;10\n", "Crème brûlée"),
}


@pytest.mark.parametrize("codec", CODE_PAGES)
def test_one_row_tells_its_code_page(store, upload, codec):
    text, title = CODE_PAGES[codec]
    upload("catalog/a.csv", text.encode(codec.split()[0]))
    assert items(store)["1"].text == title


@pytest.mark.parametrize("title", ["Müsli mit Nüssen", "Crème brûlée", "Хлеб чёрный", "Árbol"])
def test_letters_that_were_written_twice_are_read_once(store, upload, title):
    twice = "".join(bytes([byte]).decode("cp1252", "replace") for byte in title.encode())
    twice = "".join(
        chr(title.encode()[place]) if char == "\ufffd" else char for place, char in enumerate(twice)
    )
    report = upload("catalog/a.csv", f"sku,title,price\n1,{twice},2\n2,Tea,3\n".encode())
    assert items(store)["1"].text == title
    assert report.read_as["encoding"].startswith("UTF-8 twice")


def test_a_hebrew_table_is_not_taken_for_a_russian_one(store, upload):
    names = ["כוס קרמיקה", "צלחת לבנה", "כף נירוסטה", "מגבת כותנה", "מנורת שולחן", "כיסא עץ"]
    rows = "".join(f"{place},{name},{place}00\n" for place, name in enumerate(names, 1))
    upload("catalog/a.csv", f"sku,שם מוצר,מחיר\n{rows}".encode("cp1255"))
    assert [item.text for item in items(store).values()] == names


def test_letters_that_were_written_once_stay(store, upload):
    upload("catalog/a.csv", "sku,title,price\n1,Müsli,2\n2,Ü© Ã¼,3\n3,Café,3\n".encode())
    assert [item.text for item in items(store).values()] == ["Müsli", "Ü© Ã¼", "Café"]


def test_grades_of_one_scale_are_numbers(store, upload):
    upload("catalog/a.csv", b"sku,title,rating\n1,A,4.5/5\n2,B,3/5\n3,C,5/5\n")
    assert [item.metadata["rating"] for item in items(store).values()] == [4.5, 3, 5]


def test_fractions_are_no_grades(store, upload):
    upload("catalog/a.csv", b"sku,title,thread\n1,A,1/2\n2,B,3/4\n")
    assert [item.metadata["thread"] for item in items(store).values()] == ["1/2", "3/4"]


@pytest.mark.parametrize("heading", ["tags", "Tags (en-gb)", "steam_tags", "keywords"])
@pytest.mark.parametrize("cell", ["red, blue", "red;blue", "red|blue", "['red', 'blue']"])
def test_tags_of_any_system_are_a_list(store, upload, heading, cell):
    upload("catalog/a.csv", f'sku,title,{heading}\n1,A,"{cell}"\n2,B,green\n'.encode())
    first, second = items(store).values()
    assert [*first.metadata.values()][1:] == [["red", "blue"]]
    assert [*second.metadata.values()][1:] == [["green"]]


def test_an_id_that_is_empty_in_every_row_is_none(store, upload):
    report = upload(
        "catalog/a.csv",
        b"product_id,name(en-gb),sku,upc,model,manufacturer,price\n40,iPhone,,,m 11,Apple,101\n41,iMac,,,m 14,Apple,100\n",
    )
    assert [*items(store)] == ["40", "41"]
    assert report.unused["sku"] == "empty in every row"


SYSTEMS = {
    "Odoo": (
        "a.csv",
        b'External ID,Name,Internal Reference,Barcode,Sales Price,Cost,Product Category\nx1,Desk,A,601647855,"1,299.00",700,All / Office\n',
        {"title": "Desk", "price": 1299.0, "category": "Office"},
    ),
    "Amazon listings": (
        "a.txt",
        b"item-name\titem-description\tlisting-id\tseller-sku\tprice\tquantity\timage-url\tstatus\nDesk\tWide\t0101X\tA\t19.99\t5\t\tActive\n",
        {"title": "Desk", "description": "Wide", "price": 19.99},
    ),
    "Shopware 5": (
        "a.csv",
        b"ordernumber;mainnumber;name;supplier;tax;price_EK;baseprice_EK;active;description_long\nA;A;Desk;Firma;19;12,99;7;1;<p>Wide</p>\n",
        {"title": "Desk", "description": "Wide", "price": 12.99, "brand": "Firma"},
    ),
    "Salesforce": (
        "a.xml",
        b'<catalog xmlns="http://x/catalog"><product product-id="A"><display-name xml:lang="x-default">Desk</display-name>'
        b'<long-description xml:lang="x-default">Wide</long-description><brand>Firma</brand></product></catalog>',
        {"title": "Desk", "description": "Wide", "brand": "Firma"},
    ),
    "H&M": (
        "a.csv",
        b"article_id,product_code,prod_name,product_type_name,detail_desc\nA,0108775,Desk,Table,Wide\n",
        {"title": "Desk", "description": "Wide", "category": "Table"},
    ),
    "Goodreads": (
        "a.json",
        b'{"isbn": "0312853122", "asin": "", "book_id": "A", "title": "Desk", "description": "Wide", "num_pages": "256"}\n',
        {"title": "Desk", "description": "Wide"},
    ),
    "Steam": ("a.csv", b"appid,name,publisher,price\nA,Desk,Firma,7.19\n", {"title": "Desk", "price": 7.19}),
    "Lightspeed": (
        "a.csv",
        b"id,handle,sku,name,description,product_category,supply_price,retail_price,brand_name\nA,desk,1,Desk,Wide,Office / Desks,5,19.99,Firma\n",
        {"title": "Desk", "description": "Wide", "price": 19.99, "brand": "Firma", "category": "Desks"},
    ),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_products_of_systems_that_are_not_known_by_name(store, upload, system):
    name, data, metadata = SYSTEMS[system]
    upload(f"catalog/{name}", data)
    found = items(store)
    assert [*found] == ["A"]
    assert metadata.items() <= found["A"].metadata.items()
    assert {"supply_price", "Cost", "baseprice_EK"}.isdisjoint(found["A"].metadata)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("anime_id,name,genre", "A,Desk,Drama"),
        ("track_id,album_name,track_name", "A,Greatest,Desk"),
        ("ISBN;Book-Title;Book-Author", "A;Desk;Ann"),
        ("business_id,name,stars", "A,Desk,4.5"),
    ],
)
def test_the_id_and_the_title_of_whatever_is_sold(store, upload, header, row):
    upload("catalog/a.csv", f"{header}\n{row}\n".encode())
    assert items(store)["A"].text == "Desk"


@pytest.mark.parametrize("cell", ["36|37|38", "36;37;38"])
def test_sizes_of_an_own_table_are_lists_of_numbers(store, upload, cell):
    upload("catalog/a.csv", f"label,text,sizes\n1,Shoe,{cell}\n2,Boot,40\n".encode())
    assert [item.metadata["sizes"] for item in items(store).values()] == [[36, 37, 38], [40]]


def test_comments_above_each_heading_are_no_header(store, upload):
    upload(
        "catalog/a.csv",
        b'# Required | the id,# Required | the name,"# Optional | 9.99 USD"\nid,title,price\n1,Dress,49.99 USD\n2,Skirt,29.99 USD\n',
    )
    assert [item.text for item in items(store).values()] == ["Dress", "Skirt"]


def test_a_sign_before_a_name_is_no_currency(store, upload):
    upload("catalog/a.json", b'[{"$id": "1", "$title": "Vase", "$price": 24.99, "$link": "https://x"}]')
    assert "currency" not in items(store)["1"].metadata
