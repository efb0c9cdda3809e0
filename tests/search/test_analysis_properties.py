"""What holds for any text: of the analysis, and of the order of a result."""

# ruff: noqa: RUF001 (letters that look like others are what is tested)

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.search.analysis import PLUS, fold, joined, words
from object2vec.search.index import Request

ANY_LETTERS = (
    "abcxyzäöüßéèêñçøłœæğıİşžåÉÀ0123456789½⅓²'’`-–./+#&%×№ﬁ™ "
    "ёйщЖαβώء\u0643\u062a\u0627\u0628\u0650\u05e9\u05c1\u05dc"
    "किताบกาขーカﾊﾟﾞ漢字電电한글\u0301\u0308"
)
TEXTS = st.text(st.sampled_from(ANY_LETTERS), max_size=30) | st.text(max_size=30)
WORDS = st.sampled_from(
    ["red", "blue", "pump", "brass", "valve", "garden", "hose", "steel", "wood", "table", "lamp", "green"]
)
TITLES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_the_words_of_words_are_they_themselves(text):
    for word in words(text):
        if word != PLUS and not word.startswith("u"):  # a symbol's word is its number, a sign has one before
            assert "".join(words(word)) == word


@given(TEXTS, st.sampled_from(["NFC", "NFD"]))
@settings(max_examples=300, deadline=None)
def test_a_text_has_the_same_words_however_its_characters_are_composed(text, form):
    assert words(unicodedata.normalize(form, text)) == words(text)


@given(st.lists(st.text("abc123", min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_code_is_the_same_with_any_hyphens_or_without(parts):
    assert len({joined(between.join(parts)) for between in ("-", "", " ", "–", ".", "/", "_")}) == 1


@given(st.lists(TITLES, min_size=2, max_size=12), TITLES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_item_with_all_the_words_stands_above_one_with_none(embedded, encoder, titles, query):
    items = [CatalogItem(f"i{n}", title, {"price": n}) for n, title in enumerate(titles)]
    snapshot = embedded(items, {f"i{n}": float(n * n) for n in range(len(items))}).snapshot
    vector = encoder.encode_queries([query])[0]
    hits = snapshot.search(Request(text=query, vector=vector, limit=50)).hits
    asked = set(query.split())
    shares = [len(asked & set(hit.item.text.split())) / len(asked) for hit in hits]
    having_all = [place for place, share in enumerate(shares) if share == 1]
    having_none = [place for place, share in enumerate(shares) if share == 0]
    if any(asked <= set(title.split()) for title in titles):
        assert having_all[0] == 0
        assert max(having_all) < min(having_none, default=len(hits))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("the who", "The Who: greatest hits"),
        ("it", "It, a novel of a clown"),
        ("to be or not to be", "To be or not to be: Hamlet retold"),
        ("der die das", "Der, die, das: deutsche Artikel"),
        ("où et quand", "Où et quand, nouvelle"),
        ("y tú", "Y tú, ¿quién eres?"),
        ("che fai tu", "Che fai tu, romanzo"),
        ("wie ben jij", "Wie ben jij, verhaal"),
        ("кто я", "Кто я: роман"),
        ("ben sen o", "Ben, sen, o: roman"),
    ],
)
def test_a_query_of_stop_words_alone_finds_the_phrase(embedded, query, title):
    others = [
        "House slippers, grey",
        "Who are you to be in the house",
        "Die Katze und das Haus",
        "Kleine Welt",
    ]
    items = [CatalogItem("right", title), *(CatalogItem(f"o{n}", text) for n, text in enumerate(others))]
    hits = embedded(items, {}).snapshot.search(Request(text=query)).hits
    assert hits[0].item.id == "right"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("straße", "STRASSE"),
        ("ﬁsh", "fish"),
        ("½ inch", "1/2 inch"),
        ("L’Été", "l'été"),
        ("MEN’S", "mens"),
        ("ｺｰﾋｰ", "コーヒー"),
        ("IŞIK", "ışık"),
        ("İstanbul", "istanbul"),
        ("10×20", "10x20"),
        ("42,5", "42.50"),
        ("2²", "22"),
        ("ＡＢＣ１２", "abc12"),
        ("co\u00adoperate", "cooperate"),
        ("ёлка", "елка"),
        ("كِتَابٌ", "كتاب"),
        ("שֻׁלְחָן", "שולחן"[:1] + "לחן"),
    ],
)
def test_forms_of_one_text_have_the_same_words(query, text):
    assert words(query) == words(text)
