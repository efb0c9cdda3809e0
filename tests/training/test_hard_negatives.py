import numpy as np
import pytest
import torch

from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.dataset import read_dataset
from object2vec.training.features import compile_items
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import HyperparameterError, Hyperparameters, parse_hyperparameters
from object2vec.training.tasks import candidates
from object2vec.training.tasks.candidates import CandidateSampler, nearest_others
from object2vec.training.tasks.text_search import MetadataValues, TextTask
from tests.helpers.shops import fit_with_an_interruption, two_clusters, write_shop

TEXTS = ["red wool socks", "red wool hat", "garden hose green", "green garden gate", "", "blue cup"]


def test_the_nearest_others_come_first_and_nothing_is_its_own():
    angles = np.array([0.0, 0.1, 0.3, 3.0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert nearest_others(vectors, 2).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert nearest_others(vectors, 9).shape == (4, 3)
    assert nearest_others(vectors[:1], 3).shape == (1, 0)
    many = np.random.default_rng(0).normal(size=(1100, 4)).astype(np.float32)
    cosines = many @ many.T
    np.fill_diagonal(cosines, -np.inf)
    assert (nearest_others(many, 1)[:, 0] == cosines.argmax(axis=1)).all()


def test_they_stand_beside_the_texts_that_were_drawn(tmp_path, seed_folder):
    items = [(f"i{n}", text, {}) for n, text in enumerate(TEXTS)]
    dataset, seed = read_dataset(write_shop(tmp_path, items, {})), read_artefact(seed_folder)
    features = compile_items(dataset.catalogue, seed.tokenizer, np.zeros(len(TEXTS), bool))
    others = np.array([[1], [0], [3], [2], [5], [4]])
    task = TextTask(
        features,
        MetadataValues(dataset.catalogue, seed.tokenizer),
        seed.tokenizer.continues(),
        batch_size=2,
        temperature=0.1,
        hard_negatives=others,
        rng=np.random.default_rng(0),
    )
    seen = 0
    for batch in task.epoch():
        told_apart = batch.items.content_of.numpy()  # one distinct text an item
        assert batch.ignored.shape == (batch.pairs, len(told_apart))
        assert not np.diagonal(batch.ignored.numpy()).any()
        seen += len(told_apart) - batch.pairs
    assert seen > 0  # the empty text never comes along, each other one unless it was drawn itself


def test_training_with_them_finds_what_it_should(tmp_path, seed_folder):
    items = [(f"i{n}", text, {}) for n, text in enumerate(TEXTS)]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {}))
    settings = Hyperparameters(enc_dim=32, epochs=3, distillation="off", hard_negatives=2)
    manifest, result = fit(dataset, seed_folder, tmp_path / "model", settings)
    assert manifest.hyperparameters["hard_negatives"] == 2
    assert np.isfinite(result.losses["text"])


@pytest.mark.parametrize("name", ["hard_negatives", "hard_items"])
def test_the_setting_is_checked(name):
    assert getattr(parse_hyperparameters({name: "3"}), name) == 3
    with pytest.raises(HyperparameterError, match=name):
        parse_hyperparameters({name: "-1"})


COUNTS = np.array([40, 0, 30, 5, 20, 5])  # item 1 is never a target


def _near_in_the_pool(items):
    assert items.tolist() == [0, 2, 3, 4, 5]
    return np.array([[1, 2], [2, 4], [1, 0], [0, 2], [2, 1]])  # places in it: 0 has 2 and 3 near


@pytest.fixture
def sampled(monkeypatch):
    monkeypatch.setattr(candidates, "_FULL_SOFTMAX", 0)


@pytest.mark.usefixtures("sampled")
def test_what_is_near_comes_along_with_an_item_to_find():
    sampler = CandidateSampler(COUNTS, 0, np.random.default_rng(0), _near_in_the_pool)
    assert sampler.draw(np.array([0, 0]))[0].tolist() == [0, 2, 3]
    assert sampler.draw(np.array([4, 2]))[0].tolist() == [0, 2, 3, 4, 5]


@pytest.mark.usefixtures("sampled")
def test_the_correction_is_how_often_an_item_is_there():
    rng, draws = np.random.default_rng(0), 20_000
    sampler = CandidateSampler(COUNTS, 0, rng, _near_in_the_pool)
    there, chance = np.zeros(6), np.zeros(6)
    for _ in range(draws):
        targets = rng.choice(6, rng.poisson(2), p=COUNTS / COUNTS.sum())
        there[sampler.draw(targets)[0]] += 1
    for pair in ([0, 2], [3, 4], [5, 0]):  # two targets, as there were on average
        found, log_chance = sampler.draw(np.array(pair))
        chance[found] = log_chance.exp()
    assert chance[1] == 0
    np.testing.assert_allclose(chance, there / draws, atol=0.015)


@pytest.mark.usefixtures("sampled")
def test_without_them_a_batch_is_its_targets_and_a_sample():
    targets, rng = np.array([4, 0, 4]), np.random.default_rng(7)
    found, log_chance = CandidateSampler(COUNTS, 2, np.random.default_rng(7)).draw(targets)
    assert found.tolist() == np.unique([*targets, *rng.choice([0, 2, 3, 4, 5], 2)]).tolist()
    expected = 3 * COUNTS[found] / 100 + 2 / 5
    assert log_chance.equal(torch.log(-torch.expm1(-torch.tensor(expected, dtype=torch.float32))))


def test_where_all_items_are_told_apart_nothing_is_searched():
    def never(items):
        raise AssertionError("searched")

    found, log_chance = CandidateSampler(COUNTS, 0, np.random.default_rng(0), never).draw(np.array([0]))
    assert found.tolist() == [0, 2, 3, 4, 5]
    assert not log_chance.any()


@pytest.mark.usefixtures("sampled")
def test_an_interrupted_training_with_near_items_ends_like_one_that_was_not(tmp_path, seed_folder):
    dataset = read_dataset(two_clusters(tmp_path / "data", texts=True))
    settings = Hyperparameters(
        enc_dim=16, epochs=3, mini_batch_size=64, negative_sampling_rate=0.1, hard_items=2, time_limit=1e4
    )
    whole, _ = fit(dataset, seed_folder, tmp_path / "whole", settings)
    others, _ = fit(dataset, seed_folder, tmp_path / "others", settings.replace(hard_items=0))
    assert whole.version != others.version
    at_step = 12  # in the third epoch of five steps
    resumed, _ = fit_with_an_interruption(dataset, seed_folder, tmp_path, settings, at_step=at_step)
    assert resumed.version == whole.version
