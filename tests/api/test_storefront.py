"""The storefront: a page of the shop asks what a shopper may, about the session that it made up."""

import json

import pytest

from lambdas.events.app import EventsRoutes
from lambdas.routes import ROUTES, STOREFRONT_ROUTES, function_of
from lambdas.search.app import SearchRoutes
from local.gateway_event import gateway_event
from local.server import refused
from tests.api.test_api_callers import Silent

SHOP = "https://shop.example.com"
SESSION = "session-0b5a8f0e-6f0b-4b61-9a39-0f6f4f0c7a11"
REACHED = 503  # the service behind the route fails here


def ask(method, path, body=None, *, origin=SHOP, origins=(SHOP,)):
    """Status, headers and content of an answer."""
    events = function_of(path) == "events"
    routes = (
        EventsRoutes(Silent, origins, auth="none")
        if events
        else SearchRoutes(Silent(), None, origins, auth="none")
    )
    headers = [("content-type", "application/json"), ("Origin", origin)]
    text = json.dumps(body).encode() if body is not None else b""
    event = gateway_event(method, f"/storefront{path}", query=[], headers=headers, body=text)
    answer = routes.answer(event, None)
    return answer["statusCode"], answer["multiValueHeaders"], json.loads(answer["body"])


def event_of(user):
    return {"events": [{"event_id": "1", "user_id": user, "item_id": "p1"}]}


BODIES = {
    "/search": {},
    "/recommendations": {},
    "/categorize": {"text": "x"},
    "/rank": {"items": ["p1"]},
    "/events": event_of(SESSION),
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_only_what_a_shopper_may_do_reaches_the_service(route):
    body = None if route.method in {"GET", "DELETE"} else BODIES.get(route.path, {})
    status, headers, _ = ask(route.method, route.path.replace("{id}", "p1"), body)
    assert status == (REACHED if route in STOREFRONT_ROUTES else 403)
    assert headers["Access-Control-Allow-Origin"] == [SHOP], "the page reads its errors too"


@pytest.mark.parametrize("path", ["/", "", "/web/main.js"])
def test_the_search_page_is_not_offered_below_it(path):
    assert ask("GET", path)[0] == 403


def test_it_is_offered_what_reads_and_the_events_of_a_session():
    assert {route.method for route in STOREFRONT_ROUTES} == {"GET", "POST"}
    offered = {route.path for route in STOREFRONT_ROUTES}
    assert offered.isdisjoint({"/health", "/openapi.json", "/rules", "/users/{id}"})


GUESSED = ["ann", "1", "", "session-", "session-1", "session-" + "x" * 31, f"{SESSION}\n", f" {SESSION}"]


@pytest.mark.parametrize("user", GUESSED)
def test_nobody_is_asked_for_whose_id_can_be_guessed(user):
    for path, body in (
        ("/events", event_of(user)),
        ("/recommendations", {"user_id": user}),
        ("/search", {"user_id": user}),
    ):
        assert ask("POST", path, body)[0] in {400, 403}, (path, user)


def test_the_pages_own_session_is_asked_for():
    assert ask("POST", "/recommendations", {"user_id": SESSION})[0] == REACHED


def test_other_pages_are_refused_and_told_nothing():
    status, headers, problem = ask("POST", "/search", {}, origin="https://evil.example")
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers
    assert "setting storefront" in problem["detail"]
    for from_where in (SHOP, ""):
        assert ask("POST", "/search", {}, origin=from_where, origins=())[0] == 403, "there is no storefront"


def test_outside_the_storefront_no_answer_is_for_other_origins():
    headers = [("content-type", "application/json"), ("origin", SHOP)]
    event = gateway_event("POST", "/search", query=[], headers=headers, body=b"{}")
    event["storefront"] = True  # what a caller writes into a request does not become the mark
    answer = SearchRoutes(Silent(), None, (SHOP,), auth="none").answer(event, None)
    assert "Access-Control-Allow-Origin" not in answer["multiValueHeaders"]


def test_the_local_server_takes_invited_pages_alone():
    headers = {"host": "127.0.0.1:8080", "origin": "http://localhost:3000"}
    assert "may not call this server" in refused(headers)
    assert refused(headers, own_page=True) == ""
    assert "ask for" in refused({**headers, "host": "rebound.example"}, own_page=True)
