"""Forms of words in many languages that no stemmer brings together, each pair a word and another form."""

# ruff: noqa: RUF001 (letters that look like others are what is tested)

import pytest

from object2vec.search.analysis import words
from object2vec.search.languages import language_of
from tests.helpers.small_shop import found, shop_of

FORMS = {
    "en": (
        "foot feet tooth teeth child children woman women man men person people leaf leaves shelf "
        "shelves wife wives wolf wolves scarf scarves calf calves dish dishes berry berries lorry "
        "lorries hero heroes photo photos piano pianos criterion criteria fungus fungi index indices "
        "vertex vertices crisis crises medium media appendix appendices louse lice"
    ),
    "de": (
        "Kind Kinder Haus Häuser Mann Männer Wort Wörter Blatt Blätter Korb Körbe Stuhl Stühle Kopf "
        "Köpfe Sohn Söhne Vogel Vögel Garten Gärten Mutter Mütter Tochter Töchter Nagel Nägel Hammer "
        "Hämmer Ofen Öfen Boden Böden Kasten Kästen Faden Fäden Bett Betten Hemd Hemden Ohr Ohren "
        "Auge Augen Herz Herzen Datum Daten Thema Themen"
    ),
    "fr": (
        "oeil yeux cheval chevaux bijou bijoux feu feux château châteaux gâteau gâteaux manteau "
        "manteaux rideau rideaux chapeau chapeaux couteau couteaux chou choux genou genoux journal "
        "journaux général généraux local locaux bal bals vitrail vitraux émail émaux oeuf oeufs boeuf "
        "boeufs blanc blanches blanc blanche sec sèches gentil gentille vieux vieille fou folle"
    ),
    "es": (
        "luz luces lápiz lápices pez peces cruz cruces nuez nueces voz voces juez jueces avión "
        "aviones limón limones jamón jamones pantalón pantalones camión camiones ratón ratones botón "
        "botones reloj relojes papel papeles pared paredes mujer mujeres color colores flor flores "
        "examen exámenes joven jóvenes imagen imágenes orden órdenes rojo roja rojo rojos"
    ),
    "it": (
        "uovo uova braccio braccia dito dita ginocchio ginocchia labbro labbra lenzuolo lenzuola paio "
        "paia osso ossa amico amici greco greci medico medici parco parchi albergo alberghi fungo "
        "funghi lago laghi banca banche barca barche strega streghe valigia valigie ciliegia ciliegie "
        "camicia camicie arancia arance spiaggia spiagge bacio baci figlio figli negozio negozi"
    ),
    "pt": (
        "limão limões pão pães mão mãos cão cães irmão irmãos botão botões balão balões animal "
        "animais papel papéis hotel hotéis anel anéis lençol lençóis farol faróis barril barris "
        "fóssil fósseis réptil répteis azul azuis homem homens jardim jardins som sons álbum álbuns "
        "luz luzes cruz cruzes mulher mulheres flor flores mês meses"
    ),
    "nl": (
        "schip schepen stad steden kind kinderen ei eieren lam lammeren kalf kalveren blad bladeren "
        "glas glazen huis huizen muis muizen kaas kazen vaas vazen roos rozen brief brieven duif "
        "duiven wolf wolven boom bomen raam ramen been benen oog ogen poot poten boot boten bus "
        "bussen bal ballen pot potten zak zakken"
    ),
    "sv": (
        "bok böcker hand händer fot fötter tand tänder natt nätter stad städer mus möss lus löss gås "
        "gäss man män son söner dotter döttrar bror bröder öga ögon öra öron bonde bönder ko kor bro "
        "broar stol stolar flicka flickor klocka klockor lampa lampor kniv knivar gaffel gafflar sked "
        "skedar nyckel nycklar"
    ),
    "da": (
        "bog bøger hånd hænder fod fødder tand tænder nat nætter by byer gås gæs mand mænd søn sønner "
        "datter døtre bror brødre øje øjne øre ører barn børn ko køer bro broer hus huse bord borde "
        "stol stole pige piger klokke klokker lampe lamper kniv knive gaffel gafler ske skeer nøgle "
        "nøgler"
    ),
    "no": (
        "bok bøker hånd hender fot føtter tann tenner natt netter stad steder gås gjess mann menn "
        "sønn sønner datter døtre bror brødre øye øyne øre ører ku kyr bro broer stol stoler jente "
        "jenter klokke klokker lampe lamper kniv kniver gaffel gafler skje skjeer nøkkel nøkler "
        "finger fingre vindu vinduer eple epler"
    ),
    "fi": (
        "käsi kädet vesi veden kenkä kengät kirja kirjat kirja kirjoja tuoli tuolit pöytä pöydät "
        "lamppu lamput veitsi veitset haarukka haarukat lusikka lusikat kuppi kupit lautanen lautaset "
        "takki takit housut housujen sukka sukat hattu hatut saapas saappaat hammas hampaat lapsi "
        "lapset mies miehet nainen naiset poika pojat tyttö tytöt koira koirat kissa kissat"
    ),
    "ru": (
        "книга книги книга книгу нож ножи стул стулья стол столы лампа лампы чашка чашки ложка ложки "
        "вилка вилки тарелка тарелки куртка куртки ботинок ботинки сапог сапоги носок носки платок "
        "платки замок замки окно окна дерево деревья лист листья ухо уши глаз глаза дом дома город "
        "города паспорт паспорта поезд поезда цвет цвета"
    ),
    "pl": (
        "książka książki książka książek nóż noże stół stoły krzesło krzesła lampa lampy kubek kubki "
        "łyżka łyżki łyżka łyżek widelec widelce talerz talerze kurtka kurtki but buty skarpeta "
        "skarpety okno okna drzewo drzewa liść liście ręka ręce noga nogi oko oczy ucho uszy dziecko "
        "dzieci człowiek ludzie brat bracia pies psy kot koty"
    ),
    "tr": (
        "kitap kitaplar kitap kitabı bıçak bıçaklar bıçak bıçağı çocuk çocuklar çocuk çocuğu ayakkabı "
        "ayakkabılar masa masalar lamba lambalar bardak bardağı tabak tabaklar ev evler ev evde göz "
        "gözler el eller diş dişler ceket ceketi gömlek gömlekler renk rengi kazak kazaklar çorap "
        "çoraplar şapka şapkası kadın kadınlar erkek erkekler halı halılar saat saatler"
    ),
    "cs": (
        "kniha knihy nůž nože stůl stoly židle židlí lampa lampy hrnek hrnky lžíce lžic vidlička "
        "vidličky talíř talíře bunda bundy bota boty ponožka ponožky okno okna strom stromy list "
        "listy ruka ruce noha nohy oko oči ucho uši dítě děti člověk lidé pes psi kočka kočky kůň "
        "koně pták ptáci dům domy"
    ),
    "hu": (
        "könyv könyvek kés kések asztal asztalok szék székek lámpa lámpák pohár poharak kanál kanalak "
        "villa villák tányér tányérok kabát kabátok cipő cipők zokni zoknik ablak ablakok fa fák "
        "levél levelek kéz kezek szem szemek fül fülek gyerek gyerekek ember emberek kutya kutyák "
        "macska macskák ló lovak madár madarak ház házak fog fogak"
    ),
    "ro": (
        "carte cărți cuțit cuțite masă mese scaun scaune lampă lămpi cană căni lingură linguri "
        "furculiță furculițe farfurie farfurii geacă geci pantof pantofi șosetă șosete fereastră "
        "ferestre copac copaci frunză frunze mână mâini picior picioare ureche urechi copil copii om "
        "oameni câine câini pisică pisici cal cai pasăre păsări casă case oraș orașe"
    ),
    "ar": (
        "كتاب الكتاب قهوة القهوة حقيبة حقائب كتاب كتب كرسي كراسي طاولة طاولات مصباح مصابيح حذاء أحذية "
        "قميص قمصان لعبة ألعاب سيارة سيارات ساعة ساعات كوب أكواب طفل أطفال قلم أقلام مفتاح مفاتيح "
        "صورة صور باب أبواب"
    ),
    "hi": (
        "किताब किताबें कुर्सी कुर्सियाँ मेज़ मेज़ें जूता जूते खिलौना खिलौने लड़का लड़के लड़की "
        "लड़कियाँ कपड़ा कपड़े चम्मच चम्मचों बच्चा बच्चों बच्चा बच्चे"
    ),
    "fa": ("کتاب کتاب‌ها کفش کفش‌ها کفش کفشهای صندلی صندلی‌ها میز میزها بچه بچه‌ها لامپ لامپ‌های"),
    "et": (
        "raamat raamatud tool toolid laud lauad lamp lambid nuga noad kruus kruusid king kingad laps "
        "lapsed käsi käed hammas hambad"
    ),
    "lt": (
        "knyga knygos kėdė kėdės stalas stalai lempa lempos peilis peiliai puodelis puodeliai batas "
        "batai vaikas vaikai striukė striukės žaislas žaislai"
    ),
    "ca": (
        "llibre llibres cadira cadires taula taules llum llums ganivet ganivets sabata sabates nen "
        "nens gos gossos mà mans jersei jerseis braç braços peix peixos"
    ),
    "ga": ("leabhar leabhair cathaoir cathaoireacha bróg bróga leanbh leanaí"),
    "hy": ("գիրք գրքեր աթոռ աթոռներ սեղան սեղաններ կոշիկ կոշիկներ"),
    "sr": ("књига књиге столица столице нож ножеви ципела ципеле дете деца"),
}


@pytest.mark.parametrize("language", FORMS)
def test_both_forms_have_one_stem(language):
    forms = [words(form)[0] for form in FORMS[language].split()]
    stem = language_of(language).stem
    assert [pair for pair in zip(forms[::2], forms[1::2], strict=True) if len({*map(stem, pair)}) > 1] == []


HEBREW = {
    "1": "מחברת שורות", "2": "הספר הגדול", "3": "כיסא משרדי שחור", "4": "שולחן עץ",
    "5": "נעלי ספורט לילדים", "6": "חולצות כותנה", "7": "תיק גב", "8": "סכינים למטבח",
    "9": "כוסות זכוכית", "10": "מנורת לילה",
}  # fmt: skip
HEBREW_ASKED = (
    "מחברות=1 המחברת=1 במחברת=1 ספר=2 ספרים=2 ספר_גדול=2 הכיסא=3 כיסאות=3 הכיסא_השחור=3 השולחן=4 "
    "שולחנות=4 לילדים=5 ילדים=5 ילד=5 חולצה=6 החולצה=6 התיק=7 תיקים=7 סכין=8 מטבח=8 המטבח=8 כוס=9 "
    "והכוס=9 מנורה=10 מנורות=10"
)
ARABIC = {
    "1": "حقيبة جلدية", "2": "كتب الأطفال", "3": "حذاء رياضي", "4": "طاولات خشب", "5": "قمصان رجالية",
    "6": "كراسي المكتب", "7": "ساعات نسائية", "8": "القهوة العربية",
}  # fmt: skip
ARABIC_ASKED = (
    "حقائب=1 الحقيبة=1 حقيبه=1 كتاب=2 الكتاب=2 طفل=2 أحذية=3 الحذاء=3 طاولة=4 الطاولة=4 قميص=5 "
    "كرسي=6 مكتب=6 ساعة=7 قهوة=8"
)
ITALIAN = {
    "1": "Lenzuola matrimoniali", "2": "Uova fresche", "3": "Scarpe da uomo", "4": "Coltelli da cucina",
    "5": "Valigie rigide", "6": "Camicie bianche", "7": "Lampade da tavolo", "8": "Giacca impermeabile",
    "9": "Funghi porcini", "10": "Asciugamani", "11": "Bicchieri di vetro", "12": "Cucchiai in acciaio",
}  # fmt: skip
ITALIAN_ASKED = (
    "lenzuolo=1 uovo=2 scarpa=3 scarpa_uomo=3 coltello=4 valigia=5 camicia=6 camicia_bianca=6 "
    "lampada=7 giacche=8 fungo=9 asciugamano=10 bicchiere=11 cucchiaio=12"
)
GERMAN = {
    "1": "Armbanduhr Herren", "2": "Wanduhr Küche", "3": "Kräutertee 20 Beutel", "4": "Olivenöl 0,5 l",
    "5": "Sonnenhut Stroh", "6": "Tastatur USB", "7": "Ventilator", "8": "Haustür Schild",
    "9": "Vanilleeis 1 l", "10": "Reis 1 kg", "11": "Kakteen-Mix", "12": "Pizzen tiefgekühlt",
    "13": "Frottee Handtuch", "14": "Monitor 27 Zoll", "15": "Gebühr", "16": "Schlüsselanhänger",
    "17": "Sofakissen", "18": "Kissenbezug",
}  # fmt: skip
GERMAN_ASKED = "uhr=1+2 uhren=1+2 tee=3 hut=5 eis=9 kaktus=11 pizza=12 tür=8 öl=4 kissen=17 anhänger=16"


@pytest.mark.parametrize(
    ("texts", "asked"),
    [(HEBREW, HEBREW_ASKED), (ARABIC, ARABIC_ASKED), (ITALIAN, ITALIAN_ASKED), (GERMAN, GERMAN_ASKED)],
)
def test_a_shop_finds_its_items_by_other_forms(embedded, texts, asked):
    """German short ends of compounds, too: Uhr in Wanduhr, but not in a word that only ends like that."""
    shop = shop_of(embedded, texts)
    wrong = {}
    for query, answer in (entry.replace("_", " ").split("=") for entry in asked.split()):
        right = {*answer.split("+")}
        if {*found(shop, query)[: len(right)]} != right:
            wrong[query] = found(shop, query)[:3]
    assert wrong == {}
