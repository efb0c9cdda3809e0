"""Small catalogues in many languages, of which hardly a word tells the language."""

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.content import Content
from object2vec.search.embedded import base
from object2vec.search.languages import are_forms, languages_of
from tests.helpers.small_shop import found, shop_of

MIXED = {
    "1": "Kakteen im Topf", "2": "Handtücher", "3": "Rideaux occultants", "4": "Sillones reclinables",
    "5": "Tappeti per il bagno", "6": "Dozen van karton", "7": "Böcker", "8": "Colchões de espuma",
    "9": "Kubki ceramiczne", "10": "Ножи кухонные", "11": "Çantalar deri", "12": "Veitset keittiöön",
    "13": "Nøgler til døren", "14": "Poharak", "15": "Pahare de sticlă", "16": "ספרים לילדים",
    "17": "किताबें", "18": "Wolves plush toy",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Kaktus", "1"), ("Handtuch", "2"), ("rideau", "3"), ("sillón", "4"), ("tappeto", "5"),
        ("doos", "6"), ("bok", "7"), ("colchão", "8"), ("kubek", "9"), ("нож", "10"), ("çanta", "11"),
        ("veitsi", "12"), ("nøgle", "13"), ("pohár", "14"), ("pahar", "15"), ("ספר", "16"),
        ("किताब", "17"), ("wolf", "18"),
    ],
)  # fmt: skip
def test_a_form_of_a_word_is_found_whatever_its_language(embedded, query, first):
    assert found(shop_of(embedded, MIXED), query)[:1] == [first]


BOTH = [
    "chapeau noir",
    "chapeaux noirs",
    "chemise blanche",
    "chemises blanches",
    "svart lampa",
    "svarta lampor",
    "röd stol",
    "röda stolar",
    "czarny but",
    "czarne buty",
    "musta kenkä",
    "mustat kengät",
    "fekete cipő",
    "fekete cipők",
    "rote Tasse",
    "rote Tassen",
    "červená kniha",
    "červené knihy",
]


@pytest.mark.parametrize("query", ["chemises", "chapeau", "lampa", "stolar", "Tassen"])
def test_single_words_of_several_items_tell_a_language(embedded, query):
    one = next(at for at, text in enumerate(BOTH) if query in text) // 2 * 2
    shop = shop_of(embedded, {str(at): text for at, text in enumerate(BOTH)})
    assert {*found(shop, query)[:2]} == {str(one), str(one + 1)}


def test_single_foreign_words_make_an_english_shop_no_other():
    names = ["Chateau red wine", "Blanc de blancs", "Brut sparkling", "Pinot noir", "Corkscrew steel"]
    assert languages_of([(name, None) for name in names]) == ["en"]


def test_what_only_begins_alike_are_no_forms():
    assert not are_forms("soap", "sofa")
    assert not are_forms("pan", "panda")


def test_languages_that_were_chosen_are_no_question(tmp_path, encoder):
    base.build_index(encoder, Content([CatalogItem("1", "Çantalar deri")]), tmp_path / "en", ["en"])
    assert found(base.load_index(tmp_path / "en", encoder, "r1").snapshot, "çanta") == []
