import duckdb
import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.training.dataset import Catalogue, read_dataset
from object2vec.training.evaluation.text_retrieval import logged_queries
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.search_log import JudgedQueries
from tests.helpers.evaluations import evaluated
from tests.helpers.shops import write_shop

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


def test_words_that_only_shoppers_use_find_what_they_went_on_with(tmp_path, seed_folder):
    colours = ["red", "green", "blue", "white"]
    items = [(f"{kind}{n}", f"{kind} {colours[n]}", {}) for kind in ("table", "lamp") for n in range(4)]
    shop = write_shop(tmp_path / "data", items, {})
    rows = ", ".join(
        f"('{word}', '{kind}{n}', 1)"
        for word, kind in (("zebra", "table"), ("guitar", "lamp"))
        for n in range(3)
        for _ in range(20)
    )
    statement = f"FROM (VALUES {rows}) AS t(query, item_id, label)"
    duckdb.sql(statement).write_parquet(str(shop / "train" / "queries.parquet"))
    settings = Hyperparameters(enc_dim=32, epochs=20, mini_batch_size=32, early_stopping_patience=5)
    _, result = fit(read_dataset(shop), seed_folder, tmp_path / "model", settings)
    assert "query_log" in result.losses
    encoder = load_encoder(tmp_path / "model")
    vectors = encoder.encode_items([CatalogItem(item_id, text) for item_id, text, _ in sorted(items)])
    found = encoder.encode_queries(["zebra", "guitar"]) @ vectors.T
    assert set(found[0].argsort()[-4:]) == {4, 5, 6, 7}  # tables, after the lamps; one was never clicked
    assert set(found[1].argsort()[-4:]) == {0, 1, 2, 3}


def log_of(*rows):
    queries, items, labels = zip(*sorted(rows), strict=True)
    return JudgedQueries(np.array(queries, object), np.array(items), np.array(labels, float))


def test_a_held_out_query_looks_for_the_texts_it_led_to():
    catalogue = Catalogue(["a", "b", "c", "d"], ["tea", "", "milk", "tea"], [{}] * 4)
    log = log_of(("hot", 0, 1), ("hot", 3, 2), ("hot", 2, 0), ("bare", 1, 1), ("cold", 2, 1), ("bad", 0, 0))
    found = logged_queries(catalogue, log, 10)
    assert found.documents.tolist() == [0, 2]
    relevant = dict(zip(found.queries, [texts.tolist() for texts in found.relevant], strict=True))
    assert relevant == {
        "hot": [0],
        "cold": [1],
    }  # equal texts are one document
    assert len(logged_queries(catalogue, log, 1).queries) == 1
    assert logged_queries(catalogue, JudgedQueries(), 10).queries == []


@pytest.mark.parametrize("count", [19, 30])
def test_the_gate_takes_the_held_out_log_where_it_says_enough(tmp_path, seed_folder, count):
    items = [(f"i{n:02}", f"{word} {n}", {}) for n, word in enumerate(["lamp", "table"] * 18)]
    shop = write_shop(tmp_path / "data", items, {})
    rows = ", ".join(f"('the {word} no {n}', 'i{n:02}', 1)" for n, word in enumerate(["lamp", "table"] * 18))
    for split, limit in (("train", 36), ("test", count)):
        statement = f"FROM (VALUES {rows}) AS t(query, item_id, label) LIMIT {limit}"
        duckdb.sql(statement).write_parquet(str(shop / split / "queries.parquet"))
    dataset = read_dataset(shop)
    fit(dataset, seed_folder, tmp_path / "model", Hyperparameters(enc_dim=16, epochs=1, distillation="off"))
    result = evaluated(dataset, tmp_path / "model", seed_folder)
    assert result["protocol"]["logged_queries"] == count
    assert ("query_ndcg@10" in result["metrics"]["model"]) == (count >= 20)
    assert ("queries of the search log" in result["gate"]["reason"]) == (count >= 30)
