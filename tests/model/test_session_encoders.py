"""What every session encoder keeps to, pooled or with attention, one block or two."""

import numpy as np
import pytest
import torch

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder, PoolsItems
from object2vec.model.retrieval.artefact import (
    ArtefactError,
    ModelDescription,
    read_artefact,
    read_manifest,
    write_artefact,
)
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.model.retrieval.forward import Attention, Weights, session_vectors
from object2vec.model.retrieval.network import AttentionNetwork, TwoTowerNetwork
from object2vec.training.start import with_attention

DIM, HALF_LIVES, REACH = 16, (1.0, 8.0), 64


def _attention(blocks: int, dim: int = DIM) -> Attention:
    """Attention with answers that are not 0, as after training."""
    rng = np.random.default_rng(3)
    plain = Weights(words=np.zeros((1, dim), np.float32))
    fresh = with_attention(plain, plain, blocks, rng).attention
    assert fresh is not None
    head = rng.normal(0, dim**-0.5, (dim, dim)).astype(np.float32)
    distance = rng.normal(0, 1, fresh.distance.shape).astype(np.float32)
    return Attention(fresh.qkv, fresh.out, distance, fresh.wide, fresh.narrow, head)


@pytest.fixture(params=["pooled", "attention", "attention of two blocks"])
def weights(request, seed_folder) -> Weights:
    rng = np.random.default_rng(0)
    words = len(read_artefact(seed_folder).weights.words)
    pooled = Weights(
        words=rng.normal(size=(words, DIM)).astype(np.float32),
        items=rng.normal(size=(200, DIM)).astype(np.float32),
        session_head=rng.normal(size=(len(HALF_LIVES) * DIM, DIM)).astype(np.float32),
        session_bias=rng.normal(size=DIM).astype(np.float32),
    )
    if request.param == "pooled":
        return pooled
    return Weights(**pooled.present(), **_attention(1 if request.param == "attention" else 2).named())


@pytest.fixture
def encoder(weights, seed_folder, tmp_path):
    write_artefact(
        tmp_path,
        ModelDescription(kind="trained", recency_half_lives=HALF_LIVES),
        tokenizer=read_artefact(seed_folder).tokenizer,
        weights=weights,
        item_ids=[f"i{n}" for n in range(200)],
        storage="float32",
    )
    return load_encoder(tmp_path)


def _items(*numbers: int) -> list[CatalogItem]:
    return [CatalogItem(f"i{n}", "") for n in numbers]


def test_it_is_an_encoder_whose_sessions_have_length_one(encoder):
    searched: Encoder = encoder
    assert isinstance(encoder, PoolsItems)
    vectors = searched.encode_sessions([_items(1), _items(1, 2, 3), _items(*range(150))])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_session_of_nothing_or_of_unknown_items_is_zeros(encoder):
    vectors = encoder.encode_sessions([[], [CatalogItem("nobody knows", "")], _items(4)])
    assert not vectors[:2].any()
    assert vectors[2].any()


def test_a_session_does_not_depend_on_who_else_is_asked_about(encoder):
    sessions = [_items(5, 6), _items(7), _items(*range(100)), _items(6, 5, 6)]
    together = encoder.encode_sessions(sessions)
    alone = np.concatenate([encoder.encode_sessions([session]) for session in sessions])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_newest_item_weighs_most_and_the_order_counts(encoder):
    there, back = encoder.encode_sessions([_items(1, 2, 3), _items(3, 2, 1)])
    assert there @ back < 0.999


def test_what_lies_far_back_changes_little_and_nothing_fails(encoder):
    rng = np.random.default_rng(1)
    long = rng.integers(0, 200, 2_000).tolist()
    whole, recent = encoder.encode_sessions([_items(*long), _items(*long[-400:])])
    assert whole @ recent > 0.98


def test_the_sums_of_an_index_give_the_same_sessions(encoder):
    items = _items(*range(20))
    expected = encoder.encode_sessions([[items[3], items[9], items[3]]])
    found = encoder.sessions_of(encoder.item_sums(items), [np.array([3, 9, 3])])
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 50, REACH, 2 * REACH + 7])
def test_training_and_search_agree_on_a_session(weights, count):
    network = TwoTowerNetwork(weights, len(HALF_LIVES), dropout=0.5).eval()
    items = np.random.default_rng(count).normal(size=(count, DIM)).astype(np.float32)
    served = session_vectors(weights, items, [np.arange(count)], HALF_LIVES)
    ages = np.arange(count - 1, -1, -1)
    means = [(w := np.exp2(-ages / half_life)) / w.sum() @ items for half_life in HALF_LIVES]
    pooled = torch.from_numpy(np.concatenate(means).astype(np.float32))[None]
    with torch.no_grad():
        attention = network.attention
        answers = None if attention is None else attention(torch.from_numpy(items)[None])[:, -1]
        trained = network.session_vectors(pooled, answers).numpy()
    np.testing.assert_allclose(served, trained, atol=1e-5)


def test_an_artefact_names_the_format_that_it_needs(weights, encoder, tmp_path):
    assert read_manifest(tmp_path).format_version == (2 if weights.attention is None else 3)
    for name, table in weights.present().items():
        np.testing.assert_array_equal(read_artefact(tmp_path).weights.present()[name], table)


def test_attention_that_has_learned_nothing_yet_changes_nothing():
    rng = np.random.default_rng(0)
    pooled = Weights(words=rng.normal(size=(3, DIM)).astype(np.float32))
    items, sessions = rng.normal(size=(9, DIM)).astype(np.float32), [np.arange(9), np.array([2])]
    fresh = with_attention(pooled, pooled, 2, rng)
    expected = session_vectors(pooled, items, sessions, [4.0])
    np.testing.assert_array_equal(session_vectors(fresh, items, sessions, [4.0]), expected)


def test_what_comes_after_an_item_does_not_change_its_answer():
    network = AttentionNetwork(_attention(2)).eval()
    items = torch.randn(2, 10, DIM, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(network(items)[:, :6], network(items[:, :6]), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("fault", ["one is missing", "another shape", "another dim"])
def test_tables_that_do_not_belong_together_are_refused(fault, seed_folder, tmp_path):
    seed = read_artefact(seed_folder)
    dim = seed.manifest.dim
    tables = _attention(1, dim).named()
    if fault == "one is missing":
        del tables["attention_wide"]
    elif fault == "another shape":
        tables["attention_head"] = tables["attention_head"][:, 1:]
    else:
        tables = _attention(1, dim // 2).named()
    weights = Weights(words=seed.weights.words, **tables)
    with pytest.raises((ArtefactError, ValueError), match="attention"):
        _written_and_read(tmp_path, seed, weights)


def _written_and_read(folder, seed, weights):
    write_artefact(
        folder,
        ModelDescription(kind="trained", recency_half_lives=[1.0]),
        tokenizer=seed.tokenizer,
        item_ids=[],
        weights=weights,
    )
    read_artefact(folder)
