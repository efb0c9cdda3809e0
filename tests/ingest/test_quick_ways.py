"""The quick way through a block and the way line by line are one and the same."""

import csv
import io
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from object2vec.ingest.logs import json_lines, tables, upload
from object2vec.ingest.logs.fast_lines import Lines
from object2vec.ingest.readers import csv_rows
from object2vec.ingest.readers.blocks import BLOCK_BYTES, read_blocks
from object2vec.storage import item_log
from tests.helpers.curated import curated_rows
from tests.ingest.test_preprocess_properties import HEADERS, NAMES, anything, preprocess

HEADER = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE\n"
cells = st.sampled_from(
    ["u", "i,j", 'say ""hi""', "", " ", "5", "007", "1577880000", "1577880000000", "-1", "1e3", "1.50", "\r"]
)
lines = st.lists(cells | cells.map(lambda cell: f'"{cell}"'), min_size=3, max_size=5).map(",".join)
block_sizes = st.sampled_from([BLOCK_BYTES, 100])
files = st.lists(lines | st.sampled_from(["", '""', '"', "\r"]), max_size=8)
numbers = st.sampled_from(
    ["5", "-0", "007", "1.0", "1.50", "1e3", "1577880000", "1577880000000", "99999999999999999999", "null",
     "true", "NaN", "2020-01-01", '"5"', '"2020-01-01"', '"x y"', '"\\u0041"', '"a\tb"', '"ä"', "[5]", "{}"]
)  # fmt: skip
objects = st.tuples(numbers, numbers, numbers, numbers)


def both_ways(name, data, block_bytes=BLOCK_BYTES):
    with pytest.MonkeyPatch.context() as patch:
        for reader in (tables, json_lines):
            patch.setattr(reader, "read_blocks", partial(read_blocks, block_bytes=block_bytes))
        quick = outcome(name, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "fast_csv", lambda *_: None)
        patch.setattr(Lines, "fast", lambda lines, layout: np.zeros(len(lines), np.bool_))
        return quick, outcome(name, data)


def outcome(name, data):
    store, report = preprocess(name, data)
    quarantine = store.get(report.quarantine) if report.quarantine else b""
    stored = curated_rows(store, name.partition("/")[0]), item_log.replay(item_log.read(store))
    found = report.rows_read, report.reasons, report.cells, report.ignored_columns
    return *found, quarantine, *stored


@settings(max_examples=40, deadline=None)
@given(rows=files, end=st.sampled_from(["\n", "\r\n"]), block=block_sizes)
@example(rows=["u,i,5,", "\r", '"'], end="\n", block=BLOCK_BYTES)
@example(rows=["u,i,5\r"], end="\r\n", block=BLOCK_BYTES)
@example(rows=['""'], end="\n", block=BLOCK_BYTES)
@example(rows=["u,i,5,1", "u,i,6,2", "u,i", "u,i,7,3", "u,i,x,4"], end="\n", block=16)
def test_csv(rows, end, block):
    quick, slow = both_ways("interactions/a.csv", HEADER + end.join(rows).encode(), block)
    assert quick == slow


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(objects, min_size=1, max_size=4),
    names=st.permutations(["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_VALUE"]),
    odd=st.sampled_from(["", "\n", "\r", "\n\n", ",", '{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":5}']),
    block=block_sizes,
)
def test_json_lines(rows, names, odd, block):
    text = "\n".join(
        "{" + ", ".join(f'"{name}": {value}' for name, value in zip(names, row, strict=True)) + "}"
        for row in rows
    )
    quick, slow = both_ways("interactions/a.jsonl", f"{text}{odd}".encode(), block)
    assert quick == slow


FRAMED = b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":1577880000,"EVENT_TYPE":"view"}'


@pytest.mark.parametrize(
    "line",
    [
        b'{"USER_ID":"u","EVENT_TYPE":"view","TIMESTAMP":1577880000,"ITEM_ID":"i"}',
        b'{"ITEM_ID":"i","USER_ID":"u","TIMESTAMP":1577880000,"EVENT_TYPE":"view"}',
        b'{"USER_ID":"u","ITEM_ID":"i","ITEM_ID":"j","TIMESTAMP":1577880000,"EVENT_TYPE":"view"}',
        b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":1577880000,"EVENT_TYPE":"view","EVENT_VALUE":2}',
        b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":1577880000}',
        b' {"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":1577880000,"EVENT_TYPE":"view"}',
        b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":1577880000,"EVENT_TYPE":"view"} ',
        b'{"USER_ID":"u\x01","ITEM_ID":"i\x02","TIMESTAMP":1577880000,"EVENT_TYPE":"\x7f"}',
        b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":1577880000,"EVENT_TYPE":"\xff"}',
        b'{"USER_ID":"","ITEM_ID":"","TIMESTAMP":null,"EVENT_TYPE":""}',
        b'{"USER_ID":"u","ITEM_ID":"\\",\\"TIMESTAMP\\":","TIMESTAMP":1577880000,"EVENT_TYPE":"view"}',
        b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":{"USER_ID":"v","ITEM_ID":"i"},"EVENT_TYPE":"view"}',
        b'{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":1577880000,"EVENT_TYPE":"view"}' * 2,
        b'"EVENT_TYPE":"view"}',
        b"\x01u\x02i\x031577880000\x04view\x05",
    ],
)
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_line_that_is_framed_otherwise_is_read_for_itself(line, turn):
    lines = [FRAMED.replace(b'"u"', b'"u%d"' % place) for place in range(3)]
    lines.insert(turn, line)
    quick, slow = both_ways("interactions/a.jsonl", b"\n".join(lines))
    assert quick == slow
    assert quick[0] == 4


def test_a_record_of_many_fields_is_read_whichever_way():
    wide = "".join(f',"f{place}":"{place}"' for place in range(40))
    quick, slow = both_ways(
        "interactions/a.jsonl", FRAMED.replace(b"}", wide.encode() + b"}") + b"\n" + FRAMED
    )
    assert quick == slow
    assert quick[0] == 2


@pytest.mark.parametrize("name", [*NAMES, "queries/a.csv", "queries/a.jsonl"])
@settings(max_examples=20, deadline=None)
@given(data=anything)
@example(data=b'a,b\n"",""\n')
@example(data=b"a,b,1,\n")
@example(data=b"\xef\xbb\xbfa,b,1\n\xef\xbb\xbfa,b,2\n")
@example(data=b'"a" ,b,1\n5",6",1\n"a""b","c,d",1\n')
def test_any_bytes(name, data):
    quick, slow = both_ways(name, HEADERS.get(name, b"") + data)
    assert quick == slow


@settings(max_examples=40, deadline=None)
@given(rows=files, end=st.sampled_from(["\n", "\r\n"]))
def test_a_catalogue_in_csv(rows, end):
    quick, slow = both_ways("catalog/a.csv", b"label,text,size,price\n" + end.join(rows).encode())
    assert quick == slow


@pytest.mark.parametrize(
    "row",
    [
        '{"USER_ID": "u", "TIMESTAMP": "6", "ITEM_ID": "i"}',  # the same fields, otherwise ordered
        '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "6", "TIMESTAMP": "7"}',
        '{"USER_ID": "u", "ITEM_ID": "i\\"", "TIMESTAMP": "6"}',
        '{"USER_ID":"u", "ITEM_ID": "i", "TIMESTAMP": "6"}',
        '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "6"} {"USER_ID": "u"}',
        '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "6"}"',
        '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP" : "6"}',
        "",
    ],
)
def test_a_row_unlike_the_first_is_read_for_itself(row):
    first = '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "5"}'
    quick, slow = both_ways("interactions/a.jsonl", f"{first}\n{row}\n".encode())
    assert quick == slow


def test_a_row_that_is_not_plain_is_read_for_itself_and_the_others_at_once(monkeypatch):
    odd = []
    one_by_one = upload._one_by_one
    monkeypatch.setattr(
        upload, "_one_by_one", lambda rows, *rest: odd.extend(rows) or one_by_one(rows, *rest)
    )
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
        [
            HEADER.decode().strip().split(","),
            ["u", "i,j", 5, "1"],
            ["u", "k", 6, "two\nlines"],
            ["u", "l", 7, "2"],
        ]
    )
    assert preprocess("interactions/a.csv", file.getvalue().encode())[1].accepted == 3
    line = b'{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": 5, "EVENT_VALUE": 1.5, "NOTE": "x"}\n'
    assert preprocess("interactions/a.jsonl", line + line.replace(b'"x"', b"null") + line)[1].accepted == 3
    assert [row.line for row in odd] == [3, 2]
