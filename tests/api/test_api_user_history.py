"""A user's past is part of the next answer, wherever it comes from."""

import pytest

from lambdas.search.app import SearchRoutes
from object2vec.core.event import Event
from object2vec.search.service import SearchService
from object2vec.users.histories import MergedHistories
from object2vec.users.sqlite import SqliteSessionStore

NOW = 1_000_000


@pytest.fixture
def sessions(tmp_path):
    return SqliteSessionStore(tmp_path / "sessions.db")


@pytest.fixture
def personal(store, live, client, sessions):
    api = SearchRoutes(SearchService(store, live, histories=MergedHistories(sessions)), auth="none")
    return type(client)(api)


def recommended(client, **body):
    status, answer, _ = client("POST", "/recommendations", body)
    assert status == 200
    return answer


def test_the_very_next_recommendation_knows_an_event(personal, sessions):
    before = recommended(personal, user_id="u")
    assert before["strategy"] == "popular"
    sessions.add([Event("1", "u", "p1", 5)])
    after = recommended(personal, user_id="u")
    assert after["strategy"] == "session"
    assert "p1" not in [hit["id"] for hit in after["hits"]]
    assert after["hits"] == recommended(personal, history=["p1"])["hits"]


def test_the_session_of_the_request_comes_after_the_past(personal, sessions):
    sessions.add([Event("1", "u", "p1", 5)])
    both = recommended(personal, user_id="u", history=["p2", "unheard"])
    assert both["hits"] == recommended(personal, history=["p1", "p2"])["hits"]
    assert both["unknown_items"] == ["unheard"]


def test_items_of_the_past_that_are_gone_are_not_the_callers_fault(personal, sessions):
    sessions.add([Event("1", "u", "gone", 5)])
    answer = recommended(personal, user_id="u")
    assert (answer["strategy"], answer["unknown_items"]) == ("popular", [])


def test_a_search_by_a_known_user_is_ranked_for_them(personal, sessions):
    sessions.add([Event("1", "u", "p1", 5)])
    _, mine, _ = personal("POST", "/search", {"user_id": "u"})
    _, anyone, _ = personal("POST", "/search", {})
    assert (mine["strategy"], anyone["strategy"]) == ("hybrid", "popular")


def test_a_store_that_fails_costs_only_the_personal_part(store, live, client):
    class Broken:
        def recent(self, user_id, limit=200):
            raise ConnectionError("the session store is down")

    api = SearchRoutes(SearchService(store, live, histories=Broken()), auth="none")
    answer = recommended(type(client)(api), user_id="u")
    assert (answer["strategy"], answer["degraded"]) == ("popular", True)
    assert any("cannot be read" in note for note in answer["notes"])


def ids(answer):
    return {hit["id"] for hit in answer["hits"]}


def test_what_a_shopper_dislikes_is_not_recommended_to_them_from_the_next_answer_on(personal, sessions):
    sessions.add([Event("1", "u", "p1", NOW - 9, "purchase")])
    before = recommended(personal, user_id="u", limit=50)
    disliked = before["hits"][0]["id"]
    sessions.add([Event("2", "u", disliked, NOW - 5, "dislike")])
    for asked in ({}, {"seen": "include"}, {"strategy": "popular"}):
        assert disliked not in ids(recommended(personal, user_id="u", limit=50, **asked))
    assert disliked in ids(recommended(personal, user_id="other", history=["p1"], limit=50))
    sessions.add([Event("3", "u", disliked, NOW - 4, "view")])
    assert disliked not in ids(recommended(personal, user_id="u", limit=50, seen="include"))
    sessions.add([Event("4", "u", disliked, NOW - 3, "purchase")])
    assert disliked in ids(recommended(personal, user_id="u", limit=50, seen="include"))


def test_a_disliked_item_is_no_part_of_what_a_shopper_likes(personal, sessions):
    sessions.add([Event("1", "u", "p1", 5, "purchase"), Event("2", "v", "p1", 5, "purchase")])
    sessions.add([Event("2", "u", "p2", 6, "hide"), Event("3", "u", "p2", 4, "view")])
    mine, theirs = (recommended(personal, user_id=user, limit=50)["hits"] for user in ("u", "v"))
    assert [hit for hit in theirs if hit["id"] != "p2"] == mine
