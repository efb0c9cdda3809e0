"""Words typed otherwise than the items have them: letters without their marks, compounds in other parts, plus
signs, codes without their letters, spelling by ear."""

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.analysis import fold, words
from object2vec.search.index import Request
from object2vec.search.query import Unit, parse
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
    assert "plus" not in words(text)


def test_a_number_with_a_plus_is_two_units():
    assert parse("S20+").words == (Unit(("s", "20"), (0, 1)), Unit(("plus",)))


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
