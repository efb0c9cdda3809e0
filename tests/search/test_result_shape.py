"""What a result is made of: facets, their ranges, diversity, listings and highlights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import BadRequestError, UnknownFieldError
from object2vec.search import filters
from object2vec.search.analysis import ENGLISH
from object2vec.search.embedded import ordering
from object2vec.search.embedded.columns import nice_boundaries
from object2vec.search.embedded.vectors import VectorTable
from object2vec.search.highlight import MAX_CHARS, Marks, highlighted
from object2vec.search.index import FacetRange, FacetValue, Request, Sort
from object2vec.search.query import parse


def marks(typed, *, prefix=False):
    query = parse(typed, prefix=prefix)
    spelt = [word for unit in (*query.words, *query.phrases) for word in unit.words]
    return Marks(frozenset(term for word in spelt for term in ENGLISH.terms_of(word)), query.beginning)


def ids(result):
    return [hit.item.id for hit in result.hits]


def counts(result, name):
    return {value.value: value.count for value in result.facets[name]}


def asked(shop, filtered, *facets, **more):
    return shop.search(Request(filters=filters.parse(filtered), facets=facets, limit=100, **more))


@pytest.fixture
def shop(embedded):
    return embedded().snapshot


def test_a_filter_does_not_restrict_its_own_facet_but_all_others(shop):
    result = asked(shop, {"category": ["Pizza"], "brand": "A"}, "category", "brand")
    assert result.total == 1
    assert counts(result, "category") == {"Pizza": 1, "Cheese": 1}
    assert counts(result, "brand") == {"A": 1, "B": 1}


def test_own_facets_say_what_choosing_another_value_would_give(shop, encoder):
    query = {"text": "pizza snack", "vector": encoder.encode_queries(["pizza snack"])[0]}
    offered = counts(asked(shop, {"category": "Pizza"}, "category", **query), "category")
    for value, count in offered.items():
        assert asked(shop, {"category": value}, **query).total == count


def test_a_negation_of_a_field_is_its_filter_too(shop):
    result = asked(shop, {"category": {"not": "Pizza"}}, "category")
    assert counts(result, "category")["Pizza"] == 2
    assert result.total == 6


def test_ranges_of_numbers_can_be_chosen(shop):
    result = asked(shop, {}, "price", boundaries={"price": (3.0, 10.0)})
    assert result.facets["price"] == [FacetRange(None, 3, 2), FacetRange(3, 10, 3), FacetRange(10, None, 2)]


def test_many_numbers_are_counted_in_ranges_that_are_filters(embedded):
    items = [CatalogItem(str(n), "x", {"price": n * 0.37}) for n in range(200)]
    shop = embedded(items, {}).snapshot
    ranges = asked(shop, {}, "price").facets["price"]
    assert 4 <= len(ranges) <= 8
    assert sum(part.count for part in ranges) == 200
    for part in ranges:
        bounds = {"gte": part.gte, "lt": part.lt}
        bounds = {name: bound for name, bound in bounds.items() if bound is not None}
        assert asked(shop, {"price": bounds}).total == part.count
    both = [{"lt": ranges[0].lt}, {"gte": ranges[-1].gte}]
    assert asked(shop, {"price": both}).total == ranges[0].count + ranges[-1].count


def test_few_numbers_are_counted_one_by_one_in_order(embedded):
    items = [CatalogItem(str(n), "x", {"stars": n % 5 + 1}) for n in range(40)]
    values = asked(embedded(items, {}).snapshot, {}, "stars").facets["stars"]
    assert values == [FacetValue(float(star), 8) for star in range(1, 6)]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60))
def test_boundaries_ascend(numbers):
    edges = nice_boundaries(np.array(numbers))
    assert list(edges) == sorted(set(edges))


ALIKE = [CatalogItem(f"pizza{n}", "pizza") for n in range(6)]
OTHERS = [CatalogItem("cheese", "pizza cheese"), CatalogItem("cola", "pizza cola cola")]


def test_diversity_takes_what_is_unlike_what_was_taken(embedded, encoder):
    shop = embedded([*ALIKE, *OTHERS], {}).snapshot
    vector = encoder.encode_queries(["pizza"])[0]
    plain = ids(shop.search(Request(vector=vector, limit=3)))
    diverse = ids(shop.search(Request(vector=vector, limit=3, diversity=0.7)))
    assert plain == ["pizza0", "pizza1", "pizza2"]
    assert diverse[0] == "pizza0"
    assert set(diverse[1:]) == {"cheese", "cola"}


def test_diversity_by_hand():
    matrix = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    rows, scores = np.arange(3), np.array([1.0, 0.9, 0.5])
    for diversity, order in ((0.0, [0, 1, 2]), (0.3, [0, 2, 1]), (1.0, [0, 2, 1])):
        keys = ordering.diversified(rows, scores, VectorTable.build(matrix), diversity)
        assert list(np.argsort(-keys)) == order


def test_pages_of_a_diverse_result_have_neither_gaps_nor_repeats(embedded, encoder):
    index = embedded([*ALIKE, *OTHERS], {})
    vector = encoder.encode_queries(["pizza"])[0]
    seen, cursor = [], None
    while cursor or not seen:
        page = index.snapshot.search(Request(vector=vector, limit=3, diversity=0.5, cursor=cursor))
        seen, cursor = seen + ids(page), page.next_cursor
    assert sorted(seen) == sorted(item.id for item in [*ALIKE, *OTHERS])


def test_listings_are_by_popularity_or_trend_within_a_filter(embedded):
    shop = embedded(trending={"k2": 3.0, "p2": 2.0, "gone": 9.0}).snapshot
    assert ids(shop.search(Request(listing="trending", limit=2))) == ["k2", "p2"]
    assert ids(shop.search(Request(listing="popularity", limit=2))) == ["c1", "p1"]
    within = Request(listing="trending", filters=filters.parse({"category": "Pizza"}), limit=1)
    hit = shop.search(within).hits[0]
    assert (hit.item.id, hit.parts) == ("p2", {"trending": 2.0})


def test_a_trend_outlives_a_change_of_the_item(embedded):
    index = embedded(trending={"k2": 3.0, "new": 5.0})
    index.apply([CatalogItem("k2", "Kitten food"), CatalogItem("new", "bread")], 1)
    assert ids(index.snapshot.search(Request(listing="trending", limit=2))) == ["new", "k2"]


def test_sets_of_ranges_are_checked_like_other_filters(shop):
    for bad in ([{"gte": "x"}], [{"lt": 1}, ["x"]], [{"lt": 1}] * 101, [{}]):
        with pytest.raises(BadRequestError):
            asked(shop, {"price": bad})


MARKED = [
    ("pizzas", "Frozen pizza", "Frozen <mark>pizza</mark>"),
    ("cheese", "Cheeses & <b>bread</b>", "<mark>Cheeses</mark> &amp; &lt;b&gt;bread&lt;/b&gt;"),
    ('"four cheese"', "Four cheese", "<mark>Four</mark> <mark>cheese</mark>"),
    ("cafe", "Café crème", "<mark>Café</mark> crème"),
    ("比萨", "大比萨饼", "大<mark>比萨</mark>饼"),
    ("<script>", 'a <script src="x">', "a &lt;<mark>script</mark> src=&quot;x&quot;&gt;"),
    ("pizza", "Bread", None),
]


@pytest.mark.parametrize(("typed", "text", "expected"), MARKED)
def test_matches_are_marked_and_everything_else_is_escaped(typed, text, expected):
    assert highlighted(text, marks(typed)) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("piz", "Frozen <mark>pizza</mark>, <mark>pizzas</mark> or Pi"),
        ("frozen piz", "<mark>Frozen</mark> <mark>pizza</mark>, <mark>pizzas</mark> or Pi"),
        ("frozen PÍ", "<mark>Frozen</mark> <mark>pizza</mark>, <mark>pizzas</mark> or <mark>Pi</mark>"),
        ("pizzas", "Frozen <mark>pizza</mark>, <mark>pizzas</mark> or Pi"),
        ("piz frozen", "<mark>Frozen</mark> pizza, pizzas or Pi"),
    ],
)
def test_of_an_unfinished_word_what_it_may_become_is_marked(typed, expected):
    assert highlighted("Frozen pizza, pizzas or Pi", marks(typed, prefix=True)) == expected


def test_of_a_long_text_the_part_around_the_match_is_shown():
    text = "word " * 500 + "pizza" + " more" * 500
    marked = highlighted(text, marks("pizza"))
    assert marked.startswith("…")
    assert marked.endswith("…")
    assert "<mark>pizza</mark>" in marked
    assert len(marked) < MAX_CHARS + 40


@given(st.text(max_size=300), st.text(max_size=20))
def test_highlights_hold_no_markup_but_the_marks(text, typed):
    marked = highlighted(text, marks(typed)) or ""
    assert "<" not in marked.replace("<mark>", "").replace("</mark>", "")
    assert marked.count("<mark>") == marked.count("</mark>")


def sized(embedded):
    items = [
        CatalogItem(
            "1", "shoe", {"sizes": [36, 37, 38], "made": "2025-03-01", "vegan": True, "name": "zeta"}
        ),
        CatalogItem("2", "shoe", {"sizes": [40], "made": "2025-01-31T23:30:00-02:00", "name": "Ära"}),
        CatalogItem("3", "shoe", {"sizes": 41, "made": "2025-02-01", "vegan": False, "name": "beta"}),
        CatalogItem("4", "shoe", {"sizes": ["one size", 39], "made": ["2024-12-24", "2025-12-24"]}),
    ]
    return embedded(items, {})


@pytest.mark.parametrize(
    ("filtered", "items"),
    [
        ({"sizes": 37}, "1"),
        ({"sizes": [38, 41]}, "13"),
        ({"sizes": {"gte": 38, "lt": 40}}, "14"),
        ({"sizes": {"gt": 36, "lt": 38}}, "1"),
        ({"sizes": {"not": 37}}, "234"),
        ({"sizes": "one size"}, "4"),
        ({"made": {"gte": "2025-02-01"}}, "1234"),
        ({"made": {"gt": "2025-02-01T00:30:00Z", "lt": "2025-02-02"}}, "2"),
        ({"made": {"lt": "2025-02-01"}}, "4"),
        ({"made": {"gte": "2025-03", "lt": "2025-04"}}, "1"),
        ({"name": {"lt": "C"}}, "23"),
        ({"vegan": {"gte": True}}, "1"),
        ({"vegan": {"lt": True}}, "3"),
    ],
)
def test_lists_dates_texts_and_booleans_are_filtered_and_ranged(embedded, filtered, items):
    index = sized(embedded)
    assert "".join(sorted(ids(asked(index.snapshot, filtered)))) == items
    again = embedded([], {})
    again.apply([hit.item for hit in index.snapshot.search(Request()).hits], 1)
    assert "".join(sorted(ids(asked(again.snapshot, filtered)))) == items


def test_every_number_of_a_list_is_in_its_facet(embedded):
    snapshot = sized(embedded).snapshot
    assert counts(asked(snapshot, {}, "sizes"), "sizes") == {
        "one size": 1, 36: 1, 37: 1, 38: 1, 39: 1, 40: 1, 41: 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "ascending", "descending"),
    [
        ("sizes", "1423", "3241"),
        ("made", "4321", "4123"),
        ("name", "2314", "1324"),
        ("vegan", "3124", "1324"),
    ],
)
def test_anything_can_be_sorted_by(embedded, field, ascending, descending):
    snapshot = sized(embedded).snapshot
    assert "".join(ids(snapshot.search(Request(sort=Sort(field))))) == ascending
    assert "".join(ids(snapshot.search(Request(sort=Sort(field, descending=True))))) == descending


@pytest.mark.parametrize(
    "bounds", [{"gte": "a", "lt": 3}, {"gte": None}, {"gt": [1]}, {"gt": True, "lt": "x"}]
)
def test_bounds_of_two_kinds_are_refused(bounds):
    with pytest.raises(BadRequestError, match=r"kind|takes"):
        filters.parse({"made": bounds})


def test_a_range_of_another_kind_says_what_the_field_lacks(embedded):
    for bounds, lacking in (({"gt": 3}, "no numbers"), ({"gt": True}, "no booleans")):
        with pytest.raises(BadRequestError, match=lacking):
            asked(sized(embedded).snapshot, {"name": bounds})
    with pytest.raises(BadRequestError, match="no texts"):
        asked(embedded([CatalogItem("a", "x", {"price": 3})], {}).snapshot, {"price": {"gt": "a"}})


def test_of_the_variants_of_a_product_the_best_is_shown_with_their_number(embedded):
    items = [
        CatalogItem(f"{group}{size}", f"{name} size {size}", {"group": group, "size": size})
        for group, name in (("m", "Yoga mat"), ("b", "Mat bag"))
        for size in range(6)
    ]
    shop = embedded([*items, CatalogItem("single", "Door mat")], {"m3": 9.0, "b1": 1.0}).snapshot
    request = {"text": "mat", "distinct": "group", "facets": ("size",)}
    whole = shop.search(Request(**request))
    assert [(hit.item.id, hit.variants) for hit in whole.hits] == [("m3", 6), ("single", 1), ("b1", 6)]
    assert whole.total == 3
    assert counts(whole, "size")[5.0] == 2
    pages, cursor = [], None
    while True:
        page = shop.search(Request(**request, limit=1, cursor=cursor))
        pages += ids(page)
        if not (cursor := page.next_cursor):
            break
    assert pages == ids(whole)


def test_variants_may_be_told_by_a_number(embedded):
    items = [CatalogItem(str(n), "mat", {"group": n % 2}) for n in range(4)]
    result = embedded(items, {}).snapshot.search(Request(text="mat", distinct="group"))
    assert [(hit.item.id, hit.variants) for hit in result.hits] == [("0", 2), ("1", 2)]


def test_distinct_needs_a_field_that_there_is(embedded):
    with pytest.raises(UnknownFieldError, match="fields: "):
        sized(embedded).snapshot.search(Request(distinct="family"))
