"""The live release beside the one before, and synonyms that are tried before they are stored."""

from functools import partial

import pytest

from lambdas.search.app import SearchRoutes
from local.gateway_event import gateway_event
from object2vec.core.catalog import CatalogItem
from object2vec.search.live import LiveIndex
from object2vec.search.previous_release import IDLE_S, PreviousRelease
from object2vec.search.service import SearchService
from tests.api.conftest import Client, Clock, load_topics
from tests.helpers.topics import SHOP


@pytest.fixture
def previous(store):
    index = partial(LiveIndex, store, load_encoder=load_topics)
    return PreviousRelease(
        store, lambda before: index(pointer=before), partial(SearchService, store), Clock()
    )


@pytest.fixture
def compared(store, live, previous, client):
    return Client(SearchRoutes(SearchService(store, live), auth="none", previous=previous))


def found(answer):
    return [hit["id"] for hit in answer["hits"]]


def test_the_release_before_answers_with_its_own_model_and_todays_items(compared, store, publish, clock):
    publish("v2", [*SHOP, CatalogItem("only-now", "Frozen pizza spinach")], model="topics-2")
    clock.now += 1.1
    compared("PUT", "/items/later", {"text": "Frozen pizza tuna"})
    asked = {"query": "pizza", "limit": 50}
    now, before = (
        compared("POST", "/search", asked | {"release": which})[1] for which in ("live", "previous")
    )
    assert (now["model_version"], before["model_version"]) == ("topics-2", "topics-1")
    assert {"only-now", "later"} <= set(found(now))
    assert "later" in found(before)
    assert "only-now" not in found(before)


def test_without_a_release_before_there_is_nothing_to_compare_with(compared):
    status, problem, *_ = compared("POST", "/search", {"query": "pizza", "release": "previous"})
    assert (status, problem["type"]) == (400, "urn:object2vec:problem:no-previous-release")
    assert "the next training makes one" in problem["detail"]


def test_it_is_loaded_when_asked_for_and_let_go_when_nobody_asks(compared, previous, publish, clock):
    publish("v2", model="topics-2")
    clock.now += 1.1
    compared("POST", "/search", {"query": "pizza", "release": "previous"})
    first = previous.service()
    compared("POST", "/search", {"query": "pizza"})
    assert previous.service() is first
    previous._clock.now += IDLE_S + 1
    compared("POST", "/search", {"query": "pizza"})
    assert previous.service() is not first


def test_a_shoppers_browser_cannot_ask_for_a_second_release(store, live, previous, client, publish, clock):
    publish("v2", model="topics-2")
    clock.now += 1.1
    routes = SearchRoutes(
        SearchService(store, live), origins=("https://shop.example",), auth="iam", previous=previous
    )
    event = gateway_event("POST", "/storefront/search", body=b'{"query": "pizza", "release": "previous"}')
    assert routes.answer(event, None)["statusCode"] == 403
    event = gateway_event("POST", "/storefront/search", body=b'{"query": "pizza"}')
    assert routes.answer(event, None)["statusCode"] == 200


def test_synonyms_of_a_request_apply_to_it_alone(client):
    entry = {"id": "pies", "words": ["flatbread pie", "pizza"]}
    tried = client("POST", "/search", {"query": "flatbread pie", "synonyms": [entry]})[1]
    assert any("pizza" in hit["text"].lower() for hit in tried["hits"])
    assert client("GET", "/synonyms")[1]["synonyms"] == []
    plain = client("POST", "/search", {"query": "flatbread pie"})[1]
    assert found(plain) != found(tried)


def test_a_synonym_that_is_none_is_refused_by_its_name(client):
    status, problem, *_ = client("POST", "/search", {"query": "pizza", "synonyms": [{"word": ["a"]}]})
    assert status == 400
    assert "synonym 1: unknown word" in problem["detail"]
