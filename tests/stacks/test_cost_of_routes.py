"""What each route asks of AWS, counted while the functions answer, and what docs/cost.md says it costs."""

import gc
import re
import time
from base64 import b64encode
from collections import Counter

import pytest

from lambdas.routes import ID, ROUTES, function_of
from lambdas.search.pictures import RemoteReader
from object2vec.core.catalog import CatalogItem
from object2vec.storage import item_log
from stacks.source_closure import ROOT
from tests.helpers.clock import Clock
from tests.helpers.cost_of_use import ANSWER_SECONDS, million_messages, million_requests
from tests.helpers.counted_calls import counted
from tests.helpers.deployed_account import DeployedAccount
from tests.helpers.moto_account import CONTEXT, created, moto_account, request
from tests.helpers.pictures import picture
from tests.helpers.scenarios.requests import read_here

PAGE = (ROOT / "docs/cost.md").read_text()
COLD = re.compile(r"The first request in a new environment .*?: at most (\d+) calls in that", re.S)
ROW = re.compile(r"^\| `(.+?)` \| (.*?) \| (.*?) \| (\d+\.\d\d) \|$", re.M)
EVENT = {"event_id": "1", "user_id": "u", "item_id": "1"}
ASKED = {
    "POST /search": {"query": "shirt"},
    "POST /search with user_id": {"query": "shirt", "user_id": "u"},
    "POST /recommendations": {"user_id": "u"},
    "POST /rank": {"items": ["1", "2"], "user_id": "u"},
    "POST /categorize": {"text": "a red shirt"},
    "GET /items/{id}": None,
    "GET /items/{id}/similar": None,
    "GET /items/{id}/bought-together": None,
    "PUT /items/{id}": {"text": "a blue shirt"},
    "PUT /items/{id}/image": {},
    "DELETE /items/{id}": None,
    "GET /rules": None,
    "PUT /rules": {"rules": []},
    "GET /synonyms": None,
    "PUT /synonyms": {"synonyms": []},
    "GET /query-report": None,
    "POST /events, one event": {"events": [EVENT]},
    "GET /users/{id}": None,
    "DELETE /users/{id}": None,
    "GET /health": None,
    "GET /openapi.json": None,
}
"""The body of what is asked, by the row of the page."""
AS_ANOTHER = {"GET /search": "POST /search"}
"""Routes without a row of their own, which cost what another one does."""
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


def route(name):
    """Method and path of a row."""
    return re.sub(" with .*|, .*", "", name).split(" ")


def forget():
    """Empties what functions keep, as in a new environment."""
    from lambdas.events import handler as events
    from lambdas.pictures import handler as pictures
    from lambdas.search import handler as search

    for kept in (search._api, events._api, events._service, pictures._reader, pictures._store):
        kept.cache_clear()


class Environment:
    """A function in a new environment. Its clocks stand still, but for what a test lets pass: how often it
    looks at the store does not depend on the machine's speed."""

    def __init__(self, name):
        self._method, self._path = route(name)
        self._body, self._requests, self._clock = ASKED[name], 0, Clock(time.monotonic())
        forget()
        if function_of(self._path) == "search":
            from lambdas.search import handler as module
        else:
            from lambdas.events import handler as module

            module._service()
        module._api()
        self._module = module
        for found in gc.get_objects():
            if str(type(found).__module__).startswith("object2vec.") and hasattr(found, "_clock"):
                found._clock = self._clock

    def answer(self):
        """Each request that removes an item removes another one, and each picture is a new one."""
        self._requests += 1
        if self._path.endswith("/image"):
            colour = (self._requests / 10, 0.0, 0.0)
            self._body = {"image": b64encode(picture(colour)).decode()}
        item = str(self._requests if self._method == "DELETE" else 1)
        path = self._path.replace(ID, "u" if "users" in self._path else item)
        asked = request(self._method, path, self._body)
        answer = self._module.handler(asked, CONTEXT)
        untaught = self._path == "/categorize" and answer["statusCode"] == 409  # which asks AWS as little
        assert answer["statusCode"] < 300 or untaught, answer["body"]

    def pause(self):
        self._clock.now += 60


def calls_of(name, account, scratch):
    """Calls of a request that follows at once, of one after a pause, and of the first one in an
    environment."""
    function = account.one("AWS::Lambda::Function", FUNCTIONS[function_of(route(name)[1])])
    with moto_account(account, function, scratch) as aws, pytest.MonkeyPatch.context() as patch:
        patch.setattr(RemoteReader, "_asked", read_here)
        prepared(aws)
        with counted() as calls:
            environment = Environment(name)
            environment.answer()
            cold = Counter(calls)
            calls.clear()
            environment.answer()
            warm = Counter(calls)
            calls.clear()
            environment.pause()
            environment.answer()
            paused = Counter(calls)
    forget()
    return warm, paused, cold


def in_words(calls):
    return ", ".join(f"{number} {kind}" for kind, number in sorted(calls.items())) or "none"


@pytest.mark.parametrize("name", ASKED)
def test_the_page_says_what_a_million_of_a_route_cost(account, tmp_path, name):
    warm, paused, cold = calls_of(name, account, tmp_path)
    where = FUNCTIONS[function_of(route(name)[1])]
    function = account.properties(account.one("AWS::Lambda::Function", where))
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


def test_every_route_has_a_row_or_costs_what_another_does():
    routes = {f"{each.method} {each.path}" for each in ROUTES}
    shown = {" ".join(route(row[0])) for row in ROW.findall(PAGE)}
    assert shown | set(AS_ANOTHER) == routes
    assert all(f"`{route}` costs what `{other}` does" in PAGE for route, other in AS_ANOTHER.items())
