"""Whatever is sent: an answer, or a 4xx problem document that says what to do."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.http import router


@pytest.mark.parametrize(
    "query",
    [
        "x" * 10_000,
        "🍕🍕🍕",
        '"pizza AND (NOT title:[* TO *]) ^9~2 \\',
        "'; DROP TABLE items; --",
        "<script>alert(1)</script>",
        "пицца 比萨 بيتزا",
        "\x00\t\n",
        " ".join(f"word{number}" for number in range(1_200)),
        "the of and",
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "lexical", "semantic"])
def test_any_text_is_an_ordinary_query(client, query, mode):
    status, answer, _ = client("POST", "/search", {"query": query, "mode": mode})
    assert status == 200
    assert answer["total"] <= 8


BAD_BODIES = [
    ({"query": "x" * 10_001}, "query"),
    ({"limit": 0}, "limit"),
    ({"limit": 101}, "limit"),
    ({"limit": -1}, "limit"),
    ({"qeury": "pizza"}, "qeury"),
    ({"query": ["pizza"]}, "query"),
    ({"mode": "magic"}, "mode"),
    ({"history": ["x"] * 1_001}, "history"),
    ({"facets": ["category"] * 21}, "facets"),
    ({"facets": ["colour"]}, "category"),
    ({"facets": [{"field": "price", "boundaries": []}]}, "facets"),
    ({"facets": [{"field": "price", "boundaries": list(range(51))}]}, "facets"),
    ({"facets": [{"field": "colour", "boundaries": [1]}]}, "brand, category"),
    ({"facets": [f"field{n}" for n in range(3_000)]}, "facets"),
    ({"diversity": -0.1}, "diversity"),
    ({"diversity": "much"}, "diversity"),
    ({"rules": [{"action": "boost"}]}, "rule 1"),
    ({"rules": [{"action": "boost", "filters": {"colour": "red"}}]}, "colour"),
    ({"rules": [{"action": "pin", "items": ["x"]}] * 101}, "rules"),
    ({"rules": {"action": "pin"}}, "rules"),
    ({"language": "english"}, "language"),
    ({"filters": {"price": [{"gte": 1}, {"above": 2}]}}, "gte"),
    ({"filters": {f"field{n}": 1 for n in range(101)}}, "filters"),
    ({"highlight": "loud"}, "highlight"),
    ({"explain": 0}, "explain"),
    ({"limit": "10"}, "limit"),
    ({"sort": "categories"}, "category"),
    ({"sort": "-nothing"}, "price"),
    ({"filters": {"colour": "red"}}, "brand, category, price"),
    ({"filters": {"price": {"above": 3}}}, "gte"),
    ({"filters": {"price": {}}}, "gte"),
    ({"filters": {"price": {"gte": "3"}}}, "numbers"),
    ({"filters": {"category": {"gte": 3}}}, "no numbers"),
    ({"filters": {"category": [["Pizza"]]}}, "values"),
    ({"filters": {"price": list(range(1_001))}}, "1000"),
    ({"filters": {"not": "Pizza"}}, "object"),
    ({"cursor": "nonsense"}, "next_cursor"),
    ({"cursor": "x" * 6_001}, "cursor"),
    ("{", "JSON"),
    ('{"limit": NaN}', "JSON"),
    ('{"query": "\\ud800"}', "JSON"),
    ("[" * 5_000 + "]" * 5_000, "JSON"),
    ("[]", "dictionary"),
    (None, "body"),
]


@pytest.mark.parametrize(("body", "hint"), BAD_BODIES)
def test_a_bad_search_is_a_400_that_helps(client, body, hint):
    status, problem, kind = client("POST", "/search", body)
    assert (status, kind) == (400, "application/problem+json")
    assert problem["status"] == 400
    assert hint in problem["detail"]
    assert "Traceback" not in str(problem)


def test_deeply_nested_filters_are_refused(client):
    filters = {"category": "Pizza"}
    for _ in range(9):
        filters = {"not": filters}
    status, problem, _ = client("POST", "/search", {"filters": filters})
    assert status == 400
    assert "nested" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "x", "metadata": {"a": {"b": 1}}}, "Metadata"),
        ({"text": "x", "metadata": {"price": -1}}, "price"),
        ({"text": "x", "label": "other"}, "label"),
    ],
)
def test_a_bad_item_is_refused_by_the_rules_of_uploads(client, body, hint):
    status, problem, _ = client("PUT", "/items/new", body)
    assert status == 400
    assert hint in problem["detail"]


def test_the_wrong_place_or_way(client):
    assert client("GET", "/nothing")[0] == 404
    assert client("POST", "/health", {})[0] == 405
    assert client("PATCH", "/items/p1", {})[0] == 405
    assert client("GET", "/items/none")[0] == 404
    assert client("GET", "/items/none/similar")[0] == 404
    assert client("PUT", "/items/" + "x" * 257, {"text": "x"})[0] == 400
    assert client("POST", "/search", "{}", headers={"content-type": "text/plain"})[0] == 415
    assert client("POST", "/search", '{"query": "' + "x" * (6 << 20) + '"}')[0] == 413
    assert client("POST", "/recommendations", '{"query": "' + "x" * (1 << 20) + '"}')[0] == 413
    assert client("GET", "/search", query={"filters": "{"})[0] == 400
    assert client("GET", "/search", query={"limit": "many"})[0] == 400


def test_a_cursor_of_another_question_or_release_is_refused(client, publish, clock):
    cursor = client("POST", "/search", {"limit": 2})[1]["next_cursor"]
    assert client("POST", "/search", {"limit": 2, "query": "pizza", "cursor": cursor})[0] == 400
    publish("v2", watermark=1)
    clock.now += 2
    status, problem, _ = client("POST", "/search", {"limit": 2, "cursor": cursor})
    assert status == 409
    assert "first page" in problem["detail"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["price", "category", "tags", "not", "gte", "lt", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


FIELDS = st.sampled_from(
    [
        "query",
        "filters",
        "facets",
        "sort",
        "history",
        "cursor",
        "rules",
        "synonyms",
        "language",
        "diversity",
        "strategy",
        "limit",
        "user_id",
    ]
)
SWITCHES = st.fixed_dictionaries({}, optional={"highlight": st.booleans(), "explain": st.booleans()})
BODIES = st.builds(lambda fields, switches: fields | switches, st.dictionaries(FIELDS, JSON), SWITCHES)
ROUTES = [
    ("POST", "/search"),
    ("POST", "/recommendations"),
    ("PUT", "/rules"),
    ("PUT", "/synonyms"),
    ("PUT", "/items/x"),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(st.sampled_from(ROUTES), BODIES | JSON)
def test_no_body_is_an_error_of_ours(client, route, body):
    status, answer, _ = client(*route, body)
    assert status in {200, 400, 409}
    if status != 200:
        assert answer["detail"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.dictionaries(FIELDS, st.text(max_size=20) | JSON.map(json.dumps)), st.text(max_size=20))
def test_no_query_parameter_and_no_path_is_an_error_of_ours(client, parameters, path):
    assert client("GET", "/search", query=parameters)[0] in {200, 400, 409}
    assert client("GET", f"/items/{path}/similar", query=parameters)[0] in {200, 400, 404, 409}
    assert client("GET", f"/{path}")[0] in {200, 400, 404, 405}


@pytest.mark.parametrize("depth", [9, 100, 2_000])
def test_filters_of_any_depth_are_refused_quickly(client, depth):
    filters = '{"not": ' * depth + "{}" + "}" * depth
    status, problem, _ = client("POST", "/search", '{"filters": ' + filters + "}")
    assert (status, bool(problem["detail"])) == (400, True)


def test_the_longest_history_and_exclusion_are_answered(client):
    body = {"history": [f"nobody{n}" for n in range(999)] + ["k1"], "query": "x" * 10_000}
    status, answer, _ = client("POST", "/recommendations", body)
    assert (status, len(answer["unknown_items"])) == (200, 999)


def test_an_answer_that_lambda_would_not_hand_on_says_to_ask_for_less(client, monkeypatch):
    monkeypatch.setattr(router, "MAX_ANSWER", 1_200)
    assert client("POST", "/search", {"query": "pizza", "limit": 1})[0] == 200
    status, answer, _ = client("POST", "/search", {"query": "", "limit": 100})
    assert (status, answer["type"]) == (400, "urn:object2vec:problem:answer-too-large")
    assert "smaller limit" in answer["detail"]
