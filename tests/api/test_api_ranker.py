"""A release with a ranker, without one, and with one that is damaged."""

from dataclasses import replace

import numpy as np
import pytest

from object2vec import release
from object2vec.model.archive import RANKER_FILE
from object2vec.ranker.artefact import write_ranker
from object2vec.ranker.features import FEATURES
from object2vec.ranker.forest import Forest

SESSION = {"history": ["k2", "p1", "k2"], "seen": "include", "explain": True}


def regulars():
    """One tree: what the shopper had more than once is taken, the rest hardly."""
    leaves = np.zeros((1, 16), np.float32)
    leaves[0, :2] = -4, 4
    return Forest(
        FEATURES,
        node_tree=np.array([0], np.int32),
        node_feature=np.array([FEATURES.index("own_count")], np.int32),
        node_threshold=np.array([np.log1p(1.5)], np.float32),
        node_nan_left=np.array([True]),
        node_mask=np.array([0b1111_1111_1111_1110], np.uint16),
        leaves=leaves,
    )


@pytest.fixture
def with_ranker(store, client, clock, tmp_path):
    """`with_ranker(content=…)` releases the live version again, with a ranker."""

    def publish(content=None):
        if content is None:
            write_ranker(regulars(), tmp_path / RANKER_FILE)
            content = (tmp_path / RANKER_FILE).read_bytes()
        live = release.live(store)
        store.put("releases/v2/ranker/" + RANKER_FILE, content)
        release.save(store, replace(live, version="v2", ranker="releases/v2/ranker/"))
        release.go_live(store, "v2", instead_of=live.version)
        clock.now += 20
        return client

    return publish


def test_the_ranker_of_the_release_orders_what_a_shopper_gets(with_ranker):
    client = with_ranker()
    assert client("GET", "/health")[1]["model"]["ranker"] is True
    status, answer, _ = client("POST", "/recommendations", SESSION)
    assert (status, answer["hits"][0]["id"]) == (200, "k2")
    assert answer["hits"][0]["explain"] == {"preference": pytest.approx(1 / (1 + np.exp(-4)))}
    _, without, _ = client("POST", "/recommendations", SESSION | {"seen": "exclude"})
    assert "k2" not in {hit["id"] for hit in without["hits"]}


def test_a_personal_search_is_ordered_by_it_within_what_was_asked_for(with_ranker):
    client = with_ranker()
    _, answer, _ = client("POST", "/search", {"query": "snack", "history": ["k2", "k2"], "explain": True})
    assert answer["hits"][0]["id"] == "k2"
    assert "preference" in answer["hits"][0]["explain"]
    _, plain, _ = client("POST", "/search", {"query": "snack", "explain": True})
    assert "preference" not in plain["hits"][0]["explain"]


def test_a_release_without_a_ranker_ranks_by_the_model_alone(client):
    assert client("GET", "/health")[1]["model"]["ranker"] is False
    _, answer, _ = client("POST", "/recommendations", SESSION)
    assert set(answer["hits"][0]["explain"]) == {"profile"}


@pytest.mark.parametrize("content", [b"", b"no ranker at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_ranker_costs_its_part_of_the_score_and_health_says_so(with_ranker, content):
    client = with_ranker(content)
    status, answer, _ = client("POST", "/recommendations", SESSION)
    assert (status, answer["degraded"]) == (200, True)
    assert set(answer["hits"][0]["explain"]) == {"profile"}
    _, health, _ = client("GET", "/health")
    assert (health["status"], health["model"]["ranker"]) == ("degraded", False)
    assert health["problem"].startswith("answering without the ranker: ranker.safetensors")
    assert health["index"]["version"] == "v2"


def test_a_ranker_that_is_missing_is_the_same(with_ranker, store):
    client = with_ranker()
    for entry in list(store.list("releases/v2/ranker/")):
        store.delete(entry.key)
    assert client("GET", "/health")[1]["problem"].startswith("answering without the ranker: there is nothing")
