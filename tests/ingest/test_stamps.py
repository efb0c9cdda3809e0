"""A stamped file is read as if it had none, by whatever reads such files."""

import json

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.ingest.ownership.stamps import read_stamp, stamp, stamp_lines
from object2vec.ingest.preprocess import preprocess_upload

ROWS = "SELECT i AS n, 'text ' || i % 7 AS t FROM range(5000) AS r(i)"


@given(content=st.binary(max_size=300))
def test_a_stamped_parquet_file_has_the_same_rows(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("stamp") / "file.parquet"
    duckdb.sql(ROWS).write_parquet(str(path), row_group_size=2_048)
    assert read_stamp(path) == b""
    stamp(path, content)
    assert read_stamp(path) == content
    expected = duckdb.sql(ROWS).fetchall()
    assert duckdb.read_parquet(str(path)).fetchall() == expected
    assert [tuple(row.values()) for row in pq.read_table(path).to_pylist()] == expected


def test_versions_differ_where_their_rows_are_the_same(tmp_path):
    files = []
    for name, version in (("a", ("e", 1.0)), ("b", ("e", 2.0)), ("c", ("e", 1.0))):
        path = tmp_path / name
        path.write_bytes(b'{"label": 1}\n{"label": 2}\n')
        stamp_lines(path, *version)
        files.append(path.read_bytes())
    assert files[0] == files[2] != files[1]
    assert [json.loads(line) for line in files[1].splitlines()] == [{"label": 1}, {"label": 2}]


def test_a_file_without_lines_stays_empty(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    stamp_lines(path, "e")
    assert path.read_bytes() == b""


@pytest.mark.parametrize("size", [0, 3])
def test_what_is_no_parquet_file_has_no_stamp(tmp_path, size):
    path = tmp_path / "short"
    path.write_bytes(bytes(size))
    with pytest.raises((OSError, ValueError)):
        read_stamp(path)


def test_a_log_read_with_another_mapping_is_another_version(store, upload):
    rows = "".join(f"u{n},a{n},b{n},2024-01-05\n" for n in range(3))
    data = f"user,left,right,date\n{rows}".encode()
    for column in ("left", "right"):
        upload("mapping.json", json.dumps({"interactions/*": {"fields": {"ITEM_ID": column}}}).encode())
        if column == "left":
            first = upload("interactions/a.csv", data)
    report = preprocess_upload(store, "uploads/interactions/a.csv")
    assert (first.added, first.removed) == (3, 0)
    assert (report.added, report.removed, report.unchanged) == (3, 3, 0)
