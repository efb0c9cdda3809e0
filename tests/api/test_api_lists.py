"""Complements, baskets, lists of the caller's own, and what an alternative is: the deployed handler's API."""

import numpy as np
import pytest

from lambdas.search.app import SearchRoutes
from object2vec.core.event import Event
from object2vec.ranker.complements_fit import PurchaseLog, fit_complements
from object2vec.search.embedded.engine import EmbeddedIndex
from object2vec.search.engines import S3VECTORS
from object2vec.search.service import RULES_LEFT_OUT, SearchService
from object2vec.storage import item_log
from object2vec.users.histories import MergedHistories
from object2vec.users.sqlite import SqliteSessionStore
from tests.helpers.topics import SHOP

NOW = 1_000_000
KNOWN = ["p1", "p2", "p3", "c1", "s1", "k1", "k2"]
"""All but c2, which nobody bought yet."""
BASKETS = [*[["c1", "p1", "p3"]] * 40, *[["p1", "p3"]] * 30, *[["k1", "k2"]] * 80, ["s1"], ["p2"]]
"""Pizza goes with cheese and cola; soap, which nothing is like, was bought alone, and so was a pizza."""


def complements():
    users = np.concatenate([np.full(len(basket), user) for user, basket in enumerate(BASKETS)])
    items = np.concatenate([sorted(map(KNOWN.index, basket)) for basket in BASKETS])
    return fit_complements(PurchaseLog(users, items, np.zeros(len(items), np.int64)), KNOWN)


@pytest.fixture
def shop(store, live, bare, publish, tmp_path):
    """The API of a shop whose log was counted, where people come back, with its session store."""
    item_log.append(store, SHOP)
    publish("v1", watermark=1, complements=complements(), people_return=True)
    sessions = SqliteSessionStore(tmp_path / "sessions.db")
    api = SearchRoutes(SearchService(store, live, histories=MergedHistories(sessions)), auth="none")
    client = type(bare)(api)
    client.sessions = sessions
    return client


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def asked(client, method, path, body=None, **query):
    status, answer, _ = client(method, path, body, query=query)
    assert status == 200, answer
    return answer


def together(client, item_id, **query):
    return asked(client, "GET", f"/items/{item_id}/bought-together", **query)


def test_what_goes_into_the_same_basket_by_its_share(shop):
    answer = together(shop, "p1")
    assert ids(answer) == ["p3", "c1"]
    assert (answer["strategy"], answer["notes"], answer["seen"]) == ("bought-together", [], None)
    table = complements().of(["p1"])
    assert [hit["score"] for hit in answer["hits"]] == pytest.approx([one.share for one in table])
    assert set(together(shop, "p1", explain="true")["hits"][0]["explain"]) == {"complements"}


def test_complements_are_filtered_counted_paged_and_ruled_like_other_lists(shop):
    answer = together(shop, "p1", filters='{"category": "Drinks"}', facets='["category"]')
    assert ids(answer) == ["c1"]
    assert {one["value"]: one["count"] for one in answer["facets"]["category"]} == {"Drinks": 1, "Cheese": 1}
    first = together(shop, "p1", limit="1")
    assert (first["total"], ids(first)) == (2, ["p3"])
    assert ids(together(shop, "p1", limit="1", cursor=first["next_cursor"])) == ["c1"]
    shop("PUT", "/rules", {"rules": [{"id": "no", "action": "exclude", "items": ["p3"]}]})
    assert ids(together(shop, "p1")) == ["c1"]


def test_an_engine_without_rules_says_that_the_stored_ones_are_left_out(shop, monkeypatch):
    shop("PUT", "/rules", {"rules": [{"id": "no", "action": "exclude", "items": ["c1"]}]})
    monkeypatch.setattr(EmbeddedIndex, "capabilities", S3VECTORS.capabilities)
    _, answer, _ = shop("POST", "/search", {"query": "cola"})
    assert "c1" in ids(answer)
    assert answer["notes"] == [RULES_LEFT_OUT]


def test_never_counted_and_none_found_are_told_apart(shop):
    none = together(shop, "s1")
    assert (none["hits"], none["strategy"]) == ([], "bought-together")
    assert "often enough" in none["notes"][0]
    assert together(shop, "p2")["strategy"] == "bought-together-estimated"  # from the other pizza
    new = together(shop, "c2")  # soda: the model holds cola for like it
    assert new["strategy"] == "bought-together-estimated"
    assert ids(new)[0] in ("p1", "p3")
    assert "c1" not in ids(new)  # an alternative is no complement
    assert "estimated" in new["notes"][0]
    shop("PUT", "/items/x", {"text": "words of no topic"})
    assert together(shop, "x")["hits"] == []
    assert "not counted yet" in together(shop, "x")["notes"][0]


def test_a_base_without_counts_says_so(client):
    answer = together(client, "p1")
    assert (answer["hits"], answer["total"]) == ([], 0)
    assert "not counted yet" in answer["notes"][0]


def test_an_item_that_is_not_there_has_no_complements(shop):
    assert shop("GET", "/items/nobody/bought-together")[0] == 404
    assert shop("GET", "/items/p1/bought-together", query={"by": "text"})[0] == 400


def test_a_basket_is_answered_with_what_goes_with_it_and_nothing_in_it(shop):
    answer = asked(shop, "POST", "/recommendations", {"basket": ["p1", "nobody", "p3"]})
    assert (ids(answer), answer["strategy"], answer["unknown_items"]) == (["c1"], "basket", ["nobody"])
    again = asked(shop, "POST", "/recommendations", {"basket": ["p1"], "seen": "include"})
    assert "p1" not in ids(again)


def test_a_history_orders_what_goes_with_a_basket_and_adds_nothing(shop):
    plain = asked(shop, "POST", "/recommendations", {"basket": ["p1"]})
    assert ids(plain) == ["p3", "c1"]
    with_history = asked(shop, "POST", "/recommendations", {"basket": ["p1"], "history": ["c2", "c2", "c2"]})
    assert (ids(with_history), with_history["strategy"]) == (["c1", "p3"], "basket+session")


def test_a_query_finds_and_a_basket_orders(shop):
    body = {"query": "cheese cola", "basket": ["p1"], "explain": True}
    answer = asked(shop, "POST", "/recommendations", body)
    assert answer["strategy"] == "basket+query"
    parts = {hit["id"]: hit["explain"]["complements"] for hit in answer["hits"]}
    assert parts["p3"] > parts["c1"] > 0
    assert parts["c2"] == 0
    assert "p1" not in parts


def test_a_basket_that_says_nothing_leads_to_popular_items_and_says_so(shop):
    answer = asked(shop, "POST", "/recommendations", {"basket": ["s1"]})
    assert answer["strategy"] == "popular"
    assert any("often enough" in note for note in answer["notes"])
    assert "s1" not in ids(answer)


def test_whether_what_was_seen_comes_again_fits_the_data_and_is_said(shop, store, publish, clock):
    body = {"history": ["p1"], "limit": 50}
    answer = asked(shop, "POST", "/recommendations", body)
    assert (answer["seen"], "p1" in ids(answer)) == ("include", True)
    answer = asked(shop, "POST", "/recommendations", {**body, "seen": "exclude"})
    assert (answer["seen"], "p1" in ids(answer)) == ("exclude", False)
    for version, returns in (("v2", False), ("v3", None)):  # films; a base of before anybody asked
        publish(version, watermark=1, people_return=returns)
        clock.now += 60
        answer = asked(shop, "POST", "/recommendations", body)
        assert (answer["seen"], "p1" in ids(answer)) == ("exclude", False)


def rank(client, **body):
    return asked(client, "POST", "/rank", body)


def test_every_item_of_the_caller_comes_back_once_in_the_order_for_a_session(shop):
    answer = rank(shop, items=["s1", "c2", "k1", "c2", "nobody"], history=["k2"])
    assert (ids(answer)[0], sorted(ids(answer))) == ("k1", ["c2", "k1", "s1"])
    assert (answer["total"], answer["next_cursor"], answer["unknown_items"]) == (3, None, ["nobody"])
    assert answer["strategy"] == "session"


def test_a_query_ranks_all_of_them_too(shop):
    answer = rank(shop, items=["s1", "c2", "p2"], query="soda", explain=True)
    assert (ids(answer)[0], len(ids(answer)), answer["strategy"]) == ("c2", 3, "query")
    assert rank(shop, items=["s1", "c2"], query="soda", history=["s1"])["strategy"] == "session+query"


def test_without_anything_known_popularity_orders_them(shop):
    answer = rank(shop, items=["s1", "c1", "p1"], user_id="somebody new")
    assert (ids(answer), answer["strategy"]) == (["c1", "p1", "s1"], "popular")


def test_what_a_user_did_ranks_and_what_they_are_against_comes_last(shop):
    shop.sessions.add([Event("1", "u", "k2", NOW, "purchase"), Event("2", "u", "k1", NOW, "dislike")])
    answer = rank(shop, items=["k1", "s1", "k2"], user_id="u")
    assert (ids(answer)[0], ids(answer)[-1]) == ("k2", "k1")
    assert "come last" in answer["notes"][-1]


def test_no_rule_takes_an_item_out_of_a_callers_list(shop):
    shop("PUT", "/rules", {"rules": [{"id": "no", "action": "exclude", "items": ["c1"]}]})
    assert sorted(ids(rank(shop, items=["c1", "s1"]))) == ["c1", "s1"]


def test_none_of_the_items_known_is_an_empty_list(shop):
    answer = rank(shop, items=["nobody"])
    assert (answer["hits"], answer["total"], answer["unknown_items"]) == ([], 0, ["nobody"])


@pytest.mark.parametrize(
    "body", [{}, {"items": []}, {"items": [f"{n}" for n in range(201)]}, {"itens": ["p1"]}]
)
def test_limits_of_a_callers_list(shop, body):
    assert shop("POST", "/rank", body)[0] == 400


def test_more_than_a_hundred_items_are_ranked_at_once(shop):
    answer = rank(shop, items=["p1", *(f"{n}" for n in range(199))], query="pizza")
    assert (len(answer["hits"]), len(answer["unknown_items"])) == (1, 199)


@pytest.mark.parametrize(
    ("by", "strategy"),
    [("all", "similar"), ("text", "similar-by-text"), ("behaviour", "similar-by-behaviour")],
)
def test_what_an_alternative_is(shop, by, strategy):
    answer = asked(shop, "GET", "/items/p1/similar", by=by, explain="true")
    assert (answer["strategy"], ids(answer)[0]) == (strategy, "p2" if by != "behaviour" else ids(answer)[0])
    signals = {name for hit in answer["hits"] for name in hit["explain"]}
    assert signals == ({"semantic"} if by == "behaviour" else {"lexical", "semantic"})


def test_a_model_that_learned_from_no_behaviour_says_so(shop):
    assert "not learned" in asked(shop, "GET", "/items/p1/similar", by="behaviour")["notes"][0]
    assert asked(shop, "GET", "/items/p1/similar", by="text")["notes"] == []


def test_an_item_without_a_picture_says_so_and_lists_nothing(shop):
    answer = asked(shop, "GET", "/items/p1/similar", by="look")
    assert (answer["hits"], answer["strategy"]) == ([], "similar-by-look")
    assert "has no picture" in answer["notes"][0]


def test_only_what_is_bought_with_it_so_many_times_as_often_as_by_chance(shop):
    (lift,) = {one.lift for one in complements().of(["p1"])}
    assert lift > 1
    assert ids(together(shop, "p1", min_lift="1")) == ["p3", "c1"]
    assert together(shop, "p1", min_lift=str(lift + 0.01))["hits"] == []
    assert shop("GET", "/items/p1/bought-together", query={"min_lift": "-1"})[0] == 400
