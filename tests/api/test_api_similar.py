"""`GET /items/{id}/similar` on the deployed handler's API."""

import json


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def put(client, item_id, text):
    assert client("PUT", f"/items/{item_id}", {"text": text, "metadata": {}})[0] == 200


def test_alternatives_of_the_same_kind_come_before_what_has_the_same_vector(client):
    put(client, "b1", "banana fruit pizza")
    put(client, "b2", "banana fruit pizza cola")
    put(client, "m1", "whole milk margherita")
    _, answer, _ = client("GET", "/items/b1/similar", query={"explain": "true"})
    assert ids(answer)[0] == "b2"
    assert set(answer["hits"][0]["explain"]) == {"lexical", "semantic"}
    assert (answer["strategy"], answer["notes"]) == ("similar", [])


def test_an_item_the_model_does_not_know_is_answered_by_its_words(client):
    put(client, "w1", "oak table")
    put(client, "w2", "round oak table")
    _, answer, _ = client("GET", "/items/w1/similar")
    assert ids(answer) == ["w2"]
    assert answer["notes"] == ["the model knows nothing about this item: these have its words"]


def test_a_removed_item_has_none(client):
    assert client("DELETE", "/items/p1")[0] == 200
    assert client("GET", "/items/p1/similar")[0] == 404
    assert "p1" not in ids(client("GET", "/items/p2/similar")[1])


def test_a_rule_about_a_query_does_not_apply_to_a_text_with_its_words(client):
    pin = {"id": "hero", "action": "pin", "items": ["s1"], "queries": ["pizza"]}
    _, answer, _ = client("GET", "/items/p1/similar", query={"rules": json.dumps([pin])})
    assert "s1" not in ids(answer)
