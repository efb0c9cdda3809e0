"""What shops call the columns of their logs: English, German, French, Spanish, Italian and Dutch most fully,
the commonest words of Polish, Portuguese, Swedish, Danish, Norwegian, Czech, Turkish, Russian, Japanese and
Chinese.
"""

# ruff: noqa: RUF001  letters of other alphabets

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from object2vec.ingest.abbreviations import shortened
from object2vec.ingest.logs.schema import LogSchema

_NO_LETTER = re.compile(r"[\W_]+")


def normal(name: str) -> str:
    """A heading without case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold()).replace("ß", "ss")
    return _NO_LETTER.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _normals(text: str) -> tuple[str, ...]:
    """The headings in their `normal` form, each followed by itself with words that are shortened."""
    found = (
        normal(form)
        for heading in text.split()
        for form in (heading, *(shortened(heading.split("_")) if "_" in heading else ()))
    )
    return tuple(dict.fromkeys(found))


_COLUMNS: Mapping[str, str] = {
    "USER_ID": (
        "user_id user uid customer_id customer_number customer_user_id customer_no customer_code "
        "customer_reference client_id client_number client_code client_no "
        "member_id member shopper_id shopper visitor_id visitor user_pseudo_id reviewer_id account_id "
        "account_number buyer_id person_id kunden_id kunden_nummer kunden_code kunden_konto debitor "
        "debitoren_nummer benutzer_id benutzer nutzer_id nutzer besucher_id utilisateur id_utilisateur "
        "id_client client_id numéro_client numéro_de_client numéro_du_client code_client référence_client "
        "identifiant_client usuario id_usuario usuario_id id_cliente id_del_cliente cliente_id "
        "código_cliente código_de_cliente código_del_cliente número_cliente número_de_cliente "
        "número_del_cliente código_do_cliente número_do_cliente codice_cliente cliente_codice "
        "numero_cliente utente id_utente codice_utente klant_id klant_nummer klant_code "
        "gebruiker gebruiker_id gebruikers_id id_klienta numer_klienta kod_klienta użytkownik "
        "kund_nummer kund_id kund_kod kunde_id kunde_nummer kunde_kode bruker bruger číslo_zákazníka "
        "kód_zákazníka id_zákazníka müşteri_no müşteri_kodu müşteri_numarası müşteri_id kullanıcı "
        "id_клиента код_клиента номер_клиента пользователь ユーザーid 顧客id 顧客コード 顧客番号 "
        "会員id 会員番号 "
        "用户id 会员id 客户id 客户编号 客户代码 "
        "customer_email billing_email email email_address e_mail user_email email_billing "
        "billing_email_address client_email id_customer mail adresse_mail email_client courriel "
        "email_cliente correo correo_electrónico indirizzo_email posta_elettronica kunden_email "
        "e_mail_adresse email_klienta klant_email e_mailadres e_post epost "
        "customer client kunde acheteur cliente klant klient kupujący comprador kund zákazník müşteri "
        "клиент покупатель "
        "session_id session sitzung"
    ),
    "ITEM_ID": (
        "item_id item iid product_id product sku product_sku item_sku lineitem_sku asin parent_asin "
        "variant_sku article_id article_number article content_id movie_id book_id track_id song_id "
        "business_id listing_id offer_id stock_code isbn ean gtin artikel_id artikel_nummer artikel_nr "
        "artikelnr artnummer "
        "artikel produkt_id produkt_nummer produkt id_produit produit_id produit reference_produit "
        "reference id_article code_article référence_article numéro_article numéro_d_article "
        "code_produit id_producto producto_id producto referencia "
        "articulo id_articulo código_artículo código_de_artículo código_del_artículo "
        "codigo_producto código_de_producto número_de_artículo referencia_producto id_prodotto "
        "prodotto_id prodotto articolo "
        "codice_articolo codice_prodotto numero_articolo riferimento_articolo riferimento_prodotto "
        "product_code article_code item_number item_code productnummer product_nummer artikelcode "
        "variant_id "
        "product_reference numéro_de_produit indeks indeks_produktu id_produktu kod_produktu produkt_nr "
        "towar "
        "id_towaru kod_towaru produto id_produto código_produto código_do_produto varenummer varenr vare "
        "produktnr kód_produktu číslo_produktu zboží ürün ürün_kodu ürün_no товар id_товара код_товара "
        "артикул 商品id 商品コード 商品番号 商品编号 "
        "clicked_item clicked_product product_clicked item_name product_name lineitem_name"
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
        "data_hora "
        "orderdatum köpdatum dato ordredato bestillingsdato købsdato datum_objednávky čas sipariş_tarihi "
        "tarih дата дата_заказа время 注文日時 注文日 日時 日付 下单时间 时间 日期 "
        "at"
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
        "event_value rating ratings overall stars star_rating score review_rating value quantity qty "
        "item_quantity lineitem_quantity bewertung sterne menge anzahl stueckzahl note evaluation "
        "quantite puntuacion valoracion calificacion cantidad valutazione voto quantita qta waardering "
        "beoordeling aantal wert valeur valor valore waarde qté product_quantity ocena ilość liczba_sztuk "
        "avaliação nota quantidade betyg antal karakter hodnocení množství puan adet miktar оценка рейтинг "
        "количество 評価 数量 评分"
    ),
    "QUERY": (
        "query search_query search_term search_terms search_text search_keyword search keyword "
        "keywords term q suchbegriff suchanfrage suchwort suche requete terme_de_recherche "
        "terme_recherche recherche mot_cle consulta termino_de_busqueda termino busqueda ricerca "
        "termine_di_ricerca termine_ricerca parola_chiave zoekterm zoekopdracht zoekwoord zapytanie fraza "
        "szukana_fraza pesquisa busca termo_de_busca termo_de_pesquisa sökord sökning søgeord søkeord "
        "hledaný_výraz arama arama_terimi запрос поисковый_запрос 検索語 検索キーワード 搜索词 关键词 tag"
    ),
    "LABEL": ("label relevance relevance_grade grade relevanz pertinence relevancia rilevanza relevantie"),
}
"""Headings of each column, the likeliest first."""

HEADINGS: Mapping[str, tuple[str, ...]] = {name: _normals(text) for name, text in _COLUMNS.items()}
"""Headings by the schema's name of a column, in their `normal` form."""

ORDERS = _normals(
    "order_id order_number order_no order_nr order_name order bestell_nummer bestellung "
    "belegnummer belegnr bonnummer bonnr auftragsnr rechnungsnr "
    "auftragsnummer auftrag invoice_no invoice_number invoice_id invoice rechnungsnummer transaction_id "
    "basket_id receipt_id receipt_no ticket_id numero_commande id_commande référence_de_commande "
    "commande numero_pedido "
    "id_pedido "
    "pedido numero_ordine id_ordine ordine bestelnummer ordernummer increment_id numéro_de_commande "
    "id_order "
    "número_de_pedido numero_d_ordine order_reference référence_commande numer_zamówienia nr_zamówienia "
    "id_zamówienia zamówienie número_do_pedido ordrenummer bestillingsnummer číslo_objednávky objednávka "
    "sipariş_no sipariş_numarası номер_заказа заказ 注文番号 订单号 订单编号"
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
        "order_date date_ordered ordered_at purchase_date purchased_at bought_at paid_at placed_at "
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
QUANTITIES = frozenset(
    _normals(
        "quantity qty item_quantity lineitem_quantity product_quantity menge anzahl stueckzahl quantite qte "
        "qta cantidad quantita aantal ilość liczba_sztuk quantidade antal množství adet miktar количество "
        "数量"
    )
)
"""Headings of how many were bought, or put into a cart, which is no grade."""
PRICES = _normals(
    "unit_price price item_price product_price lineitem_price sale_price price_each total total_price "
    "line_total order_total subtotal revenue sales turnover net_amount gross_amount preis einzelpreis "
    "verkaufspreis stückpreis gesamtpreis summe betrag umsatz prix prix_unitaire montant precio "
    "precio_unitario importe prezzo prezzo_unitario importo prijs stukprijs bedrag cena cena_jednostkowa "
    "kwota preço preço_unitário pris à_pris belopp beløb fiyat birim_fiyat цена сумма 価格 単価 金額 价格 "
    "单价 金额"
)
"""Headings of what was paid."""
ADDED = frozenset(_normals("added_at date_added"))
"""Headings of when something was put into a cart or a list."""
LIKINGS = _normals("liked is_liked like thumb thumbs thumb_rating")
"""Headings of a yes or no that says whether someone likes the item, or of how many do."""
TYPES = _normals("transaction_type typ type tipo vorgang bewegungsart")
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
    return next((own for own in schema.names if key == normal(own) or key in HEADINGS[own]), None)


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
        else f"there are {', '.join(by_normal.values())[:200]}"
    )
