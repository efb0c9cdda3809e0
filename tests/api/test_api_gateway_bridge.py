"""The local HTTP server in front of a handler."""

import asyncio
import base64
from threading import Lock

import httpx
import pytest

from local.http import MAX_BODY_BYTES, gateway


def call(handler, *requests):
    async def run():
        transport = httpx.ASGITransport(app=gateway(handler))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
            return await asyncio.gather(*(http.request(*args, **more) for args, more in requests))

    return asyncio.run(run())


@pytest.fixture
def events():
    return []


@pytest.fixture
def echo(events):
    def handler(event, context):
        events.append(event)
        cookies = {"Set-Cookie": ["a=1", "b=2"]}
        return {"statusCode": 201, "headers": {"X-One": "1"}, "multiValueHeaders": cookies, "body": "ok"}

    return handler


def test_a_request_becomes_a_proxy_event(echo, events):
    (answer,) = call(echo, (("POST", "/items/a%2Fb%20c?q=1&q=2&e="), {"content": '{"é": 1}'}))
    event = events[0]
    assert (event["httpMethod"], event["path"]) == ("POST", "/items/a%2Fb%20c")
    assert event["pathParameters"] == {"proxy": "items/a/b c"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"], "e": [""]}
    assert event["queryStringParameters"] == {"q": "2", "e": ""}
    assert (event["body"], event["isBase64Encoded"]) == ('{"é": 1}', False)
    assert answer.status_code == 201
    assert answer.headers["x-one"] == "1"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_bytes_travel_as_base64_both_ways(events):
    def handler(event, context):
        events.append(event)
        body = base64.b64encode(b"\x00\xff").decode()
        return {"statusCode": 200, "body": body, "isBase64Encoded": True}

    (answer,) = call(handler, (("PUT", "/x"), {"content": b"\xff\xfe"}))
    assert events[0]["isBase64Encoded"] is True
    assert base64.b64decode(events[0]["body"]) == b"\xff\xfe"
    assert answer.content == b"\x00\xff"


def test_head_is_a_get_without_a_body(echo, events):
    (answer,) = call(echo, (("HEAD", "/"), {}))
    assert events[0]["httpMethod"] == "GET"
    assert answer.content == b""
    assert answer.headers["content-length"] == "2"


def test_a_huge_body_is_refused_before_the_handler(echo, events):
    (answer,) = call(echo, (("POST", "/search"), {"content": b" " * (MAX_BODY_BYTES + 1)}))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert events == []


def test_a_handler_that_fails_is_a_502_without_its_secrets():
    def handler(event, context):
        raise RuntimeError("secret")

    (answer,) = call(handler, (("GET", "/"), {}))
    assert answer.status_code == 502
    assert "secret" not in answer.text


def test_a_path_with_a_line_break_is_a_404_problem(echo):
    (answer,) = call(echo, (("GET", "/items/a%0Ab"), {}))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_handler_sees_one_request_at_a_time():
    inside = []

    def handler(event, context):
        inside.append(event["path"])
        assert len(inside) == 1
        body = event["path"]
        inside.clear()
        return {"statusCode": 200, "body": body}

    answers = call(handler, *((("GET", f"/{number}"), {}) for number in range(50)))
    assert [answer.text for answer in answers] == [f"/{number}" for number in range(50)]


def test_the_search_api_behind_the_bridge(client):
    alone = Lock()

    def answer(event, context):
        with alone:  # as the local server does: a router answers one request at a time
            return client._api.answer(event, context)

    answers = call(
        answer,
        (("GET", "/search"), {"params": {"query": "pizza", "limit": 1}}),
        (("POST", "/search"), {"json": {"query": "soda"}}),
        (("HEAD", "/health"), {}),
        (("OPTIONS", "/search"), {}),
        (("GET", "/nothing"), {}),
        (("POST", "/search"), {"content": b"\xff", "headers": {"content-type": "application/json"}}),
        (("PUT", "/items/a%2Fb"), {"json": {"text": "bread"}}),
    )
    assert [answer.status_code for answer in answers] == [200, 200, 200, 405, 404, 400, 200]
    assert answers[0].json()["hits"][0]["id"] == "p1"
    assert answers[6].json()["id"] == "a/b"
