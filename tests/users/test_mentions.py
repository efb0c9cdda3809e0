"""An id is found however a file writes it, and nothing else is."""

import csv
import gzip
import html
import io
import json
import tracemalloc
import zipfile

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from object2vec.core.wording import as_markdown
from object2vec.users import mentions as module
from object2vec.users.mentions import Mentions

IDS = ["ann", 'a"b', "x\\y", "é", "Zoë Müller", "a,b", "a/b", "用户", "😀", "a&b", "a_b", "u-1", "a\tb"]


def csv_row(*cells):
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", "nothing")
        archive.writestr("log.csv", text)
    return out.getvalue()


def workbook(*cells):
    (book := Workbook()).active.append(cells)
    book.save(out := io.BytesIO())
    return out.getvalue()


WAYS = {
    "csv": lambda one: csv_row("1", one, "x").encode(),
    "json": lambda one: json.dumps({"USER_ID": one}).encode(),
    "json, unescaped": lambda one: json.dumps({"USER_ID": one}, ensure_ascii=False).encode(),
    "json row in a report": lambda one: json.dumps({"examples": [json.dumps({"u": one})]}).encode(),
    "csv row in a report": lambda one: json.dumps({"examples": [csv_row("1", one)]}).encode(),
    "tab in a report": lambda one: json.dumps([f"1\t{one}\t2"]).encode(),
    "xml": lambda one: f"<user>{html.escape(one)}</user>".encode(),
    "utf-16": lambda one: f"1,{one},x".encode("utf-16"),
    "markdown": lambda one: f"| {as_markdown(one)} | 1 |".encode(),
    "zip": lambda one: zipped(csv_row("1", one, "x")),
    "workbook": lambda one: workbook("1", one, "x"),
    "gzip": lambda one: gzip.compress(csv_row("1", one, "x").encode()),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("user_id", IDS)
def test_an_id_is_found_in_every_format(tmp_path, way, user_id):
    (path := tmp_path / "file").write_bytes(WAYS[way](user_id))
    assert Mentions(user_id).in_file(path)


@pytest.mark.parametrize("data", [b"1,joanna,x", b"1,ann-2,x", b"1,ann_2", b"", b'{"u": "anna"}'])
def test_another_id_that_holds_this_one_is_not_it(tmp_path, data):
    (path := tmp_path / "file").write_bytes(data)
    assert not Mentions("ann").in_file(path)


@pytest.mark.parametrize(
    "way", ["csv", "json", "json, unescaped", "json row in a report", "xml", "utf-16", "gzip"]
)
@pytest.mark.parametrize(
    ("longer", "one"),
    [("ann.b", "ann"), ("ann@x.org", "ann"), ("ann@x.org", "x.org"), ("annä", "ann"), ("用户", "用"),
     ("äann", "ann"), ("1.7", "7"), ("Zoë", "Zo"), ("7.05", "7"), ("7.0.1", "7")],
)  # fmt: skip
def test_an_id_that_begins_or_ends_another_is_not_found_in_it(tmp_path, way, longer, one):
    (path := tmp_path / "file").write_bytes(WAYS[way](longer))
    assert Mentions(longer).in_file(path)
    assert not Mentions(one).in_file(path)


@pytest.mark.parametrize(
    "text",
    ["it was ann.", "\ufeffann,1", "\u201cann\u201d", "ann\u00a0;1", "user=ann", "(ann)", "ann:viewed",
     "{ann:3}", "q=red+ann", "\\u0009ann", "\\u0022ann\\u0022", "\\fann"],
)  # fmt: skip
def test_what_stands_beside_an_id_is_no_part_of_it(tmp_path, text):
    (path := tmp_path / "file").write_bytes(text.encode())
    assert Mentions("ann").in_file(path)


@pytest.mark.parametrize("data", [b"7.0,a", b'{"user_id": 7.0}', b"a,7.00\n"])
def test_a_whole_number_that_a_table_writes_with_a_point_is_the_id(tmp_path, data):
    (path := tmp_path / "file").write_bytes(data)
    assert Mentions("7").in_file(path)


def test_a_column_of_a_parquet_file_is_compared_as_a_whole(tmp_path):
    path = str(tmp_path / "file")
    duckdb.sql('SELECT \'a "b\' AS "user ""id", 7 AS item').write_parquet(path)
    assert Mentions('a "b').in_file(tmp_path / "file")
    assert Mentions("7").in_file(tmp_path / "file")
    duckdb.sql("SELECT 8.0::DOUBLE AS user").write_parquet(path + "8")
    assert Mentions("8").in_file(tmp_path / "file8")
    assert not Mentions("a").in_file(tmp_path / "file")


@given(before=st.integers(0, 40), chunk=st.integers(1, 16))
def test_an_id_across_chunks_is_found_and_one_that_goes_on_is_not(tmp_path_factory, before, chunk):
    folder = tmp_path_factory.mktemp("chunks")
    (folder / "is").write_bytes(b"x," * before + b"ann\n")
    (folder / "isnt").write_bytes(b"x," * before + b"anna\nbann\nann.b,x.ann")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        assert Mentions("ann").in_file(folder / "is")
        assert not Mentions("ann").in_file(folder / "isnt")


@pytest.mark.parametrize("cut", [30, 15])
def test_a_damaged_compressed_file_is_read_as_far_as_it_goes(tmp_path, cut):
    data = gzip.compress(b"ann,1\n" * 10)
    (path := tmp_path / "file").write_bytes(data[: min(cut, len(data) - 1)])
    assert Mentions("ann").in_file(path) in (True, False)
    path.write_bytes(b"\x1f\x8b no gzip")
    assert not Mentions("ann").in_file(path)


def test_a_small_file_that_unpacks_to_much_takes_little_memory(tmp_path):
    path = tmp_path / "file"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(64):
            file.write(b"u,i,1600000000000\n" * 100_000)
    mentions = Mentions("ann")
    tracemalloc.start()
    try:
        assert not mentions.in_file(path)
        assert tracemalloc.get_traced_memory()[1] < 8 * module.CHUNK
    finally:
        tracemalloc.stop()
