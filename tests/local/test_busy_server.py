"""A server with more requests than it answers says so at once, and one that sends slowly is let go."""

import asyncio
import threading

import httpx
import pytest

from local import http
from local.http import gateway

OK = {"statusCode": 200, "body": "{}"}


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(http, "MOST_WAITING", 3)


def client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def test_more_requests_than_may_wait_are_told_to_come_again(few):
    go_on = threading.Event()

    def handler(event, _):
        assert go_on.wait(30)
        return OK

    async def burst():
        async with client(gateway(handler)) as ask:
            asked = [asyncio.create_task(ask.get("/search")) for _ in range(10)]
            refused = []
            for answer in asyncio.as_completed(asked):
                refused.append(await answer)
                if len(refused) == 7:
                    go_on.set()
            return refused, await ask.get("/search")

    answers, later = asyncio.run(burst())
    assert [answer.status_code for answer in answers] == [503] * 7 + [200] * 3
    assert {answer.headers.get("retry-after") for answer in answers[:7]} == {"1"}
    assert answers[0].json()["type"] == "urn:object2vec:problem:busy"
    assert later.status_code == 200


def test_a_body_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)

    async def slow():
        yield b"{"
        await asyncio.Event().wait()

    async def send():
        async with client(gateway(lambda *_: OK)) as ask:
            return await ask.post("/search", content=slow())

    assert asyncio.run(send()).status_code == 408


def test_who_goes_away_while_sending_is_no_error_of_ours():
    handled, answers = [], []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/events", "raw_path": b"/events"}
    scope |= {"query_string": b"", "headers": []}
    asyncio.run(gateway(lambda *_: handled.append(1) or OK)(scope, receive, send))
    assert answers[0]["status"] == 400
    assert handled == []
