import gzip

import pytest

from tests.helpers.curated import curated_rows

ROW = ("frozen pizza", "7", 2.0, 1577880000, "u")
FILES = {
    "csv": b"QUERY,ITEM_ID,LABEL,TIMESTAMP,USER_ID\nfrozen pizza,7,2,1577880000,u\n",
    "jsonl": (
        b'{"query":"frozen pizza","item_id":7,"label":2,"timestamp":"2020-01-01T12:00:00Z","user_id":"u"}\n'
    ),
}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz", "a.jsonl.gz"])
def test_every_format_gives_the_same_row(store, upload, name):
    data = FILES[name.split(".")[1]]
    report = upload(f"queries/{name}", gzip.compress(data) if name.endswith(".gz") else data)
    assert (report.accepted, report.outputs[0].split("/")[:2]) == (1, ["curated", "queries"])
    assert curated_rows(store, "queries") == [ROW]


def test_parquet_too(store, upload, parquet):
    upload(
        "queries/a.parquet",
        parquet("""SELECT 'frozen pizza' AS QUERY, 7 AS ITEM_ID, 2 AS LABEL, 1577880000 AS TIMESTAMP,
            'u' AS USER_ID"""),
    )
    assert curated_rows(store, "queries") == [ROW]


def test_only_query_and_item_are_needed(store, upload):
    upload("queries/a.csv", b"query,item_id\npizza,7\n")
    assert curated_rows(store, "queries") == [("pizza", "7", None, None, None)]


def test_the_same_name_again_replaces(store, upload):
    upload("queries/a.csv", b"query,item_id\npizza,7\n")
    upload("queries/a.csv", b"query,item_id\ncola,8\n")
    assert curated_rows(store, "queries") == [("cola", "8", None, None, None)]


BAD = {
    b",7,,,": "missing_query",
    b'" ",7,,,': "missing_query",
    b"q" * 10_001 + b",7,,,": "bad_query",
    b"a\x07b,7,,,": "bad_query",
    b"q,,,,": "missing_item_id",
    b"q,7,-1,,": "bad_relevance",
    b"q,7,good,,": "bad_relevance",
    b"q,7,nan,,": "bad_relevance",
}


@pytest.mark.parametrize(("row", "code"), BAD.items(), ids=[f"{c}-{i}" for i, c in enumerate(BAD.values())])
def test_a_bad_row_is_named_and_kept(store, upload, row, code):
    header = b"QUERY,ITEM_ID,LABEL,TIMESTAMP,USER_ID\n"
    report = upload("queries/a.csv", header + b"pizza,7,,,\n" + row + b"\n")
    assert {code: [3]} == {code: reason.lines for code, reason in report.reasons.items()}
    assert store.get(report.quarantine) == header + row + b"\n"
    assert len(curated_rows(store, "queries")) == 1


@pytest.mark.parametrize(
    ("row", "column"),
    [(b"q,7,,yesterday,", "TIMESTAMP"), (b"q,7,,0,", "TIMESTAMP"), (b"q,7,,, u", "USER_ID")],
)
def test_a_time_or_a_user_that_cannot_be_read_is_given_up_and_its_row_kept(store, upload, row, column):
    report = upload("queries/a.csv", b"QUERY,ITEM_ID,LABEL,TIMESTAMP,USER_ID\npizza,7,,,\n" + row + b"\n")
    (reason,) = report.cells[column].values()
    assert (list(report.cells), reason.lines) == ([column], [3])
    assert curated_rows(store, "queries") == [("pizza", "7", None, None, None), ("q", "7", None, None, None)]
