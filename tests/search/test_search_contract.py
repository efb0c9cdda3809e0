"""What every engine must do; run for each of them."""

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import BadRequestError, StaleCursorError, UnknownFieldError
from object2vec.search import filters
from object2vec.search.index import Request, Sort
from object2vec.storage.item_log import Removed
from tests.helpers.topics import SHOP


def ids(result):
    return [hit.item.id for hit in result.hits]


def find(index, filtered=None, **request):
    return index.snapshot.search(Request(filters=filters.parse(filtered or {}), limit=100, **request))


def test_words_are_stemmed_and_stop_words_ignored(index):
    assert set(ids(find(index, text="the PIZZAS"))) == {"p1", "p2"}
    assert find(index, text="the of and").total == 0


def test_accents_do_not_matter(make_index):
    index = make_index([CatalogItem("1", "Café crème"), CatalogItem("2", "Tea")])
    assert ids(find(index, text="cafe creme")) == ["1"]


@pytest.mark.needs("codes")
@pytest.mark.parametrize("code", ["p2", "P2", " pz-100/X "])
def test_an_exact_id_or_sku_comes_first(index, encoder, code):
    expected = "p2" if "2" in code else "p1"
    assert ids(find(index, text=code, vector=encoder.encode_queries([code])[0]))[0] == expected


def test_words_in_the_metadata_are_found(index):
    assert "s1" in ids(find(index, text="care"))


def test_hits_carry_the_item_and_parts_that_sum_to_the_score(index, encoder):
    hit = find(index, text="pizza cheese", vector=encoder.encode_queries(["pizza cheese"])[0]).hits[0]
    assert hit.item == SHOP[0]
    assert hit.score == pytest.approx(sum(hit.parts.values()))
    assert set(hit.parts) - {"popularity", "words"} == {"lexical", "semantic"}


FILTERS = [
    ({"category": "Pizza"}, "p1 p2"),
    ({"brand": ["A", "C"]}, "p1 p3 k1 k2"),
    ({"price": 3}, "p3"),
    ({"price": {"gte": 3, "lt": 9.5}}, "p1 p3"),
    ({"price": {"gt": 3}, "brand": "A"}, "p1"),
    ({"price": {"lte": 2.0}}, "c1 c2"),
    ({"brand": {"not": ["A", "B"]}}, "c1 s1 k1 k2"),
    ({"brand": {"not": None}}, "p1 p2 p3 c2 k1 k2"),
    ({"brand": None}, "c1 s1"),
    ({"not": {"category": "Pets", "price": {"gt": 11}}}, "p1 p2 p3 c1 c2 s1 k2"),
    ({"price": {"gt": 3, "not": 12}}, "p1 p2 k2"),
    ({"tags": "cold"}, "c1 c2"),
    ({"tags": "sweet"}, "c1"),
    ({"tags": ["sweet", "bitter"]}, "c1"),
    ({"stock": True}, "s1"),
    ({"stock": False}, "k1"),
    ({"stock": "True"}, ""),
    ({"stock": 1}, ""),
    ({"category": "pizza"}, ""),
]


@pytest.mark.parametrize(("filtered", "expected"), FILTERS)
def test_filters(index, encoder, filtered, expected):
    assert set(ids(find(index, filtered))) == set(expected.split())
    near = find(index, filtered, vector=np.full(8, 8**-0.5, np.float32))
    assert set(ids(near)) <= set(expected.split())


@pytest.mark.needs("facets", "sort")
def test_an_unknown_field_names_the_known_ones(index):
    with pytest.raises(UnknownFieldError, match="brand, category, price, sku, stock, tags"):
        find(index, {"colour": "red"})
    with pytest.raises(UnknownFieldError):
        find(index, facets=("colour",))
    with pytest.raises(UnknownFieldError):
        find(index, sort=Sort("colour"))


@pytest.mark.needs("facets")
def test_facets_count_the_whole_result_not_the_page(index):
    result = index.snapshot.search(Request(limit=1, facets=("category", "tags", "price")))
    counts = {name: {v.value: v.count for v in values} for name, values in result.facets.items()}
    assert counts["category"] == {"Pizza": 2, "Drinks": 2, "Pets": 2, "Cheese": 1, "Care": 1}
    assert counts["tags"] == {"cold": 2, "sweet": 1}
    assert counts["price"][5.0] == 1
    assert find(index, {"brand": "A"}, facets=("category",)).facets["category"][0].count == 1


@pytest.mark.needs("sort")
def test_sorting_puts_items_without_a_value_last(index):
    assert ids(find(index, sort=Sort("price"))) == ["c2", "c1", "p3", "p1", "p2", "k2", "k1", "s1"]
    assert ids(find(index, sort=Sort("price", descending=True)))[:2] == ["k1", "k2"]
    assert ids(find(index, sort=Sort("category")))[:2] == ["s1", "p3"]
    with pytest.raises(UnknownFieldError, match="fields: "):
        find(index, sort=Sort("categories"))


def test_pages_have_neither_gaps_nor_repeats_even_among_ties(make_index):
    index = make_index([CatalogItem(f"{n:03}", "same pizza") for n in range(57)])
    seen, cursor = [], None
    while True:
        page = index.snapshot.search(Request(text="pizza", limit=10, cursor=cursor))
        assert page.total == 57
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == [f"{n:03}" for n in range(57)]
    assert len(seen) == 57


def test_a_cursor_survives_changes_of_the_catalogue_but_not_another_question(index, encoder):
    first = index.snapshot.search(Request(limit=3))
    index.apply([CatalogItem("new", "cola"), Removed("k2")], 1)
    rest = index.snapshot.search(Request(limit=100, cursor=first.next_cursor))
    assert sorted(ids(first) + ids(rest)) == sorted(["p1", "p2", "p3", "c1", "c2", "s1", "k1", "new"])
    with pytest.raises(BadRequestError, match="another request"):
        index.snapshot.search(Request(text="cola", cursor=first.next_cursor))


def test_a_cursor_of_another_release_is_stale(make_index, encoder):
    cursor = make_index().snapshot.search(Request(limit=3)).next_cursor
    with pytest.raises(StaleCursorError):
        make_index(version="r2").snapshot.search(Request(limit=3, cursor=cursor))


def test_excluded_items_are_not_in_the_result(index):
    result = find(index, exclude=frozenset({"c1", "nobody"}))
    assert ids(result)[0] == "p1"
    assert result.total == 7


def test_a_profile_ranks_what_a_query_found_and_adds_nothing(index, encoder):
    profile = encoder.encode_queries(["cat"])[0]
    for text, liked in (("frozen fresh", "cheese"), ("fresh frozen", "cola")):
        found = ids(find(index, text=text, session_vector=encoder.encode_queries([liked])[0]))
        assert set(found) == {"p1", "p2"}
        assert liked != "cheese" or found[0] == "p1"
    assert set(ids(find(index, text="snack", session_vector=profile))) == {"k1", "k2"}
    assert set(ids(find(index, text="pizza", session_vector=profile))) == {"p1", "p2"}


def test_an_empty_index_answers(make_index):
    index = make_index([])
    assert find(index, text="pizza", vector=np.ones(8, np.float32)).total == 0
    assert find(index).hits == []
