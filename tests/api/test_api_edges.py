"""What every answer carries, what every route refuses, and what a failing store looks like from outside."""

import json
import re
import sqlite3

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambdas.events.app import EventsRoutes
from lambdas.http.requests import MAX_DEPTH
from lambdas.search.app import SearchRoutes
from lambdas.search.page import search_page
from local.gateway_event import gateway_event
from tests.api.conftest import Client

EVENT = {"event_id": "1", "user_id": "u", "item_id": "p1"}
ROUTES = [
    ("POST", "/search", {"query": "pizza"}),
    ("GET", "/search", None),
    ("POST", "/recommendations", {}),
    ("GET", "/items/p1/similar", None),
    ("GET", "/items/p1", None),
    ("PUT", "/items/p1", {"text": "x"}),
    ("DELETE", "/items/p1", None),
    ("POST", "/categorize", {"text": "x"}),
    ("GET", "/rules", None),
    ("PUT", "/rules", {"rules": []}),
    ("GET", "/synonyms", None),
    ("PUT", "/synonyms", {"synonyms": []}),
    ("GET", "/health", None),
]
EVENTS_ROUTES = [
    ("POST", "/events", {"events": [EVENT]}),
    ("DELETE", "/users/u", None),
    ("GET", "/users/u", None),
]
FAILURES = [
    OSError(28, "No space left on device: '/home/shop/store'"),
    TimeoutError("slow"),
    sqlite3.OperationalError("disk I/O error"),
    ClientError({"Error": {"Code": "SlowDown", "Message": "arn:aws:s3:::secret"}}, "PutObject"),
    EndpointConnectionError(endpoint_url="https://secret.example"),
]


class Failing:
    """A service every call of which fails."""

    def __init__(self, error):
        self._error = error

    def __getattr__(self, _name):
        return self  # `service.items.get(…)` is a call of the service, too

    def __call__(self, *_arguments, **_more):
        raise self._error


def failing_api(path, error):
    service = Failing(error)
    return (
        EventsRoutes(lambda: service, auth="none")
        if path.startswith(("/events", "/users"))
        else SearchRoutes(service, auth="none")
    )


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("method", "path", "body"), ROUTES + EVENTS_ROUTES)
def test_where_a_store_fails_every_route_says_try_again(method, path, body, error):
    sent = json.dumps(body).encode() if body is not None else b""
    answer = failing_api(path, error).answer(gateway_event(method, path, body=sent), None)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["type"]) == (503, "urn:object2vec:problem:unavailable")
    assert answer["multiValueHeaders"]["Retry-After"] == ["5"]
    assert "again" in problem["detail"]
    assert "secret" not in answer["body"]
    assert "/home" not in answer["body"]


def test_a_fault_of_ours_is_still_a_500():
    client = Client(failing_api("/search", ValueError("a bug")))
    assert client("POST", "/search", {})[0] == 500


@pytest.mark.parametrize("opened", ["[", '{"not": ', '{"a": [{"b": '])
@pytest.mark.parametrize("depth", [MAX_DEPTH, 100, 300, 500, 1_000])
def test_what_is_nested_too_deeply_is_a_400(client, opened, depth):
    closed = opened.replace('"not": ', "").replace('"a": ', "").replace('"b": ', "")
    closed = "".join({"[": "]", "{": "}"}[mark] for mark in reversed(closed))
    deep = opened * depth + "1" + closed * depth
    for method, path, body, query in (
        ("POST", "/search", f'{{"filters": {{"price": {deep}}}}}', None),
        ("GET", "/search", None, {"filters": f'{{"price": {deep}}}'}),
        ("PUT", "/items/x", f'{{"text": "x", "metadata": {{"a": {deep}}}}}', None),
        ("PUT", "/rules", f'{{"rules": [{{"filters": {deep}}}]}}', None),
    ):
        status, problem, _ = client(method, path, body, query)
        assert (status, bool(problem["detail"])) == (400, True)


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_a_body_must_say_that_it_is_json(client, kind):
    headers = [] if kind is None else [("Content-Type", kind)]
    for api, method, path in (
        (client._api, "POST", "/search"),
        (client._api, "PUT", "/items/x"),
        (EventsRoutes(lambda: None, auth="none"), "POST", "/events"),
    ):
        answer = api.answer(gateway_event(method, path, headers=headers, body=b"{}"), None)
        assert answer["statusCode"] == 415
    asked = gateway_event("GET", "/search", headers=headers)
    assert client._api.answer(asked, None)["statusCode"] == 200


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_says_so_in_more_ways_than_one(client, kind):
    asked = gateway_event("POST", "/search", headers=[("content-TYPE", kind)], body=b"{}")
    assert client._api.answer(asked, None)["statusCode"] == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        *ROUTES,
        ("GET", "/", None),
        ("GET", "/openapi.json", None),
        ("GET", "/nothing", None),
        ("PATCH", "/search", {}),
        ("POST", "/search", "{"),
        ("POST", "/search", {"limit": 0}),
        ("GET", "/items/%ff", None),
    ],
)
def test_every_answer_tells_browsers_and_caches_to_keep_to_themselves(client, method, path, body):
    raw = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    headers = client._api.answer(gateway_event(method, path, body=raw.encode()), None)["multiValueHeaders"]
    assert headers["X-Content-Type-Options"] == ["nosniff"]
    assert headers["Referrer-Policy"] == ["no-referrer"]
    assert headers["Cache-Control"] == (["no-cache"] if path == "/" else ["no-store"])


@pytest.mark.parametrize("sign_in", ["", '{"host": "https://people.example"}'])
def test_the_page_may_run_its_own_code_and_no_other(sign_in):
    page = search_page(sign_in)
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for element in ("script", "style"):
        texts = re.findall(rf"<{element}[^>]*>(.*?)</{element}>", page.html, re.DOTALL)
        assert not any(text.strip() for text in texts)
        assert f"{element}-src 'self';" in policy
    assert not re.search(r"\s(on\w+|style)\s*=\s*[\"']", page.html)  # nothing inline
