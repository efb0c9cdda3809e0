"""Tables as spreadsheets write them: separator, encoding and line ends are found, and said."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.ingest.readers.blocks import read_blocks
from object2vec.ingest.readers.csv_rows import CsvRows
from object2vec.ingest.readers.encoding import encoding_of
from object2vec.ingest.readers.tables import below, table_head
from object2vec.ingest.readers.unpacked import unpacked
from object2vec.ingest.rules import MAX_COLUMNS, FileError


def read(path, data):
    path.write_bytes(data)
    head = table_head(path)
    rows = CsvRows(len(head.names), head.dialect)
    found = [
        row for block in below(head, read_blocks(path, encoding=head.encoding)) for row in rows.rows(block)
    ]
    return head, [*found, *rows.end()]


FILES = {
    "comma": ("id,name\n1,ä;b\n", "utf-8", ",", ["1", "ä;b"], 2),
    "semicolon": ("id;name;price\n1;Kessel;19,99\n", "utf-8", ";", ["1", "Kessel", "19,99"], 2),
    "said by Excel": ('sep=;\nid;"name"\n1;"a;b"\n', "utf-8", ";", ["1", "a;b"], 3),
    "said in vain": ("sep=,\nid,name\n1,a\n", "utf-8", ",", ["1", "a"], 3),
    "tab": ("id\tname\n1\ta, b\n", "utf-8", "\t", ["1", "a, b"], 2),
    "pipe": ("id|name\n1|a, b\n", "utf-8", "|", ["1", "a, b"], 2),
    "lists in cells": ("id,genres\n1,a|b|c\n", "utf-8", ",", ["1", "a|b|c"], 2),
    "carriage returns": ("id,name\r1,a\r", "utf-8", ",", ["1", "a"], 2),
    "blank lines above": ("\n\nid;name\n1;a\n", "utf-8", ";", ["1", "a"], 4),
    "a title above": ("My shop, all items\n\nid;name\n1;a\n", "utf-8", ";", ["1", "a"], 4),
    "a title with empty cells": ("My shop;;\n;;\nid;name;price\n1;a;2\n", "utf-8", ";", ["1", "a", "2"], 4),
    "quotes after a backslash": (
        'id,name\n1,"12\\" pan, C:\\\\x"\n',
        "utf-8",
        ",",
        ["1", '12" pan, C:\\x'],
        2,
    ),
    "a text with tildes": ("title\nThing ~1~ nice\n", "utf-8", ",", ["Thing ~1~ nice"], 2),
    "a text with carets": ("title\nThing ^1^ nice\n", "utf-8", ",", ["Thing ^1^ nice"], 2),
    "tilde": ("id~name\n1~a, b\n", "utf-8", "~", ["1", "a, b"], 2),
    "windows": ("id;name\r\n1;Käse für 5 €\r\n", "cp1252", ";", ["1", "Käse für 5 €"], 2),
    "utf-16": ("id\tname\r\n1\tKäse\r\n", "utf-16", "\t", ["1", "Käse"], 2),
    "utf-16 without a mark": ("id,name\n1,a\n", "utf-16-be", ",", ["1", "a"], 2),
    "utf-8 with a mark": ("\ufeffid,name\n1,ä\n", "utf-8", ",", ["1", "ä"], 2),
    "a name over two lines": ('id,"na\nme"\n1,a\n', "utf-8", ",", ["1", "a"], 3),
    "polish": ("id,name\n1,żółta łyżka źle świeci\n", "cp1250", ",", ["1", "żółta łyżka źle świeci"], 2),
    "russian": ("id,name\n1,чайник красный большой\n", "cp1251", ",", ["1", "чайник красный большой"], 2),
    "japanese": ("id,name\n1,赤いやかんと鍋\n", "cp932", ",", ["1", "赤いやかんと鍋"], 2),
}


@pytest.mark.parametrize("name", FILES)
def test_a_table_is_read_as_it_was_written(tmp_path, name):
    text, codec, separator, fields, line = FILES[name]
    head, rows = read(tmp_path / "a.csv", text.encode(codec))
    assert head.dialect.separator == separator
    assert [(row.line, row.fields, row.problem) for row in rows] == [(line, fields, "")]


@pytest.mark.parametrize("sign", [",", ";"])
def test_a_header_with_too_few_names_is_no_title(tmp_path, sign):
    text = "label,text\n1,a,b\n2,c,d\n".replace(",", sign)
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert table_head(path).dialect.title_lines == 0


def test_films_of_movielens_have_no_quotes(tmp_path):
    path = tmp_path / "movies.dat"
    path.write_bytes('1::"Great" Café::Drama|War\n2::Heat::\n'.encode("latin-1"))
    head = table_head(path, names=["id", "title", "genres"])
    rows = CsvRows(3, head.dialect)
    found = [row.fields for block in read_blocks(path, encoding=head.encoding) for row in rows.rows(block)]
    assert found == [["1", '"Great" Café', "Drama|War"], ["2", "Heat", ""]]
    assert "Windows-1252" in head.read_as["encoding"]


def test_one_line_of_utf8_settles_the_encoding(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,name\n" + b"1,plain\n" * 200_000 + "2,ä\n3,".encode() + b"\xe4\n")
    assert encoding_of(path, guess=True).codec == "utf-8"
    path.write_bytes(b"id,name\n" + b"1,plain\n" * 200_000 + b"3,\xe4\n")
    assert encoding_of(path, guess=True).codec == "cp1252"
    assert encoding_of(path).codec == "utf-8"


def test_a_million_columns_are_refused_by_their_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b",".join(b"c%d" % place for place in range(1_000_000)) + b"\n")
    with pytest.raises(FileError, match=f"more than {MAX_COLUMNS:,} columns"):
        table_head(path)


@given(
    data=st.binary(max_size=2_000),
    members=st.integers(1, 3),
    size=st.sampled_from([1, 7, 1 << 20]),
    cut=st.integers(0, 30),
)
def test_gzip_gives_every_byte_before_its_damage(tmp_path_factory, data, members, size, cut):
    path = tmp_path_factory.mktemp("gzip") / "a.gz"
    member = gzip.compress(data)
    cut = min(cut, len(member) - 1)
    packed = member * members
    path.write_bytes(packed[: len(packed) - cut])
    read, problem = b"", ""
    try:
        for piece in unpacked(path, size):
            assert len(piece) <= size
            read += piece
    except FileError as error:
        problem = error.code
    assert (data * members).startswith(read)
    assert problem == ("broken_gzip" if cut else "")
    if not cut:
        assert read == data * members
    if cut <= 8:  # within the checksum that follows the data
        assert read == data * members


def test_a_bomb_is_stopped_by_what_it_unpacks_to(tmp_path, monkeypatch):
    monkeypatch.setattr("object2vec.ingest.readers.unpacked.FREE_BYTES", 1 << 20)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * 10_000_000))
    with pytest.raises(FileError, match="split it"):
        sum(len(piece) for piece in unpacked(path, 1 << 20))
