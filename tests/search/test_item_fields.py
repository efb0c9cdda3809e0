"""Reviews are searched behind the text, and nothing shows or counts them; vectors and currencies are not. A
category that is asked for by its name comes first."""

import pytest

from object2vec.core.catalog import REVIEW_CHARS, CatalogItem, display_metadata, reviews_in
from object2vec.search.analysis import ENGLISH
from object2vec.search.answers import Show, hits_of
from object2vec.search.highlight import Marks
from object2vec.search.index import Request
from tests.helpers.topics import SHOP

ABOUT = {"brand": "T", "reviews": ["A waterproof marvel", "Kept us dry"], "vector": [0.25, 17.5]}
REVIEWED = CatalogItem("t1", "Wool tent", ABOUT)
TITLED = CatalogItem("t2", "Waterproof spray for a long list of things that nobody has ever heard of", {})
LEARNED = CatalogItem("t3", "Shoe", {"keywords": "waterproof"})


def found(index, text):
    return [hit.item.id for hit in index.snapshot.search(Request(text=text, limit=100)).hits]


def test_a_word_of_the_reviews_finds_the_item_behind_those_that_say_it_themselves(embedded):
    index = embedded([*SHOP, REVIEWED, TITLED, LEARNED], {})
    assert set(found(index, "waterproof")) == {"t1", "t2", "t3"}
    assert found(index, "waterproof")[-1] == "t1"
    assert found(index, "waterproof tent") == ["t1"]
    assert found(index, '"waterproof marvel"') == ["t1"]


def test_however_much_is_written_a_title_comes_first(embedded):
    praised = CatalogItem("loud", "Towel", {"reviews": ["waterproof waterproof waterproof"] * 400})
    index = embedded([*SHOP, praised, TITLED], {})
    assert found(index, "waterproof") == ["t2", "loud"]


def test_an_item_of_the_tail_is_found_by_its_reviews(make_index):
    index = make_index()
    index.apply([REVIEWED], 1)
    assert found(index, "waterproof") == ["t1"]
    index.apply([CatalogItem("t1", REVIEWED.text)], 2)
    assert found(index, "waterproof") == []


def test_every_engine_finds_by_reviews_and_keeps_the_item_whole(make_index):
    snapshot = make_index([*SHOP, REVIEWED]).snapshot
    assert [hit.item.id for hit in snapshot.search(Request(text="waterproof")).hits] == ["t1"]
    assert snapshot.get("t1") == REVIEWED


def test_reviews_and_vectors_are_neither_facets_nor_words(embedded):
    snapshot = embedded([*SHOP, REVIEWED], {}).snapshot
    assert "reviews" not in snapshot.columns.fields
    assert "vector" not in snapshot.columns.fields
    assert not [hit for hit in snapshot.search(Request(text="17.5")).hits if hit.parts.get("lexical")]


def test_a_price_shows_its_currency_which_no_query_finds(embedded):
    priced = CatalogItem("p", "Wool tent", {"price": 5.0, "currency": "NOK"})
    snapshot = embedded([*SHOP, priced], {}).snapshot
    (hit,) = [hit for hit in snapshot.search(Request(text="tent", limit=100)).hits if hit.item.id == "p"]
    assert hit.item.metadata["currency"] == "NOK"
    assert not [hit for hit in snapshot.search(Request(text="NOK")).hits if hit.parts.get("lexical")]
    assert snapshot.corrected("nok") == "nok"


def test_a_hit_shows_neither_but_marks_where_a_review_has_the_word(embedded):
    result = embedded([REVIEWED], {}).snapshot.search(Request(text="waterproof"))
    marks = Marks(ENGLISH.terms("waterproof"))
    (hit,) = hits_of(result, Show(highlight=True), marks)
    assert hit["metadata"] == {"brand": "T"}
    assert hit["highlights"] == {"reviews": "A <mark>waterproof</mark> marvel\nKept us dry"}


def test_a_word_of_a_review_is_not_taken_for_a_typo(embedded):
    items = [
        CatalogItem("a", "Tend the fire"),
        CatalogItem("b", "Stove", {"reviews": "tents dry here"}),
    ]
    assert embedded(items, {}).snapshot.corrected("tents") == "tents"


def test_a_number_of_reviews_stays_a_plain_value(embedded):
    item = CatalogItem("a", "Stove", {"reviews": 12})
    assert display_metadata(item.metadata) == {"reviews": 12}
    assert reviews_in(item.metadata) == ""
    assert embedded([item], {}).snapshot.columns.fields["reviews"].numeric


def test_so_much_of_the_reviews_is_read_in_whole_words():
    text = reviews_in({"reviews": ["abc " * REVIEW_CHARS]})
    assert set(text.split()) == {"abc"}
    assert REVIEW_CHARS - 4 <= len(text) <= REVIEW_CHARS
    assert reviews_in({"reviews": "x" * (REVIEW_CHARS + 1)}) == "x" * REVIEW_CHARS


PHONES = [
    CatalogItem("galaxy", "Galaxy S24, black", {"category": "Phones", "brand": "Samsung"}),
    CatalogItem("redmi", "Redmi Note 13", {"category": "Phones"}),
]
CASES = [
    CatalogItem(f"case{number}", f"Phone case {colour}: a phone case for your phone", {"category": category})
    for number, (colour, category) in enumerate(
        [("red", "Phone accessories"), ("blue", "Phone accessories"), ("green", "Cases for phones")]
    )
]


@pytest.mark.parametrize("text", ["phone", "phones", "Phones", "the phone"])
def test_the_thing_that_is_asked_for_comes_before_what_is_for_it(embedded, text):
    index = embedded([*SHOP, *CASES, *PHONES], {})
    assert set(found(index, text)[:2]) == {"galaxy", "redmi"}
    hits = index.snapshot.search(Request(text=text, limit=5)).hits
    assert [hit.parts.get("category", 0.0) for hit in hits] == [1, 1, 0, 0, 0]


@pytest.mark.parametrize("text", ["phone case", "red phone case", '"phone case"', "phone accessories case"])
def test_whoever_asks_for_what_is_for_a_thing_gets_it(embedded, text):
    index = embedded([*SHOP, *CASES, *PHONES], {})
    assert found(index, text)[0].startswith("case")


def test_a_category_of_two_words_is_named_by_both(embedded):
    index = embedded([*SHOP, *CASES, *PHONES], {})
    assert set(found(index, "accessories phone")[:2]) == {"case0", "case1"}
    (best, *_) = index.snapshot.search(Request(text="samsung phone")).hits
    assert (best.item.id, best.parts.get("category", 0.0)) == ("galaxy", 0.0)
