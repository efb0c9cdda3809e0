"""Incremental training: what goes on from an earlier model, and when it has to start from the seed."""

import json
import shutil

import numpy as np
import pytest

from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.dataset import read_dataset
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.start import chosen_start
from tests.helpers.shops import two_clusters, write_shop
from tests.training.test_training_jobs import run

SETTINGS = Hyperparameters(enc_dim=16, epochs=3, mini_batch_size=16, distillation="off")


@pytest.fixture(scope="module")
def first(seed_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    fit(read_dataset(two_clusters(folder / "data", texts=True)), seed_folder, folder / "model", SETTINGS)
    return folder / "model"


def test_the_next_training_goes_on_and_so_does_the_job(first, tmp_path):
    two_clusters(tmp_path / "input" / "data", texts=True)
    shutil.copytree(first, tmp_path / "input" / "data" / "model")
    (tmp_path / "input" / "config").mkdir()
    (tmp_path / "input" / "config" / "hyperparameters.json").write_text(
        '{"epochs": "1", "enc_dim": "16", "learning_rate": "0.000001"}'
    )
    done = run(["train"], tmp_path)
    assert done.returncode == 0, done.stderr
    earlier, later = read_artefact(first), read_artefact(tmp_path / "model")
    assert f"goes on from {earlier.manifest.version}" in done.stdout
    assert later.manifest.data["start"] == earlier.manifest.version
    place = {item_id: row for row, item_id in enumerate(earlier.item_ids)}
    rows = [place[item_id] for item_id in later.item_ids]  # every item again
    np.testing.assert_allclose(later.weights.items, earlier.weights.items[rows], atol=2e-3)
    np.testing.assert_allclose(later.weights.session_head, earlier.weights.session_head, atol=2e-3)


def test_a_row_is_kept_where_nobody_buys_the_item_any_more(first, tmp_path):
    ids = read_artefact(first).ids_with_rows
    items = [(item_id, f"thing {item_id}", {}) for item_id in [*ids, "new"]]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {}))
    fit(dataset, first, tmp_path / "model", SETTINGS)
    assert set(read_artefact(tmp_path / "model").ids_with_rows) == set(ids)  # "new" has its words


def test_without_an_earlier_model_it_is_the_seed(seed_folder):
    assert chosen_start(None, seed_folder, 16) == (seed_folder, "starts from the seed")
    start, said = chosen_start(seed_folder, seed_folder, 16)
    assert start == seed_folder
    assert "nothing was trained before" in said


def test_a_model_that_does_not_fit_is_named_and_left_alone(first, seed_folder, tmp_path):
    assert chosen_start(first, seed_folder, 16)[0] == first
    start, said = chosen_start(first, seed_folder, 32)
    assert start == seed_folder
    assert "it has 16 dimensions, enc_dim is 32" in said
    shutil.copytree(first, tmp_path / "old")
    manifest = json.loads((tmp_path / "old" / "manifest.json").read_text())
    (tmp_path / "old" / "manifest.json").write_text(json.dumps(manifest | {"format_version": 1}))
    start, said = chosen_start(tmp_path / "old", seed_folder, 16)
    assert start == seed_folder
    assert "not from the previous model" in said
    assert "format 1" in said
    (tmp_path / "foreign").mkdir()
    assert chosen_start(tmp_path / "foreign", seed_folder, 16)[0] == seed_folder
