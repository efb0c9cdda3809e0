"""What a shop is told of its own log while no training has succeeded: refused, failed, or not yet begun."""

import json
import time

import pytest

from local.gateway_event import gateway_event
from local.system import LocalSystem
from object2vec.core.time import DAY_S
from object2vec.release import pointer
from tests.helpers.uploads import catalogue

CATALOGUE = {f"i{n}": f"red shirt {n}" for n in range(8)}
NOW = 1_700_000_000
HEAD = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"


def bought(*baskets):
    """A log in which each basket is bought by another shopper, a day after the one before."""
    rows = [f"u{n},i{item},{NOW + n * DAY_S},purchase" for n, basket in enumerate(baskets) for item in basket]
    return "\n".join([HEAD, *rows]).encode()


class Shop:
    """A local system whose uploads come one after the other."""

    def __init__(self, folder):
        self._folder = folder
        self.system = LocalSystem(folder / "data", folder / "work")

    def take(self, key, data):
        path = self._folder / "data" / "uploads" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        list(self.system.take_uploads())
        return self

    def ask(self, method, path, body=None, **query):
        sent = b"" if body is None else json.dumps(body).encode()
        headers = [("content-type", "application/json")]
        event = gateway_event(method, path, query=list(query.items()), headers=headers, body=sent)
        reply = self.system.answer(event, None)
        assert reply["statusCode"] < 300, reply["body"]
        return json.loads(reply["body"])

    def listed(self, strategy):
        """The best items of a list, and what is said about it, once the newest release is loaded."""
        newest = pointer(self.system.store).version
        while self.ask("GET", "/health")["index"]["version"] != newest:
            time.sleep(0.01)
        answer = self.ask("POST", "/recommendations", {"strategy": strategy, "limit": 2})
        return [hit["id"] for hit in answer["hits"]], answer["notes"]


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path).take("catalog/a.jsonl", catalogue(CATALOGUE))
    yield shop
    assert shop.ask("GET", "/health")["status"] == "ok"


def test_a_log_beside_the_catalogue_is_counted_before_any_training(shop):
    shop.take("interactions/a.csv", bought("7", "57", "75", "57", "7"))
    shop.system.converge()
    assert shop.listed("popular") == (["i7", "i5"], [])
    assert shop.listed("trending")[0][0] == "i7"
    together = shop.ask("GET", "/items/i5/bought-together")
    assert (together["strategy"], [hit["id"] for hit in together["hits"]]) == ("bought-together", ["i7"])


def test_a_log_that_comes_later_is_counted_at_once(shop):
    shop.system.converge()
    assert shop.listed("popular")[1] == ["nobody is known to have taken any of these items yet"]
    shop.take("interactions/a.csv", bought("7", "57", "75", "57", "7"))
    assert shop.listed("popular") == (["i7", "i5"], [])


def test_clicks_are_counted_when_they_are_curated(shop, monkeypatch):
    shop.system.converge()
    events = [
        {"event_id": str(n), "user_id": f"u{n}", "item_id": "i3", "event_type": "purchase"} for n in range(3)
    ]
    shop.ask("POST", "/events", {"events": events})
    monkeypatch.setattr("local.system.GROWTH_SECONDS", -1.0)
    shop.system.look_after_growth()
    assert shop.listed("popular")[0][0] == "i3"


def test_it_is_so_after_a_training_that_was_refused_or_failed(shop, monkeypatch):
    shop.take("interactions/a.csv", bought("7", "57", "75", "57", "7"))
    shop.system.converge()

    def failed(*_arguments, **_named):
        raise OSError("no space")

    monkeypatch.setattr("local.system.train", failed)
    with pytest.raises(OSError, match="no space"):
        shop.system.train(lambda *_: None, {})
    again = Shop(shop._folder)  # what a restart finds
    again.system.converge()
    assert again.listed("popular") == (["i7", "i5"], [])


def test_a_log_alone_lists_nothing_and_says_what_is_missing(tmp_path):
    shop = Shop(tmp_path).take("interactions/a.csv", bought("7", "57", "75"))
    shop.system.converge()
    for asked in ({"user_id": "u1"}, {"strategy": "popular"}, {"history": ["i7"]}):
        answer = shop.ask("POST", "/recommendations", asked)
        assert answer["hits"] == []
        assert [note for note in answer["notes"] if "popular" in note] == []
        assert "there are no items yet: upload a catalogue" in answer["notes"][0]
    assert "there are no items yet" in shop.ask("GET", "/search", query="shirt")["notes"][0]
