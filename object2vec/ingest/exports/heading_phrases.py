"""Headings of several words, one of which says the role while the others leave it what it is: `Main Variant
Image`, `Prezzo al pubblico`, `Hoofdcategorie naam`. A word that is not listed (`old price`, `image alt`) may
change what is meant, so that such a heading names no role.

Words are without accents, as `headings` folds them.
"""

from collections.abc import Iterable, Mapping

_SMALL = "a al au c com con d da de del della dell der des di do du e en het in l la le of per the van z"
_TAXES = (
    "brutto netto gross net ttc ht tax taxes vat iva ivato ivata btw mwst ust tva moms dph incl inkl inc "
    "included including incluido incluida inclus incluse incluso compresa excl exkl excluded excluding sin "
    "senza sem s bez ohne mit with without hors"
)
_ITEM = (
    "product products item items article articles artikel produkt produkte produit producto prodotto produto "
    "articolo articulo artigo produktu towaru variant variante"
)
_MAIN = "main primary principal principale haupt hoofd glowne glowna default"
_NAMED = "name names nom nombre nome naam nazwa"
_PHRASES: Mapping[str, tuple[str, str]] = {
    "image": (
        "image images picture pictures photo photos img bild bilder foto fotos imagen imagenes immagine "
        "immagini afbeelding afbeeldingen zdjecie zdjecia imagem imagens visuel visuels billede obrazek",
        f"{_ITEM} {_MAIN} url urls uri link links path pfad src source adres adresse lien enlace large big "
        "full hosted front cover standard http https",
    ),
    "price": (
        "price preis prix precio prezzo prijs cena preco pris pvp rrp uvp msrp",
        f"{_ITEM} {_TAXES} eur usd gbp chf pln euro standard normal regular regolare list liste listino "
        "catalog catalogue katalog katalogowa sales selling verkauf verkoop vente venta vendita venda "
        "sprzedazy rate retail public publico pubblico consumer detaliczna current online web shop store "
        "final default",
    ),
    "category": (
        "category categories kategorie kategorien categorie categoria categorias kategoria kategorii "
        "kategori hoofdcategorie hauptkategorie rubrique rubriek rayon reparto department",
        f"{_ITEM} {_MAIN} {_NAMED} tree path pfad code top level ebene niveau nivel livello merceologica "
        "label full shop store google",
    ),
    "brand": (
        "brand marke marque marca marchio merk marka manufacturer hersteller fabricant fabricante "
        "fabbricante produttore producent producer",
        f"{_ITEM} {_NAMED} label title",
    ),
    "url": ("url uri", f"{_ITEM} {_MAIN} page web shop detail details full canonical public"),
    "title": (
        "name title titel nom nombre nome naam nazwa titre titulo titolo bezeichnung designation "
        "denominazione denominacion libelle",
        f"{_ITEM} service full long display public",
    ),
}
_WORDS = {
    role: (frozenset(names.split()), frozenset(f"{beside} {_SMALL}".split()))
    for role, (names, beside) in _PHRASES.items()
}
_NUMBERED = frozenset(("image", "category"))
"""Roles of which a number says the place: `Bild 1 Pfad`."""


def role_of_phrase(words: Iterable[str]) -> str:
    """The role that the words of a heading name, '' for none."""
    words = [*words]
    for role, (names, beside) in _WORDS.items():
        rest = [word for word in words if not (role in _NUMBERED and word.isdecimal())]
        if any(word in names for word in rest) and all(word in names | beside for word in rest):
            return role
    return ""
