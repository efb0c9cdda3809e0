"""On one machine several threads of a process answer requests; each goes on with its own."""

import sys
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from aws_lambda_powertools.event_handler import Response

from lambdas.events.app import EventsRoutes
from lambdas.http.router import Router
from local.gateway_event import gateway_event


def test_a_router_goes_on_with_its_own_request_when_another_has_answered_one():
    one, other = Router(auth="none"), Router(auth="none")

    @other.routes.get("/health", enable_validation=False)
    def health():
        return Response(200, "application/json", "{}")

    @one.routes.get("/openapi.json", enable_validation=False)
    def openapi():
        other.answer(gateway_event("GET", "/health"), None)
        return Response(200, "text/plain", one.routes.current_event.path)

    assert one.answer(gateway_event("GET", "/openapi.json"), None)["body"] == "/openapi.json"


class Recorder:
    """Takes events as the service does, and keeps whose they were."""

    def __init__(self):
        self.users = []

    def record(self, records):
        self.users += [record["user_id"] for record in records]
        return {"accepted": len(records), "unknown_items": []}


@pytest.fixture
def restless():
    """Threads take turns after every few steps."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_every_event_is_its_own_shoppers_whoever_else_sends_one(restless):
    recorder = Recorder()

    def send(users):
        routes = EventsRoutes(lambda: recorder, auth="none")
        return [routes.answer(sent_by(user), None)["statusCode"] for user in users]

    sent = [[f"{thread}-{number}" for number in range(50)] for thread in range(8)]
    with ThreadPoolExecutor(len(sent)) as threads:
        statuses = list(threads.map(send, sent))
    assert statuses == [[200] * 50] * 8
    assert sorted(recorder.users) == sorted(user for users in sent for user in users)


def sent_by(user):
    event = {"event_id": user, "user_id": user, "item_id": "a"}
    return gateway_event("POST", "/events", body=orjson.dumps({"events": [event]}))
