"""Uploads with reviews and dense vectors: what is kept as it came, and what is refused by line."""

import duckdb
import orjson
import pytest

from object2vec.ingest.rules import MAX_TEXT, MAX_VALUE, MAX_VECTOR
from object2vec.storage import item_log


def catalog(store):
    return item_log.replay(item_log.read(store))[0]


def lines(*metadata):
    records = ({"label": f"{n}", "text": "t", "metadata": one} for n, one in enumerate(metadata))
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def test_reviews_and_vectors_are_kept_as_they_came(store, upload):
    metadata = [
        {"reviews": ["x" * MAX_TEXT, "good"], "vector": [0.5] * MAX_VECTOR},
        {"reviews": "y" * MAX_TEXT},
        {"reviews": 12},
        {"reviews": []},
    ]
    report = upload("catalog/a.jsonl", lines(*metadata))
    assert report.accepted == 4
    assert [item.metadata for item in catalog(store).values()] == metadata


BAD = {
    "bad_vector": [
        "0.1 0.2", 3, [], ["0.1"], [0.1, "x"], [True, False], [0.1] * (MAX_VECTOR + 1), [1e39], {"x": 1},
    ],
    "bad_reviews": [
        ["x" * (MAX_TEXT + 1)], "x" * (MAX_TEXT + 1), ["x"] * (MAX_VALUE + 1), {"by": 1}, [1, "x"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "number"), [(code, number) for code, values in BAD.items() for number in range(len(values))]
)
def test_what_is_neither_is_refused_by_line(store, upload, code, number):
    field = code.removeprefix("bad_")
    report = upload("catalog/a.jsonl", lines({"price": 1}, {field: BAD[code][number]}, {"price": 2}))
    assert report.reasons[code].lines == [2]
    assert f"`{field}`" in report.reasons[code].message
    assert set(catalog(store)) == {"0", "2"}


def test_a_vector_of_another_length_than_the_first_is_refused(store, upload):
    report = upload("catalog/a.jsonl", lines({}, {"vector": [1, 2]}, {"vector": [1]}, {"vector": [0, 1]}))
    assert report.reasons["other_vector_length"].lines == [3]
    assert set(catalog(store)) == {"0", "1", "3"}


def test_a_parquet_list_is_a_vector(store, upload, tmp_path):
    path = tmp_path / "v.parquet"
    columns = "'a' AS label, 't' AS text, [0.5, 2]::FLOAT[] AS vector, ['ok'] AS reviews"
    duckdb.sql(f"SELECT {columns}").write_parquet(str(path))
    upload("catalog/a.parquet", path.read_bytes())
    assert catalog(store)["a"].metadata == {"vector": [0.5, 2.0], "reviews": ["ok"]}


def test_a_csv_column_is_no_vector_but_may_be_reviews(store, upload):
    report = upload("catalog/a.csv", b'label,text,reviews,vector\n1,a,very good,\n2,b,,"[0.1, 0.2]"\n')
    assert report.reasons["bad_vector"].lines == [3]
    assert catalog(store)["1"].metadata == {"reviews": "very good"}
