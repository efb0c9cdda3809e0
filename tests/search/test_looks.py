"""Searches with the look of a picture; for every engine."""

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import BadRequestError
from object2vec.search import filters
from object2vec.search.embedded.looks import DIM
from object2vec.search.index import Request
from object2vec.storage.item_log import Removed
from tests.helpers.topics import TopicEncoder

RED, PINK, BLUE = [1.0, 0.1, 0.0], [0.9, 0.3, 0.1], [0.1, 0.0, 1.0]
SHOP = [
    CatalogItem("red shoe", "pizza", {"vector": RED, "price": 10.0}),
    CatalogItem("pink bag", "soap", {"vector": PINK, "price": 20.0}),
    CatalogItem("blue shoe", "pizza", {"vector": BLUE, "price": 30.0}),
    CatalogItem("no picture", "pizza", {"price": 40.0}),
]


@pytest.fixture
def index(make_index):
    return make_index(SHOP, {})


def found(index, **asked):
    return index.snapshot.search(Request(**asked))


def ids(result):
    return [hit.item.id for hit in result.hits]


def look(index, item_id="red shoe"):
    known = index.snapshot.look(item_id)
    assert known is not None
    return known


def test_what_looks_alike_whatever_the_words_say(index):
    result = found(index, look=look(index))
    assert ids(result) == ["red shoe", "pink bag", "blue shoe"]
    assert {name for hit in result.hits for name in hit.parts} == {"look"}
    assert result.hits[0].score == pytest.approx(1.0, abs=1e-3)
    assert ids(found(index, look=look(index), exclude=frozenset({"red shoe"}))) == ["pink bag", "blue shoe"]


def test_a_picture_that_was_sent_is_compared_in_the_same_way(index):
    sent = index.snapshot.look_of(np.array(PINK, np.float32))
    assert sent == pytest.approx(look(index, "pink bag"), abs=1e-3)
    assert ids(found(index, look=sent))[0] == "pink bag"
    with pytest.raises(BadRequestError, match="4 numbers, and the items have of 3 numbers"):
        index.snapshot.look_of(np.ones(4, np.float32))


def test_no_item_without_a_picture_has_a_look(index):
    assert index.snapshot.look("no picture") is None
    assert index.snapshot.look("nobody") is None
    assert ids(found(index, look=np.zeros(1, np.float32))) == []


def test_the_picture_orders_what_has_the_words(index):
    """ "Like this, but pizza": the bag, which is nearer to it than the blue shoe, has no such word."""
    pizza = TopicEncoder().encode_queries(["pizza"])[0]
    asked = {"look": look(index), "exclude": frozenset({"red shoe"})}
    result = found(index, text="pizza", vector=pizza, **asked)
    assert ids(result)[0] == "blue shoe"
    assert "pink bag" in ids(result)
    parts = result.hits[0].parts
    assert min(parts[name] for name in ("lexical", "semantic", "look")) > 0
    assert sum(parts.values()) == pytest.approx(result.hits[0].score)


def test_a_session_ranks_what_looks_alike(index):
    soap = TopicEncoder().encode_queries(["soap"])[0]
    result = found(index, look=look(index), session_vector=soap)
    assert ids(result)[0] == "pink bag"
    assert {"look", "profile"} <= set(result.hits[0].parts)


def test_filters_hold(index):
    dear = filters.parse({"price": {"gte": 20}})
    assert ids(found(index, look=look(index), filters=dear)) == ["pink bag", "blue shoe"]


def test_pages_hold_every_item_once_while_items_change(make_index):
    items = [CatalogItem(f"{n:03}", "pizza", {"vector": [1.0, n / 100, 0.1]}) for n in range(230)]
    index = make_index(items, {})
    asked = {"look": look(index, "000"), "limit": 40}
    shown, cursor, pages = [], None, 0
    while cursor or not pages:
        page = found(index, **asked, cursor=cursor)
        shown += ids(page)
        cursor, pages = page.next_cursor, pages + 1
        index.apply(
            [CatalogItem(f"new {pages}", "pizza", {"vector": [1.0, 9.0, 9.0]}), Removed("229")], pages
        )
    assert len(shown) == len(set(shown))
    assert {item.id for item in items} - {"229"} <= set(shown)
    assert shown[:3] == ["000", "001", "002"]


def test_a_picture_that_came_was_replaced_or_removed_counts_at_once(index):
    changes = [
        CatalogItem("red hat", "cola", {"vector": RED}),
        CatalogItem("pink bag", "soap", {"vector": BLUE}),
        CatalogItem("red shoe", "pizza"),
        Removed("blue shoe"),
    ]
    before = look(index)
    index.apply(changes, 1)
    assert ids(found(index, look=before)) == ["red hat", "pink bag"]
    assert ids(found(index, look=look(index, "pink bag")))[0] == "pink bag"
    assert [index.snapshot.look(item_id) for item_id in ("red shoe", "blue shoe")] == [None, None]
    assert ids(found(index, look=before, text="pizza"))[0] != "red shoe"


def test_first_pictures_come_after_the_base(make_index):
    index = make_index([CatalogItem("old", "pizza")], {})
    assert index.snapshot.look("old") is None
    with pytest.raises(BadRequestError, match="the items have none"):
        index.snapshot.look_of(np.ones(3, np.float32))
    index.apply([CatalogItem("old", "pizza", {"vector": RED}), CatalogItem("new", "", {"vector": BLUE})], 1)
    assert ids(found(index, look=index.snapshot.look_of(np.array(RED, np.float32)))) == ["old", "new"]


def test_the_looks_of_many_items_and_of_later_ones_are_in_one_space(make_index):
    """There are enough for shorter vectors: those of a large base and of what came after it agree."""
    vectors = np.abs(np.random.default_rng(3).normal(size=(3 * DIM, 2 * DIM))).round(3)
    items = [CatalogItem(f"{n}", "pizza", {"vector": row.tolist()}) for n, row in enumerate(vectors)]
    index = make_index(items, {})
    assert len(look(index, "7")) == DIM
    index.apply([CatalogItem("twin", "soap", {"vector": vectors[7].tolist()})], 1)
    assert look(index, "twin") == pytest.approx(look(index, "7"), abs=1e-3)
    assert set(ids(found(index, look=look(index, "7"), limit=2))) == {"7", "twin"}
