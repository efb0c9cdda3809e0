"""Further inputs of the kinds that once failed, each with the answer that is right: brands, joined and split
words, characters, word forms, stop words, codes."""

# ruff: noqa: RUF001 (letters that look like others are what is tested)

import unicodedata

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.analysis import words
from object2vec.search.index import Request
from object2vec.search.languages import language_of


def shop_of(embedded, texts, metadata=None):
    items = [CatalogItem(item_id, text, (metadata or {}).get(item_id, {})) for item_id, text in texts.items()]
    return embedded(items, {}).snapshot


def found(shop, text):
    request = Request(text=shop.corrected(text), limit=100)
    return [hit.item.id for hit in shop.search(request).hits]


BRANDED = {f"q{n}": f"{kind} no. {n}" for n, kind in enumerate(["Desk lamp", "Wall clock", "Tray"] * 10)}
OTHERS = {f"o{n}": f"{kind} no. {n}" for n, kind in enumerate(["Desk lamp", "Wall clock", "Tray"] * 10)}
BRANDS = {
    item: {"brand": "Quibblo® Home" if item[0] == "q" else "Norvil & Sons"} for item in [*BRANDED, *OTHERS]
}


@pytest.mark.parametrize("query", ["Quibblo", "QUIBBLO®", "quibblo's", "quibblo home", "Quiblo"])
def test_a_brand_that_is_only_a_field_fills_the_page(embedded, query):
    shop = shop_of(embedded, BRANDED | OTHERS | {"x": "A strap for Quibblo clocks"}, BRANDS)
    assert set(found(shop, query)[:30]) <= {*BRANDED, "x"}


@pytest.mark.parametrize("query", ["quibblo desk lamp", "desk lamp quibblo", "lamps by Quibblo"])
def test_the_kind_of_thing_by_the_brand_comes_first(embedded, query):
    shop = shop_of(embedded, BRANDED | OTHERS, BRANDS)
    assert set(found(shop, query)[:10]) == {item for item in BRANDED if "lamp" in BRANDED[item]}


@pytest.mark.parametrize("query", ["norvil and sons", "Norvil & Sons", "norvil&sons"])
def test_a_brand_with_a_sign_in_it(embedded, query):
    shop = shop_of(embedded, BRANDED | OTHERS, BRANDS)
    assert set(found(shop, query)[:30]) == set(OTHERS)


WRITTEN = {
    "1": "Ice cream maker", "2": "Hair dryer 2000 W", "3": "Smartwatch with GPS", "4": "Seatbelt cover",
    "5": "Bluetooth speaker", "6": "Xbox controller", "7": "Wi-Fi router", "8": "Hi-Fi amplifier",
    "9": "Coca-Cola 6 cans", "10": "3-D printer filament", "11": "Pull over sweater wool",
    "12": "Cream for hands", "13": "Paper towels", "14": "Watch strap", "15": "Printer paper",
    "16": "Water-proof jacket", "17": "E-book reader", "18": "Rain coat yellow", "19": "Earbuds white",
    "20": "Blue lamp", "21": "Tooth brush", "22": "Non-stick pan", "23": "Sun glasses",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("icecream maker", "1"), ("icecreammaker", "1"), ("hairdryer", "2"), ("hair-dryers", "2"),
        ("smart watch", "3"), ("smart-watches", "3"), ("seat belt", "4"), ("blue tooth speaker", "5"),
        ("x-box", "6"), ("x box controller", "6"), ("wifi", "7"), ("wi fi router", "7"), ("hifi", "8"),
        ("cocacola", "9"), ("coca cola", "9"), ("3d printer", "10"), ("pullover", "11"),
        ("papertowel", "13"), ("waterproof jacket", "16"), ("ebook", "17"), ("raincoats", "18"),
        ("ear buds", "19"), ("toothbrushes", "21"), ("nonstick", "22"), ("sunglasses", "23"),
    ],
)  # fmt: skip
def test_joined_and_split(embedded, query, first):
    assert found(shop_of(embedded, WRITTEN), query)[0] == first


SPELT = {
    "1": "Ångström lamp", "2": "Crêpe pan", "3": "ＣＡＮＯＮ lens", "4": "ﬁneliner pen", "5": "Straßenkarte",
    "6": "Plan of Łódź", "7": "Carpet 4 m²", "8": "ΣΟΦΟΣ", "9": "Ёжик игрушка", "10": "Wasch\u00admaschine",
    "11": "A4\u00a0paper", "12": "O’Neill wetsuit", "13": "Día de los Muertos", "14": "Çay bardağı",
    "15": "Škoda model car", "16": "ガラス", "17": "Fünf\u200bfach", "18": "🎸 strings",
    "19": "Naïve art print",
    "20": "Ready‑made curtain",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("angstrom", "1"), ("A\u030angstro\u0308m", "1"), ("crepe", "2"), ("CRE\u0302PE", "2"),
        ("canon", "3"),
        ("fineliner", "4"), ("strassenkarte", "5"), ("STRASSENKARTE", "5"), ("lodz", "6"),
        ("carpet 4 m2", "7"),
        ("σοφός", "8"), ("ежик", "9"), ("waschmaschine", "10"), ("a4 paper", "11"), ("oneill", "12"),
        ("o'neill", "12"), ("dia de los muertos", "13"), ("cay", "14"), ("skoda", "15"), ("ｶﾞﾗｽ", "16"),
        ("fünffach", "17"), ("🎸", "18"), ("naive", "19"), ("ready-made", "20"), ("readymade curtain", "20"),
    ],
)  # fmt: skip
def test_characters(embedded, query, first):
    shop = shop_of(embedded, SPELT)
    assert found(shop, query)[0] == first
    assert found(shop, unicodedata.normalize("NFD", query))[0] == first


PAIRS = {
    "es": (
        "luz luces pez peces lápiz lápices voz voces cruz cruces dulce dulces jabón jabones "
        "pantalón pantalones reloj relojes papel papeles flor flores rey reyes nuez nueces "
        "arroz arroces disfraz disfraces raíz raíces maíz maíces café cafés"
    ),
    "pt": (
        "limão limões leão leões pão pães cão cães botão botões cordão cordões animal animais "
        "papel papéis jornal jornais azul azuis lençol lençóis luz luzes flor flores "
        "homem homens jardim jardins batom batons avião aviões coração corações"
    ),
    "it": (
        "parco parchi lago laghi banca banche amica amiche tedesco tedeschi gioco giochi "
        "fungo funghi bianco bianchi fuoco fuochi lampada lampade orologio orologi occhio occhi "
        "bacio baci arancia arance ciliegia ciliegie uovo uova braccio braccia camicia camicie "
        "tovaglia tovaglie"
    ),
    "nl": (
        "boom bomen raam ramen brief brieven huis huizen vaas vazen glas glazen koe koeien "
        "kop koppen pan pannen schoen schoenen fles flessen kast kasten deur deuren tafel tafels "
        "auto auto's foto foto's baby baby's kind kinderen ei eieren blad bladeren lam lammeren "
        "stoel stoelen muis muizen doos dozen beer beren"
    ),
    "sv": (
        "bok böcker hand händer fot fötter rot rötter nöt nötter tand tänder natt nätter "
        "stad städer mus möss gås gäss stol stolar lampa lampor bord borden hus husen sko skor "
        "öga ögon kläder kläderna apelsin apelsiner nyckel nycklar cykel cyklar spegel speglar "
        "fågel fåglar"
    ),
    "de": (
        "Baum Bäume Tuch Tücher Topf Töpfe Glas Gläser Schuh Schuhe Lampe Lampen Buch Bücher "
        "Maus Mäuse Apfel Äpfel Messer Messern Kissen Kissens Hand Hände Zahn Zähne Rad Räder "
        "Blume Blumen Auto Autos Knopf Knöpfe Gans Gänse Lehrerin Lehrerinnen Nuss Nüsse "
        "Fuß Füße Schloss Schlösser"
    ),
    "fr": (
        "bijou bijoux journal journaux animal animaux oeil yeux cheval chevaux gâteau gâteaux "
        "jeu jeux bateau bateaux travail travaux canal canaux chou choux neveu neveux bleu bleus "
        "beau beaux nouveau nouvelle blanc blanche sec sèche doux douce long longue "
        "couteau couteaux"
    ),
    "da": (
        "bog bøger hånd hænder fod fødder tand tænder mand mænd barn børn gås gæs øje øjne "
        "stol stole lampe lamper kop kopper sko skoene hus huse nøgle nøgler cykel cykler "
        "mus musen ko køer"
    ),
    "no": (
        "bok bøker hånd hender fot føtter tann tenner mann menn gås gjess natt netter "
        "stol stoler lampe lamper kopp kopper sko skoene hus husene nøkkel nøkler sykkel sykler "
        "ku kyr øye øyne"
    ),
    "ru": (
        "стул стулья дерево деревья книга книги нож ножи чашка чашки окно окна ухо уши "
        "цветок цветы ребёнок дети друг друзья яблоко яблоки ложка ложек сапог сапоги "
        "брат братья лист листья перо перья"
    ),
    "pl": (
        "stół stoły krzesło krzesła książka książek nóż noże but buty ręka ręce oko oczy "
        "ucho uszy dziecko dzieci pies psy kot koty kubek kubki garnek garnki lampa lampy "
        "rower rowery okno okna łyżka łyżki koń konie"
    ),
    "en": (
        "mouse mice box boxes knife knives tomato tomatoes city cities brush brushes bus buses "
        "quiz quizzes goose geese loaf loaves cherry cherries toy toys potato potatoes "
        "glass glasses radius radii cactus cacti half halves penny pennies curtain curtains "
        "ox oxen"
    ),
    "tr": (
        "kitap kitaplar ayakkabı ayakkabılar çanta çantalar bıçak bıçaklar bardak bardakları "
        "ev evler göz gözler"
    ),
    "fi": (
        "kenkä kengät kirja kirjoja vesi veden käsi kädet lamppu lamput pöytä pöydät "
        "tuoli tuolit lapsi lapset kuppi kupit takki takit"
    ),
}
"""Forms of one word, each after the other."""


@pytest.mark.parametrize("language", PAIRS)
def test_forms_of_a_word_have_one_stem(language):
    forms = [words(form)[0] for form in PAIRS[language].split()]
    stem = language_of(language).stem
    assert [pair for pair in zip(forms[::2], forms[1::2], strict=True) if len({*map(stem, pair)}) > 1] == []


@pytest.mark.parametrize("language", PAIRS)
def test_a_word_finds_its_other_form(embedded, language):
    forms = PAIRS[language].split()
    one, many = forms[::2], forms[1::2]
    metadata = {str(n): {"language": language} for n in range(len(one))}
    shop = shop_of(embedded, {str(n): f"{word} x{n}" for n, word in enumerate(many)}, metadata)
    assert [word for n, word in enumerate(one) if found(shop, word)[:1] != [str(n)]] == []


STOPS = {
    "1": "If, a poem", "2": "The Who live", "3": "Was (Not Was) greatest hits", "4": "On and On, a novel",
    "5": "House slippers", "6": "Not without my daughter", "7": "Them! (1954)", "8": "Here to stay",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("if", "1"), ("the who", "2"), ("who", "2"), ("was not was", "3"), ("on and on", "4"),
        ('"on and on"', "4"),
        ("them", "7"), ("not without my", "6"), ("THE IF", "1"),
    ],
)  # fmt: skip
def test_stop_words_count_when_nothing_else_is_left(embedded, query, first):
    assert found(shop_of(embedded, STOPS), query)[0] == first


@pytest.mark.parametrize("query", ["...", "?", "-", "&", "( )", "''", "—", "@ # !"])
def test_what_has_no_word_finds_nothing_and_says_so(embedded, query):
    result = shop_of(embedded, STOPS).search(Request(text=query))
    assert (result.hits, bool(result.notes)) == ([], True)


CODES = {
    "1": ("Battery pack LP-E6N", {}), "2": ("Graphics card RTX 4070 Ti", {}), "3": ("Hex bolts M8x40", {}),
    "4": ("Tyre 205/55 R16", {}), "5": ("Button cell CR2032", {}),
    "6": ("Ball pen", {"ean": "4006381333931"}),
    "7": ("Gear", {"sku": "AB.12_34-C"}), "8": ("Toner", {"mpn": "CF283A"}), "9": ("Hex bolts M8x50", {}),
    "10": ("Graphics card RTX 4080", {}), "11": ("Tyre 205/60 R16", {}), "12": ("Button cell CR2025", {}),
    "13": ("Book", {"isbn": "0-306-40615-2"}), "14": ("Lens 50mm f/1.8", {}), "15": ("Lens 35mm f/1.4", {}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("lpe6n", "1"), ("LP E6N", "1"), ("rtx4070", "2"), ("rtx-4070", "2"), ("m8 x 40", "3"),
        ("M8×40", "3"),
        ("205/55R16", "4"), ("205 55 R16", "4"), ("cr-2032", "5"), ("CR 2032", "5"), ("4 006381 333931", "6"),
        ("4006381-333931", "6"), ("AB1234C", "7"), ("ab 12 34 c", "7"), ("cf-283-a", "8"),
        ("0306406152", "13"),
        ("50 mm lens", "14"), ("f1.8", "14"), ("f/1.4", "15"),
    ],
)  # fmt: skip
def test_codes_with_and_without_their_signs(embedded, query, first):
    texts, metadata = ({item: both[part] for item, both in CODES.items()} for part in (0, 1))
    shop = shop_of(embedded, texts, metadata)
    assert found(shop, query)[0] == first
