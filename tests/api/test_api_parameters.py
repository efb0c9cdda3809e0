"""Names and spellings of what a request may hold: in a query string as in a body."""

import inspect
import json
from dataclasses import fields

import pytest

from lambdas.events.app import EventsRoutes
from lambdas.http.openapi import document
from lambdas.search import models
from lambdas.search.app import SearchRoutes
from local.gateway_event import gateway_event
from object2vec.search.index import Request
from object2vec.search.service import SearchService
from tests.api.conftest import Client

OTHERWISE = {"query": "text", "q": "text", "explain": "show", "highlight": "show"}
"""Options that have another name further on."""


@pytest.mark.parametrize(
    ("model", "answered_by"),
    [
        (models.PictureSearchRequest, SearchService.search),
        (models.RecommendationRequest, SearchService.recommend),
        (models.SimilarParameters, SearchService.similar),
        (models.BoughtTogetherParameters, SearchService.bought_together),
        (models.RankRequest, SearchService.rank),
    ],
)
def test_no_option_is_accepted_that_nothing_reads(model, answered_by):
    options = {OTHERWISE.get(name, name) for name in model.model_fields} - {"release"}  # which service
    read = {field.name for field in fields(Request)} | {*inspect.signature(answered_by).parameters}
    assert options <= read


def problem_of(answer):
    status, problem, kind = answer
    assert (status, kind) == (400, "application/problem+json")
    return problem


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def test_q_is_another_name_of_query(client):
    asked = client("GET", "/search", query={"query": "pizza"})[1]
    assert ids(asked)
    assert client("GET", "/search", query={"q": "pizza"})[1] == asked
    assert client("POST", "/search", {"q": "pizza"})[1] == asked
    recommended = client("POST", "/recommendations", {"query": "pizza"})[1]
    assert client("POST", "/recommendations", {"q": "pizza"})[1] == recommended


@pytest.mark.parametrize("route", ["/search", "/recommendations"])
def test_two_names_for_one_query_are_one_too_many(client, route):
    problem = problem_of(client("POST", route, {"q": "pizza", "query": "cola"}))
    assert "another name of query" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "near"),
    [
        ("GET", "/search", None, {"qeury": "pizza"}, "query"),
        ("GET", "/search", None, {"FILTERS": "{}"}, "filters"),
        ("GET", "/items/p1/similar", None, {"limt": "3"}, "limit"),
        ("GET", "/items/p1/similar", None, {"query": "pizza"}, "there are: by, cursor, "),
        ("GET", "/items/p1", None, {"x": "1"}, "there are: none"),
        ("GET", "/health", None, {"verbose": "1"}, "there are: none"),
        ("GET", "/rules", None, {"version": "1"}, "there are: none"),
        ("GET", "/openapi.json", None, {"x": "1"}, "there are: none"),
        ("POST", "/search", {"query": "pizza"}, {"limit": "3"}, "there are: none"),
        ("POST", "/search", {"limt": 3}, None, "limit"),
        ("POST", "/search", {"facets": [{"feld": "price", "boundaries": [1]}]}, None, "field"),
        ("POST", "/recommendations", {"strategie": "popular"}, None, "strategy"),
        ("POST", "/categorize", {"txt": "pizza"}, None, "text"),
        ("PUT", "/rules", {"rule": []}, None, "rules"),
        ("PUT", "/synonyms", {"synonym": []}, None, "synonyms"),
        ("PUT", "/items/new", {"text": "x", "meta": {}}, None, "metadata"),
        ("DELETE", "/items/p1", None, {"force": "1"}, "there are: none"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(client, method, path, body, query, near):
    problem = problem_of(client(method, path, body, query))
    expected = near if near.startswith("there") else f"did you mean {near}?"
    assert expected in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "near"),
    [
        ("POST", "/events", {"event": []}, None, "events"),
        ("POST", "/events", {"events": [{"user": "u", "event_id": "1", "item_id": "1"}]}, None, "user_id"),
        ("DELETE", "/users/u", None, {"now": "1"}, "there are: none"),
    ],
)
def test_the_events_function_does_so_too(method, path, body, query, near):
    client = Client(EventsRoutes(lambda: None, auth="none"))
    assert near in problem_of(client(method, path, body, query))["detail"]


def test_a_sign_in_comes_back_to_the_page_with_parameters_of_its_own(client):
    assert client("GET", "/", query={"code": "c", "state": "s"})[0] == 200


def test_a_parameter_that_comes_twice_is_refused(client):
    event = gateway_event("GET", "/search", query=[("limit", "1"), ("limit", "2")])
    answer = client._api.answer(event, None)
    assert answer["statusCode"] == 400
    assert "limit: give it once" in json.loads(answer["body"])["detail"]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"limit": "101"}, "limit"),
        ({"limit": "3.5"}, "limit"),
        ({"explain": "loud"}, "explain"),
        ({"diversity": "2"}, "diversity"),
        ({"filters": "["}, "filters"),
        ({"filters": "[]"}, "filters"),
        ({"history": '{"1": 2}'}, "history"),
        ({"history": '["' + "x" * 257 + '"]'}, "history.0"),
        ({"facets": '[{"field": "price"}]'}, "facets.0"),
        ({"filters": json.dumps({"brand": "x" * 50_001})}, "filters"),
    ],
)
def test_a_query_string_is_checked_like_a_body(client, query, where):
    problem = problem_of(client("GET", "/search", query=query))
    assert problem["errors"][0]["where"].startswith(where)


def test_the_document_tells_the_limits_of_a_query_string():
    api = json.loads(document(SearchRoutes(None, auth="none").routes))
    parameters = {each["name"]: each["schema"] for each in api["paths"]["/search"]["get"]["parameters"]}
    assert parameters.keys() == models.SearchRequest.model_fields.keys()
    assert (parameters["limit"]["minimum"], parameters["limit"]["maximum"]) == (1, 100)
    assert parameters["mode"]["enum"] == ["hybrid", "lexical", "semantic"]
    assert parameters["filters"]["contentMediaType"] == "application/json"
    assert not {"SearchParameters", "SimilarParameters"} & api["components"]["schemas"].keys()
