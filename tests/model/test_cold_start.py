import json
from hashlib import sha256

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.artefact import ArtefactError, ModelDescription, read_artefact, write_artefact
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.model.retrieval.forward import Weights, unit
from object2vec.model.retrieval.items import ColdStartNeighbours

AXES = np.eye(4, dtype=np.float32)


def test_a_new_item_borrows_from_what_has_its_words():
    neighbours = ColdStartNeighbours(AXES[:3], 7 * AXES[[3, 2, 1]])
    borrowed = neighbours.borrowed(np.array([[0.2, 0, 0, 0], [0, 5, 5, 0]], np.float32), np.arange(2))
    np.testing.assert_allclose(borrowed[0], 7 * AXES[3], atol=1e-4)
    np.testing.assert_allclose(borrowed[1], [0, 4.95, 4.95, 0], atol=1e-2)  # between both it is like, as long


def test_who_has_no_words_borrows_nothing():
    neighbours = ColdStartNeighbours(AXES, AXES)
    nothing = np.zeros((2, 4), np.float32)
    assert not neighbours.borrowed(nothing, np.array([0, 1, 1])).any()
    assert neighbours.borrowed(nothing, np.zeros(0, np.int64)).shape == (0, 4)


def test_many_new_items_at_once_are_as_each_alone():
    rng = np.random.default_rng(0)
    words, rows, new = (rng.normal(size=(n, 4)).astype(np.float32) for n in (30, 30, 2_500))
    neighbours = ColdStartNeighbours(unit(words), unit(rows))
    together = neighbours.borrowed(new, np.arange(len(new)))
    alone = neighbours.borrowed(new, np.array([1_700, 0, 1_700]))
    np.testing.assert_allclose(together[[1_700, 0, 1_700]], alone, atol=1e-5)


def test_a_neighbour_is_the_direction_of_its_items_rows_as_long_as_is_asked():
    rows = np.stack([AXES[0], 3 * AXES[0], 2 * AXES[1]])  # lengths 1, 3, 2
    neighbours = ColdStartNeighbours.of(AXES[:3], np.array([2, 2, 0]), rows, np.array([1, 1, 9]), 2.0)
    np.testing.assert_allclose(neighbours.words, AXES[[0, 2]])  # most used first; no item has text 1
    np.testing.assert_allclose(neighbours.rows, [2 * AXES[1], 2 * AXES[0]], atol=1e-6)


@pytest.fixture
def folder(tmp_path, seed_folder):
    """Artefact with three items, of which "wanted" has a row and "unwanted" was there in training."""
    seed = read_artefact(seed_folder)
    words = seed.weights.words
    cat = words[seed.tokenizer.encode(["cat"])[0]].mean(axis=0)
    weights = Weights(
        words=words,
        items=np.full((1, words.shape[1]), 2, np.float32),
        neighbour_words=(cat / np.linalg.norm(cat))[None],
        neighbour_rows=np.full((1, words.shape[1]), 2, np.float32),
    )
    write_artefact(
        tmp_path / "model",
        ModelDescription(kind="trained"),
        tokenizer=seed.tokenizer,
        item_ids=["wanted", "unwanted"],
        weights=weights,
        storage="float32",
    )
    return tmp_path / "model"


def test_only_who_came_after_the_training_borrows(folder):
    ids = ("wanted", "unwanted", "new")
    wanted, unwanted, new = load_encoder(folder).item_sums([CatalogItem(i, "cat") for i in ids])
    np.testing.assert_allclose(wanted - unwanted, 2, atol=1e-5)
    np.testing.assert_allclose(new, wanted, atol=1e-4)


def test_the_text_of_an_item_is_its_words_whatever_people_did_with_it(folder, seed_folder):
    encoder, items = load_encoder(folder), [CatalogItem(i, "cat") for i in ("wanted", "unwanted", "new")]
    words = load_encoder(seed_folder).encode_items(items[:1])
    assert encoder.has_behaviour
    np.testing.assert_allclose(encoder.encode_texts(items), np.repeat(words, 3, axis=0), atol=1e-3)
    assert not load_encoder(seed_folder).has_behaviour


def test_neighbours_of_another_shape_are_refused(folder):
    tables = load_file(folder / "weights.safetensors")
    save_file(tables | {"landmark_rows": np.zeros((2, 3), np.float32)}, folder / "weights.safetensors")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": _hashes(folder)}))
    with pytest.raises(ArtefactError, match="cold-start neighbours have the shapes"):
        read_artefact(folder)


def _hashes(folder):
    names = ("tokenizer.json", "items.json", "weights.safetensors")
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names}
