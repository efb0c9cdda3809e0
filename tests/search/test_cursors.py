"""Pages while items change: what was shown never comes again, nothing is left out, and pages end."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import BadRequestError, StaleCursorError
from object2vec.search import filters, paging, rules
from object2vec.search.embedded import engine, finder
from object2vec.search.index import Request, Sort, question_of
from object2vec.storage.item_log import Removed
from tests.helpers.topics import TOPICS

WORDS = ("pizza", "cheese", "frozen", "margherita", "tuna", "large")


def item(n: int, more: str = "") -> CatalogItem:
    text = " ".join(["pizza", *(word for bit, word in enumerate(WORDS) if n >> bit & 1), more])
    metadata = {"price": n % 7 + 0.5, "name": f"name {n % 11:02}", "group": f"g{n % 20}"}
    return CatalogItem(f"{n:03}", text, metadata)


ITEMS = [item(n) for n in range(60)]
RESULTS = {
    "relevance": {"text": "pizza"},
    "several words": {"text": "large frozen pizza"},
    "price": {"text": "pizza", "sort": Sort("price")},
    "texts, descending": {"text": "pizza", "sort": Sort("name", descending=True)},
    "distinct": {"text": "pizza", "distinct": "group"},
    "diverse": {"text": "pizza", "diversity": 0.4},
    "all items": {},
}


def writes(page: int):
    """After a page: one shown item and one that was not shown change their words, price and name; one goes,
    and one is new."""
    changed = [item(n, "pizza tuna") for n in (page * 7 % 50, (page * 13 + 5) % 50)]
    moved = [
        CatalogItem(i.id, i.text, {**i.metadata, "price": 0.1 + page, "name": "a first"}) for i in changed
    ]
    return [*moved, Removed(f"{50 + page % 10:03}"), item(100 + page)]


@pytest.mark.parametrize("result", RESULTS)
def test_with_a_write_after_every_page_nothing_comes_twice_and_nothing_is_left_out(
    make_index, request, result
):
    index, asked = make_index(ITEMS, popularity={"007": 3.0}), RESULTS[result]
    alone = {"sort", "distinct", "diversity"} & {*asked}
    if alone and request.node.callspec.params["make_index"] == "s3vectors":
        pytest.skip("s3vectors cannot: it says so with a 400")
    whole = {hit.item.id for hit in index.snapshot.search(Request(**asked, limit=100)).hits}
    shown, groups, cursor, pages = [], [], None, 0
    while cursor or not pages:
        page = index.snapshot.search(Request(**asked, limit=4, cursor=cursor))
        shown += [hit.item.id for hit in page.hits]
        groups += [hit.item.metadata["group"] for hit in page.hits]
        cursor, pages = page.next_cursor, pages + 1
        assert pages < 60
        if cursor:
            index.apply(writes(pages), pages)
    assert len(shown) == len(set(shown))
    if "distinct" in asked:
        assert sorted(groups) == sorted({i.metadata["group"] for i in ITEMS})
        return
    assert {item_id for item_id in whole if index.snapshot.get(item_id)} <= set(shown)


def test_the_first_item_written_again_does_not_come_again(index):
    first = index.snapshot.search(Request(text="pizza", limit=1))
    top = first.hits[0].item
    index.apply([CatalogItem(top.id, f"{top.text} pizza", top.metadata)], 1)
    rest = index.snapshot.search(Request(text="pizza", limit=100, cursor=first.next_cursor))
    assert top.id not in [hit.item.id for hit in rest.hits]
    assert rest.next_cursor is None


def test_an_item_with_all_words_leaves_the_others_in_the_result(embedded):
    index = embedded(ITEMS, {})
    first = index.snapshot.search(Request(text="pizza mozzarella", limit=5))
    index.apply([CatalogItem("new", "pizza mozzarella", {})], 1)
    rest = index.snapshot.search(Request(text="pizza mozzarella", limit=100, cursor=first.next_cursor))
    shown = [hit.item.id for page in (first, rest) for hit in page.hits]
    assert sorted(shown) == sorted(["new", *(i.id for i in ITEMS)])


def test_what_was_near_enough_on_the_first_page_is_so_on_the_last(make_index, encoder, monkeypatch):
    near = [CatalogItem(f"near {n}", "margherita") for n in range(9)]
    others = [CatalogItem(f"other {n}", TOPICS[2 + n % 6]) for n in range(60)]
    index = make_index([*ITEMS[:9], *near, *others], popularity={})
    asked = {"text": "pizza mozzarella", "vector": encoder.encode_queries(["pizza"])[0]}
    whole = {hit.item.id for hit in index.snapshot.search(Request(**asked, limit=100)).hits}
    assert {item.id for item in near} < whole
    first = index.snapshot.search(Request(**asked, limit=3))
    monkeypatch.setattr(engine, "background", lambda *_: 1.5)  # what a growing catalogue learns again
    index.apply([item(200)], 1)
    rest = index.snapshot.search(Request(**asked, limit=100, cursor=first.next_cursor))
    assert whole <= {hit.item.id for page in (first, rest) for hit in page.hits}


def test_a_catalogue_that_turns_out_to_be_in_another_language_is_told_apart(make_index):
    index = make_index([CatalogItem(f"{n}", f"Chair {n}") for n in range(3)], popularity={})
    first = index.snapshot.search(Request(text="chair", limit=1))
    index.apply([CatalogItem(f"de{n}", f"Stuhl mit Kissen für den Garten {n}") for n in range(20)], 1)
    with pytest.raises(StaleCursorError, match="first page"):
        index.snapshot.search(Request(text="chair", limit=1, cursor=first.next_cursor))


def test_what_comes_later_takes_no_neighbours_place(embedded, encoder, monkeypatch):
    monkeypatch.setattr(finder, "NEIGHBOURS_ALONE", 200)
    index = embedded([CatalogItem(f"{n:03}", "pizza") for n in range(230)], {})
    asked = {"vector": encoder.encode_queries(["pizza"])[0]}
    first = index.snapshot.search(Request(**asked, limit=100))
    found = {hit.item.id for hit in first.hits}
    index.apply([CatalogItem(f"new {n}", "pizza") for n in range(50)], 1)
    second = index.snapshot.search(Request(**asked, limit=100, cursor=first.next_cursor))
    third = index.snapshot.search(Request(**asked, limit=100, cursor=second.next_cursor))
    found |= {hit.item.id for page in (second, third) for hit in page.hits}
    assert len([name for name in found if not name.startswith("new")]) == 200


def test_more_than_a_cursor_holds_goes_on_until_something_is_written(make_index, monkeypatch):
    monkeypatch.setattr(paging, "SEEN_BYTES", 10)
    index = make_index(ITEMS, popularity={})
    shown, cursor = [], None
    while cursor or not shown:
        last = cursor
        page = index.snapshot.search(Request(text="pizza", limit=4, cursor=cursor))
        shown, cursor = shown + [hit.item.id for hit in page.hits], page.next_cursor
    assert sorted(shown) == [i.id for i in ITEMS]
    index.apply([item(200)], 1)
    with pytest.raises(StaleCursorError, match="first page"):
        index.snapshot.search(Request(text="pizza", limit=4, cursor=last))


def test_a_write_among_pages_and_then_more_than_fits_is_refused_not_repeated(embedded, monkeypatch):
    index = embedded(ITEMS, {})
    first = index.snapshot.search(Request(text="pizza", limit=4))
    index.apply([item(200)], 1)
    second = index.snapshot.search(Request(text="pizza", limit=4, cursor=first.next_cursor))
    monkeypatch.setattr(paging, "SEEN_BYTES", 10)
    third = index.snapshot.search(Request(text="pizza", limit=4, cursor=second.next_cursor))
    with pytest.raises(StaleCursorError):
        index.snapshot.search(Request(text="pizza", limit=4, cursor=third.next_cursor))


@given(st.frozensets(st.integers(0, 2**40), max_size=50), st.text(max_size=20), st.booleans())
def test_a_cursor_reads_as_it_was_written(seen, block, dropped):
    start = paging.Start("0123456789abcdef", 7, 2, 0.3, dropped)
    block = block.replace("\0", "").replace("\n", "")
    cursor = paging.Cursor(paging.Position(0.1, 5, block), start, tuple(sorted(seen)))
    text = paging.encode_cursor("r1@", "question", cursor)
    assert paging.decode_cursor(text, "r1@", "question", "") == cursor


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.hex()))
def test_whatever_is_sent_as_a_cursor_is_refused(text):
    with pytest.raises((BadRequestError, StaleCursorError)):
        paging.decode_cursor(text, "r1@", "question", "")


def test_a_cursor_that_was_cut_or_changed_is_refused(index):
    cursor = index.snapshot.search(Request(text="pizza", limit=1)).next_cursor
    cut = [cursor[:size] for size in range(1, len(cursor))]
    for text in [
        *cut,
        *(
            cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
            for at in range(len(cursor) - 1)
        ),
    ]:
        with pytest.raises(BadRequestError, match="next_cursor"):
            index.snapshot.search(Request(text="pizza", limit=1, cursor=text))


def test_1500_rows_fit_into_a_cursor_that_a_url_takes():
    seen = tuple(np.sort(np.random.default_rng(1).choice(92_331, 1_500, replace=False)).tolist())
    cursor = paging.Cursor(paging.Position(0.1, 5), paging.Start("0" * 16, 92_331), seen)
    text = paging.encode_cursor("20261128-093100@", "q", cursor)
    assert len(text) < 6_000
    assert paging.decode_cursor(text, "20261128-093100@", "q", "").seen == seen


OTHERWISE = {
    "sort": Sort("price"),
    "listing": "trending",
    "diversity": 0.4,
    "min_score": 0.1,
    "distinct": "group",
    "language": "de",
    "prefix": True,
    "near_item": True,
    "filters": filters.parse({"group": "g1"}),
    "rules": tuple(rules.parse([{"action": "boost", "filters": {"group": "g1"}, "weight": 0.5}])),
}
OF_A_PAGE = {"limit": 3, "facets": ("group",), "boundaries": {"price": (1.0,)}, "cursor": "x"}


@pytest.mark.parametrize("question", ["", "what somebody asked"])
def test_a_cursor_is_of_the_same_options_but_those_of_a_page(question):
    asked = Request(text="pizza", question=question)
    told = {name: question_of(replace(asked, **{name: value})) for name, value in OTHERWISE.items()}
    assert len({question_of(asked), *told.values()}) == len(OTHERWISE) + 1
    assert {question_of(replace(asked, **{name: value})) for name, value in OF_A_PAGE.items()} == {
        question_of(asked)
    }
