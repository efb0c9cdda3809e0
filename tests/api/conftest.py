"""The deployed handler's API over a folder store with a tiny live release."""

import json
from functools import cache, partial
from pathlib import Path

import pytest

from lambdas.events.app import EventsRoutes
from lambdas.events.handler import event_service
from lambdas.search.app import SearchRoutes
from lambdas.search.page import Page, search_page
from lambdas.settings import EventsSettings
from local.gateway_event import gateway_event
from local.http import gateway
from object2vec import release
from object2vec.ingest.pictures.encode import InProcessReader
from object2vec.search.content import Content, Counted
from object2vec.search.embedded.base import Statistics
from object2vec.search.engine_code import code_of
from object2vec.search.live import LiveIndex
from object2vec.search.previous_release import PreviousRelease
from object2vec.search.rebuild import IN_THE_BASE
from object2vec.search.service import SearchService
from object2vec.storage import FolderStore, item_log
from tests.helpers.chromium import CHROMIUM
from tests.helpers.clock import Clock
from tests.helpers.pictures import MeanColour
from tests.helpers.servers import one_at_a_time, served
from tests.helpers.topics import POPULARITY, SHOP, TopicEncoder


def release_version(
    store,
    version,
    items=SHOP,
    *,
    watermark=0,
    model="topics-1",
    people_return=None,
    target=IN_THE_BASE,
    **counted,
):
    """Releases a base index of the items; the encoder is a file with its version in it. `counted` are the
    tables of the index job, `target` says which engine it is for."""
    folder = Path(store.url.removeprefix("file://")) / "releases" / version
    (folder / "encoder").mkdir(parents=True)
    (folder / "encoder" / "version").write_text(model)
    encoder = load_topics(folder / "encoder")
    statistics = Statistics(POPULARITY)
    content = Content(list(items), statistics, watermark, Counted(**counted), people_return)
    code_of(target.engine).build(encoder, content, folder / "index", target.settings)
    prefix = f"releases/{version}/"
    manifest = release.Manifest(
        version=version, model_version=model, kind="trained", encoder=f"{prefix}encoder/",
        index=f"{prefix}index/", watermark=watermark, data_version="d1", created_at="2026-11-24T00:00:00Z",
    )  # fmt: skip
    release.save(store, manifest)
    live = release.pointer(store)
    release.go_live(store, version, instead_of=live.version if live else None)


def load_topics(folder):
    encoder = TopicEncoder()
    encoder.version = (folder / "version").read_text()
    return encoder


class Client:
    """Sends API Gateway events and reads the answers as their consumer would."""

    def __init__(self, api):
        self._api = api

    def __call__(self, method, path, body=None, query=None, headers=None):
        raw = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        sent = {"content-type": "application/json", **(headers or {})}
        event = gateway_event(
            method, path, query=(query or {}).items(), headers=sent.items(), body=raw.encode()
        )
        answer = self._api.answer(event, None)
        kind = answer["multiValueHeaders"]["Content-Type"][0]
        content = self.parsed(answer) if "json" in kind else answer["body"]
        return answer["statusCode"], content, kind

    @staticmethod
    def parsed(answer):
        return json.loads(answer["body"])


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.fixture
def live(store, clock):
    return LiveIndex(store, load_encoder=load_topics, clock=clock)


@pytest.fixture
def bare(store, live):
    """A client before the first release."""
    return Client(
        SearchRoutes(
            SearchService(store, live), page=Page("<!doctype html><title>Search</title>"), auth="none"
        )
    )


@pytest.fixture
def client(store, bare):
    item_log.append(store, SHOP)
    release_version(store, "v1", watermark=1)
    return bare


@pytest.fixture
def publish(store):
    """`publish(version, items, watermark=…, model=…)` makes a release live."""
    return partial(release_version, store)


@pytest.fixture(scope="module")
def chromium():
    """A browser, which a module of tests shares."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def sent():
    """Bodies of what was posted, by path, in the order of their arrival."""
    return {"/events": [], "/search": [], "/recommendations": []}


@pytest.fixture
def url(client, store, live, sent, tmp_path):
    reader = InProcessReader(store, MeanColour)
    service = SearchService(store, live, picture_reader=reader, picture_address="/images/{}".format)
    index = partial(LiveIndex, store, load_encoder=load_topics)
    previous = PreviousRelease(store, lambda before: index(pointer=before), partial(SearchService, store))
    search = SearchRoutes(service, search_page(), auth="none", previous=previous)
    settings = EventsSettings(
        store_url=store.url, history_url=f"sqlite://{tmp_path / 'sessions.db'}", auth="none"
    )
    events = EventsRoutes(cache(partial(event_service, settings)), auth="none")

    def answer(event, context):
        if event["path"] in sent and event["httpMethod"] == "POST":
            sent[event["path"]].append(json.loads(event["body"]))
        routes = events if event["path"] == "/events" else search
        return routes.answer(event, context)

    with served(gateway(one_at_a_time(answer))) as address:
        yield f"{address}/"


@pytest.fixture
def faults():
    """What went wrong on the console; a test that breaks something on purpose clears it."""
    return []


@pytest.fixture
def page(chromium, url, faults):
    """A tab of its own at 1280 by 800, in which nothing may go wrong on the console."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-US", base_url=url)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert faults == []
