"""Complements on their way from the log to an answer, for every engine: or a clear word that one cannot."""

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import UnsupportedError
from object2vec.core.time import DAY_S
from object2vec.ranker.complements import Complements
from object2vec.ranker.complements_fit import fit_complements
from object2vec.search import filters
from object2vec.search.content import Content, Counted
from object2vec.search.counting.complements import complements_of
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.index import Request
from object2vec.search.s3vectors.engine import CAPABILITIES
from object2vec.search.served_complements import serve_complements
from object2vec.training.dataset import Interactions
from object2vec.training.evaluation.similar_items import (
    BoughtTogether,
    nearest_scorer,
    purchase_log,
    served_complements,
)
from tests.helpers.topics import SHOP, TopicEncoder
from tests.ranker.test_copurchase import write_acts

SHARES = {"c1": 0.3, "s1": 0.2, "nobody": 0.9}


POPULAR = np.arange(40, 0, -1) ** 2 / (np.arange(40, 0, -1) ** 2).sum()


def ids_of(result):
    return [hit.item.id for hit in result.hits]


@pytest.mark.needs("complements")
def test_complements_are_what_is_found_in_the_order_of_their_shares(index):
    result = index.snapshot.search(Request(complements=SHARES))
    assert (ids_of(result), result.total) == (["c1", "s1"], 2)
    assert [hit.parts for hit in result.hits] == [{"complements": 0.3}, {"complements": 0.2}]
    cheap = filters.parse({"price": {"lt": 5}})
    assert ids_of(index.snapshot.search(Request(complements=SHARES, filters=cheap))) == ["c1"]
    assert ids_of(index.snapshot.search(Request(complements={}))) == []


@pytest.mark.needs("complements")
def test_no_item_that_people_are_against(make_index):
    index = make_index(popularity={"c1": -9.0})
    assert ids_of(index.snapshot.search(Request(complements=SHARES))) == ["s1"]


@pytest.mark.needs("among")
def test_all_of_the_callers_items_and_no_others(index):
    soda = TopicEncoder().encode_queries(["soda"])[0]
    result = index.snapshot.search(Request(text="soda", vector=soda, among=["s1", "c1", "nobody"]))
    assert (ids_of(result), result.total) == (["c1", "s1"], 2)
    assert ids_of(index.snapshot.search(Request(among=["s1", "c1"]))) == ["c1", "s1"]  # by popularity
    assert ids_of(index.snapshot.search(Request(among=[]))) == []


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (Request(complements={}), []),
        (Request(among=["p1"]), ["p1"]),
    ],
)
def test_an_engine_that_cannot_says_which_can(make_index, request_, found):
    index = make_index()
    if index.capabilities is CAPABILITIES:
        with pytest.raises(UnsupportedError, match="index=embedded can"):
            index.snapshot.search(request_)
    else:
        assert ids_of(index.snapshot.search(request_)) == found


def test_both_engines_keep_whether_people_return(make_index):
    assert make_index().snapshot.people_return is None


def table(total=10**9, **complements):
    """Of each item a list of others, with shares that fall by a tenth, and so much that was bought near."""
    item_ids = sorted({*complements, *(other for others in complements.values() for other in others)})
    rows = [complements.get(item_id, []) for item_id in item_ids]
    shares = np.array([0.9 - 0.1 * at for row in rows for at in range(len(row))], np.float32)
    return Complements(
        item_ids,
        np.full(len(item_ids), total),
        np.cumsum([0, *map(len, rows)]),
        np.array([item_ids.index(other) for row in rows for other in row], np.int32),
        shares,
        np.full(len(shares), 2, np.float32),
        1_000.0,
    )


def test_counted_items_stand_in_for_one_that_was_not_and_are_not_listed_as_alternatives():
    counted = table(tea=["milk", "sugar", "coffee"], coffee=["sugar", "cup"])
    found = serve_complements(counted, ["cocoa"], lambda *_: [("tea", 0.75), ("coffee", 0.25)])
    assert (found.counted, found.estimated, found.unknown) == ([], ["cocoa"], [])
    assert dict(found.shares) == pytest.approx({"milk": 0.675, "sugar": 0.825, "cup": 0.2}, rel=1e-3)
    assert list(found.shares) == ["sugar", "milk", "cup"]
    assert found.strategy == "bought-together-estimated"


def test_the_fewer_counts_an_item_has_the_more_say_those_that_are_alike():
    alike = lambda *_: [("coffee", 1.0)]  # noqa: E731
    often = serve_complements(table(tea=["milk"], coffee=["cup"]), ["tea"], alike)
    assert (dict(often.shares), often.helped) == ({"milk": pytest.approx(0.9)}, [])
    half = serve_complements(table(total=1000, tea=["milk"], coffee=["cup"]), ["tea"], alike)
    assert dict(half.shares) == pytest.approx({"milk": 0.45, "cup": 0.45})
    seldom = serve_complements(table(total=10, tea=["milk"], coffee=["cup"]), ["tea"], alike)
    assert list(seldom.shares) == ["cup", "milk"]
    assert (seldom.helped, seldom.strategy) == (["tea"], "bought-together")
    assert "bought seldom" in seldom.notes[0]
    alone = serve_complements(table(total=10, tea=["milk"]), ["tea"], lambda *_: [])
    assert dict(alone.shares) == pytest.approx({"milk": 0.9})


def test_a_basket_of_both_kinds_counts_each_item_alike_and_names_what_is_unknown():
    counted = table(tea=["milk"], coffee=["cup"])
    alike = {"cocoa": [("coffee", 0.5)]}
    found = serve_complements(
        counted, ["tea", "cocoa", "x", "tea"], lambda item_id, _: alike.get(item_id, [])
    )
    assert dict(found.shares) == pytest.approx({"milk": 0.45, "cup": 0.45})
    assert (found.counted, found.estimated, found.unknown) == (["tea"], ["cocoa"], ["x"])


def test_a_large_basket_asks_the_model_for_a_few_items_alone():
    asked = []
    serve_complements(
        Complements.empty(), [f"{n}" for n in range(100)], lambda item_id, _: asked.append(item_id) or []
    )
    assert len(asked) == 10


def test_a_base_keeps_its_counts_over_a_change_and_a_new_item_is_estimated(tmp_path):
    counted = table(p1=["c1", "s1"])
    content = Content(SHOP, counted=Counted(complements=counted), people_return=True)
    build_index(TopicEncoder(), content, tmp_path)
    index = load_index(tmp_path, TopicEncoder(), "r1")
    assert index.snapshot.people_return is True
    assert list(index.snapshot.find_complements(["p1"]).shares) == ["c1", "s1"]
    before = index.snapshot.find_complements(
        ["p2"]
    )  # a pizza that nobody counted is answered by the one that was
    assert (before.estimated, list(before.shares)[:2]) == (["p2"], ["c1", "s1"])
    index.apply([SHOP[0]], 1)
    assert list(index.snapshot.find_complements(["p1"]).shares) == ["c1", "s1"]


def test_the_evaluations_lists_are_the_apis(tmp_path):
    """Of a random log: an item often bought, seldom, or with many others; and for each the same list."""
    rng = np.random.default_rng(0)
    words = ["pizza", "cheese", "cola", "soap", "cat", "dog", "snack", "bread"]
    ids = [f"i{n:02}" for n in range(40)]
    items = [CatalogItem(i, f"{words[n % 8]} {words[n % 5]}") for n, i in enumerate(ids)]
    baskets = [np.sort(rng.choice(40, 4, replace=False, p=POPULAR)) for _ in range(400)]
    bought = np.concatenate(baskets)
    users, times = np.repeat(np.arange(400), 4), np.full(1600, DAY_S)
    events = Interactions(users, bought, times)
    log = tmp_path / "log.parquet"
    write_acts(log, [(f"u{u:03}", ids[i], DAY_S, "purchase") for u, i in zip(users, bought, strict=True)])
    encoder = TopicEncoder()
    content = Content(items, counted=Counted(complements=complements_of([log])))
    build_index(encoder, content, tmp_path / "base")
    snapshot = load_index(tmp_path / "base", encoder, "r1").snapshot
    pairs = BoughtTogether(np.arange(40), [np.zeros(0, np.int64)] * 40)
    vectors = encoder.encode_items(items)
    counted = fit_complements(purchase_log(events), ids)
    lists = served_complements(counted, pairs, ids, nearest_scorer(vectors, pairs))
    for item_id, listed in zip(ids, lists, strict=True):
        shares = snapshot.find_complements([item_id]).shares
        served = snapshot.search(Request(complements=shares, limit=50))
        assert ids_of(served) == [ids[row] for row in listed[:50].tolist()]
    assert max(map(len, lists)) > 10


def test_in_a_small_shop_a_new_item_is_helped_by_its_own_kind_alone():
    """Six kinds of ten items; everybody buys an item of the first kind and then one of the second."""
    rng = np.random.default_rng(0)
    firsts = np.stack([rng.integers(0, 10, 600), rng.integers(10, 20, 600)], axis=1)
    others = np.stack([rng.integers(20, 40, 600), rng.integers(40, 60, 600)], axis=1)
    items = np.concatenate([firsts, others]).ravel()
    users = np.repeat(np.arange(1_200), 2)
    ids = [f"i{number:02}" for number in range(60)]
    table = fit_complements(purchase_log(Interactions(users, items, users * DAY_S)), ids)

    def alike(_item_id, count):
        by_kind = [(item_id, 1.0 - number // 10 * 0.1) for number, item_id in enumerate(ids)]
        return by_kind[:count]

    served = serve_complements(table, ["new"], alike)
    assert served.estimated == ["new"]
    best = list(served.shares)[:5]
    assert all(10 <= int(item_id[1:]) < 20 for item_id in best), best
