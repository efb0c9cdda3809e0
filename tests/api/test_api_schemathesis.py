"""The served API against its own OpenAPI document: what the document forbids is refused, and every answer,
errors included, has a status, a content type and a body that it declares."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks

from lambdas.http.openapi import document
from lambdas.search.app import SearchRoutes
from local.http import gateway

DOCUMENT = json.loads(document(SearchRoutes(None, auth="none").routes))
OPERATIONS = [f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item]
WITHOUT_INPUT = {"GET /health", "GET /rules", "GET /synonyms", "GET /query-report"}
DEPENDS_ON_THE_CATALOGUE = {
    "cursor",
    "distinct",
    "image",
    "image_of",
    "q",
    "sort",
    "filters",
    "facets",
    "rules",
    "synonyms",
    "query",
    "release",
    "strategy",
}
"""What may fit the schema and be a 400 all the same: a field that no item has, a strategy without a query, a
release before the live one where there is none."""

checks.load_all_checks()
ACCEPTED = checks.CHECKS.get_one("positive_data_acceptance")


@pytest.fixture
def schema(client):
    return schemathesis.openapi.from_asgi("/openapi.json", gateway(client._api.answer))


def tried(schema, label, mode, check=lambda case, send: send()):
    """Sends cases of the operation that fit its schema, or do not, and checks the answers against it; returns
    how many."""
    method, path = label.split()
    sent = 0

    @settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(schema[path][method].as_strategy(generation_mode=mode))
    def send(case):
        nonlocal sent
        sent += 1
        check(case, lambda: case.call_and_validate(excluded_checks=[ACCEPTED]))  # raises what it finds

    send()
    return sent


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_fits_the_document_is_answered_as_it_says(schema, label):
    assert tried(schema, label, GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in WITHOUT_INPUT])
def test_what_does_not_fit_the_document_is_refused_as_it_says(schema, label):
    assert tried(schema, label, GenerationMode.NEGATIVE)


@pytest.mark.parametrize("label", ["POST /search", "POST /recommendations", "POST /rank"])
def test_what_fits_the_document_and_the_catalogue_is_accepted(schema, label):
    def accepted(case, send):
        for name in DEPENDS_ON_THE_CATALOGUE & set(case.body):
            del case.body[name]
        answer = send()
        assert answer.status_code == 200, answer.text

    tried(schema, label, GenerationMode.POSITIVE, accepted)
