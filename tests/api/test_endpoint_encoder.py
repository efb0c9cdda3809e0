"""Queries encoded by an endpoint that answers, is slow, is down, or has another model."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from lambdas.search.app import SearchRoutes
from lambdas.search.endpoint_encoder import RuntimeEndpoint, query_vectors
from lambdas.settings import SearchSettings
from object2vec.search.query_vectors import FromEndpoint, InProcess
from object2vec.search.service import SearchService

CAT = [0, 0, 0, 0, 1.0, 0, 0, 0]


class Runtime:
    """The HTTP side of SageMaker's runtime: what it was asked, and what it is told to answer."""

    def __init__(self):
        self.asked, self.status, self.go_on = [], 200, Event()
        self.go_on.set()
        self.reply = {"predictions": [{"embeddings": CAT}], "model_version": "topics-1"}

    def handle(self, path, body):
        self.asked.append((path, json.loads(body)))
        self.go_on.wait(5)
        return self.status, json.dumps(self.reply).encode()


@pytest.fixture
def runtime(monkeypatch):
    told = Runtime()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            status, reply = told.handle(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *arguments):
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": address, "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield told
    told.go_on.set()
    server.shutdown()


def settings(**values):
    return SearchSettings(store_url="", history_url="", auth="iam", **values)


@pytest.fixture
def shop(client, store, live, runtime):
    """The API whose queries the endpoint encodes."""
    asking = query_vectors(settings(query_encoder="endpoint", endpoint_prefix="shop"))
    client._api = SearchRoutes(SearchService(store, live, query_vectors=asking), auth="none")
    return client


def found(shop):
    _, answer, _ = shop("POST", "/search", {"query": "zzz", "mode": "semantic"})
    return {hit["id"] for hit in answer["hits"]}, answer["degraded"], " ".join(answer["notes"])


def test_the_endpoint_of_the_live_model_encodes_queries(shop, runtime):
    assert found(shop) == ({"k1", "k2"}, False, "")
    assert runtime.asked == [("/endpoints/shop-topics-1/invocations", {"instances": [{"text": "zzz"}]})]


def test_a_reply_for_another_model_is_refused(shop, runtime):
    runtime.reply["model_version"] = "topics-2"
    ids, degraded, notes = found(shop)
    assert (ids, degraded) == (set(), True)
    assert "topics-2" in notes


@pytest.mark.parametrize(
    "reply", [[], {}, {"predictions": []}, {"model_version": "topics-1", "predictions": [{}]}]
)
def test_a_reply_that_is_none_is_made_up_for(shop, runtime, reply):
    runtime.reply = reply
    assert found(shop)[:2] == (set(), True)


def test_a_failing_endpoint_degrades_and_is_left_alone_after_a_while(shop, runtime):
    runtime.status, runtime.reply = 500, {"message": "out of memory"}
    for _ in range(6):
        assert found(shop)[1] is True
    assert len(runtime.asked) == 3


def test_a_slow_endpoint_does_not_keep_a_search_waiting(shop, runtime, monkeypatch):
    monkeypatch.setattr("lambdas.search.endpoint_encoder.READ_S", 0.05)
    runtime.go_on.clear()
    ids, degraded, notes = found(shop)
    assert (ids, degraded) == (set(), True)
    assert "timeout" in notes.lower()


def test_the_setting_decides(monkeypatch):
    assert isinstance(query_vectors(settings(endpoint_prefix="shop")), InProcess)
    both = settings(endpoint_prefix="shop", query_encoder="endpoint")
    assert isinstance(query_vectors(both), FromEndpoint)
    assert isinstance(query_vectors(settings(query_encoder="endpoint")), InProcess)
    monkeypatch.setenv("QUERY_ENCODER", "magic")
    with pytest.raises(ValueError, match="'auto', 'endpoint' or 'in_process'"):
        settings()


def test_no_client_is_made_before_the_first_query():
    assert RuntimeEndpoint("shop")._client is None
