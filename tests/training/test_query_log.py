import duckdb
from shops import write_shop

from object2vec.training.dataset import read_dataset

ITEMS = [("a", "apple", {}), ("b", "bread", {}), ("c", "cola", {})]


def test_a_period_without_a_log_is_empty(tmp_path):
    dataset = read_dataset(write_shop(tmp_path, ITEMS, {}))
    assert [len(log) for log in dataset.queries.values()] == [0, 0, 0]
    assert list(dataset.queries["train"].judgements()) == []


def test_queries_point_to_items_and_keep_their_labels(tmp_path):
    write_shop(tmp_path, ITEMS, {})
    duckdb.sql(
        "SELECT * FROM (VALUES ('red', 'c', 2), ('red', 'c', 3), ('red', 'a', 0), ('fruit', 'a', NULL), "
        "('red', 'gone', 1)) AS t(query, item_id, label)"
    ).write_parquet(str(tmp_path / "train" / "queries.parquet"))
    log = read_dataset(tmp_path).queries["train"]
    assert list(log.judgements()) == [("fruit", {0: 1.0}), ("red", {0: 0.0, 2: 3.0})]
    assert log.relevant().items.tolist() == [0, 2, 2]
