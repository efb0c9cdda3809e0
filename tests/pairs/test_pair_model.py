"""One suite for every encoder, output and comparator."""

import json

import numpy as np
import pytest
import torch

from object2vec.model.pairs.artefact import read_pair_artefact, write_pair_artefact
from object2vec.model.pairs.network import PairNetwork, TokenBatch, compare
from object2vec.model.pairs.sequences import Sequences, known_tokens
from object2vec.model.pairs.shape import COMPARATORS
from object2vec.model.retrieval.artefact import ArtefactError
from object2vec.serving.app import load_predictor
from tests.helpers.toys import settings, train, two_clusters

OUTPUTS = ("softmax", "mean_squared_error")
NETWORKS = ("hcnn", "bilstm", "pooled_embedding")


def batch(*sequences):
    return TokenBatch.of(known_tokens(sequences, 10, 50))


def network(seed=0, **values):
    torch.manual_seed(seed)
    return PairNetwork(settings(**values).shape((10, 10), (5, 5))).eval()


@pytest.mark.parametrize("comparator", [*COMPARATORS, "hadamard, concat, abs_diff"])
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("encoder", NETWORKS)
def test_the_right_answer_is_learned_exactly(tmp_path, encoder, output, comparator):
    records = two_clusters()
    train(
        tmp_path, records, enc0_network=encoder, output_layer=output, comparator_list=comparator,
        mlp_activation="relu",
    )  # fmt: skip
    predictor = load_predictor(tmp_path / "model")
    asked = [{"in0": record["in0"], "in1": record["in1"]} for record in records]
    answer = json.loads(predictor.invoke(json.dumps({"instances": asked}).encode()).body)
    scores = np.array([row["scores"] for row in answer["predictions"]])
    labels = np.array([record["label"] for record in records])
    if output == "softmax":
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_array_equal(scores.argmax(axis=1), labels)
    else:
        np.testing.assert_allclose(scores[:, 0], labels, atol=0.25)


@pytest.mark.parametrize("encoder", NETWORKS)
def test_company_in_a_batch_changes_nothing(encoder):
    """Padding invariance: alone, beside longer ones, and with padding of the caller's own."""
    model = network(enc0_network=encoder, enc0_layers="auto")
    with torch.no_grad():
        alone = model.encode(0, batch([3, 4]))
        beside = model.encode(0, batch([1, 2, 3, 4, 5, 6, 7], [3, 4], []))[1:2]
        padded = model.encode(0, batch([3, 4, 0, 0, 0]))
    torch.testing.assert_close(alone, beside, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(alone, padded)


@pytest.mark.parametrize("encoder", NETWORKS)
def test_an_empty_sequence_has_a_finite_vector(encoder):
    model = network(enc0_network=encoder)
    with torch.no_grad():
        assert model.encode(0, batch([], [])).isfinite().all()
        assert model.encode(0, batch([], [1])).isfinite().all()


@pytest.mark.parametrize("encoder", NETWORKS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_gradients_are_those_of_the_loss(encoder, output):
    """Against finite differences, in double precision, for every parameter at once."""
    model = network(enc0_network=encoder, output_layer=output, enc_dim=4, enc0_token_embedding_dim=3).double()
    in0, in1 = batch([1, 2, 3], [4]), batch([5], [6, 7])
    names = [name for name, _ in model.named_parameters()]

    def loss(*values):
        outputs = torch.func.functional_call(model, dict(zip(names, values, strict=True)), (in0, in1))
        return (outputs * torch.arange(1.0, outputs.numel() + 1).view_as(outputs)).sum()

    with torch.backends.mkldnn.flags(enabled=False):
        assert torch.autograd.gradcheck(loss, tuple(model.parameters()), atol=1e-5, fast_mode=True)


def test_the_comparators_stand_in_the_given_order():
    left, right = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]])
    assert compare(left, right, ("abs_diff", "concat", "hadamard")).tolist() == [
        [2.0, 3.0, 1.0, 2.0, 3.0, 5.0, 3.0, 10.0]
    ]


def test_enc1_copies_settings_but_not_weights():
    model = network(enc0_network="bilstm", enc0_token_embedding_dim=8, enc0_layers="2")
    assert model.shape.enc0 == model.shape.enc1
    assert not torch.equal(model.enc0.tokens.weight, model.enc1.tokens.weight)
    assert model.enc0.layers is not model.enc1.layers


@pytest.mark.parametrize("encoder", NETWORKS)
def test_tied_encoders_share_the_table_alone(encoder):
    model = network(enc0_network=encoder, tied_token_embedding_weight=True)
    assert model.enc0.tokens is model.enc1.tokens
    assert all(
        a is not b
        for a, b in zip(model.enc0.layers.parameters(), model.enc1.layers.parameters(), strict=True)
    )


@pytest.mark.parametrize("dim", [7, 16])
@pytest.mark.parametrize("encoder", NETWORKS)
def test_vectors_have_enc_dim_numbers(encoder, dim):
    model = network(enc0_network=encoder, enc_dim=dim, enc0_layers="auto")
    assert model.encode(1, batch([1, 2], [3])).shape == (2, dim)


def test_the_mean_of_tokens_is_the_mean():
    model = network(enc0_network="pooled_embedding", enc_dim=12)
    table = model.enc0.tokens.weight
    torch.testing.assert_close(model.encode(0, batch([1, 2, 2]))[0], (table[1] + 2 * table[2]) / 3)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("encoder", NETWORKS)
def test_the_artefact_holds_the_model(tmp_path, encoder, tied):
    model = network(enc0_network=encoder, tied_token_embedding_weight=tied)
    manifest = write_pair_artefact(tmp_path, model, hyperparameters={}, data={}, metrics={})
    again, read = read_pair_artefact(tmp_path)
    assert again == manifest
    pairs = batch([1, 2], [3]), batch([4], [5, 6, 7])
    with torch.no_grad():
        torch.testing.assert_close(read(*pairs), model(*pairs), atol=1e-5, rtol=0)
    same = write_pair_artefact(tmp_path, read, hyperparameters={}, data={}, metrics={})
    assert same.version == manifest.version


def test_a_damaged_or_foreign_artefact_is_refused(tmp_path):
    model = network(enc0_network="pooled_embedding")
    write_pair_artefact(tmp_path, model, hyperparameters={}, data={}, metrics={})
    manifest = json.loads((tmp_path / "manifest.json").read_text())

    def refused(match, **changes):
        (tmp_path / "manifest.json").write_text(json.dumps(manifest | changes))
        with pytest.raises(ArtefactError, match=match):
            read_pair_artefact(tmp_path)

    refused("train the model again", format_version=0)
    refused("kind seed", kind="seed")
    refused("lacks entries", shape={})
    refused("not of the shape", shape=manifest["shape"] | {"enc_dim": 20})
    weights = bytearray((tmp_path / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (tmp_path / "weights.safetensors").write_bytes(weights)
    refused("sha256")
    (tmp_path / "weights.safetensors").unlink()
    refused("missing")


def test_padding_rules():
    def kept(*tokens):
        return known_tokens([tokens], 10, 3).tokens.tolist()

    assert kept(1, 2, 0, 0) == [1, 2]
    assert kept(0, 2) == [0, 2]
    assert kept(0) == [0]
    assert kept(0, 0) == [0]
    assert kept(99, 1, -5, 2, 3, 4) == [1, 2, 3]
    assert isinstance(known_tokens([], 10, 3), Sequences)
