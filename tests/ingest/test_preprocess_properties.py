"""Whatever is uploaded: no exception, every row accounted for, and a mended quarantine is accepted."""

import csv
import io
import re
import tempfile
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.ingest.logs.value_rules import NO_VALUE
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore, item_log
from tests.helpers.curated import curated_rows

NAMES = ["catalog/a.jsonl", "catalog/a.csv", "interactions/a.jsonl", "interactions/a.csv"]
HEADERS = {
    "catalog/a.csv": b"label,text,price\n",
    "interactions/a.csv": b"USER_ID,ITEM_ID,TIMESTAMP\n",
    "queries/a.csv": b"QUERY,ITEM_ID,LABEL\n",
}

pieces = st.sampled_from(
    [
        *(bytes([char]) for char in b'",\n\r\0 \x1f{}[]:5u'),
        b"\xff", b"\xc3\xa4", b"\r\n", b'""', b"u,i,5\n", b"u,i,5", b'{"label":"a","text":"t"}\n', b"a,b,1\n",
        b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":5}\n', b'"a","b",1\n', b"NaN", b"-1", b"1577880000000",
    ]
)  # fmt: skip
anything = st.lists(pieces, max_size=40).map(b"".join) | st.binary(max_size=200)
ids = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=10).filter(
    lambda text: text not in NO_VALUE
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1e\x1f"), max_size=30)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
values = texts | numbers | st.booleans() | st.lists(texts, max_size=3) | st.lists(numbers, max_size=3)
fields = st.dictionaries(ids.filter(lambda name: name != "price"), values, max_size=4)


def preprocess(name, data):
    folder = tempfile.mkdtemp()
    store = FolderStore(Path(folder))
    store.put(f"uploads/{name}", data)
    return store, preprocess_upload(store, f"uploads/{name}")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(data=anything)
@example(data=b"\r")
@example(data=b"\r\r")
@example(data=b'\r\r\n"')
@example(data=b'u,i,5\n\r\r\n"u\n,')
@example(data=b'""\n')
@example(data=b'\r\n"\x00')
@example(data=b'{}\n\xef\xbb\xbf{"label":"a","text":"t"}\n')
@example(data=b'"""\n\x0b\n"')
@example(data=b"{}\nPK\x03\x04\n")
def test_any_bytes_are_accounted_for(name, data):
    store, report = preprocess(name, HEADERS.get(name, b"") + data)
    assert report.rows_read == report.accepted + report.rejected + report.duplicate_ids
    assert report.rejected == sum(reason.count for reason in report.reasons.values())
    assert bool(report.quarantine) == bool(report.rejected)
    if name.startswith("interactions"):
        assert len(curated_rows(store)) == report.accepted
    else:
        assert len(item_log.replay(item_log.read(store))[0]) == report.accepted
    if report.rejected:  # as they are, they are refused again, all of them and nothing else
        kept = store.get(report.quarantine)
        if name == "catalog/a.jsonl" and re.search(rb"\{[^}]*\n", kept):
            return  # two refused lines may be the beginning and the end of one object
        if b'"' in kept or not kept.isascii():
            return  # what a quotation mark encloses, and in which encoding, the rows around it help to tell
        if all(line.endswith(b",") for line in kept.splitlines()[1:]):
            return  # alone they are a file that ends every row with a separator, which is read
        _, again = preprocess(name, kept)
        if again.problem is not None and again.rows_read == 0:
            return  # alone they have no known field, or look like a log: the whole file is refused
        assert (again.rows_read, again.rejected) == (report.rejected, report.rejected), (kept, again.problem)


@settings(max_examples=60, deadline=None)
@given(records=st.dictionaries(ids, st.tuples(texts, fields), min_size=1, max_size=5))
def test_every_jsonl_record_comes_back_whole(records):
    rows = [{"label": label, "text": text, "metadata": meta} for label, (text, meta) in records.items()]
    store, report = preprocess("catalog/a.jsonl", b"\n".join(map(orjson.dumps, rows)))
    assert report.accepted == len(rows)
    assert item_log.replay(item_log.read(store))[0] == {
        label: CatalogItem(label, text, meta) for label, (text, meta) in records.items()
    }


@settings(max_examples=60, deadline=None)
@given(
    rows=st.dictionaries(ids, texts, min_size=1, max_size=5),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_every_csv_text_comes_back_whole(rows, quoting):
    file = io.StringIO(newline="")
    csv.writer(file, quoting=quoting).writerows([("label", "text"), *rows.items()])
    store, report = preprocess("catalog/a.csv", file.getvalue().encode())
    assert report.accepted == len(rows)
    assert {item.id: item.text for item in item_log.replay(item_log.read(store))[0].values()} == rows


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(ids, ids, st.integers(10**9, 13 * 10**8), texts), min_size=1, max_size=8))
def test_every_interaction_comes_back_whole(rows):
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("USER_ID", "ITEM_ID", "TIMESTAMP", "NOTE"), *rows])
    store, report = preprocess("interactions/a.csv", file.getvalue().encode())
    assert report.accepted == len(rows)
    assert sorted(row[:3] for row in curated_rows(store)) == sorted(row[:3] for row in rows)


@settings(max_examples=30, deadline=None)
@given(good=st.lists(st.booleans(), min_size=1, max_size=20))
def test_a_mended_quarantine_is_accepted(good):
    rows = b"".join(b"u,i,%d\n" % (5 if fine else 0) for fine in good)
    store, report = preprocess("interactions/a.csv", HEADERS["interactions/a.csv"] + rows)
    assert report.accepted == sum(good)
    if report.rejected:
        mended = store.get(report.quarantine).replace(b",0\n", b",6\n")
        assert preprocess("interactions/a.csv", mended)[1].accepted == report.rejected
