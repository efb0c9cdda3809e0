import gzip

import orjson
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.ingest.rules import MAX_TEXT
from object2vec.storage import item_log


def catalog(store):
    return item_log.replay(item_log.read(store))[0]


def lines(*records):
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def test_jsonl_becomes_items_with_their_metadata(store, upload):
    metadata = {
        "price": 2.5,
        "brand": "A",
        "organic": True,
        "tags": ["x", "y"],
        "sizes": [1, 2.5],
        "gone": None,
    }
    report = upload("catalog/a.jsonl", lines({"label": "p1", "text": "Pizza", "metadata": metadata}))
    del metadata["gone"]
    assert catalog(store) == {"p1": CatalogItem("p1", "Pizza", metadata)}
    assert (report.rows_read, report.accepted, report.problem, report.quarantine) == (1, 1, None, None)
    assert report.outputs == ["item-log/000000000001.jsonl"]


def test_csv_columns_get_one_type_each(store, upload):
    rows = b"label,text,price,size,upc,organic,note\n1,a,1.5,12,012,true,\n2,b,,12 OZ,9,False,\n"
    report = upload("catalog/a.csv", rows)
    assert catalog(store)["1"].metadata == {"price": 1.5, "size": "12", "upc": "012", "organic": True}
    assert catalog(store)["2"].metadata == {"size": "12 OZ", "upc": "9", "organic": False}
    assert report.column_types == {
        "price": "number", "size": "text", "upc": "text", "organic": "boolean", "note": "empty",
    }  # fmt: skip


@pytest.mark.parametrize("codes", ["0123", "12345678901234567", "1_000", "٣", "0x10", "+5"])
def test_what_a_number_would_change_stays_text(store, upload, codes):
    upload("catalog/a.csv", f"label,text,code\n1,a,{codes}\n".encode())
    assert catalog(store)["1"].metadata == {"code": codes}


def test_deleted_removes_in_both_formats(store, upload):
    upload("catalog/a.jsonl", lines(*({"label": f"{n}", "text": "t"} for n in range(4))))
    upload(
        "catalog/b.jsonl",
        lines({"label": "0", "deleted": True}, {"label": "1", "text": "u", "deleted": False}),
    )
    upload("catalog/c.csv", b"label,text,deleted\n2,,true\n3,kept,\n")
    assert {item.id: item.text for item in catalog(store).values()} == {"1": "u", "3": "kept"}


def test_a_later_row_supersedes_and_is_counted(store, upload):
    report = upload("catalog/a.jsonl", lines(*({"label": i, "text": t} for i, t in ["a1", "b2", "a3", "a4"])))
    assert catalog(store)["a"].text == "4"
    assert (report.rows_read, report.accepted, report.duplicate_ids, report.duplicate_id_lines) == (
        4,
        2,
        2,
        [1, 3],
    )


def test_integer_labels_are_their_digits(store, upload):
    upload("catalog/a.jsonl", b'{"label": 7, "text": "t"}\n')
    assert list(catalog(store)) == ["7"]


BAD_ROWS = {
    b"{broken": "invalid_json",
    b'["a"]': "not_an_object",
    b'{"text": "t"}': "missing_label",
    b'{"label": "", "text": "t"}': "missing_label",
    b'{"label": 1.5, "text": "t"}': "bad_label",
    b'{"label": true, "text": "t"}': "bad_label",
    b'{"label": " a", "text": "t"}': "bad_label",
    b'{"label": "a\\u0000", "text": "t"}': "bad_label",
    orjson.dumps({"label": "x" * 257, "text": "t"}): "bad_label",
    b'{"label": "a"}': "missing_text",
    b'{"label": "a", "text": 5}': "bad_text",
    b'{"label": "a", "text": "t", "metadata": {"price": NaN}}': "not_finite",
    b'{"label": "a", "text": "t", "metadata": {"x": [-Infinity]}}': "not_finite",
    b'{"label": "a", "text": "t", "metadata": [1]}': "bad_metadata",
    b'{"label": "a", "text": "t", "deleted": "yes"}': "bad_deleted",
    '{"label": "a", "text": "Käse"}'.encode("latin-1"): "not_utf8",
}


@pytest.mark.parametrize(
    ("row", "code"), BAD_ROWS.items(), ids=[f"{c}-{i}" for i, c in enumerate(BAD_ROWS.values())]
)
def test_a_bad_row_is_named_kept_and_stops_nobody(store, upload, row, code):
    report = upload(
        "catalog/a.jsonl", b'{"label": "0", "text": "t"}\n\n' + row + b'\n{"label": "z", "text": "t"}'
    )
    assert list(catalog(store)) == ["0", "z"]
    assert (report.rows_read, report.accepted, report.rejected) == (3, 2, 1)
    assert report.reasons[code].lines == [3]
    assert report.reasons[code].examples[0][:20] == row.decode(errors="replace")[:20]
    assert store.get("quarantine/uploads/catalog/a.jsonl") == row + b"\n"
    assert code in report.summary()


@pytest.mark.parametrize("length", [MAX_TEXT + 1, 1_000_000])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_long_text_is_cut_and_its_item_kept(store, upload, length, form):
    row = orjson.dumps({"label": "a", "text": "x" * length, "metadata": {"price": 2}})
    rows = {"jsonl": row, "csv": b"label,text,price\na," + b"x" * length + b",2\n"}
    report = upload(f"catalog/a.{form}", rows[form])
    assert catalog(store)["a"].text == "x" * MAX_TEXT
    assert catalog(store)["a"].metadata == {"price": 2}
    assert report.cells["text"]["text_cut"].count == 1


BAD_CSV = {
    "2,b": "wrong_columns",
    "2,b,1,1": "wrong_columns",
    ",b,1": "missing_label",
    '2,"b,1': "broken_quotes",
    '2,"b"c,1': "broken_quotes",
    "2,b\0,1": "control_character",
}


@pytest.mark.parametrize(("row", "code"), BAD_CSV.items())
def test_a_bad_csv_row_is_kept_under_its_header(store, upload, row, code):
    report = upload("catalog/a.csv", f'label,text,price\n1,"two\nlines",1\n{row}\n3,c,2\n'.encode())
    assert list(catalog(store)) == ["1", "3"]
    assert report.reasons[code].lines == [4]
    assert store.get(report.quarantine) == f"label,text,price\n{row}\n".encode()


def test_nan_among_numbers_is_no_value_but_is_a_word_among_words(store, upload):
    report = upload("catalog/a.csv", b"label,text,weight,bread\n1,a,1,naan\n2,b,NaN,nan\n3,c,2,nan\n")
    assert report.cells["weight"]["missing_value"].lines == [3]
    assert catalog(store)["2"].metadata == {"bread": "nan"}
    assert catalog(store)["3"].metadata == {"weight": 2, "bread": "nan"}


def test_a_stray_quote_does_not_swallow_the_file(store, upload):
    rows = "".join(f"{n},text {n}\n" for n in range(5_000))
    report = upload("catalog/a.csv", ('label,text\nx,"stray\n' + rows).encode())
    assert (report.rows_read, report.accepted) == (5_001, 5_000)
    assert report.reasons["broken_quotes"].lines == [2]


def test_fields_beside_label_and_text_are_metadata_in_every_format(store, upload):
    upload("catalog/a.jsonl", lines({"label": "a", "text": "t", "price": 1, "metadata": {"brand": "B"}}))
    upload("catalog/b.csv", b"label,text,price,brand\nb,t,1,B\n")
    assert {tuple(item.metadata.items()) for item in catalog(store).values()} == {
        (("price", 1), ("brand", "B"))
    }


CELLS = {
    b'"price": -1': ({}, "not_number"),
    b'"price": "5"': ({"price": 5}, None),
    b'"price": "1.299,00 \xe2\x82\xac"': ({"price": 1299}, None),
    b'"price": true': ({}, "not_number"),
    b'"price": "cheap"': ({}, "not_number"),
    b'"x": {"y": 1, "z": {"a": "b"}}': ({"x.y": 1, "x.z.a": "b"}, None),
    b'"x": [{"y": 1}, {"y": 2}]': ({"x.y": [1, 2]}, None),
    b'"x": [1, "y"]': ({"x": ["1", "y"]}, "mixed_list"),
    b'"x": [[1, 2], [3]]': ({"x": [1, 2, 3]}, None),
    b'"x": 18446744073709551617': ({"x": "18446744073709551617"}, None),
    b'"x": 9007199254740993': ({"x": 9007199254740993}, None),
    b'"x": "' + b"y" * 30_000 + b'"': ({"x": "y" * MAX_TEXT}, "text_cut"),
    b'"x": "' + b"y" * 15_000 + b'"': ({"x": "y" * 15_000}, None),
    b'"": 1': ({}, "bad_name"),
}


@pytest.mark.parametrize("said", CELLS, ids=range(len(CELLS)))
def test_a_value_that_cannot_be_read_costs_itself(store, upload, said):
    report = upload("catalog/a.jsonl", b'{"label": "a", "text": "t", "metadata": {"n": 1, %s}}' % said)
    metadata, code = CELLS[said]
    assert catalog(store)["a"].metadata == {"n": 1, **metadata}
    assert [code for codes in report.cells.values() for code in codes] == [code] * bool(code)


@pytest.mark.parametrize("cell", ["NaN", "-1", "cheap", "1e999", "N/A", "-"])
def test_a_price_that_cannot_be_read_costs_the_price_with_a_line(store, upload, cell):
    report = upload("catalog/a.csv", f"label,text,price\n1,a,1\n2,b,{cell}\n".encode())
    assert catalog(store)["2"] == CatalogItem("2", "b", {})
    ((reason),) = report.cells["price"].values()
    assert (reason.count, reason.lines, reason.examples) == (1, [3], [cell])
    assert report.rejected == 0


def test_a_label_of_more_than_64_bits_keeps_its_digits(store, upload):
    upload("catalog/a.jsonl", b'{"label": 18446744073709551617, "text": "t"}')
    assert list(catalog(store)) == ["18446744073709551617"]


def test_byte_order_mark_windows_line_ends_and_gzip(store, upload):
    upload("catalog/a.csv", b"\xef\xbb\xbflabel,text\r\n1,a\r\n")
    upload(
        "catalog/b.jsonl.gz", gzip.compress(b'\xef\xbb\xbf{"label": "2", "text": "b"}\r\n{"label": ""}\r\n')
    )
    assert [item.text for item in catalog(store).values()] == ["a", "b"]
    assert gzip.decompress(store.get("quarantine/uploads/catalog/b.jsonl.gz")) == b'{"label": ""}\r\n'


ADDRESSES = ["https://x/a.png", "https://x/b.png"]
OBJECTS = [{"src": ADDRESSES[0], "alt": "Front", "name": "a"}, {"src": ADDRESSES[1], "name": "b"}]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", {"label": "1", "text": "hat", "metadata": {"images": OBJECTS}}),
        ("a.jsonl", {"label": "1", "text": "hat", "images": [ADDRESSES[0], OBJECTS[1]]}),
        ("a.jsonl", {"id": "1", "title": "hat", "price": 3, "images": OBJECTS}),
        (
            "a.jsonl",
            {"id": "1", "title": "hat", "price": 3, "images": [{"contentUrl": u} for u in ADDRESSES]},
        ),
        ("a.jsonl", {"id": "1", "title": "hat", "price": 3, "media": [{"src": u} for u in ADDRESSES]}),
        ("a.csv", orjson.dumps(OBJECTS)),
        ("a.csv", str([{"name": "x", "url": u} for u in ADDRESSES]).encode()),
    ],
)
def test_pictures_that_are_objects_are_their_addresses(store, upload, name, data):
    if isinstance(data, bytes):
        data = b'id,title,images\n1,hat,"' + data.replace(b'"', b'""') + b'"\n'
    else:
        data = orjson.dumps(data)
    assert upload(f"catalog/{name}", data).accepted == 1
    assert catalog(store)["1"].metadata["images"] == ADDRESSES


def test_one_picture_that_is_an_object_is_its_address(store, upload):
    rows = [{"label": "1", "text": "hat", "metadata": {"image": {"url": ADDRESSES[0]}}}]
    upload("catalog/a.jsonl", orjson.dumps(rows[0]))
    upload("catalog/b.csv", b'id,title,image\n2,hat,"{""src"": ""https://x/a.png""}"\n')
    assert [catalog(store)[label].metadata["image"] for label in "12"] == [ADDRESSES[0]] * 2
