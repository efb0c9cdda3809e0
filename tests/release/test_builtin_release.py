"""A version whose model only AWS's image can read: its endpoint is tried against the index's own answers."""

import numpy as np
import pytest
from rollouts import FakeEndpoints, settle

from object2vec.builtin.alignment import Alignment
from object2vec.builtin.encoder import BuiltinEncoder, BuiltinManifest, load_encoder
from object2vec.builtin.trained import seed_tokenizer
from object2vec.builtin.vectors import TokenVectors
from object2vec.catalog import CatalogItem
from object2vec.release.endpoint_requests import EndpointSettings, config_request, fingerprint, model_request
from object2vec.release.endpoints import Embedding, EndpointSilentError, EndpointUnavailableError
from object2vec.release.manifest import Manifest, live
from object2vec.release.rollout import Done, Refused
from object2vec.release.seed import publish_seed

VERSION = "builtin-0123456789ab"
SETTINGS = {
    "prefix": "shop",
    "image": "ours:1",
    "role": "arn:aws:iam::1:role/model",
    "instance_type": "ml.m5.large",
}


@pytest.fixture
def encoder():
    tokenizer = seed_tokenizer()
    vectors = np.eye(4, dtype=np.float32)
    alignment = Alignment(np.zeros(4, np.float32), np.zeros(4, np.float32), vectors)
    manifest = BuiltinManifest("builtin", VERSION, 4, [7, 8], [0.0, 2.0, 0.0, 0.0])
    return BuiltinEncoder(manifest, tokenizer, alignment, TokenVectors.of([(1,), (2,)], vectors[:2]))


@pytest.fixture
def manifest(store, encoder, tmp_path):
    encoder.save(tmp_path / "encoder")
    for path in (tmp_path / "encoder").iterdir():
        store.upload(path, f"releases/r1/encoder/{path.name}")
    return Manifest(
        version="r1",
        model_version=VERSION,
        kind="builtin",
        encoder="releases/r1/encoder/",
        model_artifact="s3://m",
    )


class Answering(FakeEndpoints):
    """Says the same to whatever it is asked, and not which model it is."""

    answer: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0)
    asked: object = None

    def embed(self, name, given):
        self.asked = given
        return Embedding("", self.answer)


@pytest.fixture
def seed(store, tmp_path):
    return publish_seed(store, tmp_path)


def test_it_goes_live_where_its_endpoint_answers_what_the_index_was_built_from(store, manifest, seed):
    endpoints = Answering({})
    assert settle(store, endpoints, manifest, instead_of=seed.model_version) == Done("r1")
    assert list(endpoints.asked) == [7, 8]
    assert live(store) == manifest


@pytest.mark.parametrize(
    "answer", [(1.0, 0.0, 0.0, 0.0), (float("nan"),) * 4, (0.0,) * 4, (0.0, 1.0)], ids=str
)
def test_an_endpoint_of_another_model_is_refused(store, manifest, seed, answer):
    endpoints = Answering({})
    endpoints.answer = answer
    outcome = settle(store, endpoints, manifest, instead_of=seed.model_version)
    assert outcome == Refused(f"endpoint shop-{VERSION} is not the model of the index")
    assert live(store).version == seed.version


def test_without_an_endpoint_it_does_not_go_live(store, manifest, seed):
    for endpoints in (None, Answering({}, refusal="no quota")):
        outcome = settle(store, endpoints, manifest, instead_of=seed.model_version)
        assert isinstance(outcome, Refused)
        assert "cannot go live without its endpoint" in outcome.reason
        assert live(store).version == seed.version


def test_once_live_it_stays_whatever_becomes_of_its_endpoint(store, manifest, seed):
    settle(store, Answering({}), manifest, instead_of=seed.model_version)
    outcome = settle(store, Answering({}, refusal="no quota"), manifest, instead_of=VERSION)
    assert outcome == Done("r1", "no quota")


def test_awss_image_serves_its_own_versions_and_ours_the_others():
    both = EndpointSettings(**SETTINGS, builtin_image="aws:1", ami_version="gpu-host")
    theirs = model_request(both, f"shop-{VERSION}-012345", "s3://m")
    assert theirs["PrimaryContainer"]["Image"] == "aws:1"
    assert theirs["PrimaryContainer"]["Environment"] == {"INFERENCE_PREFERRED_MODE": "embedding"}
    assert model_request(both, "shop-trained-0123456789ab", "")["PrimaryContainer"]["Image"] == "ours:1"
    (variant,) = config_request(both, f"shop-{VERSION}")["ProductionVariants"]
    assert "InferenceAmiVersion" not in variant
    assert fingerprint(both) != fingerprint(EndpointSettings(**SETTINGS, ami_version="gpu-host"))
    with pytest.raises(EndpointUnavailableError, match="algorithm=builtin"):
        model_request(EndpointSettings(**SETTINGS), f"shop-{VERSION}", "s3://m")


def test_the_stored_encoder_knows_its_items_and_asks_for_queries(encoder, tmp_path):
    tokenizer = encoder.tokenizer
    known, other = CatalogItem("a", tokenizer.tokens()[1]), CatalogItem("b", "violin")
    encoder.save(tmp_path)
    loaded = load_encoder(
        tmp_path, lambda version, sequences: np.tile(np.float32([0, 3, 0, 4]), (len(sequences), 1))
    )
    assert (loaded.version, loaded.dim) == (VERSION, 4)
    vectors = loaded.encode_items([known, other])
    assert not vectors[1].any()
    np.testing.assert_allclose(
        loaded.encode_queries(["violin", ""]), [[0, 0.6, 0, 0.8], [0, 0, 0, 0]], atol=1e-6
    )
    assert not loaded.encode_sessions([[]]).any()
    with pytest.raises(EndpointSilentError, match="no endpoint"):
        load_encoder(tmp_path).encode_queries(["violin"])
