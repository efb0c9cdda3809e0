"""Every route, asked by every kind of caller, as API Gateway tells the functions who calls."""

import json

import pytest
from pydantic import ValidationError

from lambdas.events import handler as events
from lambdas.events.app import EventsRoutes
from lambdas.http.callers import EVERY_KIND, NO_KIND, caller_of
from lambdas.http.openapi import document
from lambdas.routes import BROWSER, KINDS, MERCHANDISER, PRIVACY, ROUTES, SERVER, function_of, scope_of
from lambdas.search import handler as search
from lambdas.search.app import SearchRoutes
from lambdas.settings import EventsSettings, SearchSettings
from lambdas.sign_in.handler import handler as before_token
from local.gateway_event import gateway_event

OWN, OTHER = "person-1", "person-2"
BODIES = {
    ("POST", "/search"): {},
    ("POST", "/recommendations"): {},
    ("POST", "/rank"): {"items": ["p1"]},
    ("POST", "/categorize"): {"text": "x"},
    ("PUT", "/items/{id}"): {"text": "x"},
    ("PUT", "/items/{id}/image"): {"image": "AAAA"},
    ("PUT", "/rules"): {"rules": []},
    ("PUT", "/synonyms"): {"synonyms": []},
    ("POST", "/events"): {"events": [{"event_id": "1", "user_id": OWN, "item_id": "p1"}]},
}


def events_of(*users):
    return {"events": [{"event_id": str(n), "user_id": user, "item_id": "1"} for n, user in enumerate(users)]}


USERS = [
    ("POST", "/search", lambda user: ({"user_id": user}, None)),
    ("GET", "/search", lambda user: (None, {"user_id": user})),
    ("POST", "/recommendations", lambda user: ({"user_id": user}, None)),
    ("POST", "/rank", lambda user: ({"items": ["p1"], "user_id": user}, None)),
    ("POST", "/events", lambda user: (events_of(user), None)),
    ("POST", "/events", lambda user: (events_of(OWN, user), None)),
]
"""Body and query string of a request about a user."""


class Silent:
    """A service that fails: whoever reaches it was let through."""

    def __getattr__(self, _name):
        return self  # `service.items.get(…)` is a call of the service, too

    def __call__(self, *_arguments, **_more):
        raise OSError("reached")


def signed_in(*kinds, sub=OWN):
    scopes = " ".join(["openid", *map(scope_of, kinds)])
    return {"authorizer": {"claims": {"sub": sub, "scope": scopes, "token_use": "access"}}}


def by_policy(**identity):
    return {"identity": {"userArn": "arn:aws:iam::123456789012:role/shop", **identity}}


def ask(context, method, path, body=None, query=None):
    """Status and content of an answer to a caller that API Gateway identified so."""
    auth = "jwt" if "authorizer" in context else "iam"
    event = gateway_event(
        method,
        path.replace("{id}", "p1"),
        query=(query or {}).items(),
        body=json.dumps(body).encode() if body is not None else b"",
    )
    event["requestContext"] = {**event["requestContext"], **context}
    api = (
        EventsRoutes(Silent, auth=auth)
        if function_of(path) == "events"
        else SearchRoutes(Silent(), auth=auth)
    )
    answer = api.answer(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def is_let_through(status):
    """The stand-in behind the routes fails, or the route needs none."""
    return status in (200, 503)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_for_its_kinds_of_caller(route, kind):
    status, answer = ask(signed_in(kind), route.method, route.path, BODIES.get((route.method, route.path)))
    if kind in route.kinds:
        assert is_let_through(status)
    else:
        assert (status, answer["type"]) == (403, "urn:object2vec:problem:forbidden")
        assert all(allowed in answer["detail"] for allowed in route.kinds)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_token_without_a_kind_opens_nothing(route):
    assert ask(signed_in(), route.method, route.path, BODIES.get((route.method, route.path)))[0] == 403


@pytest.mark.parametrize(("method", "path", "asking"), USERS)
def test_a_browser_asks_for_itself_and_a_shops_server_for_anybody(method, path, asking):
    assert is_let_through(ask(signed_in(BROWSER), method, path, *asking(OWN))[0])
    status, answer = ask(signed_in(BROWSER), method, path, *asking(OTHER))
    assert (status, "your own" in answer["detail"]) == (403, True)
    assert is_let_through(ask(signed_in(SERVER), method, path, *asking(OTHER))[0])
    assert is_let_through(ask(signed_in(BROWSER, SERVER), method, path, *asking(OTHER))[0])


@pytest.mark.parametrize(("method", "path", "asking"), USERS[:4])
def test_who_looks_after_the_catalogue_sees_no_shoppers_answers(method, path, asking):
    assert ask(signed_in(MERCHANDISER), method, path, *asking(OTHER))[0] == 403


@pytest.mark.parametrize(("method", "path", "asking"), USERS)
def test_an_identity_of_a_pool_is_a_browser_other_principals_have_policies(method, path, asking):
    browser = by_policy(cognitoIdentityId=OWN)
    assert is_let_through(ask(browser, method, path, *asking(OWN))[0])
    assert ask(browser, method, path, *asking(OTHER))[0] == 403
    assert is_let_through(ask(by_policy(cognitoIdentityId=None), method, path, *asking(OTHER))[0])


def test_an_identity_of_a_pool_changes_nothing():
    for method, path in (
        ("PUT", "/items/{id}"),
        ("PUT", "/rules"),
        ("PUT", "/synonyms"),
        ("DELETE", "/users/{id}"),
    ):
        assert ask(by_policy(cognitoIdentityId=OWN), method, path, BODIES.get((method, path)))[0] == 403


def test_locally_everybody_is_every_kind():
    assert caller_of(gateway_event("GET", "/health"), "none") == EVERY_KIND


@pytest.mark.parametrize("auth", ["jwt", "iam"])
@pytest.mark.parametrize(
    "context",
    [None, {}, {"authorizer": None, "identity": None}, {"authorizer": {}, "identity": {"userArn": None}},
     {"authorizer": {"claims": None}, "identity": {"sourceIp": "192.0.2.1"}}],
)  # fmt: skip
def test_a_request_without_an_identity_is_of_no_kind(auth, context):
    assert caller_of({"requestContext": context}, auth) == NO_KIND


@pytest.mark.parametrize("auth", ["jwt", "iam"])
@pytest.mark.parametrize("function", [search, events], ids=["search", "events"])
def test_a_deployed_function_refuses_a_request_without_an_identity(
    store, tmp_path, monkeypatch, auth, function
):
    settings = {"STORE_URL": store.url, "HISTORY_URL": f"sqlite://{tmp_path}/sessions.db", "AUTH": auth}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    function._api.cache_clear()
    method, path = ("GET", "/health") if function is search else ("DELETE", "/users/person-1")
    assert function.handler(gateway_event(method, path), None)["statusCode"] == 403
    function._api.cache_clear()


@pytest.mark.parametrize("settings", [SearchSettings, EventsSettings])
def test_a_deployed_function_does_not_start_for_everybody(monkeypatch, settings):
    values = {"store_url": "s3://bucket", "history_url": "dynamodb://table"}
    assert settings(**values, auth="none").auth == "none", "the local server"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "Search")
    assert settings(**values, auth="iam").auth == "iam"
    with pytest.raises(ValidationError, match="a deployed function needs jwt or iam"):
        settings(**values, auth="none")


def test_the_identity_of_the_other_way_to_sign_in_counts_for_nothing():
    assert caller_of({"requestContext": by_policy()}, "jwt") == NO_KIND
    assert caller_of({"requestContext": signed_in(*KINDS)}, "iam") == NO_KIND


@pytest.mark.parametrize(
    "claims", [{}, {"scope": ""}, {"scope": "object2vec/root openid aws.cognito.signin"}]
)
def test_claims_that_name_no_kind_are_none(claims):
    assert caller_of({"requestContext": {"authorizer": {"claims": claims}}}, "jwt").kinds == frozenset()


def test_the_table_is_about_the_routes_there_are():
    api = json.loads(document(SearchRoutes(None, auth="none").routes, EventsRoutes(None, auth="none").routes))
    there = {
        (method.upper(), path.replace("{item_id}", "{id}").replace("{user_id}", "{id}"))
        for path, operations in api["paths"].items()
        for method in operations
    }
    assert {(route.method, route.path) for route in ROUTES} == there | {("GET", "/openapi.json")}


@pytest.mark.parametrize(
    ("groups", "kinds"),
    [
        ([], [BROWSER]),
        ([MERCHANDISER], [BROWSER, MERCHANDISER]),
        ([PRIVACY, "staff", BROWSER], [BROWSER, PRIVACY]),
    ],
)
def test_groups_become_scopes(groups, kinds):
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html"""
    event = {"version": "2", "request": {"groupConfiguration": {"groupsToOverride": groups}}, "response": {}}
    details = before_token(event, None)["response"]["claimsAndScopeOverrideDetails"]
    assert details == {"accessTokenGeneration": {"scopesToAdd": [f"object2vec/{kind}" for kind in kinds]}}
