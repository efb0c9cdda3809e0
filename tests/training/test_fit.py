import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from object2vec.core.catalog import CatalogItem
from object2vec.core.time import DAY_S
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.model.retrieval.encoder import PooledEncoder, load_encoder
from object2vec.model.retrieval.items import item_sums
from object2vec.model.retrieval.network import TwoTowerNetwork, plan_items
from object2vec.training.dataset import DatasetError, read_dataset
from object2vec.training.evaluation.systems import features_of
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from tests.helpers.evaluations import evaluated
from tests.helpers.shops import two_clusters, write_shop

SETTINGS = Hyperparameters(
    enc_dim=32, epochs=20, mini_batch_size=16, early_stopping_patience=5, time_limit=1e4
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return two_clusters(tmp_path_factory.mktemp("shop") / "data", texts=True)


@pytest.fixture(scope="module")
def trained(shop, seed_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("model")
    fit(read_dataset(shop), seed_folder, out, SETTINGS)
    return out


@pytest.mark.parametrize("texts", [True, False])
def test_a_session_gets_only_its_own_cluster(tmp_path, seed_folder, texts):
    dataset = read_dataset(two_clusters(tmp_path / "data", texts=texts))
    fit(dataset, seed_folder, tmp_path / "model", SETTINGS)
    encoder = load_encoder(tmp_path / "model")
    items = [CatalogItem(i, t) for i, t in zip(dataset.catalogue.ids, dataset.catalogue.texts, strict=True)]
    sessions = encoder.encode_sessions([[items[0], items[4]], [items[15], items[19]]])
    similarity = sessions @ encoder.encode_items(items).T
    similarity[0, [0, 4]] = similarity[1, [15, 19]] = -np.inf  # nobody returns to an item in this shop
    order = np.argsort(-similarity, axis=1)[:, :12]
    assert set(order[0]) == set(range(14)) - {0, 4}
    assert set(order[1]) == set(range(14, 28)) - {15, 19}


def test_what_everybody_sends_back_moves_away_from_what_its_text_is_like(shop, seed_folder, tmp_path):
    """An item that nobody has bought, with the words of those that are."""
    hated = ("cat99", "cat food number 99 for kittens", {})
    catalogue = read_dataset(shop).catalogue
    known = [(i, text, {}) for i, text in zip(catalogue.ids, catalogue.texts, strict=True)]
    bought = {"train": [(f"u{n}", f"cat{(n + k) % 14:02}", k) for n in range(40) for k in range(6)]}
    dataset = read_dataset(write_shop(tmp_path / "data", [*known, hated], bought))
    place = dataset.catalogue.ids.index("cat99")
    found = {}
    for against in (np.zeros(0, np.int64), np.full(40, place)):
        train = replace(dataset.train, against=against)
        out = tmp_path / f"model{len(against)}"
        fit(replace(dataset, train=train), seed_folder, out, SETTINGS.model_copy(update={"epochs": 4}))
        items = [CatalogItem(i, text) for i, text, _ in [*known, hated]]
        encoder = load_encoder(out)
        similarity = encoder.encode_items(items) @ encoder.encode_sessions([items[:2]])[0]
        found[len(against)] = float(similarity[-1])
    assert found[40] < found[0] - 0.1


def test_an_unseen_item_is_placed_by_its_words(trained):
    encoder = load_encoder(trained)
    new = encoder.encode_items(
        [CatalogItem("new-a", "kittens cat food"), CatalogItem("new-b", "engines oil")]
    )
    session = encoder.encode_sessions(
        [[CatalogItem(f"cat0{n}", f"cat food number {n} for kittens") for n in (1, 2)]]
    )
    assert (new @ session[0]).argmax() == 0


def test_an_item_that_came_later_borrows_what_shoppers_taught_about_its_like(shop, trained):
    dataset, encoder, artefact = read_dataset(shop), load_encoder(trained), read_artefact(trained)
    ids = ["later", *dataset.catalogue.ids[1:]]
    later = replace(dataset, catalogue=replace(dataset.catalogue, ids=ids))
    items = later.catalogue.items()
    served = encoder.item_sums(items)
    np.testing.assert_allclose(served, item_sums(artefact.weights, features_of(later, artefact)), atol=1e-5)
    alone = replace(artefact, weights=replace(artefact.weights, neighbour_words=None, neighbour_rows=None))
    borrowed = served - PooledEncoder(alone).item_sums(items)
    assert np.linalg.norm(borrowed[0]) > 0.01
    assert not borrowed[1:].any()


def test_numpy_and_torch_agree(shop, trained):
    dataset, artefact = read_dataset(shop), read_artefact(trained)
    network, encoder = TwoTowerNetwork(artefact.weights), load_encoder(trained)
    plan = plan_items(features_of(dataset, artefact), np.arange(len(dataset.catalogue)))
    with torch.no_grad():
        sums = plan.vectors(network.gather(plan.needed()))
        items = torch.nn.functional.normalize(sums, dim=1).numpy()
        means = []
        for half_life in artefact.manifest.recency_half_lives:
            weights = torch.exp2(torch.tensor([-2.0, -1.0, 0.0]) / half_life)
            means.append((weights / weights.sum())[None] @ sums[[3, 12, 5]])
        session = network.session_vectors(torch.cat(means, dim=1)).numpy()
        query = network.query_vectors(network.table[: network.word_count][[5, 9]].mean(dim=0)[None]).numpy()
    catalogue = [
        CatalogItem(*pair) for pair in zip(dataset.catalogue.ids, dataset.catalogue.texts, strict=True)
    ]
    np.testing.assert_allclose(encoder.encode_items(catalogue), items, atol=1e-5)
    np.testing.assert_allclose(
        encoder.encode_sessions([[catalogue[3], catalogue[12], catalogue[5]]]), session, atol=1e-5
    )
    words = " ".join(artefact.tokenizer.tokens()[i] for i in (5, 9))
    np.testing.assert_allclose(encoder.encode_queries([words]), query, atol=1e-5)


def test_the_same_seed_gives_the_same_model(shop, trained, seed_folder, tmp_path):
    manifest, _ = fit(read_dataset(shop), seed_folder, tmp_path, SETTINGS)
    assert manifest.version == load_encoder(trained).version
    other, _ = fit(read_dataset(shop), seed_folder, tmp_path, Hyperparameters(enc_dim=32, epochs=1, seed=1))
    assert other.version != manifest.version


def test_evaluation_passes_the_model_that_is_right(shop, trained, seed_folder):
    result = evaluated(read_dataset(shop), trained, seed_folder)
    metrics = result["metrics"]
    peers = {"popularity", "own-frequency", "bm25", "item-knn", "co-occurrence", "user-knn", "ease"}
    assert peers | {"model", "live", "seed"} <= set(metrics)
    assert all(
        name in metrics["model"] for name in ("last_1_ndcg@10", "last_50_ndcg@10", "all_items_ndcg@10")
    )
    low, high = result["intervals"]["model"]["ndcg@10"]
    assert low <= metrics["model"]["ndcg@10"] <= high
    assert result["counts"]["ndcg@10"] == 40
    assert metrics["model"]["ndcg@10"] > metrics["popularity"]["ndcg@10"]
    assert result["gate"]["passed"]
    assert "40 shoppers who came back" in result["gate"]["reason"]
    json.dumps(result)


def test_each_task_is_measured_on_its_own(shop, trained, seed_folder):
    result = evaluated(read_dataset(shop), trained, seed_folder)
    model = result["metrics"]["model"]
    assert {"ndcg@10", "similar_ndcg@10", "similar_recall@10", "text_ndcg@10"} <= set(model)
    assert model["similar_recall@10"] > result["metrics"]["popularity"]["similar_recall@10"]  # of the cluster
    assert result["metrics"]["bought-together"]["similar_ndcg@10"] > 0.2
    assert "category_accuracy" not in model  # this shop has no categories


def test_a_catalogue_alone(tmp_path, seed_folder):
    things = [
        "red wool socks",
        "blue cotton shirt",
        "green silk scarf",
        "black leather belt",
        "white linen hat",
    ]
    items = [
        (f"i{n}{m}", f"{thing} size {m}", {"kind": thing}) for n, thing in enumerate(things) for m in range(4)
    ]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {}))
    fit(dataset, seed_folder, tmp_path / "model", SETTINGS)
    encoder = load_encoder(tmp_path / "model")
    hits = (
        encoder.encode_items([CatalogItem(i, t) for i, t, _ in items])
        @ encoder.encode_queries(["silk scarf"])[0]
    )
    assert {items[i][0][:2] for i in np.argsort(-hits)[:4]} == {"i2"}
    result = evaluated(dataset, tmp_path / "model", seed_folder)
    assert "no interactions of shoppers" in result["gate"]["reason"]


def test_five_items_and_nothing_to_measure(tmp_path, seed_folder):
    items = [(f"i{n}", word, {}) for n, word in enumerate(["tea", "milk", "bread", "salt", "rice"])]
    events = [("u", f"i{n}", n) for n in range(5)]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {"train": events}))
    fit(dataset, seed_folder, tmp_path / "model", Hyperparameters(epochs=2))
    encoder = load_encoder(tmp_path / "model")
    tea = encoder.encode_items([CatalogItem(i, t) for i, t, _ in items]) @ encoder.encode_queries(["tea"])[0]
    assert tea.argmax() == 0
    result = evaluated(dataset, tmp_path / "model", seed_folder)
    assert result["gate"]["passed"]
    assert "passed: unmeasured" in result["gate"]["reason"]


def test_nothing_to_learn_from_is_said(tmp_path, seed_folder):
    dataset = read_dataset(write_shop(tmp_path / "data", [("a", "", {})], {"train": [("u", "a", 0)]}))
    with pytest.raises(DatasetError, match="nothing to learn from"):
        fit(dataset, seed_folder, tmp_path / "model", Hyperparameters())


def test_the_time_scales_follow_from_whether_people_come_back(tmp_path, seed_folder):
    items = [("tea", "", {}), ("milk", "", {})]
    events = [(f"u{user}", ("tea", "milk")[n % 2], n * DAY_S) for user in range(3) for n in range(6)]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {"train": events}))
    manifest, _ = fit(dataset, seed_folder, tmp_path / "model", Hyperparameters(epochs=1))
    assert manifest.recency_half_lives == [100.0]


def test_a_shop_of_anonymous_sessions_is_validated_and_judged_by_them(tmp_path, seed_folder):
    """Every user is one session of one cluster; nobody is seen twice."""
    items = [(f"i{n:02}", "", {}) for n in range(28)]
    rng = np.random.default_rng(0)
    splits = {}
    for at, (split, count) in enumerate({"train": 150, "validation": 30, "test": 40}.items()):
        splits[split] = [
            (f"{split}{user}", f"i{item:02}", at * 100_000 + user * 100 + step)
            for user in range(count)
            for step, item in enumerate((14 * (user % 2) + rng.permutation(14)[:5]).tolist())
        ]
    dataset = read_dataset(write_shop(tmp_path / "data", items, splits))
    _, result = fit(dataset, seed_folder, tmp_path / "model", SETTINGS)
    assert result.validation > 0.1
    judged = evaluated(dataset, tmp_path / "model", seed_folder)
    assert "40 sessions" in judged["gate"]["reason"]
    metrics = judged["metrics"]
    assert metrics["model"]["session_ndcg@10"] > metrics["popularity"]["session_ndcg@10"]
    assert judged["counts"]["session_ndcg@10"] == 40
    assert judged["gate"]["passed"]
