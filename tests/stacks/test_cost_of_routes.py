"""What each route asks of AWS, counted while the functions answer, and what docs/cost.md says it costs."""

import gc
import re
from collections import Counter

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.storage import item_log
from stacks.source_closure import ROOT
from tests.helpers.cost_of_use import ANSWER_SECONDS, million_messages, million_requests
from tests.helpers.counted_calls import counted
from tests.helpers.deployed_account import DeployedAccount
from tests.helpers.moto_account import CONTEXT, created, moto_account, request

PAGE = (ROOT / "docs/cost.md").read_text()
COLD = re.compile(r"The first request in a new environment .*?: at most (\d+) calls in that", re.S)
ROW = re.compile(r"^\| `(.+?)` \| (.*?) \| (.*?) \| (\d+\.\d\d) \|$", re.M)
EVENT = {"event_id": "1", "user_id": "u", "item_id": "1"}
ROUTES = {
    "POST /search": ("search", ("POST", "/search", {"query": "shirt"})),
    "POST /search with user_id": ("search", ("POST", "/search", {"query": "shirt", "user_id": "u"})),
    "POST /recommendations": ("search", ("POST", "/recommendations", {"user_id": "u"})),
    "POST /rank": ("search", ("POST", "/rank", {"items": ["1", "2"], "user_id": "u"})),
    "GET /items/{id}": ("search", ("GET", "/items/1")),
    "GET /items/{id}/similar": ("search", ("GET", "/items/1/similar")),
    "GET /items/{id}/bought-together": ("search", ("GET", "/items/1/bought-together")),
    "GET /users/{id}": ("events", ("GET", "/users/u")),
    "DELETE /users/{id}": ("events", ("DELETE", "/users/u")),
    "GET /health": ("search", ("GET", "/health")),
    "PUT /items/{id}": ("search", ("PUT", "/items/2", {"text": "a blue shirt"})),
    "POST /events, one event": ("events", ("POST", "/events", {"events": [EVENT]})),
}
FUNCTIONS = {"search": "SearchFunction", "events": "EventsRecorderFunction"}


@pytest.fixture(scope="module")
def account(deployed_with):
    return DeployedAccount(deployed_with().template)


def prepared(aws):
    """A shop with a catalogue, an upload of purchases, their histories, and a base."""
    from lambdas.indexer import handler as indexer
    from lambdas.preprocess import handler as preprocess
    from object2vec.users.history_build import build_histories

    aws.publish_seed()
    item_log.append(aws.store, [CatalogItem(str(n), f"a red shirt {n}") for n in range(50)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexer, "TAIL_CHANGES", 1)
        assert indexer.handler({}, CONTEXT)["released"]
    preprocess._store.cache_clear()
    key = "uploads/interactions/e.csv"
    aws.store.put(key, b"USER_ID,ITEM_ID,TIMESTAMP\nu,1,1700000000\nv,2,1700000000\n")
    preprocess.handler(created(key), CONTEXT)
    preprocess._store.cache_clear()
    build_histories(aws.store)


def answered(function, asked):
    if function == "search":
        from lambdas.search import handler as module
    else:
        from lambdas.events import handler as module
    answer = module.handler(request(*asked), CONTEXT)
    assert answer["statusCode"] < 300, answer["body"]


def forget(function):
    """Empties what a function keeps, as in a new environment."""
    if function == "search":
        from lambdas.search import handler as module
    else:
        from lambdas.events import handler as module

        module._service.cache_clear()
    module._api.cache_clear()


LOOKERS = ("LiveIndex", "StoredRules", "StoredSynonyms", "UploadedHistories", "KnownItems")


def pause():
    """Whoever looks at the store now and then looks at the next request."""
    for found in gc.get_objects():
        if type(found).__name__ in LOOKERS:
            found._check_at = -float("inf")


def calls_of(name, account, scratch):
    """Calls of a request that follows at once, of one after a pause, and of the first one in an
    environment."""
    function, asked = ROUTES[name]
    with moto_account(account, account.one("AWS::Lambda::Function", FUNCTIONS[function]), scratch) as aws:
        prepared(aws)
        forget(function)
        with counted() as calls:
            answered(function, asked)
            cold = Counter(calls)
            calls.clear()
            answered(function, asked)
            warm = Counter(calls)
            calls.clear()
            pause()
            answered(function, asked)
            paused = Counter(calls)
        forget(function)
    return warm, paused, cold


def in_words(calls):
    return ", ".join(f"{number} {kind}" for kind, number in sorted(calls.items())) or "none"


@pytest.mark.parametrize("name", ROUTES)
def test_the_page_says_what_a_million_of_a_route_cost(account, tmp_path, name):
    warm, paused, cold = calls_of(name, account, tmp_path)
    function = account.properties(account.one("AWS::Lambda::Function", FUNCTIONS[ROUTES[name][0]]))
    dollars = f"{million_requests(paused, function['MemorySize'] / 1024):.2f}"
    shown = {row[0]: row[1:] for row in ROW.findall(PAGE)}
    assert shown.get(name) == (in_words(warm), in_words(paused), dollars)
    assert sum(cold.values()) <= int(COLD.findall(PAGE)[0])


def test_the_page_says_what_the_indexer_adds_to_a_million_items(account, tmp_path):
    from lambdas.indexer import handler as indexer

    with moto_account(account, account.one("AWS::Lambda::Function", "IngestionIndexer"), tmp_path) as aws:
        aws.publish_seed()
        item_log.append(aws.store, [CatalogItem("1", "a red shirt")])
        with counted() as calls:
            assert indexer.handler({}, CONTEXT) == {"released": None}
    memory = account.properties(account.one("AWS::Lambda::Function", "IngestionIndexer"))["MemorySize"]
    dollars = million_messages(calls, memory / 1024, ANSWER_SECONDS)
    assert f"the indexer, {in_words(calls)}: {dollars:.2f} USD a million" in " ".join(PAGE.split())
