"""Lambda freezes a process once its answer is out, until the next request: nothing may be left to do."""

import json
import os
from collections.abc import Iterator

import pytest

from local.gateway_event import gateway_event
from object2vec.core.catalog import CatalogItem
from object2vec.release import go_live, save
from object2vec.storage import item_log
from tests.helpers.frozen import FrozenFunction
from tests.helpers.rollouts import stored_model

EVERY_S = 2.0
RELEASES = int(os.environ.get("FROZEN_RELEASES", "4"))
"""How many releases and roll-backs in a row; `make chaos` plays more."""
SLOW = 500.0
"""Bytes a second: a tiny model then takes as long as a real one at S3's speed."""


@pytest.fixture
def shop(store, models):
    """Two releases, the first one live."""
    for folder, version in zip(models, ("old", "new"), strict=True):
        save(store, stored_model(store, folder, version)[0])
    go_live(store, "old", instead_of=None)
    item_log.append(store, [CatalogItem("a", "a red shirt"), CatalogItem("b", "a shirt")])
    return store


@pytest.fixture
def start(store, tmp_path) -> Iterator[object]:
    running = []

    def started(name, **more):
        environment = {
            "STORE_URL": store.url,
            "HISTORY_URL": f"sqlite://{tmp_path}/sessions.db",
            "ENDPOINT_MODE": "none",
            "AUTH": "none",
        }
        running.append(FrozenFunction(f"lambdas.{name}.handler", environment, **more))
        return running[-1]

    yield started
    for function in running:
        function.end()


def search(function, later_s=EVERY_S):
    """The version that answers."""
    answer = function(gateway_event("GET", "/search", query=[("query", "red shirt")]), later_s)
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])["model_version"]


def requests_until(function, version, at_most):
    for number in range(at_most):
        if search(function) == version:
            return number
    raise AssertionError(f"{version} did not answer within {at_most} requests")


def test_a_release_and_a_roll_back_reach_a_warm_function_within_two_requests(shop, start):
    function = start("search", bytes_per_s=SLOW)
    old = search(function)
    go_live(shop, "new", instead_of="old")
    new = search(function)
    assert new != old
    assert function.took_s > 1, "the load was too quick to tell"
    assert requests_until(function, new, 2) == 0
    go_live(shop, "old", instead_of="new")
    assert requests_until(function, old, 3) <= 2


def test_release_after_release_reaches_a_warm_function_within_two_requests(shop, start):
    """An item is written before each, and found by the release that was live then and by the new one."""
    function = start("search")
    live, other, models = "old", "new", {"old": search(function)}
    for number in range(RELEASES):
        item_log.append(shop, [CatalogItem(f"item-{number}", "a red red shirt")])
        go_live(shop, other, instead_of=live)
        live, other = other, live
        third = [search(function) for _ in range(3)][-1]
        assert third == models.setdefault(live, third) != models[other]
        answer = function(gateway_event("GET", f"/items/item-{number}"), EVERY_S)
        assert answer["statusCode"] == 200, answer["body"]
        assert function.threads == []


def test_a_release_that_takes_longer_than_a_request_may_wait_arrives_all_the_same(shop, start):
    """Its connections die while the process is frozen; what was copied before stays."""
    for number in range(100):
        shop.put(f"releases/new/encoder/{number}", b"x")
    function = start("search", files_a_request=20, constants={"object2vec.search.live.PATIENCE_S": 0.3})
    old = search(function)
    go_live(shop, "new", instead_of="old")
    assert search(function) == old
    new = next(version for version in (search(function) for _ in range(60)) if version != old)
    assert search(function) == new


def test_an_item_is_found_in_the_next_request(shop, start):
    function = start("search")
    search(function)
    item_log.append(shop, [CatalogItem("c", "a red red shirt")])
    answer = function(gateway_event("GET", "/search", query=[("query", "red shirt")]), EVERY_S)
    assert "c" in [hit["id"] for hit in json.loads(answer["body"])["hits"]]


def queue(*bodies):
    return {"Records": [{"messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(bodies)]}


UPLOADED = {"source": "aws.s3", "detail": {"object": {"key": "uploads/catalog/a.jsonl", "etag": "x"}}}
RECORDED = {"events": [{"event_id": "1", "user_id": "u", "item_id": "a"}]}
EVENTS = {
    "search": gateway_event("GET", "/search", query=[("query", "red")]),
    "events": gateway_event("POST", "/events", body=json.dumps(RECORDED).encode()),
    "user_data": queue({"source": "aws.scheduler"}),
    "preprocess": queue(UPLOADED),
    "indexer": {},
    "snapshot": {"execution_id": "e1"},
    "cost_guard": {},
}


@pytest.mark.parametrize("name", EVENTS)
def test_nothing_is_at_work_once_the_answer_is_out(shop, start, name):
    shop.put("uploads/catalog/a.jsonl", b'{"label": "z", "text": "a shirt"}\n')
    function = start(name)
    function(EVENTS[name])
    function(EVENTS[name], EVERY_S)
    assert function.threads == []
