"""algorithm=builtin from uploads to answers, through the deployed pipeline's steps."""

import json
import random
import socket
import urllib.request
from pathlib import Path

import pytest

from local.server import serving
from local.system import System, let_search_ask

WARDROBE = ("red cotton shirt", "blue denim jeans", "green wool scarf", "black leather belt")
KITCHEN = ("frozen pizza salami", "green tea leaves", "dark rye bread", "sea salt crackers")
SETTINGS = {"epochs": "15", "learning_rate": "0.005", "mini_batch_size": "32"}
SLANG = {"flurb": ("k", KITCHEN), "grommit": ("w", WARDROBE)}
"""Words that nobody knows but the shop's search log."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
        system = System(folder / "data", folder / "work", "builtin")
        list(system.uploads.sync())
        system.curate()
        with serving(free_port(), system.endpoints.route()) as url:
            let_search_ask(url)
            system.converge()
            execution = system.train(lambda *_: None, SETTINGS)
            yield url, system, execution


@pytest.mark.slow
def test_it_is_trained_measured_and_released(served):
    _, system, execution = served
    assert execution.status == "Succeeded", execution.reason
    metrics = system.evaluation(execution)["metrics"]
    assert metrics["model"]["ndcg@10"] > metrics["popularity"]["ndcg@10"]
    assert metrics["model"]["ndcg@10"] > metrics["seed"]["ndcg@10"]
    assert system.live_version().startswith("builtin-")
