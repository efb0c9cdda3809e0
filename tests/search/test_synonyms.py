"""Synonyms: what the words of a query also stand for, one-way and both ways, in every engine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import BadRequestError, StaleCursorError
from object2vec.core.keys import SYNONYMS
from object2vec.search import synonyms
from object2vec.search.analysis import Analysis
from object2vec.search.highlight import highlighted
from object2vec.search.index import Request
from object2vec.search.query import parse as query
from object2vec.search.stored import StoredSynonyms
from object2vec.search.versioned import CHECK_EVERY_S
from object2vec.storage import ConflictError, FolderStore
from tests.helpers.clock import Clock

ITEMS = [
    CatalogItem("d", "Newborn diapers, 40 pieces", {"category": "Baby"}),
    CatalogItem("p", "Baby pants for boys", {"category": "Baby"}),
    CatalogItem("s", "Grey sofa", {"category": "Furniture"}),
    CatalogItem("c", "Red couch", {"category": "Furniture"}),
    CatalogItem("t", "Running shoes, blue", {"category": "Sport"}),
    CatalogItem("a", "Sneakers, white", {"category": "Sport"}),
    CatalogItem("k", "Kitchen table", {"category": "Furniture"}),
    CatalogItem("m", "Gift card", {"category": "Gifts"}),
]
RECORDS = [
    {"id": "diapers", "query": ["nappies"], "finds": ["diapers", "baby pants"]},
    {"id": "sofas", "words": ["sofa", "couch", "settee"]},
    {"id": "trainers", "words": ["trainers", "running shoes", "sneakers"]},
    {"id": "poison", "query": ["gift"], "finds": ["table"], "language": "de"},
]


@pytest.fixture
def shop(make_index):
    return make_index(ITEMS, popularity={}).snapshot


def found(shop, text, records=RECORDS, **request):
    asked = Request(text=text, synonyms=synonyms.parse(records), **request)
    return {hit.item.id for hit in shop.search(asked).hits}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("nappies", {"d", "p"}),
        ("Nappy", {"d", "p"}),  # by its word form
        ("diapers", {"d"}),  # one-way
        ("settee", {"s", "c"}),
        ("couches", {"s", "c"}),
        ("trainers", {"t", "a"}),
        ("running shoes", {"t", "a"}),
        ("gift", {"m"}),  # another language's
        ("sofas", {"s", "c"}),
    ],
)
def test_a_query_finds_what_its_words_also_stand_for(shop, text, ids):
    assert found(shop, text) == ids


def test_without_synonyms_nothing_of_it_is_found(shop):
    assert found(shop, "nappies", []) == set()
    assert found(shop, "sofa", []) == {"s"}


def test_a_synonym_of_a_language_applies_where_the_query_says_it(shop):
    assert found(shop, "gift", language="de") == {"m", "k"}
    assert found(shop, "gift", language="en") == {"m"}


def test_changed_items_are_found_by_synonyms_too(make_index):
    index = make_index(ITEMS, popularity={})
    index.apply([CatalogItem("n", "Blue couch with pillows", {})], 1)
    assert found(index.snapshot, "settee") == {"s", "c", "n"}


def test_what_has_the_very_words_comes_first(embedded):
    shop = embedded(ITEMS, popularity={}).snapshot
    for text, best in (("sofa", "s"), ("couch", "c")):
        hits = shop.search(Request(text=text, synonyms=synonyms.parse(RECORDS))).hits
        assert hits[0].item.id == best


def test_a_synonym_counts_as_the_word_among_others(embedded):
    shop = embedded(ITEMS, popularity={}).snapshot
    assert found(shop, "red settee") == {"c"}
    assert found(shop, "white running shoes") == {"a"}
    assert found(shop, "running shoes white") == {"a"}


@pytest.mark.parametrize(
    ("entry", "query"),
    [("t-shirt", "tshirt"), ("t shirt", "t-shirts"), ("toothpaste", "tooth paste"),
     ("tooth paste", "toothpaste"), ("wall paper", "Wall-Papers"), ("2160p", "2160 p"), ("3 m", "3m"),
     ("AT&T", "at & t"), ("C 3 PO", "c3po"), ("PS/5", "ps5")],
)  # fmt: skip
def test_a_synonym_is_known_however_its_words_are_joined(embedded, entry, query):
    index = embedded([CatalogItem("x", "Object"), CatalogItem("o", "Thing")], {})
    records = [{"id": "s", "query": [entry], "finds": ["object"]}]
    assert found(index.snapshot, query, records) == {"x"}


def test_an_entry_for_a_part_of_a_code_is_none_for_the_code(embedded):
    index = embedded([CatalogItem("x", "Object"), CatalogItem("o", "Thing")], {})
    records = [{"id": "s", "query": ["3"], "finds": ["object"]}]
    assert found(index.snapshot, "3m", records) == set()


def test_the_words_of_a_synonym_may_be_apart_where_no_item_has_them_together(embedded):
    items = [
        CatalogItem("1", "Batteries AA, 4 pieces"),
        CatalogItem("2", "Batteries AAA"),
        CatalogItem("3", "Lamp 5 W E27"),
    ]
    shop = embedded(items, {}).snapshot
    assert found(shop, "mignon", [{"query": ["mignon"], "finds": ["AA batteries"]}]) == {"1"}
    assert found(shop, "bulb", [{"query": ["bulb"], "finds": ["5 E27"]}]) == set()  # a code has an order


def test_a_synonym_that_is_the_name_of_a_category_has_its_items_first(embedded):
    items = [
        CatalogItem("remote", "TV remote, for every TV", {"category": "Remotes"}),
        CatalogItem("tv", "OLED television, 55 inch", {"category": "TVs"}),
    ]
    shop = embedded(items, {"remote": 50.0}).snapshot
    asked = Request(text="telly", synonyms=synonyms.parse([{"query": ["telly"], "finds": ["TV"]}]))
    assert [hit.item.id for hit in shop.search(asked).hits] == ["tv", "remote"]


@pytest.mark.parametrize(
    ("query", "meant"),
    [("napies", "nappies"), ("settea", "settee"), ("tomato pies", "tomato pies")],
)
def test_a_misspelt_synonym_is_corrected_and_a_right_one_is_not(embedded, query, meant):
    parsed = synonyms.parse([*RECORDS, {"id": "pie", "query": ["tomato pie"], "finds": ["table"]}])
    shop = embedded(ITEMS, {}).snapshot

    def known(word):
        return parsed.knows(word, shop.analysis)

    assert shop.corrected(query, known, parsed.vocabulary) == meant


def test_highlights_mark_what_a_synonym_found(embedded):
    shop = embedded(ITEMS, popularity={}).snapshot
    marks = shop.marks("settee", Request(synonyms=synonyms.parse(RECORDS)))
    assert highlighted("Red couch", marks) == "Red <mark>couch</mark>"


def test_a_word_that_is_being_typed_means_nothing_yet(embedded):
    shop = embedded(ITEMS, popularity={}).snapshot
    assert found(shop, "sof", prefix=True) == {"s"}


def test_words_of_a_script_without_spaces_have_synonyms():
    both = synonyms.parse([{"words": ["土豆", "马铃薯"]}])
    found = both.alternatives(query("土豆泥"), Analysis(("en",)))
    assert [other.instead.words for other in found] == [("马", "铃", "薯")]


def test_a_language_without_word_forms_may_be_named():
    both = synonyms.parse([{"words": ["土豆", "马铃薯"], "language": "zh-Hans"}])
    assert both.alternatives(query("土豆"), Analysis(("en",)))
    assert both.alternatives(query("土豆"), Analysis(("en",)), "zh")
    assert not both.alternatives(query("土豆"), Analysis(("en",)), "ja")


def test_a_cursor_ends_with_the_synonyms_it_was_made_under(shop):
    first = shop.search(Request(limit=1, text="sofa", synonyms=synonyms.parse(RECORDS, 1)))
    with pytest.raises(StaleCursorError):
        shop.search(Request(limit=1, text="sofa", synonyms=synonyms.parse([], 2), cursor=first.next_cursor))


BAD = [
    ({}, "give words"),
    ({"words": ["a"]}, "2 to 50"),
    ({"words": ["a", "b"], "finds": ["c"]}, "either"),
    ({"query": ["a"]}, "query and finds"),
    ({"query": [], "finds": ["a"]}, "1 to 50"),
    ({"query": ["a"], "finds": ["!?"]}, "no word in"),
    ({"words": "a b"}, "list"),
    ({"words": ["a", 1]}, "list"),
    ({"words": ["a", "b" * 101]}, "1 to 100 characters"),
    ({"words": ["a", "b"], "language": "klingon"}, "no code of a language"),
    ({"words": ["a", "b"], "language": 1}, "language"),
    ({"words": ["a", "b"], "id": ""}, "id"),
    ({"words": ["a", "b"], "weight": 1}, "unknown weight"),
    ("a", "object"),
]


@pytest.mark.parametrize(("record", "hint"), BAD)
def test_a_bad_entry_is_refused_with_its_place_and_a_hint(record, hint):
    with pytest.raises(BadRequestError, match=rf"synonym 2.*{hint}"):
        synonyms.parse([RECORDS[0], record])


def test_too_many_entries_and_equal_ids_are_refused():
    with pytest.raises(BadRequestError, match="two synonyms"):
        synonyms.parse([RECORDS[0], RECORDS[0]])
    with pytest.raises(BadRequestError, match="more than"):
        synonyms.parse([{"words": ["a", "b"]}] * (synonyms.MAX_SYNONYMS + 1))


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)
NAMES = st.sampled_from(["id", "words", "query", "finds", "language", "x"])


@given(st.lists(st.dictionaries(NAMES, JSON) | JSON, max_size=3), st.text(max_size=20))
def test_whatever_is_sent_is_refused_or_works(records, text):
    try:
        parsed = synonyms.parse(records)
    except BadRequestError:
        return
    assert len(parsed.entries) == len(records)
    assert len(parsed.alternatives(query(text), Analysis(("en",)))) <= synonyms.MAX_ALTERNATIVES


def test_stored_synonyms_are_versioned_and_seen_by_other_processes_soon(tmp_path):
    clock, store = Clock(100.0), FolderStore(tmp_path)
    mine, other = StoredSynonyms(store, clock=clock), StoredSynonyms(store, clock=clock)
    assert (other.get().version, other.get().parsed.entries) == (0, ())
    assert mine.put(RECORDS).version == 1
    with pytest.raises(ConflictError, match="version 1 of the synonyms"):
        mine.put([], expected=0)
    with pytest.raises(BadRequestError):
        mine.put([{"words": ["a"]}])
    clock.now += CHECK_EVERY_S
    assert (other.get().version, other.get().parsed.version) == (1, 1)
    store.put(SYNONYMS, b"[]")
    clock.now += CHECK_EVERY_S
    assert other.get().version == 1
    assert "PUT /synonyms writes it" in str(other.trouble)
