"""What an interruption, a divergence or an earlier model changes, and what not."""

import numpy as np
import pytest
import torch

from object2vec.model.retrieval.artefact import read_artefact
from object2vec.model.retrieval.forward import Weights
from object2vec.model.retrieval.network import TwoTowerNetwork
from object2vec.training import trainer
from object2vec.training.dataset import read_dataset
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.row_adam import RowAdam
from object2vec.training.start import initial_weights
from object2vec.training.trainer import TrainingDivergedError
from tests.helpers.shops import fit_with_an_interruption, two_clusters

SETTINGS = Hyperparameters(
    enc_dim=16, epochs=3, mini_batch_size=64, early_stopping_patience=5, time_limit=1e4
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return read_dataset(two_clusters(tmp_path_factory.mktemp("shop") / "data", texts=True))


@pytest.mark.parametrize("settings", [SETTINGS, SETTINGS.replace(weight_decay=0.1)])
def test_an_interrupted_training_ends_like_one_that_was_not(dataset, seed_folder, tmp_path, settings):
    whole, uninterrupted = fit(dataset, seed_folder, tmp_path / "whole", settings)
    at_step = 12  # in the third epoch of five steps
    resumed, result = fit_with_an_interruption(dataset, seed_folder, tmp_path, settings, at_step=at_step)
    assert resumed.version == whole.version
    assert result.epochs == 3
    assert result.history == uninterrupted.history


def test_a_checkpoint_of_another_training_is_not_used(dataset, seed_folder, tmp_path, capsys):
    fit(dataset, seed_folder, tmp_path / "a", SETTINGS, checkpoints=tmp_path / "checkpoints")
    other = SETTINGS.replace(seed=1)
    expected, _ = fit(dataset, seed_folder, tmp_path / "b", other)
    manifest, _ = fit(dataset, seed_folder, tmp_path / "c", other, checkpoints=tmp_path / "checkpoints")
    assert manifest.version == expected.version
    assert "belongs to other data or settings" in capsys.readouterr().out


class _BombBatch:
    pairs = 1

    def __init__(self, exploded):
        self._exploded = exploded

    def needed(self):
        return [torch.tensor([0, 1])]

    def loss(self, network, local):
        loss = local.vectors.sum() + network.session_bias.sum()
        return loss * torch.nan if self._exploded else loss


class _Bomb:
    """A task whose loss is no number once the fuse has burned down."""

    name = "bomb"

    def __init__(self, fuse=2):
        self.steps, self.fuse = 0, fuse

    def __len__(self):
        return 2

    def epoch(self):
        while True:
            self.steps += 1
            yield _BombBatch(exploded=self.steps > self.fuse)


def test_a_checkpoint_without_a_history_goes_on_with_the_epochs_that_follow(tmp_path):
    network = TwoTowerNetwork(Weights(words=np.ones((2, 4), np.float32)))
    kept = trainer.Resumption(tmp_path, "toy", np.random.default_rng(0))
    task = {"bomb": (_Bomb(fuse=100), 1.0)}
    trainer.train(network, task, lambda _: None, SETTINGS.replace(epochs=2), kept)
    state = torch.load(tmp_path / "training.pt", weights_only=True)
    del state["progress"]["history"]
    torch.save(state, tmp_path / "training.pt")
    result = trainer.train(network, task, lambda _: None, SETTINGS, kept)
    assert [point["epoch"] for point in result.history] == [3]


def test_a_loss_that_is_no_number_leaves_the_last_good_state(tmp_path):
    network = TwoTowerNetwork(Weights(words=np.ones((2, 4), np.float32)))
    kept = trainer.Resumption(tmp_path, "toy", np.random.default_rng(0))
    with pytest.raises(
        TrainingDivergedError, match=r"bomb loss .* epoch 2, step 3: try a learning_rate below"
    ):
        trainer.train(network, {"bomb": (_Bomb(), 1.0)}, lambda _: None, SETTINGS, kept)
    assert torch.isfinite(network.table).all()
    saved = torch.load(tmp_path / "training.pt", weights_only=True)
    assert saved["epoch"] == 1
    assert torch.equal(saved["network"]["table"], network.table)


def test_an_earlier_model_goes_on_where_it_was(dataset, seed_folder, tmp_path):
    fit(dataset, seed_folder, tmp_path / "first", SETTINGS)
    first = read_artefact(tmp_path / "first")
    ids = ["new", *reversed(first.item_ids)]
    weights = initial_weights(first, ids, 16, first.manifest.recency_half_lives, np.random.default_rng(0))
    np.testing.assert_array_equal(weights.items[1:], first.weights.items[::-1])
    assert np.abs(weights.items[0]).max() < 0.1  # a new item starts at its words
    np.testing.assert_array_equal(weights.words, first.weights.words)
    np.testing.assert_array_equal(weights.session_head, first.weights.session_head)
    assert initial_weights(first, ids, 16, [7.0], np.random.default_rng(0)).session_head is None
    manifest, _ = fit(dataset, tmp_path / "first", tmp_path / "second", SETTINGS)
    assert manifest.data["start"] == first.manifest.version


def test_weight_decay_pulls_to_the_start_and_not_to_zero():
    network = TwoTowerNetwork(Weights(words=np.full((1, 4), 3.0, np.float32)))
    optimizer = RowAdam(network.table, list(network.parameters()), learning_rate=0.1, weight_decay=1.0)
    network.table[:] = 5.0
    for _ in range(200):
        local = network.gather([torch.tensor([0])])
        (local.vectors * 0).sum().backward()
        optimizer.step(local)
    torch.testing.assert_close(network.table, torch.full((1, 4), 3.0))


def test_the_model_card_says_what_the_model_is(dataset, seed_folder, tmp_path):
    manifest, _ = fit(dataset, seed_folder, tmp_path, SETTINGS)
    card = (tmp_path / "model_card.md").read_text()
    assert card.startswith(f"# {manifest.version}\n")
    for expected in (dataset.fingerprint, "validation_ndcg", "Intended use", "Limits", "enc_dim | 16", "28"):
        assert str(expected) in card


def test_the_learning_curve_is_in_the_manifest_and_on_the_card(dataset, seed_folder, tmp_path):
    _, result = fit(dataset, seed_folder, tmp_path, SETTINGS)
    history = read_artefact(tmp_path).manifest.metrics["history"]
    assert [point["epoch"] for point in history] == [1, 2, 3]
    assert history[-1]["losses"] == result.losses
    assert max(point["validation"] for point in history) == result.validation
    assert history[2]["losses"]["next_item"] < history[0]["losses"]["next_item"]
    card = (tmp_path / "model_card.md").read_text()
    first = history[0]
    cells = [1, *first["losses"].values(), first["validation"]]
    assert f"| {' | '.join(f'{cell:.4g}' for cell in cells)} |\n" in card
    assert f"| epoch | {' | '.join(f'{task} loss' for task in first['losses'])} | validation ndcg |\n" in card
