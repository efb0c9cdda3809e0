"""WooCommerce writes the headings of its export in the language of the shop; here they are in English."""

import re
from collections.abc import Mapping

from object2vec.ingest.exports.headings import key_of

_TRANSLATED = {
    "type": "typ | tipo",
    "sku": "artikelnummer | ugs | cod",
    "name": "nom | nombre | nome | naam | nazwa",
    "published": "veröffentlicht | publié | publicado | pubblicato | gepubliceerd | opublikowano",
    "is featured?": "ist hervorgehoben? | hervorgehoben? | mis en avant ? | est mis en avant ?"
    " | ¿está destacado? | in primo piano? | uitgelicht? | is uitgelicht?",
    "visibility in catalog": "sichtbarkeit im katalog | visibilité dans le catalogue"
    " | visibilidad en el catálogo | visibilità nel catalogo | zichtbaarheid in catalogus",
    "short description": "kurzbeschreibung | description courte | descripción corta | breve descrizione"
    " | korte beschrijving",
    "description": "beschreibung | descripción | descrizione | beschrijving",
    "date sale price starts": "datum, an dem angebotspreis beginnt | date de début de promo"
    " | día en que empieza el precio rebajado | data di inizio del prezzo in saldo | startdatum actieprijs",
    "date sale price ends": "datum, an dem angebotspreis endet | date de fin de promo"
    " | día en que termina el precio rebajado | data di fine del prezzo in saldo | einddatum actieprijs",
    "tax status": "steuerstatus | état de la tva | estado del impuesto | stato delle imposte | btw status",
    "tax class": "steuerklasse | classe de tva | clase de impuesto | aliquota di imposta | aliquota d'imposta"
    " | belastingklasse",
    "in stock?": "vorrätig? | en stock ? | ¿existencias? | ¿en inventario? | in stock? | op voorraad?",
    "stock": "lager | lagerbestand | inventario | magazzino | voorraad",
    "low stock amount": "geringe lagermenge | montant de stock faible | cantidad de bajo inventario"
    " | ammontare di scorta basso | importo scorte basse | lage voorraad",
    "backorders allowed?": "lieferrückstände erlaubt? | lieferrückstande erlaubt?"
    " | autoriser les commandes de produits en rupture ? | ¿permitir reservas de productos agotados?"
    " | ordini arretrati permessi? | abilita gli ordini arretrati? | nabestellingen toestaan?",
    "sold individually?": "nur einzeln verkaufen? | vendre individuellement ? | ¿vendido individualmente?"
    " | venduto singolarmente? | wordt individueel verkocht?",
    "allow customer reviews?": "kundenrezensionen erlauben? | autoriser les avis clients ?"
    " | ¿permitir valoraciones de clientes? | abilita le recensioni dei clienti?"
    " | klantenbeoordelingen toestaan?",
    "purchase note": "hinweis zum kauf | note de commande | nota de compra | note di acquisto"
    " | nota di acquisto | aankoopnotitie",
    "sale price": "angebotspreis | tarif promo | precio rebajado | prezzo in saldo | actieprijs",
    "regular price": "regulärer preis | normaler preis | tarif régulier | precio normal | prezzo di listino"
    " | reguliere prijs",
    "categories": "kategorien | catégories | categorías | categorie | categorieën | kategorie",
    "tags": "schlagwörter | étiquettes | etiquetas | tag",
    "shipping class": "versandklasse | classe d'expédition | clase de envío | classe di spedizione"
    " | verzendklasse",
    "images": "bilder | imágenes | immagini | afbeeldingen",
    "download limit": "downloadlimit | limite de téléchargement | límite de descargas | limite di download"
    " | downloadlimiet",
    "download expiry days": "ablaufdatum des downloads | jours d'expiration du téléchargement"
    " | días de caducidad de la descarga | giorni di scadenza del download | download vervaldagen",
    "parent": "übergeordnetes produkt | superior | genitore | hoofd | hoofdproduct",
    "grouped products": "gruppierte produkte | groupes de produits | productos agrupados"
    " | prodotti raggruppati | gegroepeerde producten",
    "upsells": "zusatzverkäufe | produits suggérés | ventas dirigidas | up-sell",
    "cross-sells": "cross-sells (querverkäufe) | ventes croisées | ventas cruzadas | cross-sell",
    "external url": "externe url | url externe | url externa | url esterno",
    "button text": "button-text | libellé du bouton | texto del botón | testo del pulsante | knop tekst",
    "position": "posición | posizione | positie",
    "brands": "marken | marques | marcas | marchi | merken",
    "weight (kg)": "gewicht (kg) | poids (kg) | peso (kg)",
}
"""Translations by the English heading."""
_ATTRIBUTE = re.compile(r"attribu+t|atribut|atrybut|eigenschap|kenmerk|egenskap|vlastnost|nitelik|ozellik")
_PARTS: Mapping[str, re.Pattern[str]] = {
    "visible": re.compile(r"visib|sichtbar|zichtbaar|widoczn|synlig|viditeln|gorunur|visivel"),
    "global": re.compile(r"global|globaal"),
    "default": re.compile(r"default|standa|defaut|defecto|predefinit|predeterminad|padrao|domysln|vychozi"),
    "values": re.compile(r"valu|wert|valeur|valor|waarde|wartosc|varde|vaerdi|verdi|hodnot|deger"),
    "name": re.compile(r"na+m|nom|nazw|naz[ev]|navn|ad[i\u0131]"),
}
"""What the columns of an attribute hold, by the beginnings of words: of one value or of several, in any
order of words. The first that fits counts."""
_ENGLISH: Mapping[str, str] = {
    key_of(name): key_of(english) for english, names in _TRANSLATED.items() for name in names.split("|")
}
_NUMBER = re.compile(r"\d+")


def woocommerce_key(heading: str) -> str:
    """The key of a heading of its export, as that of the English one."""
    key = key_of(heading)
    number = _NUMBER.search(key)
    if number is not None and _ATTRIBUTE.search(key) and not key.startswith("meta"):
        rest = _ATTRIBUTE.sub(" ", key)
        part = next((part for part, words in _PARTS.items() if words.search(rest)), "")
        return f"attribute{number[0]}{part}" if part else key
    return _ENGLISH.get(key, key)
