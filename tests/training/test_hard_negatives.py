import numpy as np
import pytest
from shops import write_shop

from object2vec.model.artefact import read_artefact
from object2vec.training.dataset import read_dataset
from object2vec.training.features import compile_items
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import HyperparameterError, Hyperparameters, parse_hyperparameters
from object2vec.training.tasks.hard_negatives import nearest_others
from object2vec.training.tasks.text_search import MetadataValues, TextTask, continuation_pieces

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
        continuation_pieces(seed.tokenizer),
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


def test_the_setting_is_checked():
    assert parse_hyperparameters({"hard_negatives": "3"}).hard_negatives == 3
    with pytest.raises(HyperparameterError, match="hard_negatives"):
        parse_hyperparameters({"hard_negatives": "-1"})
