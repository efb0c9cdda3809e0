"""What shops call their columns, in English, German, French, Spanish, Italian and Dutch."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

ROLES: Mapping[str, str] = {  # the first names of a role are preferred
    "id": """label | item id | id | sku | product id | product sku | article id | asin | parent asin
        | movie id | artikelnummer | artikelnr | artikel nr | art nr | artikel id | produkt id
        | produktnummer | bestellnummer | produkt nr | référence | ref | référence produit
        | code article | numéro d'article | id produit | identifiant | referencia | código
        | código de producto | id producto | sku producto | codice | codice articolo | codice prodotto
        | id prodotto | artikelcode | productcode | product code | productnummer | item number
        | item code | article number | part number | identifier | variant sku | handle | code | nummer
        | number | productid | itemid | mpn | gtin | ean | gtin13 | upc | isbn | barcode | @id | uid
        | uuid | key""",
    "text": "text",
    "title": """title | name | product title | product name | item name | item title | titel
        | bezeichnung | artikelbezeichnung | produktbezeichnung | produktname | artikelname
        | produkttitel | nom | titre | désignation | libellé | nom du produit | intitulé | nombre
        | título | nombre del producto | denominación | nome | titolo | nome prodotto | denominazione
        | naam | productnaam | artikelnaam | producttitel | benaming | item | product | produkt
        | artikel | movie title | headline""",
    "description": """description | body html | body | product description | long description
        | beschreibung | artikelbeschreibung | produktbeschreibung | langbeschreibung | langtext
        | descriptif | description du produit | description longue | descripción
        | descripción del producto | descrizione | descrizione prodotto | beschrijving | omschrijving
        | productomschrijving | details | summary | short description | kurzbeschreibung | kurztext
        | description courte | descripción corta | descrizione breve | korte beschrijving | abstract
        | overview | desc | features | feature""",
    "brand": """brand | brand name | vendor | manufacturer | marke | hersteller | markenname | marque
        | fabricant | marca | fabricante | fabbricante | produttore | merk | fabrikant | brands
        | brand.name | store | manufacturer.name""",
    "category": """category | categories | product category | product type | category name
        | category path | department | kategorie | kategorien | warengruppe | produktkategorie
        | produktgruppe | artikelgruppe | hauptkategorie | catégorie | catégories | rubrique | famille
        | categoría | categorías | familia | categoria | categorie | reparto | rubriek | productgroep
        | productcategorie | main category | main cat | genres | genre | category l1
        | google product category | type""",
    "price": """price | variant price | regular price | unit price | selling price | retail price
        | list price | preis | verkaufspreis | vk | vk preis | bruttopreis | einzelpreis | endpreis
        | ladenpreis | uvp | prix | prix de vente | prix unitaire | tarif | precio | pvp
        | precio de venta | precio unitario | prezzo | prezzo di vendita | prezzo unitario | prijs
        | verkoopprijs | stukprijs | offers.price | offers.low price | amount | msrp""",
    "currency": """currency | price currency | currency code | währung | devise | moneda | valuta
        | divisa | munt | offers.price currency""",
    "image": """image | image link | image url | image src | images | picture | picture url | photo
        | thumbnail | main image | base image | product image url | bild | bilder | bild url | bildlink
        | bildadresse | produktbild | foto | imagen | imágenes | url imagen | immagine | immagini
        | url immagine | afbeelding | afbeeldingen | image.url | im url | img | image 1 | bild 1
        | photo url | url de l'image | lien image""",
    "url": """url | link | product url | product link | permalink | deeplink | page url | produkt url
        | produktlink | weblink | lien | url du produit | enlace | url producto | collegamento
        | url prodotto | productpagina | webadresse""",
    "group": """item group id | group | group id | group sku | parent id | parent sku | master sku
        | product group id | variantengruppe | gruppe | stammartikel | groupe | grupo | gruppo | groep
        | parent""",
    "availability": """availability | in stock | stock status | is in stock | verfügbarkeit | lieferbar
        | auf lager | lagerstatus | verfügbar | disponibilité | en stock | disponible | disponibilidad
        | disponibilità | disponibile | beschikbaarheid | op voorraad | beschikbaar
        | offers.availability""",
    "language": "language | lang | locale | sprache | langue | idioma | lingua | taal | in language",
    "deleted": "deleted",
}  # fmt: skip
PEOPLE = "user id | userid | customer id | kundennummer | reviewer id | visitor id"
CODES = """ean | gtin | gtin8 | gtin12 | gtin13 | gtin14 | upc | isbn | barcode | variant barcode | mpn
        | sku | asin | variant sku | plz | zip | zip code | postal code | artikelnummer | hs code
        | phone | telefon"""
LISTS = """genres | genre | tags | keywords | tag | schlagworte | schlagwörter | mots clés | etiquetas
        | parole chiave | colors | colours | sizes | materials | categories | kategorien | features
        | labels"""

_UNITS = re.compile(
    r"[(\[].*?[)\]]|[€$£*:]|\b(?:eur|usd|gbp|chf|euro|in|brutto|netto|inkl|incl|mwst|ttc|ht|iva|btw|vat)\b"
)
_LANGUAGE = re.compile(r"[ _.-](?:en|de|fr|es|it|nl|en[-_](?:us|gb)|de[-_](?:de|at|ch)|fr[-_]fr|es[-_]es)$")
_SPACE = re.compile(r"[^\w@.]+|_+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CURRENCY = re.compile(r"€|\$|£|\b(?:EUR|USD|GBP|CHF|SEK|PLN|CZK|DKK|NOK)\b")


@lru_cache(maxsize=8_192)
def key_of(heading: str) -> str:
    """A heading without case, accents, signs and spaces: `Body (HTML)`, `body_html` and `bodyHtml` agree."""
    return _SPACE.sub("", _folded(heading))


def short_key(heading: str) -> str:
    """The same without units and notes: `Preis in EUR (brutto)` and `Preis *` agree with `preis`."""
    return _SPACE.sub("", _UNITS.sub(" ", _folded(heading)))


@lru_cache(maxsize=8_192)
def _folded(heading: str) -> str:
    spaced = _CAMEL.sub(" ", heading) if not heading.isupper() else heading
    plain = unicodedata.normalize("NFKD", spaced.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def _keys(names: str) -> list[str]:
    return [key_of(name.strip()) for name in names.split("|")]


_BY_KEY: dict[str, tuple[str, int]] = {}
for _role, _names in ROLES.items():
    for _place, _key in enumerate(_keys(_names)):
        _BY_KEY.setdefault(_key, (_role, _place))
_PEOPLE, _CODES, _LISTS = frozenset(_keys(PEOPLE)), frozenset(_keys(CODES)), frozenset(_keys(LISTS))


def role_of(heading: str) -> tuple[str, int]:
    """The role that a heading names, and how far down its list; ('', 0) for none. `name_de` names as `name`
    does, after all others."""
    if found := _BY_KEY.get(key_of(heading)) or _BY_KEY.get(short_key(heading)):
        return found
    short = _LANGUAGE.sub("", heading.casefold())
    if short != heading.casefold() and (found := _BY_KEY.get(key_of(short))):
        return found[0], found[1] + 1_000
    return "", 0


def is_code(heading: str) -> bool:
    """Whether a column holds codes, which are texts although they are digits."""
    return key_of(heading) in _CODES


def is_list(heading: str) -> bool:
    """Whether a cell of the column may hold several values."""
    return key_of(heading) in _LISTS


def is_person(heading: str) -> bool:
    """Whether a column names a shopper."""
    return key_of(heading) in _PEOPLE


def currency_in(heading: str) -> str:
    """`Preis (EUR)` says EUR."""
    found = _CURRENCY.search(heading)
    return {"€": "EUR", "$": "USD", "£": "GBP"}.get(found[0], found[0]) if found else ""


def nearest(heading: str, role: str) -> str:
    """The name of this role that was probably meant by a misspelt heading, else ''."""
    names = {key_of(name.strip()): name.strip() for name in ROLES[role].split("|")}
    key = key_of(heading)
    if key in names:
        return ""
    long = [name for name in names if len(name) > 3]
    close = [name for name in long if sorted(name) == sorted(key)] or difflib.get_close_matches(
        key, long, n=1, cutoff=0.75
    )
    return " ".join(names[close[0]].split()) if close else ""


def misspelt(headings: Sequence[str], role: str) -> tuple[str, str]:
    """The first heading that is nearly a name of this role, and that name; ('', '') for none."""
    for heading in headings:
        if not role_of(heading)[0] and (name := nearest(heading, role)):
            return heading, name
    return "", ""
