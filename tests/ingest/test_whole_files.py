"""Files that cannot be read as a whole: one clear sentence, no exception, nothing published."""

import gzip

import pytest

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report
from object2vec.storage import item_log
from tests.helpers.curated import curated_rows

FILES = {
    ("catalog/a.jsonl", b""): ("empty_file", "upload one that holds rows"),
    ("catalog/a.csv", b"\xef\xbb\xbf \n\n"): ("empty_file", "rows"),
    ("catalog/a.csv", b"label,text\n"): ("no_rows", "header"),
    ("interactions/a.csv", b"USER_ID,ITEM_ID,TIMESTAMP\n\n"): ("no_rows", "header"),
    ("catalog/a.csv", b"lable,text\n1,a\n"): ("missing_columns", "Did you mean `label` by `lable`?"),
    ("catalog/a.csv", b"label,txet\n1,a\n"): ("missing_columns", "Did you mean `text` by `txet`?"),
    ("catalog/a.csv", b"id,colour\n1,red\n"): ("missing_columns", "uploads/mapping.json"),
    ("catalog/users.csv", b"USER_ID,AGE\nu,30\n"): ("not_a_catalogue", "knows shoppers by what they do"),
    ("catalog/r.csv", b"userId,movieId,rating,timestamp\n1,2,3,4\n"): ("not_a_catalogue", "interactions/"),
    ("catalog/t.csv", b"userId,movieId,tag,timestamp\n1,2,x,4\n"): ("not_a_catalogue", "queries/"),
    ("catalog/ratings.dat", b"1::2::3::4\n"): ("not_a_catalogue", "uploads/interactions/"),
    ("catalog/a.csv", b"label,text,a,A\n1,a,,\n"): ("bad_header", "name of its own"),
    ("interactions/a.csv", b"USER_ID,item\nu,i\n"): ("missing_columns", "TIMESTAMP missing among"),
    ("catalog/a.csv", b"PK\x03\x04xlsx"): ("not_text", "ends in .xlsx"),
    ("catalog/a.jsonl.gz", b"plain"): ("broken_gzip", "Compress it again"),
    ("catalog/a.parquet", b"PAR1"): ("broken_parquet", "Export it again"),
    ("catalog/a.parquet", b""): ("empty_file", "upload one that holds rows"),
    ("queries/a.parquet", b"QUERY,ITEM_ID\nq,i\n"): ("not_parquet", "name it by its format"),
    ("queries/a.csv", b"PAR1\x15\x04"): ("not_text", ".parquet"),
    ("queries/a.csv", b"query,label\nq,1\n"): ("missing_columns", "ITEM_ID missing"),
    ("catalog/a.xlsx", b"PK"): ("broken_workbook", "save it again"),
    ("catalog/a.docx", b"PK"): ("unknown_format", ".parquet"),
    ("catalog/a", b"x"): ("unknown_format", ".csv"),
    ("products/a.csv", b"label,text\n1,a\n"): ("unknown_prefix", "uploads/catalog/"),
}


@pytest.mark.parametrize(("name", "data", "code", "hint"), [(*k, *v) for k, v in FILES.items()])
def test_the_report_says_what_to_do(store, upload, name, data, code, hint):
    report = upload(name, data)
    assert report.problem["code"] == code
    assert hint in report.problem["message"]
    assert hint in report.summary()
    assert load_report(store, f"uploads/{name}") == report
    assert not [*store.list("curated/"), *store.list("catalog/files/"), *store.list("quarantine/")]
    assert item_log.replay(item_log.read(store))[0] == {}


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("catalog/a.jsonl.gz", b"", b'{"label": "%d", "text": "%d"}\n'),
        ("catalog/a.csv.gz", b"label,size,text\n", b"%d,%d,as long as a line of JSON\n"),
        ("interactions/a.csv.gz", b"USER_ID,TIMESTAMP,ITEM_ID\n", b"%d,%d,as long as a line of JSON\n"),
    ],
)
def test_a_gzip_that_breaks_off_keeps_what_came_before(upload, name, header, row):
    rows = b"".join(row % (n, 10**9 + n * 79) for n in range(400_000))
    report = upload(name, gzip.compress(header + rows)[:-2_000])
    assert report.problem["code"] == "broken_gzip"
    assert 0 < report.accepted == report.rows_read < 400_000


def test_of_a_small_broken_gzip_the_whole_lines_are_kept(store, upload):
    rows = b"USER_ID,ITEM_ID,TIMESTAMP\n" + b"".join(b"u%d,i,5\n" % n for n in range(2_000))
    report = upload("interactions/a.csv.gz", gzip.compress(rows, 0)[:-1_000])
    assert report.problem["code"] == "broken_gzip"
    assert 1_800 < report.accepted == report.rows_read < 2_000
    assert len(curated_rows(store)) == report.accepted


def test_bytes_after_a_whole_gzip_cost_no_row(store, upload):
    report = upload("interactions/a.csv.gz", gzip.compress(b"USER_ID,ITEM_ID,TIMESTAMP\nu,i,5\n") + b"junk")
    assert (report.problem["code"], report.accepted) == ("broken_gzip", 1)


def test_a_file_of_more_rows_than_a_function_reads_is_stopped(upload, monkeypatch):
    monkeypatch.setattr("object2vec.ingest.readers.blocks.MAX_ROWS", 1_000_000)
    report = upload(
        "interactions/a.csv.gz", gzip.compress(b"USER_ID,ITEM_ID,TIMESTAMP\n" + b"u,i,5\n" * 3_000_000, 1)
    )
    assert report.problem["code"] == "too_large"
    assert 0 < report.accepted < 3_000_000


@pytest.mark.parametrize("kind", ["catalog", "interactions"])
def test_a_header_of_a_million_columns_is_refused(upload, kind):
    report = upload(f"{kind}/a.csv", b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n1\n")
    assert "more than 2,000 columns" in report.problem["message"]


@pytest.mark.parametrize(
    "key", ["uploads/catalog/gone.csv", "reports/uploads/catalog/a.csv.json", "uploads/catalog/"]
)
def test_what_is_no_upload_leaves_no_report(store, key):
    assert preprocess_upload(store, key).problem is not None
    assert not list(store.list(""))


def test_a_small_file_that_unpacks_without_end_is_stopped(store, upload, monkeypatch):
    monkeypatch.setattr("object2vec.ingest.readers.unpacked.MAX_UNPACKED_BYTES", 20 << 20)
    rows = b"USER_ID,ITEM_ID,TIMESTAMP\n" + b"u,i,5\n" * 10_000_000
    report = upload("interactions/a.csv.gz", gzip.compress(rows, 1))
    assert report.problem["code"] == "too_large"
    assert 0 < report.accepted == report.rows_read < 10_000_000


def test_a_parquet_footer_that_promises_too_much_is_refused(store, upload, monkeypatch, parquet):
    monkeypatch.setattr("object2vec.ingest.readers.parquet.MAX_ROWS", 10)
    data = parquet("SELECT 'u' AS USER_ID, 'i' AS ITEM_ID, 5 AS TIMESTAMP FROM range(11)")
    assert upload("interactions/a.parquet", data).problem["code"] == "too_large"


def test_a_file_larger_than_the_disk_is_not_even_fetched(store, upload, monkeypatch):
    monkeypatch.setattr("object2vec.ingest.preprocess.MAX_FILE_BYTES", 10)
    monkeypatch.delattr(type(store), "download")
    assert "split it" in upload("catalog/a.csv", b"label,text\n1,a\n").problem["message"]


@pytest.mark.parametrize(
    "name", ["catalog/a.csv.gz", "catalog/a.jsonl.gz", "interactions/a.csv.gz", "pairs/a.jsonl.gz"]
)
def test_what_was_compressed_twice_is_said_so(upload, name):
    problem = upload(name, gzip.compress(gzip.compress(b"label,text\n1,a\n"))).problem
    assert (problem["code"], "compressed twice" in problem["message"]) == ("not_text", True)
