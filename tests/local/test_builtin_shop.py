"""algorithm=builtin from uploads to answers, through the deployed pipeline's steps."""

import json
import random
import urllib.request
from pathlib import Path

import pytest

from local.server import application
from local.system import LocalSystem, let_search_ask
from object2vec.release.manifest import live
from object2vec.release.smoke_test import released_encoder
from object2vec.release.snapshot import take_snapshot
from tests.helpers import servers

WARDROBE = ("red cotton shirt", "blue denim jeans", "green wool scarf", "black leather belt")
KITCHEN = ("frozen pizza salami", "green tea leaves", "dark rye bread", "sea salt crackers")
SETTINGS = {"epochs": "15", "learning_rate": "0.005", "mini_batch_size": "32"}
SLANG = {"flurb": ("k", KITCHEN), "grommit": ("w", WARDROBE)}
"""Words that nobody knows but the shop's search log."""


def upload(folder: Path, key: str, lines: list[str]) -> None:
    path = folder / "uploads" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def shop(folder: Path) -> None:
    """Two kinds of items; half of the people buy the one, half the other, each with a word for it."""
    chance = random.Random(0)
    names = {
        letter: {f"{letter}{n}": f"{text} {n}" for n, text in enumerate(texts * 4)}
        for letter, texts in SLANG.values()
    }
    items = [f"{name},{text}" for of in names.values() for name, text in of.items()]
    upload(folder, "catalog/products.csv", ["label,text", *items])
    events = [
        f"u{user},{chance.choice(list(names['wk'[user % 2]]))},{1_700_000_000 + visit * 86_400 + user}"
        for user in range(60)
        for visit in range(12)
    ]
    upload(folder, "interactions/events.csv", ["USER_ID,ITEM_ID,TIMESTAMP", *events])
    searches = [f"{word},{name},1700000000" for word, (letter, _) in SLANG.items() for name in names[letter]]
    upload(folder, "queries/log.csv", ["QUERY,ITEM_ID,TIMESTAMP", *searches])


def call(url, body=None, method=None):
    headers = {"content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The URL of a shop whose model is as AWS's image makes it, the system and its training."""
    folder = tmp_path_factory.mktemp("builtin")
    shop(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ENDPOINT_PREFIX", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "")
        system = LocalSystem(folder / "data", folder / "work", "builtin")
        list(system.uploads.sync())
        system.curate()
        with servers.served(application(system.endpoints.route(), system.api.answer)) as url:
            let_search_ask(int(url.rpartition(":")[2]))
            system.converge()
            execution = system.train(lambda *_: None, SETTINGS)
            yield url, system, execution


@pytest.mark.slow
def test_it_is_trained_measured_and_released(served):
    url, system, execution = served
    assert execution.status == "Succeeded", execution.reason
    metrics = system.evaluation(execution)["metrics"]
    assert metrics["model"]["ndcg@10"] > metrics["popularity"]["ndcg@10"]
    assert metrics["model"]["ndcg@10"] > metrics["seed"]["ndcg@10"]
    assert system.live_version().startswith("builtin-")
    assert call(f"{url}/health")["model"]["kind"] == "builtin"


@pytest.mark.slow
def test_words_that_only_the_pairs_explain_find_the_right_kind(served):
    url, system, _ = served
    for word, (letter, texts) in SLANG.items():
        answer = call(f"{url}/search", {"query": word, "mode": "semantic", "limit": 10})
        assert answer["model_version"] == system.live_version()
        assert answer["degraded"] is False
        assert [hit["id"][0] for hit in answer["hits"]] == [letter] * 10
        assert all(hit["text"].rsplit(" ", 1)[0] in texts for hit in answer["hits"])


@pytest.mark.slow
def test_a_session_gets_more_of_its_kind(served):
    url, _, _ = served
    for letter in "wk":
        answer = call(f"{url}/recommendations", {"history": [f"{letter}0", f"{letter}5"], "limit": 8})
        assert answer["strategy"] == "session"
        kinds = [hit["id"][0] for hit in answer["hits"]]
        assert kinds == [letter] * 8
    similar = call(f"{url}/items/k1/similar?limit=3")
    assert all(hit["id"].startswith("k") for hit in similar["hits"])


@pytest.mark.slow
def test_a_new_item_is_found_by_its_words_and_one_with_a_known_text_by_its_meaning_too(served):
    url, _, _ = served
    call(f"{url}/items/new", {"text": "purple velvet curtain"}, "PUT")
    assert call(f"{url}/search?query=curtain&limit=1")["hits"][0]["id"] == "new"
    call(f"{url}/items/twin", {"text": f"{KITCHEN[1]} 1", "metadata": {"price": 3}}, "PUT")
    twins = call(f"{url}/items/k1/similar?limit=1")["hits"]
    assert [hit["id"] for hit in twins] == ["twin"]


@pytest.mark.slow
def test_the_endpoint_serves_the_model_that_the_index_was_built_with(served):
    _, system, _ = served
    encoder = released_encoder(system.store, live(system.store))
    name = system.endpoints.name_for(system.live_version())
    answer = system.endpoints.embed(name, encoder.manifest.probe_tokens).vector
    assert answer == pytest.approx(encoder.manifest.probe_vector, abs=1e-5)


@pytest.mark.slow
def test_the_next_training_reads_the_seed_in_the_live_models_place(served):
    _, system, _ = served
    snapshot = take_snapshot(system.store, "next")
    assert snapshot.live_version == system.live_version()
    assert snapshot.live_model.endswith("/next/seed")


@pytest.mark.slow
def test_without_its_endpoint_search_goes_on_by_words(served):
    """Last in this file: the endpoint does not come back."""
    url, system, _ = served
    system.endpoints.delete(system.endpoints.name_for(system.live_version()))
    answer = call(f"{url}/search", {"query": "pizza", "limit": 3})
    assert answer["degraded"] is True
    assert "the model does not answer" in answer["notes"][0]
    assert all("pizza" in hit["text"] for hit in answer["hits"])
    listed = call(f"{url}/recommendations", {"history": ["k0"], "limit": 3})
    assert (listed["degraded"], listed["strategy"], len(listed["hits"])) == (True, "popular", 3)
