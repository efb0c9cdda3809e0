"""How people shorten the words of a heading: `Cod. articolo`, `Art.-Nr.`, `N. ordine`, `Réf. produit`."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

_LONG: Mapping[str, str] = {
    "cod": "codice código codigo code código kod",
    "art": "articolo articulo artículo article artikel artigo",
    "prod": "prodotto producto produto produit produkt produktu product",
    "ref": "référence reference referencia referência",
    "rif": "riferimento",
    "nr": "numero número numéro number nummer numer",
    "num": "numero número numéro number nummer numer",
    "no": "numero número numéro number nummer",
    "n": "numero número numéro number",
    "cli": "cliente client",
    "kd": "kunden",
    "ord": "ordine order orden",
    "desc": "descrizione descripción descrição description",
    "descr": "descrizione descripción descrição description",
    "cat": "categoria categoría catégorie category",
    "qta": "quantità quantita",
    "qte": "quantité quantite",
    "cant": "cantidad",
    "cust": "customer",
    "bez": "bezeichnung",
    "herst": "hersteller",
    "": "d de del di do du dell",
    "id": "identifiant identificativo identificador",
}
SHORT_FORMS: Mapping[str, tuple[str, ...]] = {
    word: tuple(short for short, words in _LONG.items() if word in words.split())
    for words in _LONG.values()
    for word in words.split()
}
"""The shortened forms of each word; small words between others are left out."""


def shortened(words: Sequence[str]) -> Iterator[str]:
    """The heading of these words with some of them shortened, as one word without spaces and dots."""
    forms = product(*((word, *SHORT_FORMS.get(word, ())) for word in words))
    next(forms)  # the words themselves
    yield from map("".join, forms)
