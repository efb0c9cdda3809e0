"""What is unpacked is bounded in every format: rows, columns, bytes; and what was read is kept."""

import gzip

import pytest

from object2vec.storage import item_log

MANY = 3_000


def rows_of(form: str, count: int) -> bytes:
    if form == "csv":
        return b"label,text\n" + b"".join(b"%d,a\n" % n for n in range(count))
    if form == "tsv":
        return b"id\ttitle\n" + b"".join(b"%d\ta\n" % n for n in range(count))
    if form == "jsonl":
        return b"".join(b'{"label": "%d", "text": "a"}\n' % n for n in range(count))
    if form == "json":
        return b"[" + b",".join(b'{"id": "%d", "title": "a"}' % n for n in range(count)) + b"]"
    return (
        b"<rss>" + b"".join(b"<item><id>%d</id><title>a</title></item>" % n for n in range(count)) + b"</rss>"
    )


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json", "xml", "parquet"])
def test_a_file_of_too_many_rows_is_stopped(store, upload, monkeypatch, parquet, form):
    for module in ("catalog.upload", "readers.blocks", "readers.parquet", "readers.json_records"):
        monkeypatch.setattr(f"object2vec.ingest.{module}.MAX_ROWS", MANY // 2, raising=False)
    data = (
        parquet(f"SELECT i::VARCHAR AS label, 'a' AS text FROM range({MANY}) AS r(i)")
        if form == "parquet"
        else rows_of(form, MANY)
    )
    report = upload(f"catalog/a.{form}", data)
    assert report.problem["code"] == "too_large"
    assert report.accepted == len(item_log.replay(item_log.read(store))[0]) <= MANY // 2


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "xml"])
def test_a_gzip_bomb_is_stopped_in_every_format(upload, monkeypatch, form):
    monkeypatch.setattr("object2vec.ingest.readers.unpacked.MAX_UNPACKED_BYTES", 1 << 20)
    report = upload(f"catalog/a.{form}.gz", gzip.compress(rows_of(form, 200_000), 1))
    assert report.problem["code"] == "too_large"
    assert "split it" in report.problem["message"]


def test_a_parquet_bomb_is_stopped(upload, monkeypatch, parquet):
    """A text that comes again and again is stored once, so that the footer promises little."""
    monkeypatch.setattr("object2vec.ingest.readers.unpacked.FREE_BYTES", 1 << 20)
    data = parquet("SELECT i::VARCHAR AS label, repeat('cheese ', 2000) AS text FROM range(20000) AS r(i)")
    assert len(data) < 1 << 20
    report = upload("catalog/a.parquet", data)
    assert report.problem["code"] == "too_large"
    assert report.accepted < 20_000


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "xml"])
def test_a_gzip_that_breaks_off_keeps_what_was_read(upload, form):
    data = gzip.compress(rows_of(form, 50_000), 1)
    report = upload(f"catalog/a.{form}.gz", data[: len(data) // 2])
    assert report.problem is not None
    assert "kept" in report.problem["message"]
    assert 0 < report.accepted < 50_000


WIDE = {
    "csv": b",".join(b"c%d" % n for n in range(5_000)) + b"\n1\n",
    "json": b'{"id": "1", "title": "a", ' + b",".join(b'"c%d": 1' % n for n in range(5_000)) + b"}",
    "jsonl": b'{"label": "1", "text": "a", "metadata": {'
    + b",".join(b'"c%d": 1' % n for n in range(5_000))
    + b"}}\n",
    "xml": b"<rss><item><id>1</id><title>a</title>"
    + b"".join(b"<c%d>1</c%d>" % (n, n) for n in range(5_000))
    + b"</item></rss>",
}


@pytest.mark.parametrize("form", WIDE)
def test_thousands_of_columns_are_refused_or_cut_and_said(upload, form):
    report = upload(f"catalog/a.{form}", WIDE[form])
    said = str(report.problem) + str(report.cells) + str(report.notes)
    assert "columns" in said or "1,000 fields" in said


@pytest.mark.parametrize(
    ("form", "data", "code"),
    [
        ("csv", b"label,text\n1,a\x00b\n2,c\n", "control_character"),
        ("csv", b"label,text\n1,a\x1fb\n2,c\n", "control_character"),
        ("csv", b"id,title\n1\x07,a\n2,c\n", "bad_label"),
        ("jsonl", b'{"label": "1\\u0007", "text": "a"}\n{"label": "2", "text": "c"}\n', "bad_label"),
        ("jsonl", b'{"label": "1", "text": "a\x01"}\n{"label": "2", "text": "c"}\n', "invalid_json"),
        ("csv", b"label,text\n1,\xff\xfe\xfd\n2,\xc3\xa4\n", "not_utf8"),
    ],
)
def test_control_characters_cost_the_row_as_the_docs_say(upload, form, data, code):
    report = upload(f"catalog/a.{form}", data)
    assert ({*report.reasons}, report.accepted) == ({code}, 1)


def test_memory_does_not_grow_with_a_json_array(upload, monkeypatch):
    """The window on the file is bounded: what was read is let go."""
    from object2vec.ingest.readers import json_records

    sizes = []
    more = json_records._JsonRecords._more

    def watched(self):
        more(self)
        sizes.append(len(self._data))

    monkeypatch.setattr(json_records._JsonRecords, "_more", watched)
    rows = b",\n".join(b'{"id": "%d", "title": "%s"}' % (n, b"cheese " * 30) for n in range(150_000))
    report = upload("catalog/a.json", b"[\n" + rows + b"\n]")
    assert (report.problem, report.accepted) == (None, 150_000)
    assert len(rows) > 4 * max(sizes)
