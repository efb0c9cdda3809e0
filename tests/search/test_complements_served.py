"""Complements on their way from the log to an answer, for every engine: or a clear word that one cannot."""

import numpy as np
import pytest

from object2vec.core.errors import UnsupportedError
from object2vec.ranker.complements import Complements
from object2vec.search import filters
from object2vec.search.companions import companions
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.index import Request
from object2vec.search.popularity import Statistics
from object2vec.search.s3vectors.engine import CAPABILITIES
from tests.helpers.topics import SHOP, TopicEncoder

SHARES = {"c1": 0.3, "s1": 0.2, "nobody": 0.9}


def ids(result):
    return [hit.item.id for hit in result.hits]


@pytest.mark.needs("complements")
def test_complements_are_what_is_found_in_the_order_of_their_shares(index):
    result = index.snapshot.search(Request(complements=SHARES))
    assert (ids(result), result.total) == (["c1", "s1"], 2)
    assert [hit.parts for hit in result.hits] == [{"complements": 0.3}, {"complements": 0.2}]
    cheap = filters.parse({"price": {"lt": 5}})
    assert ids(index.snapshot.search(Request(complements=SHARES, filters=cheap))) == ["c1"]
    assert ids(index.snapshot.search(Request(complements={}))) == []


@pytest.mark.needs("complements")
def test_no_item_that_people_are_against(make_index):
    index = make_index(popularity={"c1": -9.0})
    assert ids(index.snapshot.search(Request(complements=SHARES))) == ["s1"]


@pytest.mark.needs("among")
def test_all_of_the_callers_items_and_no_others(index):
    soda = TopicEncoder().encode_queries(["soda"])[0]
    result = index.snapshot.search(Request(text="soda", vector=soda, among=["s1", "c1", "nobody"]))
    assert (ids(result), result.total) == (["c1", "s1"], 2)
    assert ids(index.snapshot.search(Request(among=["s1", "c1"]))) == ["c1", "s1"]  # by popularity
    assert ids(index.snapshot.search(Request(among=[]))) == []


@pytest.mark.parametrize(
    "request_", [Request(complements={}), Request(among=["p1"]), Request(look=np.zeros(8, np.float32))]
)
def test_an_engine_that_cannot_says_which_can(make_index, request_):
    index = make_index()
    if index.capabilities is CAPABILITIES:
        with pytest.raises(UnsupportedError, match="index=embedded can"):
            index.snapshot.search(request_)
    else:
        assert index.snapshot.search(request_).hits is not None


def test_both_engines_keep_whether_people_return(make_index):
    assert make_index().snapshot.people_return is None


def table(**complements):
    """Of each item a list of others, with shares that fall by a tenth."""
    item_ids = sorted({*complements, *(other for others in complements.values() for other in others)})
    rows = [complements.get(item_id, []) for item_id in item_ids]
    shares = np.array([0.9 - 0.1 * at for row in rows for at in range(len(row))], np.float32)
    return Complements(
        item_ids,
        np.ones(len(item_ids), np.int64),
        np.cumsum([0, *map(len, rows)]),
        np.array([item_ids.index(other) for row in rows for other in row], np.int32),
        shares,
        np.full(len(shares), 2, np.float32),
    )


def test_counted_items_stand_in_for_one_that_was_not():
    counted = table(tea=["milk", "sugar"], coffee=["sugar", "cup"])
    found = companions(counted, ["cocoa"], lambda *_: [("tea", 0.75), ("coffee", 0.25)])
    assert (found.counted, found.estimated, found.unknown) == ([], ["cocoa"], [])
    assert dict(found.shares) == pytest.approx({"milk": 0.675, "sugar": 0.825, "cup": 0.2})
    assert list(found.shares) == ["sugar", "milk", "cup"]
    assert found.strategy == "bought-together-estimated"


def test_a_basket_of_both_kinds_counts_each_item_alike_and_names_what_is_unknown():
    counted = table(tea=["milk"], coffee=["cup"])
    alike = {"cocoa": [("coffee", 0.5)]}
    found = companions(counted, ["tea", "cocoa", "x", "tea"], lambda item_id, _: alike.get(item_id, []))
    assert dict(found.shares) == pytest.approx({"milk": 0.45, "cup": 0.45})
    assert (found.counted, found.estimated, found.unknown) == (["tea"], ["cocoa"], ["x"])


def test_a_base_keeps_its_counts_over_a_change_and_a_new_item_is_estimated(tmp_path):
    counted = table(p1=["c1", "s1"])
    build_index(TopicEncoder(), SHOP, Statistics(), tmp_path, complements=counted, people_return=True)
    index = load_index(tmp_path, TopicEncoder(), "r1")
    assert index.snapshot.people_return is True
    assert list(index.snapshot.goes_with(["p1"]).shares) == ["c1", "s1"]
    before = index.snapshot.goes_with(["p2"])  # a pizza that nobody counted is answered by the one that was
    assert (before.estimated, list(before.shares)[:2]) == (["p2"], ["c1", "s1"])
    index.apply([SHOP[0]], 1)
    assert list(index.snapshot.goes_with(["p1"]).shares) == ["c1", "s1"]
