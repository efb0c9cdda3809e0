"""A version whose model only AWS's image can read: its endpoint is tried against the index's own answers."""

from dataclasses import replace

import numpy as np
import orjson
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.endpoints import Embedding, EndpointSilentError, EndpointUnavailableError
from object2vec.model.builtin.alignment import Alignment
from object2vec.model.builtin.encoder import BuiltinEncoder, BuiltinManifest, load_encoder
from object2vec.model.builtin.vectors import TokenVectors
from object2vec.release import fallback as module
from object2vec.release.endpoint_requests import EndpointSettings, config_request, fingerprint, model_request
from object2vec.release.fallback import fall_back_from_builtin
from object2vec.release.manifest import Manifest, go_live, live, pointer, save, trained_model
from object2vec.release.rollback import point_back
from object2vec.release.rollout import Done, Refused
from object2vec.release.seed import publish_seed, seed_folder
from object2vec.training.builtin.trained import seed_tokenizer
from tests.helpers.rollouts import FakeEndpoints, settle, stored_model

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
    assert trained_model(store) == VERSION  # an erasure names it: it was trained on what people did
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
    tokenizer = encoder.vocabulary
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


@pytest.fixture
def left(store, manifest, seed):
    """A store where a model of AWS's image went live in place of the seed."""
    settle(store, Answering({}), manifest, instead_of=seed.model_version)
    return store


def test_without_the_image_the_fallback_release_is_live_again(left, seed, tmp_path):
    for _ in range(2):
        assert fall_back_from_builtin(left, tmp_path) == seed
        assert live(left) == seed
    assert pointer(left).previous is None  # no alarm leads back to what cannot answer
    encoders = {seed.model_artifact: load_encoder(seed_folder())}
    endpoints = FakeEndpoints(encoders, running={f"shop-{VERSION}": "s3://m"})
    settle(left, endpoints, seed, instead_of=seed.model_version)
    assert endpoints.names() == [f"shop-{seed.model_version}"]


def test_several_releases_of_the_image_do_not_hide_the_fallback(left, manifest, seed, tmp_path):
    for number in (2, 3):
        save(left, replace(manifest, version=f"r{number}", model_version=f"builtin-{number}"))
        go_live(left, f"r{number}", instead_of=f"r{number - 1}")
    assert fall_back_from_builtin(left, tmp_path) == seed


def test_a_roll_back_among_them_does_not_either(left, manifest, seed, tmp_path):
    save(left, replace(manifest, version="r2", model_version="builtin-2"))
    go_live(left, "r2", instead_of="r1")
    point_back(left, to="r1", instead_of="r2", reason="worse")
    assert fall_back_from_builtin(left, tmp_path) == seed


def test_a_rebuilt_index_keeps_what_the_pointer_knows(left, manifest, seed, tmp_path):
    save(left, replace(manifest, version="r1-9", watermark=9))
    go_live(left, "r1-9", instead_of="r1")
    assert fall_back_from_builtin(left, tmp_path) == seed


@pytest.mark.parametrize("loss", ["never was one", "its manifest is gone", "it was rolled back"])
def test_where_there_is_no_fallback_it_is_the_seed(store, manifest, models, tmp_path, loss):
    settle(store, Answering({}), manifest, instead_of=None)
    if loss != "never was one":
        own, _ = stored_model(store, models[0], "own")
        save(store, own)
        store.put("releases/live.json", orjson.dumps({"version": "r1", "previous": "own"}))
    if loss == "its manifest is gone":
        store.delete("releases/own/manifest.json")
    if loss == "it was rolled back":
        store.put("releases/own/withdrawn.json", b'{"reason": "worse"}')
    found = fall_back_from_builtin(store, tmp_path)
    assert found.kind == "seed"
    assert live(store) == found


@pytest.mark.parametrize("field", ["fallback", "own"])
def test_a_pointer_of_an_earlier_version_names_the_fallback_too(left, seed, models, tmp_path, field):
    save(left, stored_model(left, models[0], "ours")[0])
    left.put("releases/live.json", orjson.dumps({"version": "r1", "previous": None, field: "ours"}))
    assert fall_back_from_builtin(left, tmp_path).version == "ours"


def test_a_model_of_the_open_algorithm_stays(store, seed, models, tmp_path):
    own, _ = stored_model(store, models[0], "own")
    settle(store, None, own, instead_of=seed.model_version)
    before = pointer(store)
    assert fall_back_from_builtin(store, tmp_path) == own
    assert pointer(store) == before


def test_the_message_of_the_release_that_was_left_does_not_bring_it_back(left, manifest, seed, tmp_path):
    """It was judged against the very model that is live again, and its endpoint may still be there."""
    fall_back_from_builtin(left, tmp_path)
    endpoints = Answering({}, refusal="no image", running={f"shop-{VERSION}": "s3://m"})
    endpoints.outdated = {f"shop-{VERSION}"}
    outcome = settle(left, endpoints, manifest, instead_of=seed.model_version)
    assert isinstance(outcome, Refused)
    assert live(left) == seed


def test_a_release_that_comes_in_between_is_looked_at_again(left, seed, models, tmp_path, monkeypatch):
    own, _ = stored_model(left, models[0], "own")
    save(left, own)
    real = module.move

    def late(store, to, etag):
        monkeypatch.setattr(module, "move", real)
        go_live(store, "own", instead_of="r1")
        real(store, to, etag)

    monkeypatch.setattr(module, "move", late)
    assert fall_back_from_builtin(left, tmp_path) == own
    assert live(left) == own
