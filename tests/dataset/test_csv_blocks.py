"""Blocks of any size give the same lines and rows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.ingest.readers.blocks import Block, read_blocks
from object2vec.ingest.readers.csv_rows import CsvRows
from object2vec.ingest.rules import FileError

fragments = st.lists(
    st.sampled_from(['"', '""', ",", "\n", "\r\n", "a", "b,c\n", '"x\ny",z\n', "ä"]), max_size=30
)


def cut(data: bytes, cuts: list[int]) -> list[Block]:
    lines = (
        data.splitlines(keepends=True) if b"\r" not in data else [p + b"\n" for p in data.split(b"\n")[:-1]]
    )
    tail = data[sum(map(len, lines)) :]
    lines += [tail] if tail else []
    places = sorted({0, *(place % (len(lines) + 1) for place in cuts), len(lines)})
    return [Block(start + 1, b"".join(lines[start:end])) for start, end in pairwise(places) if start < end]


def rows(blocks: list[Block]) -> list[object]:
    reader = CsvRows(2)
    found = [row for block in blocks for row in reader.rows(block)]
    return [*found, *reader.end()]


@given(fragments.map("".join).map(str.encode), st.lists(st.integers(0, 50), max_size=5))
def test_rows_do_not_depend_on_the_cuts(data, cuts):
    whole = rows(cut(data, []))
    assert rows(cut(data, cuts)) == whole
    lines = data.decode().split("\n")
    for row in whole:
        assert row.raw.split("\n")[0] == lines[row.line - 1]


def test_a_record_over_three_blocks():
    blocks = [Block(1, b'a,b\nc,"1\n'), Block(3, b"2\n"), Block(4, b'3"\nd,e')]
    assert [(row.line, row.fields) for row in rows(blocks)] == [
        (1, ["a", "b"]),
        (2, ["c", "1\n2\n3"]),
        (5, ["d", "e"]),
    ]


@pytest.mark.parametrize("size", [4, 5, 9, 1_000])
def test_blocks_are_whole_lines_with_their_numbers(tmp_path, size):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfone\ntwo\n\nfour")
    blocks = list(read_blocks(path, size))
    assert b"".join(block.data for block in blocks) == b"one\ntwo\n\nfour"
    assert all(block.data.endswith(b"\n") for block in blocks[:-1])
    for block in blocks:
        start = b"one\ntwo\n\nfour".index(block.data)
        assert block.first_line == 1 + b"one\ntwo\n\nfour"[:start].count(b"\n")


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("object2vec.ingest.readers.blocks.MAX_ROW_BYTES", 100)
    path = tmp_path / "a.csv"
    path.write_bytes(b"fine\n" + b"x" * 1_000)
    with pytest.raises(FileError, match="Line 2 is longer"):
        list(read_blocks(path, 10))
