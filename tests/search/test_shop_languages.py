"""Languages of a catalogue: word forms, spellings, and how a language is found out or chosen."""

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import BadRequestError
from object2vec.search.analysis import Analysis
from object2vec.search.index import Request
from object2vec.search.languages import language_of, languages_of
from tests.helpers.small_shop import found, shop_of

FORMS = [
    ("en", "knife knives"), ("en", "woman women"), ("en", "leaf leaves"), ("en", "box boxes"),
    ("en", "children childrens"), ("en", "men mens"), ("en", "woman womens"),
    ("de", "schuh schuhe"), ("de", "buch bucher"), ("fr", "chaussure chaussures"), ("fr", "cheval chevaux"),
    ("es", "zapato zapatos"), ("it", "scarpa scarpe"), ("nl", "schoen schoenen"), ("sv", "sko skor"),
    ("pt", "sapato sapatos"), ("pl", "ksiazka ksiazki"), ("ru", "книга книги"), ("tr", "kitap kitaplar"),
    ("fi", "kenka kengat"), ("da", "sko skoene"), ("ro", "carte carti"), ("hu", "konyv konyvek"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "forms"), [pair for pair in FORMS if pair[0] not in ("sv", "fi", "da")])
def test_forms_of_a_word_are_one_term(language, forms):
    one, other = (Analysis((language,)).terms_of(form) for form in forms.split())
    assert one == other


def test_each_language_of_a_catalogue_has_its_word_forms(embedded):
    texts = {
        "0": "Schuh schwarz", "1": "Schuhe schwarz", "2": "knife steel", "3": "knives steel",
        "4": "woman watch", "5": "women watch", "6": "scarpa nera", "7": "scarpe nere", "8": "schoen zwart",
        "9": "schoenen zwart",
        "10": "книга детская", "11": "книги детские", "12": "Wanderschuh wasserdicht", "13": "leaf blower",
        "14": "leaves bag",
    }  # fmt: skip
    shop = shop_of(embedded, texts)
    assert found(shop, "Schuh")[-1] == "12"
    assert set(found(shop, "Schuh")) == {"0", "1", "12"}
    pairs = {
        "knife": "23",
        "woman": "45",
        "scarpa": "67",
        "schoen": "89",
        "leaf": ("13", "14"),
        "книга": ("10", "11"),
    }
    for query, items in pairs.items():
        assert set(found(shop, query)) == set(items)


def test_a_catalogue_that_grows_from_nothing_learns_its_languages(embedded):
    index = embedded([], {})
    index.apply([CatalogItem(str(n), f"Schuhe {n} aus Leder für Damen, schwarz") for n in range(20)], 1)
    assert index.snapshot.search(Request(text="Schuh", limit=100)).total == 20
    index.apply([CatalogItem("new", "Schuh und Hose für Herren")], 2)
    assert index.snapshot.search(Request(text="Schuhe", limit=100)).total == 21


def test_a_small_catalogue_of_many_languages_learns_them_all(embedded):
    index = embedded([], {})
    texts = ["Schuh schwarz", "Schuhe schwarz", "woman watch", "women watch", "scarpa nera", "scarpe nere",
             "schoen zwart", "schoenen zwart", "книга детская", "книги детские", "leaf blower"]  # fmt: skip
    index.apply([CatalogItem(str(n), text) for n, text in enumerate(texts)], 1)
    for query, items in (("книга", {"8", "9"}), ("schoenen", {"6", "7"}), ("scarpe", {"4", "5"})):
        assert set(found(index.snapshot, query)) == items


def test_what_an_item_says_of_its_language_counts():
    assert languages_of([("Kirjoja lapsille", "fi"), ("Keittokirja", "fi-FI")]) == ["fi"]
    assert languages_of([("Frozen pizza", None), ("", 7)]) == ["en"]
    assert languages_of([("iPhone Pro", None), ("Door van", None), ("Hat, red", None)] * 9) == ["en"]


def test_a_language_that_is_not_known_is_refused_with_those_that_are():
    assert language_of("de-AT").code == "de"
    assert language_of("nb").code == "no"
    with pytest.raises(BadRequestError, match=r"'xx'.*de, .*en"):
        language_of("xx")


def test_languages_can_be_chosen(tmp_path, encoder):
    from object2vec.search import engine_code, engines
    from object2vec.search.content import Content

    items = [CatalogItem("a", "Schuhe"), CatalogItem("b", "Buty")]
    target = engines.target({"LANGUAGES": "de, pl"})
    engine_code.code_of(target.engine).build(encoder, Content(items), tmp_path / "base", target.settings)
    index = engine_code.load_index(tmp_path / "base", encoder, "r1")
    index.apply([CatalogItem(str(n), f"knives {n} with a black handle") for n in range(20)], 1)
    assert found(index.snapshot, "Schuh") == ["a"]
    assert found(index.snapshot, "knife") == []


@pytest.mark.parametrize("environment", [{}, {"LANGUAGES": "auto"}, {"LANGUAGES": ""}])
def test_languages_are_found_out_unless_they_are_chosen(environment):
    from object2vec.search import engines, languages

    settings = engines.target(environment).settings
    assert languages.chosen(settings.get("languages", "auto")) is None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("duffel bags", "Duffle bag"),
        ("duffle bag", "Duffel bag"),
        ("doughnuts", "Glazed donut"),
        ("grey tyres", "Gray tire"),
        ("2 litre colour", "Color, 2 liters"),
        ("barbeque", "Barbecue sauce"),
        ("moisturiser", "Moisturizers"),
    ],
)
def test_a_word_in_its_other_spelling_is_the_same_word(embedded, query, text):
    shop = shop_of(embedded, {"a": text, "b": "Angel for the tree", "c": "Angle of steel"})
    assert found(shop, query) == ["a"]


def test_a_word_that_only_looks_like_a_spelling_is_another(embedded):
    shop = shop_of(embedded, {"b": "Angel for the tree", "c": "Angle of steel"})
    assert found(shop, "angel") == ["b"]


def test_an_item_that_says_its_language_has_the_word_forms_of_that_language(embedded):
    """The English stemmer makes one word of general and generally, the German one does not."""
    texts = {f"de{n}": f"Haus und Garten, neu, schwarz {n}" for n in range(4)} | {
        f"en{n}": f"House and garden for you {n}" for n in range(4)
    }
    texts |= {"said": "Atlas, generally", "english": "Atlas, generally"}
    languages = {key: {"language": key[:2]} for key in texts} | {
        "said": {"language": "de-AT"},
        "english": {"language": "en"},
    }
    shop = shop_of(embedded, texts, languages)
    assert set(shop.analysis.languages) == {"de", "en"}
    assert found(shop, "general") == ["english"]


@pytest.mark.parametrize(
    ("query", "first"),
    [("电脑", {"simple", "traditional"}), ("電腦", {"simple", "traditional"}), ("手机壳", {"case"})],
)
def test_simplified_and_traditional_chinese_meet(embedded, query, first):
    texts = {"simple": "笔记本电脑", "traditional": "桌上型電腦", "case": "手機殼 防摔", "table": "木制餐桌"}
    assert set(found(shop_of(embedded, texts), query)) == first
