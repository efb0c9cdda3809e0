"""Which columns of a shopper log are which: known exports by their columns, any other by its headings.

Headings are known in the languages that shops most often export in: English, German, French, Spanish,
Italian, Dutch.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from object2vec.core.time import FINE_START, TimeError, parse_time
from object2vec.ingest.log_schema import LogSchema
from object2vec.ingest.report import ReportField
from object2vec.ingest.rules import FileError

_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class LogExport:
    """A system's export: the columns that tell it, which of them are which, and what every row of it is."""

    title: str
    columns: Mapping[str, str]
    """By the schema's name, the file's; all of them must be there."""
    optional: Mapping[str, str] = field(default_factory=dict)
    event_type: str = ""
    """Of rows that have no column for it."""


@dataclass(frozen=True, slots=True)
class ShopperLogColumns:
    """How the columns of a file are read."""

    title: str
    """The system that the file comes from; '' where its headings alone were understood."""
    names: Mapping[str, str]
    """By the schema's name of a column, the file's, in its `normal` form."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """By the schema's name, the text that every row has."""

    def require(self, schema: LogSchema, names: Sequence[str]) -> None:
        """Raises FileError where a column is missing that the log cannot do without."""
        required = [column.name for column in schema.columns if column.required]
        if missing := [name for name in required if name not in self.names]:
            raise FileError(
                "missing_columns",
                f"{schema.title} need the columns {', '.join(required[:-1])} and {required[-1]}; "
                f"{' and '.join(missing)} missing among: {', '.join(names)[:200]}.",
            )

    def fields(self, schema: LogSchema, names: Sequence[str]) -> list[ReportField]:
        """Which of the file's columns each of the schema's is read from."""
        own = {normal(name): name for name in reversed(names)}
        found = {column.name: own.get(self.names.get(column.name, "")) for column in schema.columns}
        return [ReportField(column, [name]) for column, name in found.items() if name]

    def unused(self, names: Sequence[str]) -> list[str]:
        """The columns of the file that nothing reads."""
        used: dict[str, str] = {}
        for name in names:
            if normal(name) in self.names.values():
                used.setdefault(normal(name), name.casefold())
        return [name for name in names if used.get(normal(name)) != name.casefold()]


def why_unused(name: str) -> str:
    """For the report."""
    return _UNUSED.get(normal(name), "a log has no use for it")


def normal(name: str) -> str:
    """A heading without case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold()).replace("ß", "ss")
    return _NO_LETTER.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))


_EXPORTS: Mapping[str, Sequence[LogExport]] = {
    "Interactions": (
        LogExport(
            "Amazon Personalize interactions",
            {"USER_ID": "userid", "ITEM_ID": "itemid", "TIMESTAMP": "timestamp"},
            {"EVENT_TYPE": "eventtype", "EVENT_VALUE": "eventvalue"},
        ),
        LogExport(
            "MovieLens ratings",
            {"USER_ID": "userid", "ITEM_ID": "movieid", "EVENT_VALUE": "rating", "TIMESTAMP": "timestamp"},
            event_type="rating",
        ),
        LogExport(
            "MovieLens tags",
            {"USER_ID": "userid", "ITEM_ID": "movieid", "TIMESTAMP": "timestamp", "": "tag"},
            event_type="tag",
        ),
        LogExport(
            "Amazon reviews (2014 and 2018)",
            {"USER_ID": "reviewerid", "ITEM_ID": "asin", "TIMESTAMP": "unixreviewtime"},
            {"EVENT_VALUE": "overall"},
            event_type="rating",
        ),
        LogExport(
            "Amazon reviews (2023)",
            {"USER_ID": "userid", "ITEM_ID": "parentasin", "TIMESTAMP": "timestamp", "EVENT_VALUE": "rating"},
            event_type="rating",
        ),
        LogExport(
            "Shopify orders",
            {"USER_ID": "email", "ITEM_ID": "lineitemsku", "TIMESTAMP": "createdat"},
            {"EVENT_VALUE": "lineitemquantity"},
            event_type="purchase",
        ),
        LogExport(
            "Shopify orders",
            {"USER_ID": "email", "ITEM_ID": "lineitemname", "TIMESTAMP": "createdat"},
            {"EVENT_VALUE": "lineitemquantity"},
            event_type="purchase",
        ),
        LogExport(
            "Google Analytics 4 events",
            {
                "USER_ID": "userpseudoid",
                "EVENT_TYPE": "eventname",
                "TIMESTAMP": "eventtimestamp",
                "ITEM_ID": "itemid",
            },
            {"EVENT_VALUE": "quantity"},
        ),
    ),
    "Queries": (
        LogExport(
            "MovieLens tags",
            {"QUERY": "tag", "ITEM_ID": "movieid", "USER_ID": "userid", "TIMESTAMP": "timestamp"},
        ),
    ),
}
"""More telling ones first."""

_HEADINGS: Mapping[str, str] = {
    "USER_ID": (
        "user_id user uid customer_id customer customer_number customer_user_id client_id client "
        "member_id member shopper_id shopper visitor_id visitor user_pseudo_id reviewer_id account_id "
        "buyer_id person_id kunden_id kunde kundennummer kunden_nr kundennr benutzer_id benutzer "
        "nutzer_id nutzer besucher_id utilisateur id_utilisateur id_client numero_client acheteur "
        "usuario id_usuario usuario_id cliente id_cliente cliente_id utente id_utente klant klant_id "
        "klantnummer gebruiker gebruiker_id gebruikers_id customer_email billing_email email "
        "email_address e_mail user_email session_id session sitzung"
    ),
    "ITEM_ID": (
        "item_id item product_id product sku product_sku item_sku lineitem_sku asin parent_asin "
        "variant_sku article_id article_number article content_id movie_id book_id track_id song_id "
        "business_id listing_id offer_id isbn ean gtin artikel_id artikelnummer artikel_nr artikelnr "
        "artikel produkt_id produktnummer produkt id_produit produit_id produit reference_produit "
        "reference id_article ref_produit code_produit id_producto producto_id producto referencia "
        "articulo id_articulo codigo_producto id_prodotto prodotto_id prodotto articolo "
        "codice_articolo codice_prodotto productnummer product_nummer artikelcode variant_id "
        "clicked_item clicked_product product_clicked item_name product_name lineitem_name"
    ),
    "TIMESTAMP": (
        "timestamp event_timestamp event_time time_stamp unix_timestamp unix_review_time ts datetime "
        "date_time created_at created order_date date_created purchase_date purchased_at paid_at "
        "placed_at occurred_at event_date review_date date_ordered time_ms date day review_time "
        "zeitstempel zeitpunkt bestelldatum kaufdatum erstellt_am datum_uhrzeit datum horodatage "
        "date_heure date_commande date_de_commande date_achat date_creation fecha_hora fecha_pedido "
        "fecha_de_pedido fecha_compra fecha data_ora data_ordine data_acquisto data tijdstip "
        "tijdstempel besteldatum aankoopdatum time zeit heure hora ora tijd"
    ),
    "EVENT_TYPE": (
        "event_type event event_name action action_type behavior behaviour behavior_type interaction "
        "interaction_type activity_type type_of_event aktion aktionstyp ereignis ereignistyp "
        "evenement type_evenement action_utilisateur evento tipo_evento tipo_de_evento accion azione "
        "tipo_azione gebeurtenis gebeurtenistype actie"
    ),
    "EVENT_VALUE": (
        "event_value rating ratings overall stars star_rating score review_rating value quantity qty "
        "item_quantity lineitem_quantity bewertung sterne menge anzahl stueckzahl note evaluation "
        "quantite puntuacion valoracion calificacion cantidad valutazione voto quantita waardering "
        "beoordeling aantal"
    ),
    "QUERY": (
        "query search_query search_term search_terms search_text search_keyword search keyword "
        "keywords term q suchbegriff suchanfrage suchwort suche requete terme_de_recherche "
        "terme_recherche recherche mot_cle consulta termino_de_busqueda termino busqueda ricerca "
        "termine_di_ricerca termine_ricerca parola_chiave zoekterm zoekopdracht zoekwoord tag"
    ),
    "LABEL": ("label relevance relevance_grade grade relevanz pertinence relevancia rilevanza relevantie"),
}
"""Of each column the headings that it goes by, the likeliest first."""
_TEXT = "what shoppers write belongs to the item: `reviews` of the catalogue"
_ITEM = "what describes an item belongs to the catalogue"
_UNUSED = {
    **dict.fromkeys(["reviewtext", "reviewbody", "summary", "text", "title", "review", "comment"], _TEXT),
    **dict.fromkeys(
        ["price", "lineitemprice", "brand", "category", "lineitemname", "itemname", "productname"], _ITEM
    ),
    "impression": "what was shown is no sign of a liking",
    "tag": "upload the file to uploads/queries/ to have tags learned as words that find the item",
}
_RATINGS = frozenset(
    map(
        normal,
        [
            "rating",
            "ratings",
            "overall",
            "stars",
            "star_rating",
            "score",
            "review_rating",
            "bewertung",
            "sterne",
        ],
    )
)


def recognise(schema: LogSchema, names: Iterable[str]) -> ShopperLogColumns:
    """Which columns of a file with these headings are which; what is not found is missing in the answer."""
    there = {*map(normal, names)}
    exports = (one for one in _EXPORTS.get(schema.title, ()) if there >= {*one.columns.values()})
    export = next(exports, LogExport("", {}))
    found = dict(export.columns)
    found |= {ours: name for ours, name in export.optional.items() if name in there}
    for column in schema.columns:
        if column.name not in found:
            headings = map(normal, _HEADINGS[column.name].split())
            name = next((name for name in headings if name in there and name not in found.values()), None)
            found |= {column.name: name} if name is not None else {}
    found.pop("", None)
    rated = schema.title == "Interactions" and found.get("EVENT_VALUE") in _RATINGS
    return ShopperLogColumns(
        export.title, found, _event_type(found, export.event_type or ("rating" if rated else ""))
    )


def _event_type(found: Mapping[str, str], kind: str) -> dict[str, str]:
    return {"EVENT_TYPE": kind} if kind and "EVENT_TYPE" not in found else {}


def in_order(schema: LogSchema, rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """Headings for a table that has none: MovieLens' `u.data` and `ratings.dat`, or user, item and time. None
    where the values do not tell."""
    width = {*map(len, rows)}
    if schema.title != "Interactions" or not rows:
        return ()
    if width == {4} and all(_is_time(row[3]) and _is_grade(row[2]) for row in rows):
        return ("user_id", "item_id", "rating", "timestamp")
    if width == {3} and all(_is_time(row[2]) for row in rows):
        return ("user_id", "item_id", "timestamp")
    return ()


def _is_time(text: str) -> bool:
    try:
        return parse_time(text) >= FINE_START
    except TimeError:
        return False


def _is_grade(text: str) -> bool:
    try:
        return 0 <= float(text) <= 100
    except ValueError:
        return False
