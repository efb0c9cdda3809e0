from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from lambdas.search import replies


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def test_search_by_post_and_by_get_answer_alike(client):
    asked = {"query": "pizza", "filters": {"price": {"lt": 6}}, "facets": ["category"], "history": ["c1"]}
    status, posted, _ = client("POST", "/search", asked)
    query = {
        "query": "pizza",
        "filters": '{"price": {"lt": 6}}',
        "facets": '["category"]',
        "history": '["c1"]',
    }
    assert client("GET", "/search", query=query)[:2] == (status, posted)
    assert status == 200
    assert ids(posted) == ["p1"]
    assert posted["facets"] == {"category": [{"value": "Pizza", "count": 1}]}
    assert posted["model_version"] == "topics-1"
    assert posted["degraded"] is False
    replies.ListAnswer.model_validate(posted)


def test_meaning_finds_what_words_do_not(client):
    assert ids(client("GET", "/search", query={"query": "kitten"})[1]) == ["k2", "k1"]
    assert ids(client("GET", "/search", query={"query": "kitten", "mode": "lexical"})[1]) == ["k2"]
    assert set(ids(client("GET", "/search", query={"query": "puppy snack", "mode": "semantic"})[1])) == {
        "k1",
        "k2",
    }


def test_an_empty_query_lists_popular_items(client):
    _, answer, _ = client("POST", "/search", {"query": "  "})
    assert ids(answer)[:3] == ["c1", "p1", "k1"]
    assert answer["strategy"] == "popular"
    assert answer["total"] == 8


def test_explain_gives_parts_that_add_up_to_the_score(client):
    _, answer, _ = client("POST", "/search", {"query": "frozen pizza", "explain": True})
    for hit in answer["hits"]:
        assert abs(sum(hit["explain"].values()) - hit["score"]) < 1e-9
    assert "explain" not in client("POST", "/search", {"query": "frozen pizza"})[1]["hits"][0]


def test_pages_cover_the_result_once(client):
    seen, cursor = [], None
    while True:
        _, answer, _ = client("POST", "/search", {"limit": 3, "sort": "-price", "cursor": cursor})
        seen += ids(answer)
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen[:4] == ["k1", "k2", "p2", "p1"]
    assert sorted(seen) == sorted(["p1", "p2", "p3", "c1", "c2", "s1", "k1", "k2"])


def test_items_are_read_written_and_removed(client):
    item = {"text": "Sourdough bread", "metadata": {"price": 4.0, "category": "Bakery"}}
    status, written, _ = client("PUT", "/items/b 1/x?", item)
    assert (status, written["id"], written["segment"]) == (200, "b 1/x?", 2)
    assert client("GET", "/items/b 1/x?")[1] == {"id": "b 1/x?", **item}
    assert ids(client("POST", "/search", {"query": "bread", "filters": {"category": "Bakery"}})[1]) == [
        "b 1/x?"
    ]
    assert client("DELETE", "/items/b 1/x?")[0] == 200
    assert client("GET", "/items/b 1/x?")[0] == 404
    assert client("DELETE", "/items/b 1/x?")[0] == 404
    assert client("POST", "/search", {"query": "bread"})[1]["total"] == 0


def test_similar_items_leave_the_item_itself_out(client):
    _, answer, _ = client("GET", "/items/p1/similar", query={"filters": '{"price": {"gt": 1}}'})
    assert set(ids(answer)) == {"p2", "p3"}
    assert answer["strategy"] == "similar"


def test_a_session_is_recommended_what_is_like_it(client):
    _, answer, _ = client("POST", "/recommendations", {"history": ["nobody", "k1"]})
    assert ids(answer) == ["k2"]
    assert answer["strategy"] == "session"
    assert answer["unknown_items"] == ["nobody"]
    again = client("POST", "/recommendations", {"history": ["k1"], "seen": "include"})[1]
    assert set(ids(again)) == {"k1", "k2"}


def test_a_long_history_is_fine(client):
    status, answer, _ = client("POST", "/recommendations", {"history": ["k1", "c1"] * 300})
    assert status == 200
    assert set(ids(answer)) == {"k2", "c2"}


def test_a_session_within_a_query(client):
    _, answer, _ = client("POST", "/recommendations", {"history": ["k1"], "query": "snack"})
    assert ids(answer) == ["k2"]
    assert answer["strategy"] == "session+query"


def test_who_is_unknown_gets_popular_items_and_is_told(client):
    for asked in ({}, {"user_id": "u1"}, {"history": ["nobody"]}):
        _, answer, _ = client("POST", "/recommendations", asked)
        assert ids(answer)[0] == "c1"
        assert answer["strategy"] == "popular"
        assert "popular" in answer["notes"][0]


def test_health_names_model_and_index(client):
    client("PUT", "/items/new", {"text": "bread"})
    _, state, _ = client("GET", "/health")
    assert state["status"] == "ok"
    assert state["model"]["version"] == "topics-1"
    assert state["index"] == {"version": "v1", "items": 9, "watermark": 2}


def test_the_page_and_the_openapi_document_are_served(client):
    assert client("GET", "/")[2].startswith("text/html")
    OPENAPI_31_VALIDATOR.validate(client("GET", "/openapi.json")[1])


def test_before_the_first_release_it_says_what_to_do(bare):
    status, problem, kind = bare("GET", "/search", query={"query": "pizza"})
    assert (status, kind) == (503, "application/problem+json")
    assert "uploads/catalog/" in problem["detail"]
    assert bare("GET", "/health")[1]["status"] == "starting"
    assert bare("PUT", "/items/x", {"text": "first"})[0] == 200
