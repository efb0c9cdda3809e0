import duckdb
import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.training.dataset import Interactions, read_dataset
from object2vec.training.evaluation.similar_items import (
    bought_together,
    counting_scorers,
    nearest_scorer,
    similar_metrics,
)
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.search_log import JudgedQueries
from object2vec.training.tasks.similarity import co_clicked, neighbourhoods
from tests.helpers.shops import write_shop

PAIRS = 12
ALONE = {"task_weight_next_item": 0.0, "task_weight_text": 0.0, "distillation": "off"}
SETTINGS = Hyperparameters(
    enc_dim=32, epochs=15, mini_batch_size=32, early_stopping_patience=5, task_weight_similarity=1.0, **ALONE
)


def events(*rows):
    users, items, times = np.array(rows).reshape(-1, 3).T
    return Interactions(users, items, times)


def spans(near):
    pairs = zip(near.start.tolist(), near.end.tolist(), strict=True)
    return [near.items[start:end].tolist() for start, end in pairs]


def pairs_shop(folder):
    """Two things always go together, and nothing in their names says so."""
    items = [(f"{side}{n:02}", "", {}) for side in ("left", "right") for n in range(PAIRS)]
    rows = [(f"u{n:03}", f"{side}{n % PAIRS:02}", n) for n in range(240) for side in ("left", "right")]
    return write_shop(folder, items, {"train": rows})


def test_a_basket_is_near_and_so_are_the_baskets_within_reach():
    log = events((0, 1, 5), (0, 2, 5), (0, 3, 6), (0, 4, 7), (0, 5, 7), (1, 6, 1))
    assert spans(neighbourhoods(log, 0)) == [[1, 2], [1, 2], [3], [4, 5], [4, 5], [6]]
    assert spans(neighbourhoods(log, 1)) == [[1, 2], [1, 2, 3], [1, 2, 3, 4, 5], [3, 4, 5], [4, 5], [6]]


def test_no_events_have_no_neighbours():
    nothing = np.empty(0, np.int64)
    assert spans(neighbourhoods(Interactions(nothing, nothing, nothing))) == []


def test_what_a_query_led_to_goes_together():
    log = JudgedQueries(
        np.array(["a", "a", "a", "b"], object), np.array([4, 7, 9, 4]), np.array([1.0, 2, 0, 1])
    )
    assert spans(co_clicked(log)) == [[4, 7], [4, 7], [4]]


def nearest(model, dataset):
    encoder = load_encoder(model)
    vectors = encoder.encode_items([CatalogItem(item_id, "") for item_id in dataset.catalogue.ids])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    return cosines.argmax(axis=1).tolist()


def test_what_is_bought_together_becomes_similar(tmp_path, seed_folder):
    dataset = read_dataset(pairs_shop(tmp_path / "data"))
    _, result = fit(dataset, seed_folder, tmp_path / "model", SETTINGS)
    assert list(result.losses) == ["similarity"]
    partners = [*range(PAIRS, 2 * PAIRS), *range(PAIRS)]
    assert nearest(tmp_path / "model", dataset) == partners


def test_a_large_catalogue_is_told_apart_by_a_sample(tmp_path, seed_folder, monkeypatch):
    monkeypatch.setattr("object2vec.training.tasks.candidates._FULL_SOFTMAX", 0)
    dataset = read_dataset(pairs_shop(tmp_path / "data"))
    few = Hyperparameters(**(vars(SETTINGS) | {"negative_sampling_rate": 0.25}))
    fit(dataset, seed_folder, tmp_path / "model", few)
    assert nearest(tmp_path / "model", dataset) == [*range(PAIRS, 2 * PAIRS), *range(PAIRS)]


def test_what_one_query_led_to_becomes_similar_too(tmp_path, seed_folder):
    items = [(f"thing{n}", f"{word} thing", {}) for n, word in enumerate(["red", "old", "big", "odd"])]
    shop = write_shop(tmp_path / "data", items, {})
    rows = ", ".join(
        f"('{query}', 'thing{n}', 1)" for query, n in [("x", 0), ("x", 3), ("y", 1), ("y", 2)] * 30
    )
    statement = f"FROM (VALUES {rows}) AS t(query, item_id, label)"
    duckdb.sql(statement).write_parquet(str(shop / "train" / "queries.parquet"))
    fit(read_dataset(shop), seed_folder, tmp_path / "model", SETTINGS)
    vectors = load_encoder(tmp_path / "model").encode_items([CatalogItem(*item) for item in items])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    assert cosines.argmax(axis=1).tolist() == [3, 2, 1, 0]


def test_the_metric_ranks_others_and_knows_right_from_wrong():
    future = events((0, 0, 1), (0, 1, 1), (1, 2, 1), (1, 3, 1), (2, 4, 1))
    allowed = np.ones(5, bool)
    pairs = bought_together(future, allowed, 10, window=0)
    assert sorted(pairs.items.tolist()) == [0, 1, 2, 3]  # 4 was bought alone
    right = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2]]
    metrics = similar_metrics(pairs, nearest_scorer(right, pairs), allowed)
    assert metrics["ndcg@10"].tolist() == metrics["recall@10"].tolist() == [1.0] * 4
    wrong = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [0.8, 0.6]], np.float32)
    found = similar_metrics(pairs, nearest_scorer(wrong, pairs), allowed)
    assert found["ndcg@10"].max() < 1  # something else always comes first
    assert found["recall@10"].tolist() == [1.0] * 4  # among ten of five


def test_items_that_are_not_ranked_neither_ask_nor_count():
    allowed = np.array([True, True, False])
    pairs = bought_together(events((0, 0, 1), (0, 1, 1), (0, 2, 1)), allowed, 10)
    assert sorted(pairs.items.tolist()) == [0, 1]
    assert sorted(int(relevant[0]) for relevant in pairs.relevant) == [0, 1]
    assert len(bought_together(events((0, 0, 1), (0, 1, 1)), allowed, 1)) == 1


def test_counting_what_was_bought_together():
    past = events((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (1, 2, 1))
    pairs = bought_together(past, np.ones(3, bool), 1, seed=1)
    (scores,) = counting_scorers(past, pairs, past.popularity(3))["bought-together"](np.array([0]))
    together = {0: [0, 2, 1], 1: [2, 0, 1], 2: [1, 1, 0]}
    assert scores.tolist() == pytest.approx(together[int(pairs.items[0])])
