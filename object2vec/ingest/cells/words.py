"""Words that stand for something else: no value, yes and no, in stock."""

import re
from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split("|"))


MISSING = _words(
    r"""- | -- | --- | — | ? | . | n/a | #n/a | na | n.a. | n.a | <na> | null | none | nil | nan
    | nat | \n | #ref! | #value! | #div/0! | #name? | #null! | unknown | undefined | missing
    | void | k.a. | k.a | k/a | n.v. | nv | n.b. | n/b | s/o | s.o. | n.d. | nd | n/d | s/d
    | (none) | (null) | (empty) | [] | {} | not available | not applicable | keine angabe
    | nicht verfügbar | non disponible | no disponible | non disponibile | niet beschikbaar
    | (no genres listed) | call for price | price on request | ask for price | preis auf anfrage
    | prix sur demande | a consultar | consultar | su richiesta | op aanvraag
    | na zapytanie | on request | auf anfrage | sur demande | tbd | tba | poa | p.o.a.
    | n.c. | nc | néant | non renseigné | non communiqué | aucun | sin precio | sin datos | ninguno
    | o.a. | ohne angabe | unbekannt | nicht bekannt | entfällt | keine | inconnu | inconnue | desconocido
    | desconocida | sconosciuto | onbekend | n.v.t. | nvt | geen | nessuno | brak | ingen | okänd | neznámé
    | does not apply | nicht zutreffend | non applicabile | no aplicable
    | нет данных | неизвестно | 不明 | 未知 | 不详"""
) | {"\u2013"}
"""Words, in lower case, for no value in a column of numbers, dates or yes and no."""

NO_TEXT = _words(
    r"""NULL | null | Null | (null) | None | (none) | nan | NaN | NaT | N/A | n/a | n.a. | #N/A | <NA> | #REF!
    | Does not apply | Nicht zutreffend
    | #VALUE! | #NAME? | undefined | (not set) | (empty) | \N | - | -- | --- | — | n.v. | k.A. | k. A. | n.b.
    | s/o"""
) | {"\u2013"}
"""Cells for no value in a column of texts: what programs write, dashes, and what nothing is called."""

SPREADSHEET_ERROR = r"#(#+|N/A|NAME[?]|REF!|VALUE!|NULL!|NUM!|DIV/0!)"
"""Pattern of what a spreadsheet writes where a formula fails, or a column is too narrow for its number."""
NO_TITLE = frozenset(("nan",))
"""The same in a column of titles or descriptions: as Python writes what is missing."""

BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(
        _words("true|yes|y|ja|j|oui|vrai|sí|si|verdadero|vero|waar|wahr|sim|tak|ano|да|はい"), True
    ),
    **dict.fromkeys(
        _words("false|no|n|nein|non|faux|falso|nee|onwaar|falsch|não|nie|nej|nei|нет|いいえ"), False
    ),
}

_IN_STOCK = _words(
    """in stock | instock | available | auf lager | lieferbar | verfügbar | en stock | disponible
    | disponibile | op voorraad | sofort lieferbar | in magazzino | limitedavailability
    | onlineonly | sim | tak | dostępny | skladem | i lager | på lager | em estoque
    | в наличии | есть | 在庫あり | available now | low stock | in voorraad
    | 1 | yes | true | ja | oui | sí | si"""
)
_OUT_OF_STOCK = _words(
    """out of stock | outofstock | sold out | soldout | ausverkauft | nicht auf lager | épuisé
    | rupture de stock | agotado | esaurito | uitverkocht | discontinued | unavailable
    | nicht lieferbar | não | nie | niedostępny | slut | udsolgt | utsolgt | vyprodáno
    | нет в наличии | нет | 在庫なし | esgotado | no disponible | indisponible 
    | non disponibile | niet op voorraad     | 0 | no | false | nein | non | nee"""
)
_AVAILABILITY: Mapping[str, str] = {
    **dict.fromkeys(_IN_STOCK, "in stock"),
    **dict.fromkeys(_OUT_OF_STOCK, "out of stock"),
    **dict.fromkeys(_words("backorder|on backorder|available for order|nachbestellbar"), "backorder"),
    **dict.fromkeys(_words("preorder|pre order|presale|vorbestellbar|précommande|reserva"), "preorder"),
}


_COUNT = re.compile(r"-?[0-9]{1,9}(?:[.][0-9]+)?")
_FORMS = frozenset(word.replace(" ", sign) for word in _AVAILABILITY for sign in " _-")


def is_missing(text: str) -> bool:
    """Whether a text stands for no value: `N/A`, `k. A.`"""
    return text.strip().lower().replace(". ", ".") in MISSING


def is_availability(text: str) -> bool:
    """Whether a text is one of the words for availability that are known."""
    return text.lower() in _FORMS or ("schema.org/" in text and availability(text) != text)


def availability(value: object) -> str:
    """One word for what shops and schema.org write in many ways, or by how many there are; another text as it
    is."""
    text = ("in stock" if value else "out of stock") if isinstance(value, bool) else str(value).strip()
    if _COUNT.fullmatch(text):
        text = "in stock" if float(text) > 0 else "out of stock"
    plain = text.rsplit("schema.org/", 1)[-1].replace("_", " ").replace("-", " ").strip().lower()
    return _AVAILABILITY.get(plain, text)
