"""Words typed otherwise than the items have them: letters without their marks, compounds in other parts, plus
signs, codes without their letters, spelling by ear."""

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.analysis import ENGLISH, fold, words
from object2vec.search.index import Request
from object2vec.search.query import Unit, parse
from object2vec.search.synonyms import parse as synonyms_of
from tests.helpers.small_shop import found, notes, shop_of

DANISH = {
    "1": "Køkkenrulle 4 stk", "2": "Børnebøger fra 3 år", "3": "Badehåndklæde bomuld", "4": "Grøn te 100 g",
    "5": "Bro i træ til haven", "6": "Skriveblok til skolen", "7": "Solbriller sort",
    "8": "Støvler til damer", "9": "Roed groed med floede",
}  # fmt: skip
SWEDISH = {
    "1": "Köksknivar av stål", "2": "Trädgårdsstol i trä", "3": "Glödlampa E27", "4": "Solglasögon svarta",
    "5": "Regnjacka för dam", "6": "Hundfoder med kyckling", "7": "Tandborste mjuk",
}  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "query", "first"),
    [
        (DANISH, "koekkenrulle", "1"), (DANISH, "koekkenruller", "1"), (DANISH, "boerneboeger", "2"),
        (DANISH, "haandklaede", "3"), (DANISH, "groen te", "4"), (DANISH, "bro", "5"),
        (DANISH, "stoevle", "8"), (DANISH, "rød grød", "9"), (DANISH, "grød", "9"),
        (SWEDISH, "koeksknivar", "1"), (SWEDISH, "traedgaardsstol", "2"), (SWEDISH, "gloedlampor", "3"),
    ],
)  # fmt: skip
def test_letters_with_marks_may_be_typed_as_two(embedded, texts, query, first):
    assert found(shop_of(embedded, texts), query)[0] == first


GERMAN = {
    "1": "Christbaumkugeln rot, 6 Stück", "2": "Weihnachtsbaum künstlich", "3": "Müllbeutel 60 l",
    "4": "Gefriertüten 3 l", "5": "Regal weiß aus Holz", "6": "Helm für Kinder, blau",
    "7": "Bratpfanne Gusseisen",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "some"),
    [
        ("Weihnachtskugeln", {"1", "2"}), ("Weihnachtskugel", {"1", "2"}), ("Mülltüten", {"3", "4"}),
        ("muelltueten", {"3", "4"}), ("Kinderhelm", {"6"}), ("Holzregal", {"5"}),
    ],
)  # fmt: skip
def test_a_compound_that_no_item_has_finds_items_with_its_parts(embedded, query, some):
    shop = shop_of(embedded, GERMAN)
    result = shop.search(Request(text=shop.corrected(query), limit=10))
    assert {hit.item.id for hit in result.hits if hit.parts["lexical"]} == some
    assert bool(result.notes) == (len(some) > 1)


def test_what_is_no_compound_has_no_parts(embedded):
    shop = shop_of(embedded, GERMAN)
    assert notes(shop, "Zorbelquatsch")
    assert found(shop, "Zorbelquatsch") == []


PLUS = {
    "1": "Sun cream SPF 50+ 200 ml", "2": "Sun cream SPF 50 200 ml", "3": "Sun cream SPF 30",
    "4": "Phone S20+ 128 GB", "5": "Phone S20 64 GB", "6": "Disney+ gift card", "7": "Disney plush bear",
    "8": "ONE+ drill 18 V", "9": "Tyre 195/65 R15 91H", "10": "Tyre 205/55 R16", "11": "Paper 8.5 x 11",
    "12": "Paper 8 x 11", "13": "TV+ box",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("50+", "1"), ("spf 50+", "1"), ("spf50+", "1"), ("SPF 50 plus", "1"), ("s20+", "4"),
        ("s20 plus", "4"),
        ("disney+", "6"), ("disney plus", "6"), ("one plus drill", "8"), ("tv plus", "13"),
        ("195-65-15", "9"), ("195/65/15", "9"), ("205 55 16", "10"), ("8 1/2 x 11", "11"), ("8½ x 11", "11"),
    ],
)  # fmt: skip
def test_plus_signs_codes_without_letters_and_fractions(embedded, query, first):
    assert found(shop_of(embedded, PLUS), query)[0] == first


def test_who_asks_for_a_number_finds_it_with_a_plus_too(embedded):
    assert set(found(shop_of(embedded, PLUS), "cream spf 50")[:2]) == {"1", "2"}


@pytest.mark.parametrize("text", ["1+1 free", "+50", "a + b", "omega 3+6", "50++"])
def test_a_plus_between_or_before_things_is_no_word(text):
    assert {"plus", "+"}.isdisjoint(words(text))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("S20+", [Unit(("s", "20"), (0, 1), plus=True)]),
        ("SPF50+/UVA", [Unit(("spf", "50"), (0, 1), plus=True), Unit(("uva",))]),
        ("disney+, tv", [Unit(("disney",), plus=True), Unit(("tv",))]),
        ("C++ c+ a+", [Unit(("c++",)), Unit(("c+",)), Unit(("a+",))]),
    ],
)
@pytest.mark.parametrize("prefix", [False, True])
def test_a_plus_sign_belongs_to_what_it_stands_behind(text, units, prefix):
    if prefix:
        text, units = f"{text} 50+", [*units, Unit(("50",), plus=True)]
    assert parse(text, prefix=prefix).words == tuple(units)


SIGNS = {
    "1": "Plus size dress", "2": "Toy train ages 5+", "3": "Sunscreen SPF 50+", "4": "Sunscreen SPF 50",
    "5": "Phone S20+", "6": "Phone S20", "7": "Leather boots", "8": "C++ for beginners", "9": "Vitamin C",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("disney+", []), ("hulu+", []), ("google+", []), ("new disney+", []), ('"disney+"', []),
        ("boots+", ["7"]), ('"boots+"', ["7"]), ("dress+", ["1"]), ("plus+", ["1"]), ("plus", ["1"]),
        ("hulu plus", ["1"]), ("boots plus", ["7", "1"]), ("s20 plus", ["5"]),
        ("spf 50+", ["3", "4"]), ("spf50+", ["3", "4"]), ("50+", ["3", "4"]), ("sunscreen 50+", ["3", "4"]),
        ("s20+", ["5", "6"]), ("phone s20+", ["5", "6"]), ("5+", ["2"]), ("train 5+", ["2"]),
        ('"spf 50+"', ["3"]), ("c++", ["8"]),
    ],
)  # fmt: skip
def test_a_plus_sign_is_optional_and_stands_for_no_other(embedded, query, items):
    assert found(shop_of(embedded, SIGNS), query) == items


@pytest.mark.parametrize("query", ["disney", "boots", "boot", "dres", "phone", "sunscreen spf", "plus"])
def test_a_plus_sign_that_no_item_has_there_changes_nothing(embedded, query):
    shop = shop_of(embedded, SIGNS)
    without, signed = (shop.search(Request(text=text, limit=10)) for text in (query, f"{query}+"))
    assert [(hit.item.id, hit.score) for hit in signed.hits] == [
        (hit.item.id, hit.score) for hit in without.hits
    ]
    assert signed.notes == without.notes
    assert shop.corrected(f"{query}+") == f"{shop.corrected(query)}+"


@pytest.mark.parametrize(("query", "items"), [("disney+", []), ("boots+", ["7"]), ("s20+", ["5", "6"])])
def test_a_plus_sign_at_the_end_of_what_is_typed_begins_no_word(embedded, query, items):
    assert found(shop_of(embedded, SIGNS), query, prefix=True) == items


def test_a_plus_sign_counts_behind_its_own_word_and_is_not_the_word(embedded):
    texts = {"1": "Cream SPF 30 plus, ages 50+", "2": "Cream ages 50, SPF 30+", "3": "Cream SPF 30, ages 50+"}
    assert found(shop_of(embedded, texts), "cream 30+")[0] == "2"
    plus = {"1": "Disney plus", "2": "Disney+", "3": "Disney pens"}
    scores = {
        hit.item.id: hit.score
        for hit in shop_of(embedded, plus).search(Request(text="disney+", limit=10)).hits
    }
    assert scores["2"] > max(scores["1"], scores["3"])
    assert set(found(shop_of(embedded, plus), '"disney plus"')) == {"1", "2"}


def test_a_plus_sign_marks_no_plus(embedded):
    shop = shop_of(embedded, {"1": "Plus size boots"})
    marks = shop.lexical.marks(parse("boots+"))
    assert (marks.has("boots"), marks.has("plus"), marks.has("+")) == (True, False, False)


@pytest.mark.parametrize(
    ("asked", "query", "applies"),
    [
        ("disney+", "disney+", True), ("disney+", "disney plus", True), ("disney+", "disney", False),
        ("disney", "disney+", True), ("disney plus", "disney+", True), ("plus", "disney+", False),
        ("disney+ box", "disney+ box", True), ("disney+ box", "disney box", False),
    ],
)  # fmt: skip
def test_a_synonym_for_a_word_with_a_plus_sign(asked, query, applies):
    synonyms = synonyms_of([{"query": [asked], "finds": ["streaming"]}])
    alternatives = synonyms.alternatives(parse(query), ENGLISH)
    assert [other.parts for other in alternatives] == ([parse(query).words] if applies else [])


def test_japanese_in_either_syllabary_is_one():
    assert fold("メガネ") == fold("めがね") == fold("ﾒｶﾞﾈ")


HEARD = {
    "1": "Silver necklace",
    "2": "Sausage, smoked",
    "3": "Machine screws",
    "4": "Neck pillow",
    "5": "Photograph album",
}


@pytest.mark.parametrize(
    ("query", "meant"),
    [("neckless", "necklace"), ("machene", "machine"), ("saussige", "sausage"), ("photogruph", "photograph"),
     ("nickless", "nickless"), ("sapphire", "sapphire")],
)  # fmt: skip
def test_words_spelt_by_ear_are_understood(embedded, query, meant):
    assert shop_of(embedded, HEARD).corrected(query) == meant


def test_facets_of_variants_count_products(embedded):
    items = [
        CatalogItem(
            f"{group}{size}", "Yoga mat", {"group": group, "size": size, "brand": brand, "tags": tags}
        )
        for group, brand, tags in (("m", "Acme", ["eco", "new"]), ("b", "Acme", ["eco"]), ("c", "Bolt", []))
        for size in range(4)
    ]  # fmt: skip
    shop = embedded(items, {}).snapshot
    asked = Request(text="mat", distinct="group", facets=("brand", "size", "tags"))
    facets = shop.search(asked).facets
    counts = {name: {entry.value: entry.count for entry in entries} for name, entries in facets.items()}
    assert counts["brand"] == {"Acme": 2, "Bolt": 1}
    assert counts["size"] == {0.0: 3, 1.0: 3, 2.0: 3, 3.0: 3}
    assert counts["tags"] == {"eco": 2, "new": 1}


SHORT = {
    "h": "Herrenunterhosen, 3er-Pack", "a": "Avocados, reif", "d": "Konservendosen mit Deckel",
    "j": "Jacke für Damen",
}  # fmt: skip


@pytest.mark.parametrize(("query", "items"), [("Hose", {"h"}), ("Dose", {"d"}), ("Dosen", {"d"})])
def test_a_compound_may_end_with_a_word_that_has_a_short_stem(embedded, query, items):
    assert set(found(shop_of(embedded, GERMAN | SHORT), query)) == items


APART = {
    "1": "Powerbank 10 000 mAh", "2": "Zange 87 01 250", "3": "Schrauben aus Stahl",
    "4": "Holzschrauben 5 x 60", "5": "Katzenspielzeug", "6": "Hundefutter mit Rind", "7": "Runde Matte",
    "8": "Creme La Roche Posay 50 ml",
    "9": "Honig aus dem Wald", "10": "Vogelfutter",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("10000mah", "1"), ("8701250", "2"), ("Schrauben für Holz", "4"), ("Spielzeug für eine Katze", "5"),
        ("Spielzeug für Katzen", "5"), ("Hund", "6"), ("Hunde", "6"), ("larocheposay", "8"),
    ],
)  # fmt: skip
def test_numbers_compounds_and_names_in_other_parts(embedded, query, first):
    assert found(shop_of(embedded, APART), query)[:1] == [first]


@pytest.mark.parametrize("query", ["1000mah", "250870", "8701", "Hond"])
def test_parts_that_no_item_has_next_to_each_other_are_nothing(embedded, query):
    assert not {"1", "2", "6"} & {*found(shop_of(embedded, APART), query)}


JAPANESE = {"1": "緑茶 ティーバッグ", "2": "猫用フード", "3": "犬用おやつ", "4": "もののけ姫"}


@pytest.mark.parametrize(("query", "items"), [("お茶", ["1"]), ("猫が食べるもの", ["4"]), ("ねこが", [])])
def test_a_character_alone_is_searched_where_no_item_has_two_of_the_query(embedded, query, items):
    assert found(shop_of(embedded, JAPANESE), query) == items


ALONE = {
    "1": "Rollkragenpullover grau", "2": "Rolladengurt", "3": "Sandkasten", "4": "Handyhülle",
    "5": "Kartoffelschäler", "6": "Schokolade, Vollmilch", "7": "Käsekuchen", "8": "Kuchen",
    "9": "Gouda Käse",
}  # fmt: skip


@pytest.mark.parametrize("query", ["Roller", "Sander", "Hand", "Kart"])
def test_what_only_begins_like_a_compound_does_not_find_it(embedded, query):
    assert found(shop_of(embedded, ALONE), query) == []


def test_one_thing_and_another_are_no_compound(embedded):
    assert notes(shop_of(embedded, ALONE), "Kuchen und Käse") != []


@pytest.mark.parametrize(("query", "first"), [("tvs", "1"), ("pcs", "2"), ("gps", "3")])
def test_abbreviations_in_the_plural_are_no_units(embedded, query, first):
    texts = {
        "1": "TV 43 inch",
        "2": "Screws, 80 pcs",
        "3": "GPS watch",
        "4": "GP batteries",
        "5": "Office PC",
    }
    assert found(shop_of(embedded, texts), query) == [first]


BEEF = {"1": "牛奶 1 升", "2": "洗发水", "3": "红茶"}


@pytest.mark.parametrize(("query", "items"), [("牛肉", []), ("沙发", []), ("お茶", ["3"])])
def test_one_of_two_characters_with_a_meaning_says_little(embedded, query, items):
    assert found(shop_of(embedded, BEEF), query) == items


def test_the_parts_of_a_word_next_to_each_other_say_no_more_than_the_word(embedded):
    many = {str(n): f"{colour} headphones" for n, colour in enumerate(("Black", "White", "Red", "Green"))}
    texts = many | {"apart": "Big head phones holder", "5": "Lamp", "6": "Torch", "7": "Cable"}
    assert found(shop_of(embedded, texts), "headphones") == [*many, "apart"]
