"""Everything around the API fails in turn; it keeps answering, and /health says what is the matter."""

from pathlib import Path
from threading import Event

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambdas.search.app import SearchRoutes
from object2vec import release
from object2vec.core.keys import LIVE
from object2vec.release.manifest import manifest_key
from object2vec.search import live as live_module
from object2vec.search.live import LiveIndex
from object2vec.search.newest_release import RETRY_AFTER_S
from object2vec.search.service import SearchService
from object2vec.storage import NotFoundError
from tests.api.conftest import load_topics


class Faulty:
    """A store that fails or hangs when it is told to."""

    def __init__(self, store):
        self._store, self.error, self.answers = store, None, Event()
        self.answers.set()

    def __getattr__(self, name):
        real = getattr(self._store, name)
        if not callable(real):
            return real

        def call(*arguments, **more):
            assert self.answers.wait(60), "nobody lets the store answer again"
            if self.error is not None:
                raise self.error
            return real(*arguments, **more)

        return call


@pytest.fixture
def faulty(store):
    return Faulty(store)


@pytest.fixture
def live(faulty, clock):
    return LiveIndex(faulty, load_encoder=load_topics, clock=clock)


@pytest.fixture
def shop(client, faulty, live):
    client._api = SearchRoutes(SearchService(faulty, live), auth="none")
    assert client("GET", "/health")[1]["status"] == "ok"
    return client


def answers(shop):
    status, answer, _ = shop("POST", "/search", {"query": "pizza", "facets": ["category"]})
    return status == 200 and answer["total"] == 2


AWS_REFUSES = ClientError({"Error": {"Code": "SlowDown", "Message": "later"}}, "PutObject")
FAILS = [
    TimeoutError("slow"),
    OSError("reset"),
    AWS_REFUSES,
    EndpointConnectionError(endpoint_url="https://s3"),
]


@pytest.mark.parametrize("error", [*FAILS, NotFoundError("gone"), ValueError("a fault of ours")])
def test_reads_go_on_and_writes_say_try_again_while_the_store_fails(shop, faulty, clock, error):
    faulty.error = error
    clock.now += 1.1
    assert answers(shop)
    assert shop("POST", "/recommendations", {"history": ["k1"]})[0] == 200
    assert shop("GET", "/items/p1")[0] == 200
    assert shop("GET", "/health")[1]["status"] == "degraded"
    for method, body in (("PUT", {"text": "bread"}), ("DELETE", None)):
        status, problem, kind = shop(method, "/items/p1", body)
        assert (status, kind) == (503 if error in FAILS else 500, "application/problem+json")
        assert "again" in problem["detail"]
    faulty.error = None
    clock.now += 1.1
    assert answers(shop)
    assert shop("GET", "/health")[1]["status"] == "ok"


def test_a_store_that_hangs_does_not_hold_up_answers(shop, faulty, clock, live, monkeypatch):
    monkeypatch.setattr(live_module, "PATIENCE_S", 0.05)
    faulty.answers.clear()
    clock.now += 1.1
    assert answers(shop)  # the store hangs until it is let go below
    assert answers(shop)
    clock.now += 3
    assert "not answered for 3 s" in shop("GET", "/health")[1]["problem"]
    faulty.answers.set()
    live._worker.join(60)
    clock.now += 1.1
    assert shop("GET", "/health")[1]["status"] == "ok"


def path_of(store, key):
    return Path(store.url.removeprefix("file://")) / key


FILES = [
    "index/vectors.npy",
    "index/documents.bin",
    "index/columns.npz",
    "index/statistics.npz",
    "index/ids.json",
]
FILES += ["index/index.json", "encoder/version"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_a_new_process_starts_with_the_release_before_a_damaged_one(
    bare, client, store, publish, clock, name, damage
):
    publish("v2", watermark=1, model="topics-2")
    path = path_of(store, f"releases/v2/{name}")
    path.write_bytes(path.read_bytes()[:-3]) if damage == "truncated" else path.unlink()
    status, answer, _ = bare("POST", "/search", {"query": "pizza"})
    assert (status, answer["model_version"], answer["degraded"]) == (200, "topics-1", True)
    assert "release before" in bare("GET", "/health")[1]["problem"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 99}', None])
def test_a_new_process_survives_a_broken_manifest(bare, client, store, publish, damage):
    publish("v2", watermark=1, model="topics-2")
    store.delete(manifest_key("v2")) if damage is None else store.put(manifest_key("v2"), damage)
    assert bare("POST", "/search", {"query": "pizza"})[1]["total"] == 2
    assert bare("GET", "/health")[1]["status"] == "degraded"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": "v9"}'])
def test_a_broken_pointer_with_nothing_loaded_is_a_503_that_says_so(bare, client, store, damage):
    store.put(LIVE, damage)
    status, problem, kind = bare("POST", "/search", {"query": "pizza"})
    assert (status, kind) == (503, "application/problem+json")
    assert "releases/" in problem["detail"]
    assert bare("GET", "/health")[1]["status"] == "starting"
    store.put(LIVE, b'{"version": "v1"}')


def test_it_goes_over_to_the_newest_release_once_it_can_be_read(bare, client, store, publish, clock):
    publish("v2", watermark=1, model="topics-2")
    path = path_of(store, "releases/v2/encoder/version")
    path.unlink()
    assert bare("GET", "/health")[1]["index"]["version"] == "v1"
    path.write_text("topics-2")
    clock.now += RETRY_AFTER_S + 1
    state = bare("GET", "/health")[1]
    assert (state["status"], state["index"]["version"]) == ("ok", "v2")


def test_going_back_is_one_write(client, store, publish, clock):
    publish("v2", watermark=1, model="topics-2")
    release.go_live(store, "v1", instead_of="v2")
    clock.now += 1.1
    assert client("GET", "/health")[1]["index"]["version"] == "v1"
