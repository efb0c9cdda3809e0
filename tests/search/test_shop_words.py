"""What people call things: brands, joined and split words, codes, units, symbols, word forms, other
scripts."""

# ruff: noqa: RUF001 (letters that look like others are what is tested)

import unicodedata

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search import analysis, filters
from object2vec.search.index import Request
from tests.helpers.small_shop import found, notes, shop_of

JOINED = {
    "1": "Red Bull energy drink",
    "2": "Toothpaste mint",
    "3": "Tomato paste",
    "4": "Dry dog food 20 lb",
    "5": "Baby food jar",
    "6": "Playstation console",
    "7": "Batteries charger station",
    "8": "In-ear headphones black",
    "9": "Samsung phone",
    "10": "T-shirt cotton",
    "11": "Tshirt v neck",
    "12": "7-Eleven gift card",
    "13": "Buttermilk 1 l",
    "14": "Chocolate milk",
    "15": "Butter 250 g",
    "16": "Bar-B-Q sauce",
    "17": "Bar soap",
    "18": "Light bulb, warm",
    "19": "AT&T prepaid card",
    "20": "USB-C cable",
    "21": "Hitman™ the game",
    "22": "Dr.Pepper soda",
}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("redbull", "1"),
        ("tooth paste", "2"),
        ("Tooth-paste", "2"),
        ("dogfood", "4"),
        ("dogfoods", "4"),
        ("play station", "6"),
        ("head phones", "8"),
        ("headphone", "8"),
        ("7eleven", "12"),
        ("7 eleven", "12"),
        ("butter milk", "13"),
        ("bar-b-q sauce", "16"),
        ("bar b q sauce", "16"),
        ("lightbulbs", "18"),
        ("att", "19"),
        ("at&t", "19"),
        ("usbc", "20"),
        ("usb c", "20"),
        ("hitman", "21"),
        ("drpepper", "22"),
    ],
)
def test_words_meet_whether_they_are_joined_or_split(embedded, query, first):
    assert found(shop_of(embedded, JOINED), query)[0] == first


def test_a_word_that_is_written_in_both_ways_finds_both(embedded):
    shop = shop_of(embedded, JOINED)
    assert (
        set(found(shop, "tshirt"))
        == set(found(shop, "t-shirt"))
        == set(found(shop, "t shirt"))
        == {"10", "11"}
    )


def test_words_apart_are_not_taken_for_one(embedded):
    shop = shop_of(embedded, {"a": "Dog biscuit, food for thought", "b": "Cat food"})
    assert found(shop, "dogfood") == []


def test_what_the_joined_word_stands_for_is_marked(embedded):
    shop = shop_of(embedded, JOINED)
    assert shop.marks("dogfood").has("food")
    assert shop.marks("tooth paste").has("toothpaste")


CODES = {
    "1": ("Novel about the sea", {"isbn": "978-3-16-148410-0"}),
    "2": ("Hex bolt", {"sku": "BX-100-A"}),
    "3": ("Head set", {"model": "WH-1000XM4"}),
    "4": ("Table 4", {}),
    "5": ("Handbook 978-0-306-40615-7 for engineers", {}),
    "6": ("Bearing 6204-2RS steel", {}),
    "7": ("Camera XT30 II", {}),
}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("9783161484100", "1"),
        ("978-3-16-148410-0", "1"),
        ("978 3 16 148410 0", "1"),
        ("bx100a", "2"),
        ("BX 100-A", "2"),
        ("WH1000XM4", "3"),
        ("wh-1000xm4", "3"),
        ("wh 1000 xm4", "3"),
        ("9780306406157", "5"),
        ("62042rs", "6"),
        ("6204 2rs", "6"),
        ("X-T30", "7"),
    ],
)
def test_codes_meet_with_and_without_their_hyphens(embedded, query, first):
    shop = shop_of(
        embedded, {i: text for i, (text, _) in CODES.items()}, {i: m for i, (_, m) in CODES.items()}
    )
    assert found(shop, query)[0] == first


UNITS = {
    "a": "Cola 1.5 l bottle",
    "b": "Cola 500ml can",
    "c": "Cola 2 l bottle",
    "d": 'Bolt 1/2" steel',
    "e": "Bolt 1 2 steel",
    "f": "Rice 1,000 g",
    "g": "Teach yourself C++",
    "h": "Teach yourself C",
    "i": "Teach yourself C#",
}


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("cola 1,5 l", "a"),
        ("cola 1.5l", "a"),
        ("cola 1.50 l", "a"),
        ("cola 500 ml", "b"),
        ("500ml", "b"),
        ("500 ML", "b"),
        ("bolt ½", "d"),
        ("1/2 bolt", "d"),
        ("bolt 1 2", "e"),
        ("1000g rice", "f"),
        ("c++", "g"),
        ("C", "h"),
        ("teach yourself c#", "i"),
    ],
)
def test_numbers_units_and_symbols_tell_things_apart(embedded, query, items):
    shop = shop_of(embedded, {f"item-{letter}": text for letter, text in UNITS.items()})
    assert [item_id.removeprefix("item-") for item_id in found(shop, query)] == [items]


SCRIPTS = {
    "N1": "Mu\u0308sli mix",
    "N2": "Cre\u0300me bru\u0302le\u0301e cup",
    "N3": "Piñata party",
    "N4": "ｺｰﾋｰﾒｰｶｰ",
    "N5": "מַחְבֶּרֶת",
    "N6": "İstanbul çay",
    "N7": "Straße STRASSE",
    "N8": "L’Oréal crème",
    "N9": "Levi’s jeans",
    "N10": "ＳＯＮＹ ﬁlm",
    "N11": "ёлка новогодняя",
    "N12": "قَلَم أحمر",
    "N13": "Éclair à l'orange",
    "N14": "चाय पत्ती",
    "N15": "soft\u00adware",
    "N16": "٥٠٠ غرام",
    "N17": "Smørrebrød æble Łódź",
}


@pytest.mark.parametrize(
    ("query", "item"),
    [
        ("müsli", "N1"),
        ("MUSLI", "N1"),
        ("crème brûlée", "N2"),
        ("creme brulee", "N2"),
        ("pin\u0303ata", "N3"),
        ("コーヒーメーカー", "N4"),
        ("ｺｰﾋｰ", "N4"),
        ("מחברת", "N5"),
        ("istanbul", "N6"),
        ("ISTANBUL", "N6"),
        ("ıstanbul", "N6"),
        ("strasse", "N7"),
        ("STRAẞE", "N7"),
        ("loreal", "N8"),
        ("L'Oreal", "N8"),
        ("oréal", "N8"),
        ("levis", "N9"),
        ("levi's", "N9"),
        ("sony film", "N10"),
        ("елка", "N11"),
        ("قلم احمر", "N12"),
        ("orange", "N13"),
        ("चाय", "N14"),
        ("software", "N15"),
        ("500", "N16"),
        ("smorrebrod", "N17"),
        ("aeble", "N17"),
        ("lodz", "N17"),
    ],
)
def test_the_same_word_is_found_however_it_is_encoded_or_marked(embedded, query, item):
    assert item in found(shop_of(embedded, SCRIPTS), query)


def test_nothing_that_is_right_is_corrected(embedded):
    shop = shop_of(embedded, SCRIPTS)
    for query in ("müsli", "crème brûlée", "piñata", "jalapeño", "и", "mit"):
        assert shop.corrected(query) == query
        assert shop.corrected(unicodedata.normalize("NFD", query)) == unicodedata.normalize("NFD", query)


def test_facets_and_filters_know_one_value_however_it_is_encoded(embedded):
    makers = {"a": {"maker": "Café"}, "b": {"maker": "Cafe\u0301"}, "c": {"maker": "ＣＡＦＥ"}}
    shop = shop_of(embedded, dict.fromkeys("abc", "cup"), makers)
    facet = shop.search(Request(facets=("maker",))).facets["maker"]
    assert [(value.value, value.count) for value in facet] == [("Café", 2), ("CAFE", 1)]
    for typed in ("Café", "Cafe\u0301"):
        request = Request(filters=filters.parse({"maker": typed}))
        assert {hit.item.id for hit in shop.search(request).hits} == {"a", "b"}


def test_marks_are_put_into_the_original_text(embedded):
    from object2vec.search.highlight import highlighted

    shop = shop_of(embedded, SCRIPTS)
    assert (
        highlighted("Mu\u0308sli, ｆｉｎｅ mix", shop.marks("müsli"))
        == "<mark>Mu\u0308sli,</mark> ｆｉｎｅ mix"
    )
    assert highlighted("Straße & co", shop.marks("strasse")) == "<mark>Straße</mark> &amp; co"
    assert highlighted("ｺｰﾋｰ", shop.marks("コーヒー")) == "<mark>ｺｰﾋｰ</mark>"


STOPS = {
    "1": "It, a horror novel",
    "2": "The The: Soul Mining record",
    "3": "The Who: live record",
    "4": "To Be or Not to Be",
    "5": "wooden table of oak",
}


@pytest.mark.parametrize(
    ("query", "first"), [("it", "1"), ("the the", "2"), ("to be or not to be", "4"), ("the who record", "3")]
)
def test_stop_words_count_where_nothing_else_is_left(embedded, query, first):
    assert found(shop_of(embedded, STOPS), query)[0] == first


def test_the_beginning_of_a_title_of_stop_words_finds_it(embedded):
    assert found(shop_of(embedded, STOPS), "to be or n", prefix=True)[0] == "4"


@pytest.mark.parametrize("query", ["!!!", "@", "?", "...", "( )"])
def test_a_query_without_a_word_finds_nothing_and_says_so(embedded, encoder, query):
    shop = shop_of(embedded, STOPS)
    result = shop.search(Request(text=query, vector=encoder.encode_queries(["pizza"])[0]))
    assert result.total == 0
    assert "no word" in " ".join(result.notes)


def test_a_query_that_nothing_is_near_to_says_so(embedded):
    assert "none is near" in notes(shop_of(embedded, STOPS), "xylobrantic")


@pytest.mark.parametrize(("near", "said"), [(False, "or is near to it"), (True, "these are similar")])
def test_where_filters_leave_none_with_the_words_no_note_says_that_no_item_has_them(
    embedded, encoder, near, said
):
    shop = shop_of(embedded, {"1": "pizza", "2": "margherita" if near else "soap"}, {"2": {"brand": "B"}})
    vector = encoder.encode_queries(["pizza"])[0] if near else None
    request = Request(text="pizzas", vector=vector, filters=filters.parse({"brand": "B"}))
    assert shop.search(Request(text="pizzas")).total > 0
    note = " ".join(shop.search(request).notes)
    assert note.startswith("no item that the filters let through has the words of the query")
    assert said in note
    unknown = Request(text="xylobrantic", filters=filters.parse({}))
    assert "filters" not in " ".join(shop.search(unknown).notes)


def test_a_brand_that_is_only_a_field_finds_its_products_first(embedded, encoder):
    brands = ["Zorvex", "Ulmana"]
    items = [
        CatalogItem(f"P{n:03}", f"red kettle {n}", {"brand": brands[n % 2], "category": "home"})
        for n in range(400)
    ]
    strap = CatalogItem("strap", "strap for Zorvex watch")
    shop = embedded([*items, strap], {}).snapshot
    vector = encoder.encode_queries(["pizza"])[0]
    hits = shop.search(Request(text="zorvex", vector=vector, limit=100)).hits
    assert all(hit.item.id == "strap" or hit.item.metadata["brand"] == "Zorvex" for hit in hits)
    assert (
        shop.search(Request(text="zorvex kettle", vector=vector)).hits[0].item.metadata["brand"] == "Zorvex"
    )


def test_what_has_all_words_is_above_what_has_none_whatever_the_field(embedded, encoder):
    items = [
        CatalogItem("review", "Bread", {"reviews": "keeps my velvet curtain clean"}),
        CatalogItem("near", "Frozen pizza"),
    ]
    shop = embedded(items, {"near": 1e9}).snapshot
    vector = encoder.encode_queries(["frozen pizza"])[0]
    assert [h.item.id for h in shop.search(Request(text="velvet curtain", vector=vector)).hits] == [
        "review",
        "near",
    ]


def test_repeated_words_of_a_question_count_as_often_as_they_are_asked(embedded):
    shop = shop_of(embedded, {"a": "apples and a pear", "b": "pears and an apple"})
    question = (
        "Which pear is a good pear for pear cake, where an apple is asked for too, among six seven eight nine"
    )
    scores = {hit.item.id: hit.score for hit in shop.search(Request(text=question)).hits}
    assert scores["b"] == pytest.approx(scores["a"])
    few = {h.item.id: h.parts["lexical"] for h in shop.search(Request(text="apple pear pear")).hits}
    assert few == pytest.approx({"a": 1, "b": 1})


def test_quotation_marks_in_a_long_text_are_only_punctuation(embedded):
    shop = shop_of(embedded, {"a": "threshold values", "b": "retrieval of weights and terms and records"})
    text = (
        'The so-called "threshold" is one of many weights of terms in a retrieval of records by their terms'
    )
    assert set(found(shop, text)) == {"a", "b"}


def test_a_phrase_that_some_item_has_is_strict(embedded, encoder):
    shop = shop_of(embedded, {"a": "Red Bull", "b": "Football for a bull", "c": "Frozen pizza"})
    vector = encoder.encode_queries(["pizza"])[0]
    assert found(shop, '"red bull"', vector=vector) == ["a"]


def test_only_what_scores_enough_is_shown_and_counted(embedded, encoder):
    shop = shop_of(
        embedded, {"a": "Frozen pizza", "b": "Pizza, with a long list of other words in it", "c": "Tea"}
    )
    vector = encoder.encode_queries(["pizza"])[0]
    request = Request(text="pizza", vector=vector, facets=())
    scores = sorted(hit.score for hit in shop.search(request).hits)
    strict = shop.search(Request(text="pizza", vector=vector, min_score=scores[-1] - 1e-9))
    assert strict.total == len(strict.hits) == 1


def test_of_stop_words_alone_the_meaning_decides_nothing(embedded, encoder):
    shop = shop_of(embedded, {"2": "The The: Soul Mining record", "3": "The Who: live record"})
    meaning = shop.vector("3")
    assert found(shop, "the the", vector=meaning) == ["2", "3"]
    assert found(shop, "record", vector=meaning)[0] == "3"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234,567 km", "1234567 km"),
        ("v1.2.3", "v 1 2 3"),
        ("3.0", "3"),
        ("0.50", "0.5"),
        ("10/12", "10 12"),
        ("AT&T", "at t"),
        ("don't", "dont"),
        ("a" * 101, ""),
        ("9" * 101, ""),
        ("C++17", "c 17"),
        ("x²", "x 2"),
    ],
)
def test_texts_are_cut_into_words(text, expected):
    assert " ".join(analysis.words(text)) == expected


def test_a_joined_word_says_as_much_as_its_parts(embedded):
    texts = {"fruit": "Organic grapes, organic fruit", "joined": "Grapefruit, red"}
    texts |= {f"grape{n}": f"Grapes {n}" for n in range(3)} | {f"fruit{n}": f"Fruit {n}" for n in range(3)}
    assert found(shop_of(embedded, texts), "grape fruit")[0] == "joined"


@pytest.mark.parametrize(
    ("typo", "first"),
    [("bannana", "banana"), ("strawbery", "berry"), ("brzkrt", None), ("straberies", "berry")],
)
def test_a_typo_finds_the_word_that_was_meant(embedded, typo, first):
    texts = {f"scarf{n}": "Bandana" for n in range(5)} | {
        "banana": "Banana, ripe",
        "berry": "Strawberries 1 lb",
        "beef": "Brskt, beef",
    }
    assert next(iter(found(shop_of(embedded, texts), typo)), None) == first
