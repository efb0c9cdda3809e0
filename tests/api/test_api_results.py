"""What the API tells about a result: corrections, highlights, facets, diversity, trends and rules."""


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def test_a_corrected_query_is_searched_and_said(client):
    _, answer, _ = client("POST", "/search", {"query": "frozne piza"})
    assert ids(answer)[0] == "p1"
    assert answer["corrected"] == "frozen pizza"
    _, strict, _ = client("POST", "/search", {"query": "frozne piza", "correct": False, "mode": "lexical"})
    assert (strict["corrected"], strict["total"]) == (None, 0)
    assert client("POST", "/search", {"query": "frozen pizza"})[1]["corrected"] is None


def test_search_as_you_type(client):
    _, answer, _ = client("GET", "/search", query={"query": "frozen piz", "prefix": "true"})
    assert ids(answer)[0] == "p1"
    assert answer["corrected"] is None
    body = {"query": "piz", "mode": "lexical"}
    assert client("POST", "/search", {**body, "prefix": True})[1]["total"] > 0
    assert client("POST", "/search", {**body, "correct": False})[1]["total"] == 0
    hit = client("POST", "/search", {**body, "prefix": True, "highlight": True})[1]["hits"][0]
    assert "<mark>pizza" in hit["highlights"]["text"].lower()


def test_relaxed_words_are_noted(client):
    _, answer, _ = client("POST", "/search", {"query": "frozen soap", "mode": "lexical"})
    assert set(ids(answer)) == {"p1", "s1"}
    assert "all 2 words" in answer["notes"][0]


def test_highlights_are_html(client):
    client("PUT", "/items/x", {"text": "Pizza <b>& more</b>", "metadata": {"category": "Pizzas"}})
    _, answer, _ = client("GET", "/search", query={"query": "pizza more", "highlight": "true", "limit": "1"})
    assert answer["hits"][0]["highlights"] == {
        "text": "<mark>Pizza</mark> &lt;b&gt;&amp; <mark>more</mark>&lt;/b&gt;",
        "category": "<mark>Pizzas</mark>",
    }
    assert "highlights" not in client("POST", "/search", {"query": "pizza"})[1]["hits"][0]


def test_facets_of_numbers_come_in_ranges_that_are_filters(client):
    facets = ["category", {"field": "price", "boundaries": [3, 10]}]
    _, answer, _ = client("POST", "/search", {"facets": facets, "filters": {"price": {"gte": 3, "lt": 10}}})
    assert answer["total"] == 3
    ranges = [{"lt": 3, "count": 2}, {"gte": 3, "lt": 10, "count": 3}, {"gte": 10, "count": 2}]
    assert answer["facets"]["price"] == ranges
    both = [{key: bound for key, bound in part.items() if key != "count"} for part in ranges[::2]]
    assert client("POST", "/search", {"filters": {"price": both}})[1]["total"] == 4


def test_boundaries_have_to_ascend(client):
    status, problem, _ = client("POST", "/search", {"facets": [{"field": "price", "boundaries": [2, 1]}]})
    assert (status, "ascend" in problem["detail"]) == (400, True)


def test_diversity_and_sort_exclude_each_other(client):
    status, problem, _ = client("POST", "/search", {"sort": "price", "diversity": 0.5})
    assert (status, "sort or diversity" in problem["detail"]) == (400, True)
    assert client("GET", "/items/p1/similar", query={"diversity": "0.5"})[0] == 200
    assert client("POST", "/recommendations", {"history": ["p1"], "diversity": 2})[0] == 400


def test_popular_and_trending_within_a_filter(client):
    pets = {"category": "Pets"}
    _, popular, _ = client("POST", "/recommendations", {"strategy": "popular", "filters": pets})
    assert (ids(popular), popular["strategy"]) == (["k1", "k2"], "popular")
    _, trending, _ = client("POST", "/recommendations", {"strategy": "trending", "history": ["k1"]})
    assert (trending["strategy"], "k1" in ids(trending)) == ("trending", False)
    status, problem, _ = client("POST", "/recommendations", {"strategy": "trending", "query": "cat"})
    assert (status, "query" in problem["detail"]) == (400, True)


PIN = {"id": "hero", "action": "pin", "items": ["s1"], "queries": ["pizza"]}
BOOST = {"id": "b", "action": "boost", "filters": {"brand": "B"}, "weight": 5}


def test_rules_of_the_request_rank_and_explain(client):
    asked = {"query": "pizza", "rules": [PIN, BOOST], "explain": True, "mode": "lexical"}
    _, answer, _ = client("POST", "/search", asked)
    assert ids(answer) == ["s1", "p2", "p1"]
    assert answer["hits"][1]["explain"]["boost:b"] > 0
    for hit in answer["hits"]:
        assert abs(sum(hit["explain"].values()) - hit["score"]) < 1e-9


def test_stored_rules_apply_everywhere_and_are_versioned(client):
    assert client("GET", "/rules")[1] == {"version": 0, "rules": []}
    assert client("PUT", "/rules", {"rules": [PIN, BOOST]})[1] == {"version": 1, "rules": [PIN, BOOST]}
    assert ids(client("GET", "/search", query={"query": "pizza"})[1])[0] == "s1"
    assert client("GET", "/health")[1]["rules"] == {"version": 1, "count": 2}
    hidden = {"id": "x", "action": "exclude", "items": ["k2"]}
    assert client("PUT", "/rules", {"rules": [hidden], "version": 1})[0] == 200
    assert ids(client("POST", "/recommendations", {"history": ["k1"]})[1]) == []
    assert ids(client("GET", "/items/k1/similar")[1]) == []


def test_rules_that_cannot_be_are_refused_with_the_place(client):
    status, problem, _ = client("PUT", "/rules", {"rules": [PIN, {"action": "boost"}]})
    assert (status, "rule 2" in problem["detail"]) == (400, True)
    client("PUT", "/rules", {"rules": [PIN]})
    status, problem, kind = client("PUT", "/rules", {"rules": [], "version": 0})
    assert (status, kind) == (409, "application/problem+json")
    assert "version 1" in problem["detail"]


def test_synonyms_are_versioned_and_apply_everywhere_at_once(client):
    assert client("GET", "/synonyms")[1] == {"version": 0, "synonyms": []}
    entry = {"id": "pie", "query": ["tomato pie"], "finds": ["pizza"]}
    assert client("PUT", "/synonyms", {"synonyms": [entry]})[1] == {"version": 1, "synonyms": [entry]}
    assert client("GET", "/health")[1]["synonyms"] == {"version": 1, "count": 1}
    asked = {"query": "Tomato pies", "mode": "lexical", "highlight": True}
    _, answer, _ = client("POST", "/search", asked)
    assert set(ids(answer)) == {"p1", "p2"}
    assert answer["corrected"] is None
    assert "<mark>pizza</mark>" in answer["hits"][0]["highlights"]["text"]
    _, listed, _ = client("POST", "/recommendations", {"query": "tomato pie"})
    assert {"p1", "p2"} <= set(ids(listed))
    status, problem, _ = client("PUT", "/synonyms", {"synonyms": [{"words": ["a"]}]})
    assert (status, "synonym 1" in problem["detail"]) == (400, True)
    assert client("PUT", "/synonyms", {"synonyms": [], "version": 0})[0] == 409
    german = [{**entry, "language": "de"}]
    assert client("PUT", "/synonyms", {"synonyms": german, "version": 1})[0] == 200
    assert ids(client("POST", "/search", asked)[1]) == []
    assert len(ids(client("POST", "/search", {**asked, "language": "de-AT"})[1])) == 2


def test_one_hit_a_value_and_a_least_score_can_be_asked_for(client):
    _, page, _ = client("POST", "/search", {"query": "pizza", "distinct": "category"})
    assert len({hit["metadata"]["category"] for hit in page["hits"]}) == len(page["hits"])
    assert page["hits"][0]["variants"] == 2
    best = str(page["hits"][0]["score"] + 1)
    assert client("GET", "/search", query={"query": "pizza", "min_score": best})[1]["total"] == 0
    assert "variants" not in client("POST", "/search", {"query": "pizza"})[1]["hits"][0]


def test_dates_and_lists_of_numbers_are_ranged_over_http(client):
    about = {"sizes": [36, 37], "made": "2025-05-01"}
    client("PUT", "/items/shoe", {"text": "Shoe", "metadata": about})
    wanted = {"sizes": {"gte": 37}, "made": {"gte": "2025-05", "lt": "2025-06"}}
    _, answer, _ = client("POST", "/search", {"filters": wanted, "facets": ["sizes"], "sort": "-made"})
    assert ids(answer) == ["shoe"]
    assert [value["value"] for value in answer["facets"]["sizes"]] == [36, 37]
