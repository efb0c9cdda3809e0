import orjson
import pytest

from object2vec.storage import item_log
from tests.helpers.curated import curated_rows


def metadata(store):
    return {item.id: dict(item.metadata) for item in item_log.replay(item_log.read(store))[0].values()}


def test_columns_beside_label_and_text_are_metadata(store, upload, parquet):
    rows = """SELECT 7 AS Label, 'Pizza' AS text, 2.50::DECIMAL(6, 2) AS price, 0.1::FLOAT AS weight,
        true AS organic, NULL::VARCHAR AS brand, ['x', 'y'] AS tags, [1.5, 2]::DOUBLE[] AS vector,
        DATE '2020-01-01' AS since, TIMESTAMP '2020-01-01 12:00:00' AS seen, 9007199254740993 AS big"""
    assert upload("catalog/a.parquet", parquet(rows)).accepted == 1
    assert metadata(store) == {
        "7": {
            "price": 2.5, "weight": 0.1, "organic": True, "tags": ["x", "y"], "vector": [1.5, 2.0],
            "since": "2020-01-01", "seen": "2020-01-01 12:00:00", "big": 9007199254740993,
        }
    }  # fmt: skip


def test_the_articles_own_record_may_be_nested(store, upload, parquet):
    upload("catalog/a.parquet", parquet("SELECT 'a' AS label, 't' AS text, {'price': 1} AS metadata"))
    upload("catalog/b.parquet", parquet("SELECT 'b' AS label, NULL AS text, true AS deleted"))
    assert metadata(store) == {"a": {"price": 1}}


def test_rejected_rows_are_json_lines_that_can_be_uploaded_again(store, upload, parquet):
    rows = """SELECT * FROM (VALUES ('a', 't', 1::DOUBLE, {'x': 1}), ('b', NULL, 2, NULL),
        ('c', 't', 'NaN'::DOUBLE, NULL), ('d', 't', -1, NULL), ('e', 't', 3, NULL)
        ) AS t(label, text, price, nested)"""
    report = upload("catalog/a.parquet", parquet(rows))
    assert {code: reason.lines for code, reason in report.reasons.items()} == {
        "missing_text": [2], "not_finite": [3],
    }  # fmt: skip
    assert metadata(store) == {"a": {"price": 1, "nested.x": 1}, "d": {}, "e": {"price": 3}}
    assert report.cells["price"]["not_number"].lines == [4]
    assert report.quarantine == "quarantine/uploads/catalog/a.parquet.jsonl"
    again = upload("catalog/again.jsonl", store.get(report.quarantine))
    assert (again.rows_read, again.rejected) == (2, 2)
    mended = store.get(report.quarantine).replace(b'"price":NaN', b'"price":1.0')
    assert upload("catalog/mended.jsonl", mended).accepted == 1


def test_interactions_in_any_column_type_that_can_be_read(store, upload, parquet):
    upload(
        "interactions/a.parquet",
        parquet("""SELECT 1 AS user_id, 'i' AS ITEM_ID, TIMESTAMP '2020-01-01 12:00:00.25' AS TIMESTAMP,
            4.5::DECIMAL(3, 1) AS event_value, [1] AS context"""),
    )
    upload(
        "interactions/b.parquet",
        parquet("""SELECT 'u' AS USER_ID, 2::UBIGINT AS ITEM_ID, 1577880000.0 AS TIMESTAMP,
            'buy' AS EVENT_TYPE UNION ALL SELECT 'v', 3::UBIGINT, 1577880001.0, NULL"""),
    )
    assert curated_rows(store) == [
        ("1", "i", 1577880000, None, 4.5),
        ("u", "2", 1577880000, "buy", None),
        ("v", "3", 1577880001, None, None),
    ]


def test_bad_interactions_are_named_by_row_and_kept(store, upload, parquet):
    report = upload(
        "interactions/a.parquet",
        parquet("""SELECT * FROM (VALUES ('u', 'i', 5, 1::DOUBLE, 'x'), ('u', NULL, 5, 1, 'y'),
            ('', 'i', 5, 1, 'z'), ('u', 'i', 0, 1, 'z'), ('u', 'i', 5, 'nan'::DOUBLE, 'z'),
            (chr(31), 'i', 5, 1, 'z')) AS t(USER_ID, ITEM_ID, TIMESTAMP, EVENT_VALUE, NOTE)"""),
    )
    assert {code: reason.lines for code, reason in report.reasons.items()} == {
        "missing_item_id": [2], "missing_user_id": [3], "zero_timestamp": [4], "bad_user_id": [6],
    }  # fmt: skip
    assert (report.rows_read, report.accepted, report.ignored_columns) == (6, 2, ["NOTE"])
    assert report.cells["EVENT_VALUE"]["bad_event_value"].lines == [5]
    kept = store.get(report.quarantine)
    assert orjson.loads(kept.splitlines()[0]) == {
        "USER_ID": "u", "ITEM_ID": None, "TIMESTAMP": 5, "EVENT_VALUE": 1.0, "NOTE": "y",
    }  # fmt: skip
    assert upload("interactions/again.jsonl", kept).rejected == 4


@pytest.mark.parametrize(
    ("name", "statement", "hint"),
    [
        (
            "interactions",
            "SELECT 1.5 AS USER_ID, 'i' AS ITEM_ID, 5 AS TIMESTAMP",
            "USER_ID has the type DECIMAL",
        ),
        ("interactions", "SELECT 'u' AS USER_ID, 'i' AS ITEM_ID, [5] AS TIMESTAMP", "INTEGER[]"),
        ("queries", "SELECT 'q' AS QUERY, 'i'::BLOB AS ITEM_ID", "store it as text"),
        ("catalog", "SELECT 'a' AS label, 't' AS text, ['x'::BLOB] AS images", "images has the type BLOB[]"),
    ],
)
def test_a_column_that_cannot_be_read_is_one_sentence(store, upload, parquet, name, statement, hint):
    report = upload(f"{name}/a.parquet", parquet(statement))
    assert report.problem["code"] == "wrong_type"
    assert hint in report.problem["message"]
    assert not [*store.list("curated/"), *store.list("quarantine/")]
    assert item_log.replay(item_log.read(store))[0] == {}


@pytest.mark.parametrize("name", ["catalog", "interactions", "queries"])
def test_a_damaged_file_is_a_report(store, upload, parquet, name):
    columns = "'a' AS label, 't' AS text, 'u' AS USER_ID, 'i' AS ITEM_ID, i AS TIMESTAMP, 'q' AS QUERY"
    whole = parquet(f"SELECT {columns}, md5(i::VARCHAR) AS noise FROM range(300000) AS r(i)")
    broken = whole[:100_000] + b"\xff" * 400_000 + whole[500_000:]
    for data in (whole[:5_000], broken):
        report = upload(f"{name}/a.parquet", data)
        assert report.rows_read == report.accepted + report.rejected + report.duplicate_ids
        if report.problem is not None:
            assert report.problem["code"] == "broken_parquet"
            assert "/tmp" not in report.problem["message"]
    assert upload(f"{name}/a.parquet", whole[:5_000]).problem["code"] == "broken_parquet"
