"""Reviews and dense vectors as part of an item: toy shops in which only they tell what belongs together."""

import json
import random

import numpy as np
import pytest
import torch

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.artefact import ArtefactError, ModelDescription, read_artefact, write_artefact
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.model.retrieval.network import TwoTowerNetwork, plan_items
from object2vec.search.content import Content
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.index import Request
from object2vec.training.dataset import DatasetError, read_dataset
from object2vec.training.evaluation.systems import features_of
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from tests.helpers.evaluations import evaluated
from tests.helpers.shops import write_shop

SETTINGS = Hyperparameters(
    enc_dim=32, epochs=20, mini_batch_size=16, early_stopping_patience=5, distillation="off"
)
LENGTH = 6
BATTERY = "the battery runs empty within an hour "


def picture(cluster: int, rng: random.Random) -> list[float]:
    """Numbers of a usual image model: far from 0, unlike scales, of which two tell the clusters apart."""
    middle = [5.0, -3.0, 100.0, 0.0, 0.0, 7.0]
    sign = 1 if cluster else -1
    return [
        round(m + s * (sign if at in (1, 4) else rng.gauss(0, 1)), 4)
        for at, (m, s) in enumerate(zip(middle, [1.0, 0.5, 10.0, 0.1, 0.01, 0.0], strict=True))
    ]


def uploaded(item: CatalogItem) -> CatalogItem:
    """Line of the item, as the item log has it."""
    return CatalogItem(item.id, item.text, {**item.metadata, "vector": item.metadata["vector"].tolist()})


def pictures(folder, *, text="a thing", reviews=False):
    """Users buy things of one kind or of the other; all have the same text, and every kind its own look."""
    rng = random.Random(0)
    kinds = []
    for kind in (0, 1):
        metadata = [
            {"vector": picture(kind, rng)} | ({"reviews": [BATTERY]} if reviews and n % 3 == 0 else {})
            for n in range(14)
        ]
        kinds.append([(f"{'ab'[kind]}{n:02}", text, about) for n, about in enumerate(metadata)])
    splits = {"train": [], "validation": [], "test": []}
    for user in range(40):
        for step, (item, _, _) in enumerate(rng.sample(kinds[user % 2], 12)):
            split = "train" if step < 8 else "validation" if step < 10 else "test"
            splits[split].append((f"u{user:02}", item, step * 86_400))
    return write_shop(folder, kinds[0] + kinds[1], splits)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("shop") / "data", reviews=True)


@pytest.fixture(scope="module")
def trained(shop, seed_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("model")
    fit(read_dataset(shop), seed_folder, out, SETTINGS)
    return out


@pytest.mark.parametrize("text", ["a thing", ""])
def test_a_new_item_is_placed_by_its_vector_alone(tmp_path, seed_folder, text):
    dataset = read_dataset(pictures(tmp_path / "data", text=text))
    fit(dataset, seed_folder, tmp_path / "model", SETTINGS)
    encoder, items = load_encoder(tmp_path / "model"), dataset.catalogue.items()
    rng = random.Random(7)
    new = [
        CatalogItem(f"new-{kind}{n}", "", {"vector": picture(kind, rng)}) for kind in (0, 1) for n in range(5)
    ]
    everything = items + new
    sessions = encoder.encode_sessions([[items[0], items[4], items[7]], [items[15], items[19]]])
    order = np.argsort(-sessions @ encoder.encode_items(everything).T, axis=1)
    kinds = np.array([0] * 14 + [1] * 14 + [0] * 5 + [1] * 5)
    assert set(kinds[order[0, :19]]) == {0}
    assert set(kinds[order[1, :19]]) == {1}


def test_the_index_and_its_tail_know_vectors(shop, trained, tmp_path):
    encoder, rng = load_encoder(trained), random.Random(7)
    items = [uploaded(item) for item in read_dataset(shop).catalogue.items()]
    build_index(encoder, Content(items), tmp_path / "index")
    index = load_index(tmp_path / "index", encoder, "r1")
    pictured = [CatalogItem(f"new-{'ab'[kind]}", "", {"vector": picture(kind, rng)}) for kind in (0, 1)]
    index.apply(pictured, 1)
    seen = list(index.snapshot.get_many(["a00", "a04", "a07"]).values())
    request = Request(session_vector=encoder.encode_sessions([seen])[0], limit=15)
    found = [hit.item.id for hit in index.snapshot.search(request).hits]
    assert "new-a" in found
    assert {item_id.removeprefix("new-")[0] for item_id in found} == {"a"}


def test_numpy_and_torch_agree(shop, trained):
    dataset, artefact = read_dataset(shop), read_artefact(trained)
    network, features = TwoTowerNetwork(artefact.weights), features_of(dataset, artefact)
    plan = plan_items(features, np.arange(len(dataset.catalogue)))
    with torch.no_grad():
        sums = plan.vectors(network.gather(plan.needed()))
    expected = torch.nn.functional.normalize(sums, dim=1).numpy()
    found = load_encoder(trained).encode_items(dataset.catalogue.items())
    np.testing.assert_allclose(found, expected, atol=1e-5)
    without = [CatalogItem(i.id, i.text) for i in dataset.catalogue.items()]
    assert np.abs(load_encoder(trained).encode_items(without) - expected).max() > 0.1


def test_what_was_learned_goes_on_from_the_last_model(shop, trained, tmp_path):
    more = Hyperparameters(enc_dim=32, epochs=1, learning_rate=1e-6, distillation="off")
    fit(read_dataset(shop), trained, tmp_path, more)
    before, after = read_artefact(trained).weights, read_artefact(tmp_path).weights
    np.testing.assert_allclose(after.vector_head, before.vector_head, atol=1e-3)
    np.testing.assert_array_equal(after.vector_mean, before.vector_mean)


def test_evaluation_knows_models_with_and_without_vectors(shop, trained, seed_folder):
    metrics = evaluated(read_dataset(shop), trained, seed_folder)["metrics"]
    assert metrics["model"]["ndcg@10"] > metrics["seed"]["ndcg@10"]


def test_a_vector_of_another_model_says_nothing(trained):
    encoder = load_encoder(trained)
    plain, other = CatalogItem("x", "a thing"), CatalogItem("x", "a thing", {"vector": [1.0, 2.0]})
    np.testing.assert_array_equal(*encoder.encode_items([plain, other]))


def test_vectors_of_two_lengths_are_refused_by_name(tmp_path):
    items = [(f"i{n}", "tea", {"vector": [0.1] * (3 if n == 4 else 8)}) for n in range(6)]
    write_shop(tmp_path / "data", items, {})
    with pytest.raises(DatasetError, match=r"metadata.vector of item 'i4' has 3 numbers.* 5 items have 8"):
        read_dataset(tmp_path / "data")


def test_equal_vectors_teach_nothing_and_break_nothing(tmp_path, seed_folder):
    items = [(f"i{n}", f"tea {n}", {"vector": [0.1, 7e8]}) for n in range(6)]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {}))
    fit(dataset, seed_folder, tmp_path / "model", Hyperparameters(epochs=1, distillation="off"))
    encoder = load_encoder(tmp_path / "model")
    with_vector, without = CatalogItem("n", "tea", {"vector": [0.1, 7e8]}), CatalogItem("n", "tea")
    np.testing.assert_array_equal(*encoder.encode_items([with_vector, without]))


def artefact_like(trained, out, **tables):
    found = read_artefact(trained)
    weights = {name: getattr(found.weights, name) for name in found.weights.__slots__} | tables
    write_artefact(
        out,
        ModelDescription(kind="trained", recency_half_lives=found.manifest.recency_half_lives),
        tokenizer=found.tokenizer,
        item_ids=found.item_ids,
        weights=type(found.weights)(**weights),
    )
    return out


@pytest.mark.parametrize("name", ["vector_head", "vector_mean", "vector_scale"])
@pytest.mark.parametrize("shape", [(LENGTH + 1, 32), (LENGTH + 1,), None])
def test_a_projection_that_does_not_fit_is_refused(trained, tmp_path, name, shape):
    table = None if shape is None else np.ones(shape, np.float32)
    with pytest.raises(ArtefactError, match=r"item vectors.*train the model again"):
        read_artefact(artefact_like(trained, tmp_path, **{name: table}))


def test_an_artefact_from_before_item_features_still_loads(trained, tmp_path):
    nothing = dict.fromkeys(("vector_head", "vector_mean", "vector_scale"))
    folder = artefact_like(trained, tmp_path, **nothing)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["reviews_weight"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    encoder = load_encoder(folder)
    plain = CatalogItem("n", "red tea")
    rich = CatalogItem("n", "red tea", {"reviews": BATTERY, "vector": [1.0] * LENGTH})
    np.testing.assert_array_equal(*encoder.encode_items([plain, rich]))


def test_a_thousand_words_of_reviews_do_not_drown_the_title(trained):
    encoder = load_encoder(trained)
    title = CatalogItem("n", "leather walking boots")
    reviewed = CatalogItem("n", title.text, {"reviews": [BATTERY] * 150})
    other = CatalogItem("n", BATTERY)
    vectors = encoder.encode_items([title, reviewed, other])
    assert vectors[1] @ vectors[0] > 0.9
    assert vectors[1] @ vectors[2] > vectors[0] @ vectors[2]


def test_reviews_weigh_what_was_set(shop, seed_folder, tmp_path):
    title = CatalogItem("n", "leather walking boots")
    reviewed = CatalogItem("n", title.text, {"reviews": BATTERY})
    moved = []
    for weight in (0.0, 0.3, 1.0):
        settings = Hyperparameters(enc_dim=32, epochs=1, reviews_weight=weight, distillation="off")
        fit(read_dataset(shop), seed_folder, tmp_path / str(weight), settings)
        one, other = load_encoder(tmp_path / str(weight)).encode_items([title, reviewed])
        moved.append(1 - one @ other)
    assert moved[0] == pytest.approx(0, abs=1e-6)
    assert moved[0] < moved[1] < moved[2]


def test_items_without_words_are_placed_by_their_reviews(trained):
    encoder = load_encoder(trained)
    vector = encoder.encode_items([CatalogItem("n", "", {"reviews": ["green tea"]})])[0]
    # not the same: of its reviews an item has less than of its words, of what it borrows as much
    assert vector @ encoder.encode_items([CatalogItem("m", "green tea")])[0] > 0.9


def test_a_catalogue_without_either_trains_the_same_model(tmp_path, seed_folder):
    items = [(f"i{n}", f"tea {n}", {"reviews": 12}) for n in range(6)]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {}))
    fit(
        dataset,
        seed_folder,
        tmp_path / "a",
        Hyperparameters(epochs=1, distillation="off", reviews_weight=0.0),
    )
    fit(dataset, seed_folder, tmp_path / "b", Hyperparameters(epochs=1, distillation="off"))
    names = [(tmp_path / run / "weights.safetensors").read_bytes() for run in "ab"]
    assert names[0] == names[1]
    assert read_artefact(tmp_path / "b").weights.vector_head is None
