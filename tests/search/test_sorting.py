"""The order by a field, ranges of its values, and the least score."""

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.embedded.candidates import TOO_LOW
from object2vec.search.embedded.columns import comparable
from object2vec.search.filters import parse
from object2vec.search.index import Request, Sort
from tests.helpers.topics import TopicEncoder

ITEMS = [
    CatalogItem("a", "Pizza oven", {"price": 90, "size": "10", "seen": "2024-05-01"}),
    CatalogItem("b", "Pizza stone", {"price": 30, "size": "9", "seen": "2024-05-01T12:00:00Z"}),
    CatalogItem("c", "Pizza wheel", {"price": "ask us", "size": "XL", "seen": "2024-05-31T23:30:00+00:00"}),
    CatalogItem("d", "Fresh margherita", {"price": 2, "size": "9.5", "seen": "2024-06-01T00:30:00+02:00"}),
    CatalogItem("e", "Pizza", {"seen": "2024-06-01"}),
]


def ids(result):
    return [hit.item.id for hit in result.hits]


@pytest.fixture
def shop(embedded):
    return embedded(ITEMS, {"a": 5.0}).snapshot


def test_numbers_come_before_texts_and_what_has_no_value_last_in_either_order(shop):
    assert ids(shop.search(Request(sort=Sort("price")))) == ["d", "b", "a", "c", "e"]
    assert ids(shop.search(Request(sort=Sort("price", descending=True)))) == ["a", "b", "d", "c", "e"]


def test_numbers_within_texts_are_ordered_as_numbers(shop):
    assert ids(shop.search(Request(sort=Sort("size")))) == ["b", "d", "a", "c", "e"]
    assert comparable("9") < comparable("10") < comparable("XL")
    assert comparable("v1.9") < comparable("v1.10")
    assert comparable("1.2.9") < comparable("1.2.10")
    assert comparable("0.33 l") < comparable("0.5 l")
    assert comparable("14.25 oz") < comparable("14.5 oz")
    assert comparable("1937-09-21") < comparable("2018") < comparable("2018-01-06")


def test_only_what_has_the_words_is_sorted(shop):
    """A margherita is near to pizza in meaning, and cheaper than any."""
    near = TopicEncoder().encode_queries(["pizza"])[0]
    assert "d" in ids(shop.search(Request(text="pizza", vector=near)))
    assert ids(shop.search(Request(text="pizza", vector=near, sort=Sort("price")))) == ["b", "a", "c", "e"]
    assert "d" in ids(shop.search(Request(text="calzone", vector=near, sort=Sort("price"))))


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({"lte": "2024-05-01"}, {"a", "b"}),
        ({"gt": "2024-05-01"}, {"c", "d", "e"}),
        ({"gte": "2024-05-01", "lt": "2024-05-02"}, {"a", "b"}),
        ({"lte": "2024-05"}, {"a", "b", "c", "d"}),
        ({"gt": "2024-05"}, {"e"}),
        ({"gt": "2024-05-01T11:00:00Z", "lte": "2024-05-31T23:00:00Z"}, {"b", "d"}),
    ],
)
def test_a_day_and_a_month_end_with_their_last_moment(shop, bounds, found):
    assert {*ids(shop.search(Request(filters=parse({"seen": bounds}))))} == found


def test_the_least_score_applies_to_a_list_too_and_says_what_it_left_out(shop):
    assert ids(shop.search(Request(min_score=1.0))) == ["a"]
    result = shop.search(Request(text="pizza", min_score=100.0, facets=("size",)))
    assert (result.hits, result.notes, result.facets) == ([], [TOO_LOW.format(4)], {"size": []})
