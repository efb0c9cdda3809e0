"""What a shopper types: words, phrases, codes, typos, other scripts; what has to do when nothing has all."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.search import query
from object2vec.search.embedded.text.reader import ENOUGH
from object2vec.search.embedded.text.spelling import edits
from object2vec.search.index import Request

TEXTS = {
    "a": "Frozen pizza four cheese",
    "b": "Frozen spinach",
    "c": "Pizza cutter of steel",
    "d": "Cheese, four kinds, sliced",
    "e": "比萨饼 奶酪",
    "f": "萨比 other",
    "g": "Party pack 🎉 balloons",
    "h": "ข้าวผัดกุ้ง",
    "i": "Chocolate shampoo",
}


@pytest.fixture
def shop(embedded):
    items = [CatalogItem(item_id, text) for item_id, text in TEXTS.items()]
    sku = CatalogItem("SKU-9000/b", "Blue mug", {"sku": "MUG 9000", "ean": 4006381333931, "colour": "blue"})
    return embedded([*items, sku], {}).snapshot


def found(shop, text, **more):
    result = shop.search(Request(text=text, limit=100, **more))
    return [hit.item.id for hit in result.hits]


def notes(shop, text):
    return " ".join(shop.search(Request(text=text)).notes)


def test_a_result_has_the_items_with_all_words(shop):
    assert found(shop, "frozen pizza") == ["a"]
    assert set(found(shop, "cheeses four")) == {"a", "d"}
    assert notes(shop, "frozen pizza") == ""


def test_words_may_be_spread_over_text_and_metadata(shop):
    assert found(shop, "blue mugs") == ["SKU-9000/b"]


def test_where_no_item_has_all_words_fewer_have_to_do_and_it_is_said(shop):
    assert set(found(shop, "frozen steel")) == {"a", "b", "c"}
    assert set(found(shop, "frozen pizza steel spinach")) == {"a", "b", "c"}
    assert "all 2 words" in notes(shop, "frozen steel")
    assert "at least one" in notes(shop, "frozen steel")


def test_a_part_of_the_words_counts_for_that_part_and_a_rare_word_for_more(shop):
    whole, frozen, knife = (Request(text=text) for text in ("frozen pizza", "frozen sofa", "steel sofa"))
    assert shop.search(whole).hits[0].parts["lexical"] == 1
    common, rare = (shop.search(request).hits[0].parts["lexical"] for request in (frozen, knife))
    assert 0 < common < rare < 1


def test_what_was_meant_beats_what_has_one_of_the_words(embedded, encoder):
    items = [CatalogItem("bowl", "kitchen bowl"), CatalogItem("food", "dog bread")]
    asked = Request(text="kitchen snack", vector=encoder.encode_queries(["dog bread"])[0])
    assert [hit.item.id for hit in embedded(items, {}).snapshot.search(asked).hits[:2]] == ["food", "bowl"]


def test_what_lacks_a_word_that_others_have_counts_for_its_meaning_alone(embedded, encoder):
    items = [CatalogItem("both", "cheese grater of steel"), CatalogItem("one", "cheese cheese")]
    asked = Request(text="cheese grater", vector=encoder.encode_queries(["cheese"])[0])
    both, one = embedded(items, {}).snapshot.search(asked).hits
    assert (both.item.id, one.item.id) == ("both", "one")
    assert one.parts["lexical"] == 0


def test_words_are_relaxed_under_a_filter_too(shop):
    from object2vec.search import filters

    condition = filters.parse({"colour": "blue"})
    assert found(shop, "frozen mug", filters=condition) == ["SKU-9000/b"]


def test_a_description_needs_most_of_its_words_as_long_as_enough_items_have_them(embedded):
    words = ["red", "large", "cotton", "shirt", "summer", "sale"]
    alike = [CatalogItem(f"all{n}", " ".join(words)) for n in range(ENOUGH)]
    shop = embedded([*alike, CatalogItem("one", "summer")], {}).snapshot
    assert shop.search(Request(text=" ".join(words))).total == ENOUGH
    few = embedded([*alike[:5], CatalogItem("one", "summer")], {}).snapshot
    assert few.search(Request(text=" ".join(words))).total == 6


def test_a_phrase_in_quotes_is_required_as_it_stands(shop):
    assert found(shop, '"four cheese"') == ["a"]
    assert found(shop, "\u201ccheese four\u201d") == ["d"]
    assert found(shop, 'pizza "four cheese"') == ["a"]
    assert found(shop, '"cutter of steel"') == ["c"]
    assert found(shop, '"cutter steel"') == ["c"]
    assert "phrase" in notes(shop, '"cutter steel"')


@pytest.mark.parametrize("text", ['"', '""', '" "', 'pizza"', '"the"', "'", "\\", '"the" pizza'])
def test_quotes_around_nothing_are_no_phrase(shop, text):
    assert set(found(shop, text)) == ({"a", "c"} if "pizza" in text else set())


@pytest.mark.parametrize("code", ["sku-9000/B", "MUG 9000", "4006381333931", "get me SKU-9000/b please"])
def test_an_id_or_code_in_the_query_puts_its_item_first(shop, code):
    assert found(shop, code)[0] == "SKU-9000/b"


def test_a_word_of_the_texts_is_no_code_in_a_longer_query(embedded):
    items = [CatalogItem("2001", "Moonlight"), CatalogItem("x", "2001 a space odyssey")]
    shop = embedded(items, {}).snapshot
    assert found(shop, "2001 space") == ["x"]
    assert found(shop, "2001") == ["2001", "x"]


def test_scripts_without_spaces_match_by_neighbouring_characters(shop):
    assert found(shop, "比萨") == ["e"]
    assert found(shop, "萨比") == ["f"]
    assert found(shop, "奶酪比萨")[0] == "e"
    assert found(shop, "ผัดกุ้ง") == ["h"]


def test_emoji_are_words(shop):
    assert found(shop, "🎉") == ["g"]
    assert found(shop, "party 🎉") == ["g"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("frozn piza", "frozen pizza"),
        ("Shampo", "shampoo"),
        ("chocolat", "chocolate"),
        ("pizaz", "pizza"),
        ("spinahc", "spinach"),
        ("balooons", "balloons"),
        ("pizzas", "pizzas"),
        ("the frozen", "the frozen"),
        ("xyzzyq", "xyzzyq"),
        ("mg", "mg"),
        ("piz4a", "piz4a"),
        ("比萨饼子", "比萨饼子"),
    ],
)
def test_a_typo_becomes_the_word_that_was_meant(shop, typed, meant):
    assert shop.corrected(typed) == meant


def test_a_word_that_the_model_knows_is_no_typo(shop):
    assert shop.corrected("pizzo", lambda word: True) == "pizzo"


def test_the_more_frequent_word_is_the_likelier_one(embedded):
    items = [CatalogItem(str(n), "cable") for n in range(3)] + [CatalogItem("t", "table")]
    assert embedded(items, {}).snapshot.corrected("cxble") == "cable"
    assert embedded(items, {}).snapshot.corrected("txble") == "table"


def test_a_word_of_the_tail_corrects_too(embedded):
    index = embedded()
    index.apply([CatalogItem("new", "Marmalade")], 1)
    assert index.snapshot.corrected("marmelade") == "marmalade"


@settings(max_examples=200, deadline=None)
@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_a_distance(one, other):
    assert edits(one, other, 9) == edits(other, one, 9)
    assert (edits(one, other, 9) == 0) == (one == other)
    for limit in (1, 2):
        assert (edits(one, other, limit) <= limit) == (edits(one, other, 9) <= limit)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_any_text_is_a_query_and_a_correction(shop, text):
    query.parse(text)
    corrected = shop.corrected(text)
    result = shop.search(Request(text=corrected, limit=1))
    assert result.total <= len(TEXTS) + 1


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("p", "acg"),
        ("frozen p", "a"),
        ("Frozen spin", "b"),
        ("chees", "ad"),
        ("four chee", "ad"),
        ("the", ""),
        ("shampoos", "i"),
        ("pizza ste", "c"),
        ('"four cheese"', "a"),
        ("奶酪", "e"),
        ("", "abcdefghi"),
    ],
)
def test_the_last_word_may_be_unfinished(shop, text, items):
    assert sorted(set(found(shop, text, prefix=True)) - {"SKU-9000/b"}) == list(items)


def test_only_the_last_word_and_only_when_asked(shop):
    assert found(shop, "froz pizza", prefix=True) == found(shop, "pizza")
    assert found(shop, "spin") == []


def test_a_whole_word_ranks_like_itself(shop):
    typed = shop.search(Request(text="chocolate", prefix=True)).hits
    assert [hit.score for hit in typed] == [hit.score for hit in shop.search(Request(text="chocolate")).hits]


def test_of_items_that_match_alike_the_popular_one_comes_first(embedded):
    items = [CatalogItem(item_id, "Fresh milk") for item_id in ("a", "b", "c")]
    shop = embedded([*items, CatalogItem("d", "Milk tea with milk")], {"b": 9.0, "d": 1.0}).snapshot
    hits = shop.search(Request(text="fresh milk")).hits
    assert [hit.item.id for hit in hits] == ["b", "a", "c"]
    assert hits[0].parts["popularity"] > hits[1].parts["popularity"] == 0


def test_what_is_new_and_has_the_words_is_above_what_is_popular_and_has_not(embedded, encoder):
    texts = {"new": "Velvet curtain", "old": "Frozen pizza", "same": "Velvet curtain"}
    items = [CatalogItem(item_id, text) for item_id, text in texts.items()]
    shop = embedded(items, {"old": 1e6, "same": 1.0}).snapshot
    vector = encoder.encode_queries(["pizza"])[0]
    hits = shop.search(Request(text="velvet", vector=vector)).hits
    assert [hit.item.id for hit in hits] == ["same", "new", "old"]
    assert [bool(hit.parts["popularity"]) for hit in hits] == [True, False, False]


def test_popularity_counts_only_where_nothing_is_known_of_the_shopper(embedded, encoder):
    shop = embedded([CatalogItem("a", "Frozen pizza"), CatalogItem("b", "Frozen pizza")], {"b": 9.0}).snapshot
    profile = encoder.encode_queries(["pizza"])[0]
    assert shop.search(Request(text="pizza")).hits[0].parts["popularity"]
    assert not shop.search(Request(text="pizza", session_vector=profile)).hits[0].parts.get("popularity")


def test_a_query_that_is_an_id_finds_that_item_alone(shop, encoder):
    for text in ("SKU-9000/b", "4006381333931"):
        assert found(shop, text, vector=encoder.encode_queries([text])[0]) == ["SKU-9000/b"]


def test_a_question_is_not_cut_to_the_one_item_with_all_of_its_words(embedded):
    """As it was typed it is no list of keywords, however few of its words tell something."""
    texts = ["wool socks for winter", "wool scarf", "cotton socks", "a garden hose"]
    shop = embedded([CatalogItem(str(n), text) for n, text in enumerate(texts)], {}).snapshot
    asked = shop.search(Request(text="which of these are made of wool and are socks"))
    assert [hit.item.id for hit in asked.hits][:1] == ["0"]
    assert {hit.item.id for hit in asked.hits} == {"0", "1", "2"}
    assert [hit.item.id for hit in shop.search(Request(text="wool socks")).hits] == ["0"]
