"""The quick way through a block and the way line by line are one and the same."""

import csv
import io

import pytest
from curated import curated_rows
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_preprocess_properties import preprocess

from object2vec.data import log_upload

HEADER = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE\n"
cells = st.sampled_from(
    ["u", "i,j", 'say ""hi""', "", " ", "5", "007", "1577880000", "1577880000000", "-1", "1e3", "1.50", "\r"]
)
lines = st.lists(cells | cells.map(lambda cell: f'"{cell}"'), min_size=3, max_size=5).map(",".join)
files = st.lists(lines | st.sampled_from(["", '""', '"', "\r"]), max_size=8)
numbers = st.sampled_from(
    ["5", "-0", "007", "1.0", "1.50", "1e3", "1577880000", "1577880000000", "99999999999999999999", "null",
     "true", "NaN", "2020-01-01", '"5"', '"2020-01-01"', '"x y"', '"\\u0041"', '"a\tb"', '"ä"', "[5]", "{}"]
)  # fmt: skip
objects = st.tuples(numbers, numbers, numbers, numbers)


def both_ways(name, data, monkeypatch_context):
    quick = outcome(name, data)
    with monkeypatch_context() as patch:
        patch.setattr(log_upload, "csv_lines", lambda data, width: None)
        patch.setattr(log_upload, "json_lines", lambda data: None)
        return quick, outcome(name, data)


def outcome(name, data):
    store, report = preprocess(name, data)
    return report.rows_read, report.reasons, report.ignored_columns, curated_rows(store)


@settings(max_examples=40, deadline=None)
@given(rows=files, end=st.sampled_from(["\n", "\r\n"]))
@example(rows=["u,i,5,", "\r", '"'], end="\n")
@example(rows=["u,i,5\r"], end="\r\n")
@example(rows=['""'], end="\n")
def test_csv(rows, end):
    quick, slow = both_ways(
        "interactions/a.csv", HEADER + end.join(rows).encode(), pytest.MonkeyPatch.context
    )
    assert quick == slow


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(objects, min_size=1, max_size=4),
    names=st.permutations(["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_VALUE"]),
    odd=st.sampled_from(["", "\n", "\r", "\n\n", ",", '{"USER_ID":"u","ITEM_ID":"i","TIMESTAMP":5}']),
)
def test_json_lines(rows, names, odd):
    text = "\n".join(
        "{" + ", ".join(f'"{name}": {value}' for name, value in zip(names, row, strict=True)) + "}"
        for row in rows
    )
    quick, slow = both_ways("interactions/a.jsonl", f"{text}{odd}".encode(), pytest.MonkeyPatch.context)
    assert quick == slow


@pytest.mark.parametrize(
    "row",
    [
        '{"USER_ID": "u", "TIMESTAMP": "6", "ITEM_ID": "i"}',  # the same fields, otherwise ordered
        '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "6", "TIMESTAMP": "7"}',
        '{"USER_ID": "u", "ITEM_ID": "i\\"", "TIMESTAMP": "6"}',
        '{"USER_ID":"u", "ITEM_ID": "i", "TIMESTAMP": "6"}',
        '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "6"} {"USER_ID": "u"}',
    ],
)
def test_a_row_unlike_the_first_is_read_for_itself(row):
    first = '{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "5"}'
    quick, slow = both_ways("interactions/a.jsonl", f"{first}\n{row}\n".encode(), pytest.MonkeyPatch.context)
    assert quick == slow


def test_plain_files_do_take_the_quick_way(monkeypatch):
    slow = []
    monkeypatch.setattr(log_upload.LogReader, "_take_texts", lambda self, texts, *_: slow.extend(texts))
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
        [HEADER.decode().strip().split(","), ["u", "i,j", 5, '"']]
    )
    assert preprocess("interactions/a.csv", file.getvalue().encode())[1].rejected == 1
    line = b'{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": 5, "EVENT_VALUE": 1.5, "NOTE": "x"}\n'
    assert preprocess("interactions/a.jsonl", line * 2)[1].accepted == 2
    assert slow == []
