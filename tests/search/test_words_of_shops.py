"""Shops whose names of products have hardly a function word, and more of what people type into them:
compounds, codes with their names, quantities as fractions, signs of sizes, and forms of words."""

# ruff: noqa: RUF001 (letters that look like others are what is tested)

import pytest

from object2vec.search.analysis import Analysis, words
from object2vec.search.index import Request
from object2vec.search.languages import languages_of
from object2vec.search.query import parse
from object2vec.search.units import quantities
from tests.helpers.small_shop import found, notes, shop_of
from tests.helpers.topics import SHOP

DUTCH = {
    "1": "Kinderfiets 16 inch", "2": "Koffiezetapparaat met filter", "3": "Tuin stoel hout",
    "4": "Hondenvoer met kip", "5": "Wandelschoenen heren", "6": "Afwasmiddel citroen",
    "7": "Keukenkast wit", "8": "Zonnebril zwart", "9": "Boekenkast eiken",
    "10": "Slaapzak voor de winter", "11": "Sinaasappelsap 1 l", "12": "Fietspomp", "13": "Bril",
}  # fmt: skip
DANISH = {
    "1": "Børnecykel 16 tommer", "2": "Havestol i træ", "3": "Kaffemaskine med filter",
    "4": "Hundefoder med kylling", "5": "Solbriller sort", "6": "Bogreol eg", "7": "Tandbørste blød",
    "8": "Køkken rulle", "9": "Regnjakke til damer", "10": "Stol", "11": "Jakke", "12": "Briller",
}  # fmt: skip
SWEDISH = {
    "1": "Barncykel 16 tum", "2": "Trädgårdsstol i trä", "3": "Kaffebryggare svart",
    "4": "Hundfoder med kyckling", "5": "Solglasögon svarta", "6": "Bokhylla ek", "7": "Apelsin juice",
    "8": "Tandborste mjuk", "9": "Regnjacka för dam", "10": "Stol",
}  # fmt: skip
FINNISH = {
    "1": "Lasten polkupyörä", "2": "Kahvinkeitin musta", "3": "Aurinkolasit miehille",
    "4": "Koiranruoka kana", "5": "Kirjahylly tammi", "6": "Sadetakki naisille", "7": "Hammasharja pehmeä",
    "8": "Appelsiini mehu", "9": "Makuupussi talvi", "10": "Puutarhatuoli",
}  # fmt: skip
GERMAN = {
    "1": "Orangensaft 1 l", "2": "Apfel Saft naturtrüb", "3": "Schlafsack für den Winter",
    "4": "Helm für Kinder, blau", "5": "Helm für Damen", "6": "Regal weiß aus Holz",
    "7": "Museen der Stadt, ein Führer", "8": "Hundefutter mit Huhn", "9": "Futter für Katzen",
}  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "code"),
    [(DUTCH, "nl"), (DANISH, "da"), (SWEDISH, "sv"), (FINNISH, "fi"), (GERMAN, "de")],
)
def test_the_letters_of_all_names_together_tell_the_language(texts, code):
    assert code in languages_of([(text, None) for text in texts.values()])


@pytest.mark.parametrize(
    "texts",
    [
        [item.text for item in SHOP],
        ["Samsung Galaxy", "Nokia Lumia", "Sony Xperia", "Huawei Mate", "Xiaomi Redmi", "Motorola Edge",
         "Google Pixel", "Fairphone", "Oppo Reno", "Realme Narzo"],
        ["Diet cola bottle", "Cherry soda can", "Dry cat snack", "Kitten tuna", "Frozen pizza cheese",
         "Fresh margherita", "Grated mozzarella", "Hand soap care", "Pizzas and more"],
        ["Cabernet Sauvignon 2019", "Chardonnay", "Chateau Margaux", "Pinot Noir Reserve", "Merlot",
         "Rioja Crianza", "Sauvignon Blanc", "Riesling dry", "Champagne Brut", "Prosecco", "Malbec"],
        ["Tortilla chips", "Salsa verde", "Queso fresco", "Taco shells", "Guacamole mild", "Chorizo",
         "Refried beans", "Enchilada sauce", "Mole poblano", "Horchata", "Carne asada"],
    ],
)  # fmt: skip
def test_english_names_and_brands_stay_english(texts):
    assert languages_of([(text, None) for text in texts]) == ["en"]


def test_a_shop_whose_names_are_in_two_languages_has_both():
    menu = [
        "Pizza Margherita", "Pizza Quattro Stagioni", "Tiramisu", "Chicken Alfredo", "Garlic Bread",
        "Spaghetti Carbonara", "Caesar Salad", "Lasagna al Forno", "Mozzarella Sticks", "Bruschetta",
        "Gelato vanilla", "Espresso double", "Prosciutto Panini", "Iced tea lemon", "Ravioli spinach",
    ]  # fmt: skip
    assert languages_of([(name, None) for name in menu]) == ["it", "en"]


def test_a_language_without_word_forms_is_taken_for_no_other():
    texts = ["Áo sơ mi nam", "Giày thể thao nữ", "Quần jean", "Túi xách da", "Mũ len", "Bàn gỗ", "Ghế nhựa"]
    assert languages_of([(text, None) for text in texts]) == ["en"]


@pytest.mark.parametrize(
    ("texts", "query", "first"),
    [
        (DUTCH, "fiets", "1"), (DUTCH, "fietsen", "1"), (DUTCH, "tuinstoelen", "3"), (DUTCH, "schoen", "5"),
        (DUTCH, "zonnebrillen", "8"), (DUTCH, "boekenkasten", "9"), (DUTCH, "sap", "11"),
        (DUTCH, "winterslaapzak", "10"), (DANISH, "cykler", "1"), (DANISH, "havestole", "2"),
        (DANISH, "kaffemaskiner", "3"), (DANISH, "have stol", "2"), (DANISH, "køkkenruller", "8"),
        (SWEDISH, "cyklar", "1"), (SWEDISH, "trädgård stol", "2"), (SWEDISH, "jackor", "9"),
        (SWEDISH, "apelsinjuice", "7"), (FINNISH, "takit", "6"), (FINNISH, "kahvinkeittimet", "2"),
        (FINNISH, "appelsiinimehu", "8"), (GERMAN, "orange saft", "1"), (GERMAN, "Winterschlafsack", "3"),
        (GERMAN, "Kinderhelm", "4"), (GERMAN, "Damenhelme", "5"), (GERMAN, "Holzregal", "6"),
        (GERMAN, "Museum", "7"), (GERMAN, "Huhnfutter", "8"),
    ],
)  # fmt: skip
def test_word_forms_and_compounds_of_a_shop_with_bare_names(embedded, texts, query, first):
    assert found(shop_of(embedded, texts), query)[0] == first


def test_where_no_item_has_all_words_of_a_compound_some_are_found_and_it_is_said(embedded):
    shop = shop_of(embedded, GERMAN)
    assert set(found(shop, "Damensaft")) == {"1", "2", "5"}
    assert "no item has all 2 words" in notes(shop, "Damensaft")
    assert notes(shop, "Kinderhelm") == ""


FORMS = {
    "de": "Ei Eier,Museum Museen,Album Alben,Datum Daten,Korb Körbe,Ofen Öfen",
    "fr": "tuyau tuyaux,actif active actives,sportif sportive,léger légère,premier première,"
    "public publique,turc turque,panier paniers,étagère étagères",
    "es": "sartén sartenes,almacén almacenes,imagen imágenes,tren trenes,audaz audaces",
    "pt": "mão mãos,fácil fáceis,réptil répteis,barril barris,funil funis,móvel móveis",
    "nl": "hemd hemden,bord borden,kaars kaarsen,kussen kussens,laken lakens,groot grote,rood rode,"
    "zwaar zware,gat gaten,dag dagen,weg wegen,schip schepen,stad steden,hoofd hoofden,motor motoren,"
    "ui uien,taxi taxi's,museum musea,duif duiven,roos rozen",
    "sv": "liten små,finger fingrar,syster systrar,vinter vintrar,dator datorer",
    "da": "gaffel gafler,ske skeer,lille små,finger fingre",
    "no": "skje skjeer,liten små,finger fingre,gaffel gafler",
    "ru": "рубашка рубашки рубашек,ботинок ботинки,куртка курток,кукла кукол,палец пальцы,чехол чехлы,"
    "платок платки,носок носки,замок замки,котёл котлы,стол столы столов,отец отцы,"
    "ковёр ковры,костёр костры,бобёр бобры",
    "pl": "but buty butów,widelec widelce,palec palce,skarpetka skarpetek,krzesło krzeseł,fotel fotele,"
    "torba torby toreb,rower rowerów",
    "el": "βιβλίο βιβλία,παιδί παιδιά,καρέκλα καρέκλες",
    "hu": "táska táskák,gyerek gyerekek,ló lovak,cipő cipők",
    "fi": "punainen punaiset,nainen naiset,puhelin puhelimet,avain avaimet,leipä leivät,veitsi veitset,"
    "mies miehet,lintu linnut,peruna perunat",
    "tr": "gömlek gömlekler gömleği,oyuncak oyuncağı,masa masalar masası,elbise elbiseler elbisesi,"
    "tabak tabağı,çocuk çocuğu",
    "en": "analysis analyses,shelf shelves,die dice",
}
"""Forms of one word between commas."""


@pytest.mark.parametrize("language", FORMS)
def test_forms_of_one_word_are_one_term(language):
    terms_of = Analysis((language,)).terms_of
    apart = [
        forms
        for forms in FORMS[language].split(",")
        if len({terms_of(words(form)[0]) for form in forms.split()}) > 1
    ]
    assert apart == []


THINGS = {
    "1": "C++ primer", "2": "C# in depth", "3": "C programming", "4": "Milk ½ pint", "5": "Milk 1 pint",
    "6": "Valve 1½ inch", "7": "Valve 1/2 inch", "8": 'TV 65"', "9": "TV 55 inch", "10": "Screw M6 × 20",
    "11": "Screw M6 × 25", "12": "Heater 2 kW", "13": "Heater 1500 W", "14": "Flour 500 g",
    "15": "Flour 1 kg", "16": "1٫5 لتر", "17": "Rock 'n' Roll, a history", "18": "Rolling pin, rock salt",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("C ++", "1"), ("c # depth", "2"), ("C", "3"), ("0.5 pint", "4"), ("1/2 pint milk", "4"),
        ('1½"', "6"), ('1 1/2" valve', "6"), ("1.5 inch", "6"), ("1½ in", "6"), ('1/2" valve', "7"),
        ("65 inch tv", "8"), ("65in", "8"), ('55" tv', "9"), ("m6*20", "10"), ("M6 * 25", "11"),
        ("2000w heater", "12"), ("heater 2000 watts", "12"), ("1.5kW", "13"), ("½ kg flour", "14"),
        ("1.5 لتر", "16"), ("rock'n'roll", "17"), ("rock n roll", "17"),
    ],
)  # fmt: skip
def test_signs_fractions_and_sizes(embedded, query, first):
    shop = shop_of(embedded, {f"item-{number}": text for number, text in THINGS.items()})
    assert found(shop, query)[0] == f"item-{first}"


@pytest.mark.parametrize("text", ['"Fahrenheit 451" paperback', 'Sign Route "66"', 'Album ("1989")'])
def test_a_number_at_the_end_of_what_is_quoted_is_no_size(text):
    assert "inch" not in words(text)


@pytest.mark.parametrize(
    "query", ["jean 34", "ocean 11", "smart 75", "heart 2", "dart 500", "partno12", "art 3d"]
)
def test_the_name_of_a_code_is_no_part_of_a_word(query):
    assert set(parse(query).codes) <= {query.replace(" ", ""), *query.split()}


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [("es", "taza", "taco"), ("es", "plaza", "placa"), ("es", "pozo", "poco"), ("fr", "banque", "banc"),
     ("fr", "marque", "marc"), ("fr", "laque", "lac"), ("fr", "coque", "coq"), ("sv", "korn", "kör"),
     ("sv", "torn", "tor"), ("pt", "lápis", "lapel")],
)  # fmt: skip
def test_words_that_only_end_alike_stay_apart(language, one, other):
    analysis = Analysis([language])
    assert analysis.terms(one).isdisjoint(analysis.terms(other))


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [("es", "luz", "luces"), ("es", "pez", "peces"), ("fr", "publique", "public"), ("fr", "grecque", "grec"),
     ("fr", "turque", "turc"), ("sv", "motorn", "motorer"), ("pt", "fáceis", "fácil")],
)  # fmt: skip
def test_forms_that_such_rules_are_for_meet(language, one, other):
    analysis = Analysis([language])
    assert not analysis.terms(one).isdisjoint(analysis.terms(other))


def test_two_sizes_in_inches_are_no_phrase():
    assert parse('1/2" to 3/4" adapter').phrases == ()
    assert parse('say "tv 65" now').phrases[0].words == ("tv", "65")


def test_a_fraction_and_its_decimal_are_one_quantity():
    of = {other.instead.words for other in quantities(parse("1 1/2 kg"))}
    assert {("1500", "g"), ("1.5", "kg")} <= of
    assert list(quantities(parse("2 1 kg lamp 3 of 4"))) == [
        other for other in quantities(parse("1 kg")) if other
    ]


CODES = {
    "1": ("Novel of the north", {"isbn": "978-0-14-028329-7"}),
    "2": ("Ballpoint", {"ean": "5901234123457"}),
    "3": ("Gasket", {"gtin": "00012345600012"}),
    "4": ("Canon EOS R6", {}),
    "14": ("Pint glass", {}),
    "2470": ("Camera bag", {}),
    "5": ("Nut 1/4 brass", {}),
    "6": ("Lens 24-70 mm", {}),
    "1984": ("Calendar", {}),
    "7": ("1984, a novel", {}),
}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("isbn:9780140283297", "1"), ("ISBN9780140283297", "1"), ("ISBN-13: 978-0-14-028329-7", "1"),
        ("EAN 5901234123457", "2"), ("ean: 5901234123457", "2"), ("ballpoint 5901234123457", "2"),
        ("12345600012", "3"), ("012345600012", "3"), ("00012345600012", "3"), ("EOSR6", "4"),
        ("nut 1/4", "5"), ("lens 24-70", "6"), ("novel 1984", "7"), ("1984", "1984"), ("2470", "2470"),
    ],
)  # fmt: skip
def test_codes_by_their_names_and_numbers_that_are_none(embedded, query, first):
    texts, metadata = ({key: both[part] for key, both in CODES.items()} for part in (0, 1))
    assert found(shop_of(embedded, texts, metadata), query)[0] == first


def test_double_letters_make_no_other_brand(embedded):
    texts = {"1": "Shaver", "2": "Desert rose", "3": "Printer"}
    brands = {"1": {"brand": "Philips"}, "3": {"brand": "Canon"}}
    shop = shop_of(embedded, texts, brands)
    known = {"phillips", "cannon", "dessert"}.__contains__
    assert [shop.corrected(text, known) for text in ("phillips", "cannon", "dessert")] == [
        "philips",
        "canon",
        "dessert",
    ]


def test_a_word_that_hardly_an_item_writes_joined_says_no_more_than_its_parts(embedded):
    texts = {f"t{n}": "Time bases for clocks" for n in range(20)} | {"joined": "Timebases for wall clocks"}
    hits = shop_of(embedded, texts).search(Request(text="time bases", limit=100)).hits
    parts = {hit.item.id: hit.parts["lexical"] for hit in hits}
    assert set(parts) == set(texts)
    assert parts["joined"] <= 1.1 * parts["t0"]
