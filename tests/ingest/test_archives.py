"""A `.zip` is read as the one file in it, within bounds; or refused with what to do."""

import io
import zipfile

import pytest

from object2vec.storage import item_log
from tests.helpers.curated import curated_rows

ROWS = b"label,text,price\n1,Kettle,5\n2,Pan,6\n"


def packed(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_the_one_file_of_an_archive_is_read(store, upload):
    litter = {"out/": b"", "__MACOSX/out/._products.csv": b"\0", "out/.DS_Store": b"", "README.txt": b"a"}
    report = upload("catalog/export.zip", packed({**litter, "out/products.csv": ROWS}))
    assert (report.problem, report.accepted, report.read_as["separator"]) == (None, 2, "comma")
    assert sorted(item_log.replay(item_log.read(store))[0]) == ["1", "2"]


@pytest.mark.parametrize("name", ["feed.xml", "feed.json", "feed.tsv"])
def test_its_format_is_that_of_the_file_within(upload, name):
    data = {
        "feed.xml": b"<rss><item><id>1</id><title>A</title></item></rss>",
        "feed.json": b'[{"id": 1, "title": "A"}]',
        "feed.tsv": b"id\ttitle\n1\tA\n",
    }[name]
    report = upload("catalog/a.zip", packed({name: data}))
    assert (report.problem, report.accepted) == (None, 1)


def test_logs_are_read_too(store, upload):
    data = b"USER_ID,ITEM_ID,TIMESTAMP\nu,i,1577880000\n"
    report = upload("interactions/a.zip", packed({"log.csv": data}))
    assert (report.problem, report.accepted) == (None, 1)
    assert len(curated_rows(store)) == 1


def test_rejected_rows_are_kept_in_an_archive_that_can_be_mended_and_uploaded(store, upload):
    report = upload("catalog/a.zip", packed({"x/rows.csv": ROWS + b"3,too,many,values\n"}))
    assert (report.accepted, report.rejected) == (2, 1)
    kept = zipfile.ZipFile(io.BytesIO(store.get(report.quarantine)))
    assert {name: kept.read(name) for name in kept.namelist()} == {
        "rows.csv": b"label,text,price\n3,too,many,values\n"
    }
    assert upload("catalog/b.zip", store.get(report.quarantine)).rejected == 1


REFUSED = {
    "two": (packed({"a.csv": ROWS, "b.csv": ROWS}), "not_one_file", "a.csv, b.csv"),
    "empty": (packed({}), "not_one_file", "upload each file by itself"),
    "sheet": (packed({"[Content_Types].xml": b"", "xl/a.xml": b""}), "not_text", "save the sheet as CSV"),
    "picture": (packed({"a.png": b"x"}), "unknown_format", ".csv"),
    "parquet": (packed({"a.parquet": b"PAR1"}), "unknown_format", "upload it by itself"),
    "cut": (packed({"a.csv": ROWS})[:-30], "broken_zip", "Pack it again"),
    "many": (packed({f"{n:0200}": b"" for n in range(5_000)}), "not_one_file", "thousands"),
    "password": (
        packed({"a.csv": ROWS}).replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0")
        .replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0"),
        "broken_zip", "without a password",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_an_archive_that_cannot_be_read_says_what_to_do(store, upload, case):
    data, code, hint = REFUSED[case]
    report = upload("catalog/a.zip", data)
    assert (report.problem["code"], report.accepted) == (code, 0)
    assert hint in report.problem["message"]
    assert not [*store.list("catalog/files/"), *store.list("quarantine/")]


def test_an_archive_that_unpacks_without_end_is_stopped(upload, monkeypatch):
    monkeypatch.setattr("object2vec.ingest.readers.unpacked.MAX_UNPACKED_BYTES", 4 << 20)
    report = upload("catalog/a.zip", packed({"a.csv": b"label,text\n" + b"1,a\n" * 4_000_000}))
    assert report.problem["code"] == "too_large"


def test_damage_within_keeps_what_came_before(upload):
    data = bytearray(packed({"a.csv": b"label,text\n" + b"".join(b"%d,a\n" % n for n in range(300_000))}))
    data[-20_000:-19_000] = bytes(1000)
    report = upload("catalog/a.zip", bytes(data))
    assert report.problem["code"] == "broken_zip"
    assert 0 < report.accepted == report.rows_read < 300_000
