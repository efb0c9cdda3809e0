"""What shops call the columns of their logs: English, German, French, Spanish, Italian and Dutch most fully,
the commonest words of Polish, Portuguese, Swedish, Danish, Norwegian, Czech, Turkish, Russian, Japanese and
Chinese.
"""

# ruff: noqa: RUF001  letters of other alphabets

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from os.path import commonprefix

from object2vec.ingest.abbreviations import SHORT_FORMS, shortened
from object2vec.ingest.logs.schema import LogSchema

_NO_LETTER = re.compile(r"[\W_]+")


def normal(name: str) -> str:
    """A heading without case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold()).replace("ß", "ss")
    return _NO_LETTER.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))


_IDS = (
    "id number no nr num key code cod reference ref rif uuid guid username nummer kode kod kodu konto "
    "identifiant número numer codice código referencia riferimento číslo numarası identificador номер код n "
    "番号 コード 编号 代码 号"
)
_SMALL = ("", "de", "del", "do", "du", "d")
_BEFORE = (
    "orderlines", "orderline", "lineitem", "item", "product", "prod", "orders", "order", "sales", "sale",
    "amazon", "merchant", "seller", "shop", "clicked", "properties", "eventproperties",
)  # fmt: skip
_BEHIND = ("ordered", "sold", "bought", "purchased")


def _normals(text: str) -> tuple[str, ...]:
    """The headings in their `normal` form, each followed by itself with words that are shortened. `item_*` is
    the id of an item, whatever word says so: `Item No.`, `código del artículo`."""
    found = (form for heading in text.split() for form in _forms(heading))
    return tuple(dict.fromkeys(found))


def _forms(heading: str) -> Iterator[str]:
    if heading.endswith("_*"):
        yield from _ids_of(heading.removesuffix("_*"))
        return
    yield normal(heading)
    if "_" in heading:
        yield from map(normal, shortened(heading.split("_")))


def _ids_of(thing: str) -> Iterator[str]:
    words = [normal(thing), *map(normal, SHORT_FORMS.get(thing, ()))]
    for ending in dict.fromkeys(map(normal, _IDS.split())):
        for word in words:
            yield word + ending
            yield from (ending + small + word for small in _SMALL)


_COLUMNS: Mapping[str, str] = {
    "USER_ID": (
        "user_* user uid external_user_id user_data_external_id "
        "customer_* customer_user_id client_* member_* member shopper_* shopper consumer_* "
        "reviewer_* account_* buyer_* person_* household_* contact_* loyalty_* loyalty_card_* "
        "kundenkarten_* käufer_* käufer debiteur_* debiteuren_* "
        "kunden_* kunde_* debitor debitoren_* benutzer_* benutzer nutzer_* nutzer besucher_* utilisateur "
        "utilisateur_* usuario usuario_* cliente_* utente utente_* klant_* gebruiker gebruiker_* "
        "gebruikers_* klienta_* klient_* użytkownik kund_* bruker bruger zákazníka_* müşteri_* kullanıcı "
        "клиента_* пользователь ユーザー_* 顧客_* 会員_* 用户_* 会员_* 客户_* user_token customer_email "
        "billing_email contact_email email email_address e_mail user_email email_billing buyer_email "
        "billing_email_address client_email mail adresse_mail email_client courriel email_cliente correo "
        "correo_electrónico indirizzo_email posta_elettronica kunden_email e_mail_adresse email_klienta "
        "klant_email e_mailadres e_post epost email_hash hashed_email email_sha256 email_md5 username "
        "user_name customer client kunde buyer acheteur cliente klant klient kupujący comprador kund "
        "zákazník müşteri клиент покупатель loyalty_card kundenkarte carte_fidélité carte_de_fidélité "
        "steam_id carta_fedeltà tarjeta_fidelidad tarjeta_de_fidelización klantenkaart karta_lojalnościowa"
    ),
    "ITEM_ID": (
        "item_id iid product_id sku product_sku item_sku lineitem_sku artnum item_* product_* sku_* ti_sku "
        "asin parent_asin variant_sku "
        "article_* content_* movie_* film_* book_* track_* song_* video_* game_* "
        "news_* course_* recipe_* hotel_* business_* listing_* offer_id stock_code isbn ean gtin upc plu "
        "aid artigo_* indeks_towaru articleordernumber product_uid "
        "artikel_* artnummer produkt_* produit_* producto_* articulo_* artículo_* prodotto_* articolo_* "
        "product_nummer variant_* variation_* vare_* produkt_nr produktu_* towaru_* zboží_* ürün_* товара_* "
        "produto_* indeks indeks_produktu 商品_* артикул reference référence referencia item product article "
        "artikel produkt produit producto articulo prodotto articolo towar produto vare zboží ürün товар "
        "movie film book song track video game clicked_item clicked_product product_clicked item_name "
        "product_name lineitem_name item_title product_title 商品名称 商品名 产品名称 object_id "
        "app_id"
    ),
    "TIMESTAMP": (
        "timestamp event_timestamp event_time time_stamp unix_timestamp unix_review_time ts datetime "
        "date_time created_at created order_date date_created purchase_date purchased_at paid_at "
        "placed_at occurred_at happened_at "
        "invoice_date t_dat event_date review_date date_ordered time_ms date day "
        "review_time "
        "belegdatum auftragsdatum rechnungsdatum "
        "zeitstempel zeitpunkt bestelldatum kaufdatum erstellt_am datum_uhrzeit datum horodatage "
        "date_heure date_commande date_de_commande date_achat date_creation fecha_hora fecha_pedido "
        "fecha_de_pedido fecha_compra fecha data_ora data_ordine data_acquisto data tijdstip "
        "tijdstempel besteldatum aankoopdatum time zeit heure hora ora tijd "
        "rated_at viewed_at clicked_at bought_at ordered_at added_at date_added date_add "
        "data_zamówienia data_zakupu data_i_godzina czas data_da_compra data_do_pedido data_compra "
        "data_hora sale_date sales_date date_of_sale transaction_date payment_date order_date_time "
        "orderdatum köpdatum dato ordredato bestillingsdato købsdato datum_objednávky čas sipariş_tarihi "
        "tarih дата дата_заказа время 注文日時 注文日 日時 日付 下单时间 时间 日期 "
        "date_key date_id when timestamp_created unix_timestamp_created at"
    ),
    "EVENT_TYPE": (
        "event_type event event_name action action_type behavior behaviour behavior_type interaction "
        "interaction_type activity_type type_of_event aktion aktionstyp ereignis ereignistyp "
        "evenement type_evenement action_utilisateur evento tipo_evento tipo_de_evento accion azione "
        "tipo_azione gebeurtenis gebeurtenistype actie zdarzenie typ_zdarzenia akcja ação händelse "
        "hændelse "
        "hendelse událost olay событие действие イベント 事件 行为"
    ),
    "EVENT_VALUE": (
        "event_value rating ratings overall stars star_rating score review_rating bewertung sterne note "
        "evaluation puntuacion valoracion calificacion valutazione voto waardering beoordeling ocena "
        "avaliação nota betyg karakter hodnocení puan оценка рейтинг 評価 评分"
    ),
    "QUERY": (
        "query query_text search_query search_term search_terms search_text search_keyword search keyword "
        "keywords term q suchbegriff suchanfrage suchwort suche requete terme_de_recherche "
        "terme_recherche recherche mot_cle consulta termino_de_busqueda termino busqueda ricerca "
        "termine_di_ricerca termine_ricerca parola_chiave zoekterm zoekopdracht zoekwoord zapytanie fraza "
        "szukana_fraza pesquisa busca termo_de_busca termo_de_pesquisa sökord sökning søgeord søkeord "
        "hledaný_výraz arama arama_terimi запрос поисковый_запрос 検索語 検索キーワード 搜索词 关键词 tag"
    ),
    "LABEL": (
        "label esci_label relevance relevance_grade grade relevanz pertinence relevancia rilevanza relevantie"
    ),
}
"""Headings of each column, the likeliest first."""

ORDERS = _normals(
    "order_* order_name order bestell_* bestellung beleg_* bon_* auftrags_* auftrag rechnungs_* invoice_* "
    "invoice transaction_* basket_* cart_order_id receipt_* ticket_* commande_* commande pedido_* pedido "
    "ordine_* ordine bestel_* increment_id zamówienia_* zamówienie ordre_* bestillings_* objednávky_* "
    "objednávka sipariş_* заказа_* заказ 注文_* 订单_*"
)
"""The number of an order, of which every line is a row."""
STATUSES = _normals(
    "financial_status order_status payment_status status state bestellstatus zahlungsstatus statut "
    "statut_commande estado stato état état_de_la_commande stato_ordine estado_del_pedido order_state "
    "current_state bestelstatus status_zamówienia stan_zamówienia situação stav stav_objednávky durum "
    "sipariş_durumu статус статус_заказа 注文状況 订单状态"
)
"""Headings of a column that tells what became of an order."""
_STATUS_WORDS = {
    "refund": (
        "refunded, fully refunded, wc-refunded, returned, chargeback, erstattet, retourniert, "
        "retoure, rückgabe, "
        "gutschrift, rückerstattet, return, refund, remboursement, retour, avoir, devolución, reembolso, "
        "rimborso, remboursé, "
        "remboursée, retourné, rimborsato, reso, reembolsado, devuelto, terugbetaald, geretourneerd, "
        "retournée, "
        "zwrócone, zwrot, zwrócono, devolvido, devolução, återbetald, returnerad, refunderet, returneret, "
        "refundert, vráceno, iade, iade edildi, возврат, возвращен, возвращён, 返品, 返金, 退款, 已退款"
    ),
    "cancelled": (
        "cancelled, canceled, wc-cancelled, voided, expired, storniert, storno, stornierung, "
        "abgebrochen, annulation, cancelación, annullamento, annulering, annulé, annulée, "
        "annullato, cancelado, anulado, geannuleerd, cancelada, anulada, annullata, anulowane, anulowano, "
        "anulowany, avbruten, makulerad, annulleret, kansellert, zrušeno, zrušená, stornováno, iptal, "
        "iptal edildi, i̇ptal edildi, "
        "отменен, отменён, отменено, キャンセル, 已取消"
    ),
    "checkout": (
        "failed, wc-failed, payment failed, pending payment, wc-pending, checkout-draft, draft, abandoned, "
        "fehlgeschlagen, échoué, échouée, fallito, fallido, mislukt, payment error, awaiting check "
        "payment, "
        "awaiting bank wire payment, awaiting payment, erreur de paiement, en attente de paiement, "
        "en attente du paiement par chèque, en attente de virement bancaire, zahlungsfehler, "
        "zahlung ausstehend, zahlung offen, warten auf zahlungseingang, pago pendiente, pendiente de pago, "
        "errore di pagamento, in attesa di pagamento, wachten op betaling, oczekuje na płatność, "
        "błąd płatności"
    ),
}
TAKEN_BACK: Mapping[str, Sequence[str]] = {
    "cancelled": _normals(
        "cancelled canceled is_cancelled is_canceled cancelled_at canceled_at cancelled_on cancel_date "
        "cancellation_date order_cancelled storno storniert ist_storniert storniert_am stornodatum annulé "
        "annulée annulation date_annulation cancelado cancelada anulado anulada fecha_cancelación annullato "
        "annullata geannuleerd anulowane anulowano voided is_void"
    ),
    "refund": _normals(
        "refunded is_refunded refunded_at refunded_on refund_date returned is_returned returned_at "
        "returned_on return_date item_returned retourniert retoure retourniert_am retourendatum "
        "zurückgegeben erstattet remboursé remboursée retourné retournée date_retour devuelto devuelta "
        "reembolsado reembolsada rimborsato rimborsata reso geretourneerd terugbetaald zwrócone zwrócono "
        "devolvido devolvida"
    ),
}
"""Headings of whether, or when, what was ordered was taken back, by the state that this is."""
TAKEN_BACK_COUNTS: Mapping[str, Sequence[str]] = {
    "cancelled": _normals("qty_canceled qty_cancelled quantity_cancelled cancelled_quantity cancelled_qty"),
    "refund": _normals(
        "qty_refunded qty_returned quantity_refunded quantity_returned refunded_quantity refunded_qty "
        "returned_quantity returned_qty refund_quantity return_quantity"
    ),
}
"""Headings of how many of what was ordered were taken back."""
TESTS = _normals(
    "is_test test_order is_test_order test_event test_mode is_testing testbestellung ist_test test"
)
"""Headings of whether a row was made to try the shop."""
MARKS = frozenset((*TESTS, *(name for names in TAKEN_BACK.values() for name in names)))
NOT_TAKEN_BACK = (
    *(form for word in ("no", "n", "false", "f", "nein", "non", "nee", "não", "nie", "falsch", "faux")
      for form in (word, word.capitalize(), word.upper())),
    "0", "0.0", "0000-00-00", "0000-00-00 00:00:00", "-", "NULL", "null", "None", "nan", "NaN",
)  # fmt: skip
"""Values in such a column of what was not."""
_DONE = (
    "completed, complete, paid, shipped, delivered, fulfilled, processing, sent, wc-completed, "
    "wc-processing, "
    "abgeschlossen, bezahlt, versendet, versandt, geliefert, ausgeliefert, erledigt, in bearbeitung, "
    "terminé, terminée, payé, payée, expédié, expédiée, livré, livrée, en cours, en préparation, "
    "completado, completada, pagado, pagada, enviado, enviada, entregado, entregada, procesando, "
    "completato, completata, pagato, pagata, spedito, spedita, consegnato, consegnata, evaso, evasa, "
    "in lavorazione, voltooid, afgerond, betaald, verzonden, geleverd, in behandeling, "
    "concluído, concluída, pago, paga, entregue, zrealizowane, zakończone, opłacone, wysłane, dostarczone, "
    "slutförd, betald, skickad, levererad, gennemført, betalt, sendt, leveret, levert, fullført, "
    "dokončeno, zaplaceno, odesláno, doručeno, tamamlandı, ödendi, gönderildi, teslim edildi, "
    "выполнен, оплачен, отправлен, доставлен, 完了, 発送済み, 支払い済み, 已完成, 已付款, 已发货"
)
ORDER_TIMES = frozenset(
    _normals(
        "order_date transaction_date transaction_dt t_dat "
        "date_ordered ordered_at purchase_date purchased_at bought_at paid_at placed_at "
        "invoice_date belegdatum auftragsdatum rechnungsdatum bestelldatum kaufdatum date_commande "
        "date_de_commande date_achat fecha_pedido fecha_de_pedido fecha_compra data_ordine data_acquisto "
        "besteldatum aankoopdatum data_zamówienia data_zakupu data_da_compra data_do_pedido orderdatum "
        "köpdatum ordredato bestillingsdato købsdato datum_objednávky sipariş_tarihi дата_заказа "
        "注文日時 注文日 "
        "下单时间"
    )
)
"""Headings of a time that only orders have."""
STATUS_TYPES: Mapping[str, str] = {
    status: kind for kind, text in _STATUS_WORDS.items() for status in text.split(", ")
}
"""The type of event that an order in some state stands for; in any other it is a purchase."""
STATES = frozenset((*STATUS_TYPES, *_DONE.split(", ")))
"""What became of an order, in words."""

DATES = frozenset(
    _normals(
        "date day order_date event_date invoice_date purchase_date datum bestelldatum kaufdatum fecha "
        "fecha_pedido fecha_compra data data_ordine data_acquisto date_commande date_achat besteldatum "
        "aankoopdatum tag jour dia giorno dag data_zamówienia data_zakupu dato orderdatum ordredato "
        "tarih дата "
        "дата_заказа 日付 日期"
    )
)
CLOCKS = frozenset(
    _normals(
        "time hour clock order_time event_time purchase_time zeit uhrzeit bestellzeit kaufzeit heure hora "
        "ora tijd trans_time transaction_time czas godzina tid klockslag čas saat время 時刻 时间"
    )
)
"""Headings of a date, and of the time of day that may stand beside it."""

_TEXT = "what shoppers write belongs to the item: `reviews` of the catalogue"
_ITEM = "what describes an item belongs to the catalogue"
_UNUSED = {
    **dict.fromkeys(["reviewtext", "reviewbody", "summary", "text", "title", "review", "comment"], _TEXT),
    **dict.fromkeys(
        ["price", "lineitemprice", "brand", "category", "lineitemname", "itemname", "productname"], _ITEM
    ),
    **dict.fromkeys(["impression", "impressions"], "what was shown is no sign of a liking"),
    "recommendationid": "which recommendation was shown is not learned from",
    "tag": "upload the file to uploads/queries/ to have tags learned as words that find the item",
}
RATINGS = frozenset(
    _normals(
        "rating ratings overall stars star_rating score review_rating bewertung sterne note puntuacion "
        "valoracion calificacion valutazione voto waardering beoordeling ocena avaliação nota betyg "
        "karakter "
        "hodnocení puan оценка рейтинг 評価 评分"
    )
)
"""Headings of values that are grades, whatever the event is called."""
QUANTITIES = _normals(
    "quantity quantity_sku qty menge anzahl stueckzahl stückzahl quantité qté quantità qtà cantidad aantal "
    "ilość oxamount "
    "liczba_sztuk quantidade qtde qtd antal množství adet miktar количество 数量"
)
"""Headings of how many were bought, or put into a cart, which is no grade."""
SESSIONS = _normals(
    "session_id session_key session_uuid session_guid session_code session sitzung sitzungs_id"
)
"""Headings of a visit."""
VISITORS = (
    *_normals(
        "visitor_* visitor anonymous_* user_pseudo_id domain_user_id network_user_id client_id cookie_id "
        "cookie_uuid device_id device_uuid device_guid distinct_*"
    ),
    *SESSIONS,
)
"""Headings of someone who may not be known by name."""


def _ranks() -> Mapping[str, Mapping[str, int]]:
    named = {name: _normals(text) for name, text in _COLUMNS.items()}
    named["EVENT_VALUE"] += (*QUANTITIES, *_normals("value wert valeur valor valore waarde"))
    named["USER_ID"] += VISITORS
    named["VISITOR_ID"] = ()  # is a part of the shopper's
    return {name: {one: place for place, one in enumerate(headings)} for name, headings in named.items()}


HEADINGS = _ranks()
"""The headings of each column in their `normal` form, and their places: the likeliest first."""
_MAY_BE_QUALIFIED = frozenset((*HEADINGS["USER_ID"], *HEADINGS["ITEM_ID"], *ORDERS, *QUANTITIES))
_OF_ORDERS = ("order", "orders", "orderline", "orderlines")
_LINES = frozenset(_ids_of("item"))
"""Behind a word for an order they count its lines: `order_item_id`."""
_REFERENCES = frozenset(map(normal, ("reference", "référence", "referencia")))
_KNOWN = frozenset(
    (
        *_MAY_BE_QUALIFIED,
        *(one for known in HEADINGS.values() for one in known),
        *STATUSES,
        *(one for headings in TAKEN_BACK.values() for one in headings),
    )
)


_WITHIN = re.compile(r"(?<=[\w\]])\.(?=\w)")
_LEAST_ALIKE, _LEAST_BEFORE = 3, 2
_HAPPENED = _normals(
    "event events event_properties event_data event_params properties props interaction interactions "
    "activity action context order orders purchase purchases transaction transactions sale sales line lines "
    "line_item line_items order_line order_lines order_item order_items basket data payload record row "
    "source attributes fields detail details log message body hit t e o x"
)


def meant_by(names: Iterable[str]) -> Mapping[str, str]:
    """The `normal` form that tells what a column is, by that of its heading: of headings that say where in a
    record the value lies (`event_properties.product_id`, `orders.user_id`), or that all begin alike
    (OXUSERID, OXARTNUM), the end that is known, where no other column has it."""
    keys = {normal(name): name for name in names}
    alike = commonprefix([*keys]) if len(keys) >= _LEAST_ALIKE else ""  # noqa: RUF071  of texts, not of paths
    meant: dict[str, str] = {}
    for key, name in keys.items():
        own = key
        if not _is_known(key):
            *path, last = pieces = _WITHIN.split(name)
            within = (normal("".join(pieces[-2:])), normal(last)) if path else ()
            ends = tuple(end for end in within if _tells(path, end))
            ends = (*ends, key.removeprefix(alike)) if len(alike) >= _LEAST_BEFORE else ends
            own = next((end for end in ends if _is_known(end) and end not in {*keys, *meant.values()}), key)
        meant[key] = own
    return meant


def _tells(path: Sequence[str], end: str) -> bool:
    """Whether the end of a heading's path says what a value is: an id does wherever it lies, a time, an act
    or a number only within what happened, since `shipping.date` and `product.rating` are others."""
    ids = (HEADINGS["ITEM_ID"], HEADINGS["USER_ID"], VISITORS)
    return any(known_form(end) in names for names in ids) or all(normal(name) in _HAPPENED for name in path)


def _is_known(key: str) -> bool:
    return known_form(key) in _KNOWN


@lru_cache(maxsize=8_192)
def known_form(heading: str) -> str:
    """The `normal` form of a heading without a word that leaves it what it is, where only the rest is known:
    `sku` for `sellersku`."""
    if heading in _KNOWN:
        return heading
    rest = [
        heading.removeprefix(word)
        for word in _BEFORE
        if heading.startswith(word) and _is_left(word, heading.removeprefix(word))
    ]
    rest += [heading.removesuffix(word) for word in _BEHIND if heading.endswith(word)]
    return next((one for one in rest if one in _MAY_BE_QUALIFIED), heading)


def _is_left(word: str, rest: str) -> bool:
    """Whether the word leaves the rest what it is: the seller's address and the salesperson are no shopper's,
    and an order's item is a line of it."""
    if word in _OF_ORDERS:
        return rest not in _LINES | _REFERENCES
    return rest not in HEADINGS["USER_ID"] and rest not in _REFERENCES


PRICES = _normals(
    "unit_price price item_price product_price lineitem_price sale_price price_each total total_price "
    "line_total montant_ht montant_ttc "
    "order_total subtotal revenue sales turnover net_amount gross_amount preis einzelpreis "
    "verkaufspreis stückpreis gesamtpreis summe betrag umsatz prix prix_unitaire montant precio "
    "precio_unitario importe prezzo prezzo_unitario importo prijs stukprijs bedrag cena cena_jednostkowa "
    "kwota preço preço_unitário pris à_pris belopp beløb fiyat birim_fiyat цена сумма 価格 単価 金額 价格 "
    "单价 金额"
)
"""Headings of what was paid."""
EMAILS = tuple(one for one in _normals(_COLUMNS["USER_ID"]) if one.endswith(("email", "emailaddress")))
"""Headings of the address of a shopper."""
ADDED = frozenset(_normals("added_at date_added"))
"""Headings of when something was put into a cart or a list."""
LIKINGS = _normals(
    "liked is_liked like thumb thumbs thumb_rating voted_up is_recommended would_recommend recommends"
)
"""Headings of a yes or no that says whether someone likes the item, or of how many do."""
TYPES = _normals(
    "transaction_type typ type tipo vorgang bewegungsart belegart belegtyp dokumentart document_type "
    "doc_type "
    "type_document type_de_document type_de_pièce tipo_documento tipo_de_documento documenttype typ_dokumentu"
)
"""Headings of a type of event, or of a product."""
GOODS = frozenset(
    "book bag bags basket watch heart pin star stars note notes score play download stream".split()  # noqa: SIM905
)
"""Words that name acts, and products too."""
_YES = "true yes y up like liked +1 1 1.0 👍 ja oui sí si"
_NO = "false no n down dislike disliked -1 -1.0 0 0.0 👎 nein non nee"
YES_OR_NO: Mapping[str, str] = {**dict.fromkeys(_YES.split(), "1"), **dict.fromkeys(_NO.split(), "0")}
"""Words for 1 and 0 in such a column."""
NO_ACTS = frozenset(_UNUSED)
"""Headings of what items are and of what shoppers write: their values name no act of the row."""


def why_unused(name: str) -> str:
    """The reason for the report why a column is not read."""
    return _UNUSED.get(normal(name), "a log has no use for it")


def schema_name(schema: LogSchema, name: str) -> str | None:
    """The schema's column that goes by a name."""
    key = normal(name)
    own_names = {normal(own): own for own in schema.names}
    return own_names.get(key) or next((own for own in schema.names if key in HEADINGS[own]), None)


def unknown_fields(schema: LogSchema, fields: Iterable[str]) -> list[str]:
    """A sentence for each field that a mapping names and a log does not have."""
    return [
        f"`fields.{name}`: {schema.title.lower()} have no such field; {did_you_mean(name, schema.names)}"
        for name in fields
        if schema_name(schema, name) is None
    ]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The nearest of some names, or what there is."""
    by_normal = {normal(one): one for one in known}
    near = get_close_matches(normal(name), by_normal, n=1, cutoff=0.6)
    return (
        f"did you mean {by_normal[near[0]]!r}?"
        if near
        else f"there are {', '.join(by_normal.values())[:200]}."
    )
