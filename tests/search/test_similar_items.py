"""Items like one, by its words beside its vector; for every engine."""

from itertools import pairwise

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search import filters
from object2vec.search.embedded.text import reader as lexical_reader
from object2vec.search.index import Request
from tests.helpers.topics import TopicEncoder

FRUIT = [
    CatalogItem("b1", "Banana fruit pizza", {"price": 1.0}),
    CatalogItem("b2", "Banana fruit pizza cola", {"price": 2.0}),
    CatalogItem("m1", "Whole milk margherita", {"price": 3.0}),
    CatalogItem("x1", 'The "of"', {"price": 4.0}),
    CatalogItem("x2", "Kitten food", {"price": 5.0}),
]
NOTHING = np.zeros(TopicEncoder.dim, np.float32)


def like(index, item_id, vector=None, **request):
    item, own = index.snapshot.get(item_id), index.snapshot.vector(item_id)
    vector = own if vector is None else vector
    request = Request(description=item.text, vector=vector, exclude=frozenset({item_id}), **request)
    return index.snapshot.search(request)


def ids(result):
    return [hit.item.id for hit in result.hits]


def test_the_same_words_in_another_basket_are_above_other_words_with_the_same_vector(make_index):
    assert ids(like(make_index(FRUIT), "b1")) == ["b2", "m1"]


def test_popularity_plays_no_part(make_index):
    result = like(make_index(FRUIT, popularity={"m1": 1e6}), "b1")
    assert [set(hit.parts) for hit in result.hits] == [{"lexical", "semantic"}] * 2
    assert ids(result)[0] == "b2"


def test_without_words_the_vector_answers_and_without_a_vector_the_words(make_index):
    index = make_index(FRUIT)
    pizza = TopicEncoder().encode_queries(["pizza"])[0]
    assert set(ids(like(index, "x1", pizza))) == {"b1", "b2", "m1"}
    assert ids(like(index, "b1", NOTHING)) == ["b2"]
    assert ids(like(index, "x1", NOTHING)) == []


@pytest.mark.parametrize("text", ['b2 "banana split" cream', "b2"])
def test_nothing_in_a_text_is_an_id_or_a_phrase(make_index, text):
    index = make_index([*FRUIT, CatalogItem("t", text), CatalogItem("t2", "b2 cream banana")])
    assert ids(like(index, "t", NOTHING))[0] == "t2"


def test_filters_hold_and_pages_have_neither_gaps_nor_repeats(make_index):
    index = make_index([CatalogItem(f"{n:02}", "banana pizza", {"price": n}) for n in range(30)])
    seen, cursor = [], None
    cheap = filters.parse({"price": {"lt": 20}})
    while True:
        page = like(index, "07", filters=cheap, limit=6, cursor=cursor)
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == [f"{n:02}" for n in range(20) if n != 7]


@pytest.mark.needs("facets")
def test_facets_count_the_result_without_the_filter_on_their_field(make_index):
    result = like(make_index(FRUIT), "b1", filters=filters.parse({"price": 3.0}), facets=("price",))
    assert ids(result) == ["m1"]
    assert {value.value: value.count for value in result.facets["price"]} == {2.0: 1, 3.0: 1}
    assert result.notes == []


def test_a_changed_item_is_found_by_its_new_words(make_index):
    index = make_index(FRUIT)
    index.apply([CatalogItem("x2", "Banana fruit pizza")], 1)
    assert ids(like(index, "b1"))[0] == "x2"


@pytest.mark.needs("totals")
def test_words_that_most_items_have_are_left_out(make_index, monkeypatch):
    monkeypatch.setattr(lexical_reader, "MAX_MATCHES", 5)
    names = ["red", "red", *"abcdefgh"]
    index = make_index([CatalogItem(f"{n}", f"shop {name}") for n, name in enumerate(names)])
    assert ids(like(index, "0", NOTHING)) == ["1"]


def test_scores_descend_and_are_the_sum_of_their_parts(make_index):
    hits = like(make_index(FRUIT), "b1").hits
    assert all(first.score >= second.score for first, second in pairwise(hits))
    assert all(hit.score == pytest.approx(sum(hit.parts.values())) for hit in hits)


@pytest.mark.needs("rules")  # the embedded engine's own scores; S3 Vectors fuses by ranks
def test_a_word_in_common_is_less_than_being_alike(make_index):
    """Names share words by chance: what people take alike comes before."""
    films = [
        CatalogItem("toys", "pizza cheese story"),
        CatalogItem("alike", "margherita"),
        CatalogItem("philadelphia", "philadelphia story"),
    ]
    assert ids(like(make_index(films), "toys")) == ["alike", "philadelphia"]
