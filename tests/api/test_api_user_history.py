"""A user's past is part of the next answer, wherever it comes from."""

import pytest

from lambdas.search.app import SearchRoutes
from object2vec.core.event import Event
from object2vec.search.service import SearchService
from object2vec.users.histories import MergedHistories
from object2vec.users.sqlite import SqliteHistory


@pytest.fixture
def sessions(tmp_path):
    return SqliteHistory(tmp_path / "sessions.db")


@pytest.fixture
def personal(store, live, client, sessions):
    api = SearchRoutes(SearchService(store, live, histories=MergedHistories(sessions)))
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

    api = SearchRoutes(SearchService(store, live, histories=Broken()))
    answer = recommended(type(client)(api), user_id="u")
    assert (answer["strategy"], answer["degraded"]) == ("popular", True)
    assert any("cannot be read" in note for note in answer["notes"])
