"""Kinds of events (a purchase, a view …): how logs spell them in EVENT_TYPE, and how much each weighs.

Spellings are those of Amazon Personalize, Google Analytics, Segment, Snowplow, RetailRocket, REES46, Alibaba,
and the plain words of the languages that shops most often export in.
"""

# ruff: noqa: RUF001  letters of other alphabets

import re
from collections.abc import Mapping
from functools import lru_cache

PLAIN = 1.0
"""The weight of an interaction of which nothing else is known."""
RATING = "rating"
"""Acts whose EVENT_VALUE is a grade on a scale."""

KIND_WEIGHTS: Mapping[str, float] = {
    "impression": 0.0,  # the shop showed it: that is the shop's choice
    "view": 0.2,
    "click": 0.3,
    "cart": 0.6,
    "like": 0.8,
    "share": 0.8,
    "consume": 0.8,
    RATING: PLAIN,
    "purchase": PLAIN,
    "removal": 0.0,  # takes a cart or a wish back: no liking, and no dislike either
    "dislike": -1.0,
    "return": -1.0,
    "hide": -1.0,
}
"""The weight of an event of each kind: 1 for a purchase; below zero it counts against the item."""

_SPELLINGS: Mapping[str, str] = {
    "impression": (
        "impression impressions exposure exposed shown displayed served recommended viewlist viewitemlist "
        "viewpromotion listviewed productlistviewed promotionviewed impress anzeige eindruck"
    ),
    "view": (
        "view views viewed quickview itemview viewcart cartview cartviewed viewcontent viewitem "
        "viewproduct pv "
        "pageview pageviewed detail details detailview "
        "visit visited browse browsed open opened "
        "seen look preview ansicht angesehen vue vu consultation "
        "vista visto visualizacion visualizzazione bekeken weergave wyświetlenie wyświetlono "
        "visualização visning "
        "zobrazení görüntüleme просмотр 閲覧 浏览 produktansicht artikelansicht consulté consultée "
        "verproducto verartículo visualizzato visualizzata visualizado visualizada oglądanie просмотрено "
        "查看 aufruf"
    ),
    "click": (
        "click clicks clicked clk tap tapped select selected selectitem selectcontent selectpromotion "
        "clickthrough promotionclicked klick angeklickt clic clique clicou klik cliqué "
        "cliccato klikken geklikt kliknięcie клик クリック 点击"
    ),
    "cart": (
        "cart carts addcart addedcart cartadd addtocart addtobasket addbasket basket basketadd addtobag "
        "bag "
        "added add addpaymentinfo addshippinginfo begincheckout checkout checkoutstarted initiatecheckout "
        "startcheckout warenkorb indenwarenkorb indenwarenkorbgelegt panier ajoutpanier ajoutaupanier "
        "carrito alcarrito "
        "carrello aggiungialcarrello winkelwagen winkelmand carrinho koszyk dokoszyka varukorg kundvagn "
        "indkøbskurv kurv handlekurv košík sepet корзина カート 加购 购物车 "
        "atc kasse alacesta añadiralacesta einkaufswagen winkelmandje koszyka košíku sepete "
        "sepetine корзину"
    ),
    "like": (
        "like likes liked love loved fav favs favorite favorites favorited favourite favourites favourited "
        "addfavorite addfavourite wishlist wish wishlisted addwishlist addtowishlist addedwishlist "
        "thumbsup thumbup upvote upvoted heart bookmark bookmarked save saved follow followed subscribe "
        "subscribed recommend pin pinned up positive addlist addedlist wishlistadd 👍 ❤ gefaellt gefällt "
        "gefälltmir "
        "merkliste wunschliste jaime aime favori favoris "
        "megusta favorito favoritos mipiace preferito preferiti vindikleuk curtir vote voted gemerkt "
        "wunschzettel merkzettel verlanglijst ulubionych ulubione oblíbených избранное favorilere "
        "listadedeseos listedenvies listadeidesideri verlanglijstje "
        "お気に入り いいね 高評価 收藏 赞 点赞 喜欢 좋아요 swiperight superlike"
    ),
    "share": (
        "share shared invite invited send sent teilen geteilt partage partagé compartir condividi delen "
        "compartido condiviso gedeeld"
    ),
    "consume": (
        "watch watched play played listen listened stream streamed read complete completed finish finished "
        "download downloaded install installed attend attended"
    ),
    RATING: (
        "rating ratings rate rated review reviews reviewed score scored stars star grade graded feedback "
        "bewertung bewertet note évaluation evaluation avis valoracion valoración puntuacion puntuación "
        "calificacion valutazione voto recensione beoordeling avaliacao"
    ),
    "purchase": (
        "purchase purchases purchased purchasecomplete purchasecompleted checkoutcomplete checkoutsuccess "
        "orderconfirmation orderconfirmed borrow borrowed loan loaned lend lent lease leased buy buys "
        "bought order orders ordered ordercompleted ordercreated "
        "orderplaced completeorder placeorder checkoutcompleted completecheckout transaction transactions "
        "trans sale sales sold payment paid pay ecommercepurchase completepurchase rent rented book booked "
        "booking reserve reserved kauf gekauft bestellung bestellt achat acheté commande commandé compra "
        "comprado pedido verkauf verkauft vente vendu venta vendido vendita venduto verkoop verkocht "
        "acquisto acquistato ordine aankoop gekocht bestelling zakup zakupiono zamówienie köp köpt køb "
        "kjøp "
        "nákup objednávka покупка заказ 購入 购买 1clickbuy oneclickbuy kupiono zakoupeno satınalma "
        "satınalındı куплено 注文 下单 "
        "rechnung ausgangsrechnung invoice salesinvoice facture factura fattura factuur faktura fatura"
    ),
    "removal": (
        "remove removed removecart removefromcart removedcart cartremove removebasket removefrombasket "
        "unlike unliked unfavorite unfavourite unfav removewishlist removefromwishlist unwish unsave "
        "unsaved unfollow unfollowed unbookmark undislike productremoved notbought testrow "
        "entfernen entfernt quitar eliminar ausdemwarenkorb unheart unhearted "
        "neutral neutre neutro neutraal"
    ),
    "dislike": (
        "dislike dislikes disliked down 👎 downvote downvoted thumbsdown thumbdown hate hated complaint "
        "complain "
        "complained report reported negativefeedback negative gefälltnicht gefälltmirnicht missfällt "
        "reklamation reklamiert jenaimepas nomegusta "
        "nonmipiace 不喜欢 不喜歡 踩 点踩 不感兴趣 嫌い 低評価 よくないね 興味なし 興味がない 싫어요 관심없음"
    ),
    "return": (
        "return returns returned refund refunds refunded refundorder orderrefunded orderreturned "
        "chargeback "
        "cancel cancelled canceled cancellation ordercancelled ordercanceled cancelorder exchange "
        "retoure rückgabe rueckgabe erstattung gutschrift zurückgegeben zurueckgegeben avoir remboursé "
        "remboursée uninstall uninstalled storno storniert retour retourné remboursement devolucion "
        "devolución reembolso reso rimborso terugbetaling "
        "wcrefunded erstattet retourniert rückerstattet rimborsato reembolsado devuelto "
        "terugbetaald geretourneerd retournée zwrócone zwrot zwrócono devolvido devolução "
        "återbetald returnerad refunderet returneret refundert vráceno iade возврат возвращен "
        "возвращён 返品 返金 退款 已退款 wccancelled stornierung abgebrochen annulation cancelación "
        "annullamento annulering annulé annulée annullato cancelado anulado geannuleerd "
        "cancelada anulada annullata anulowane anulowano anulowany avbruten makulerad "
        "annulleret kansellert zrušeno zrušená stornováno iptal отменен отменён отменено "
        "キャンセル 已取消 rücksendung resi refundissued refundprocessed refundcompleted orderrefund "
        "purchaserefund itemrefund partialrefund partiallyrefunded orderreturn returncompleted "
        "cancelledorder canceledorder returnedorder refundedorder "
        "creditnote creditmemo salescreditnote notadicredito notadecredito notadecrédito creditnota "
        "stornorechnung rechnungskorrektur fakturakorygująca kreditnota "
        "zurückgeschickt zurückgesendet renvoyé renvoyée returnedtosender sentback teruggestuurd"
    ),
    "hide": (
        "hide hidden hides block blocked notinterested notinterest uninterested dismiss dismissed mute "
        "muted "
        "ban banned swipeleft unsubscribe unsubscribed skip skipped verbergen masquer ocultar nascondi"
    ),
}
_KINDS = {spelling: kind for kind, text in _SPELLINGS.items() for spelling in text.split()}
_FILLERS = re.compile(
    "a|an|the|to|from|in|into|of|on|at|my|user|items?|products?|events?|e|commerce|ecommerce|page|action|type"
    "|track|tracked|is|has|was|this|that"
)
_WHOLE = frozenset(("up", "down", "positive", "negative"))
"""Words that name an act by themselves alone: `sign_up` and `page_down` are none."""
_VAGUE = _WHOLE | {"add", "added", "kasse", "aufruf"}
"""Words that name no act among others: what is added says which, the cart or a filter."""
_DENIALS = re.compile(
    "less|não|nao|ikke|inte|no|not|non|never|nothing|none|without|cannot|cant|don|dont|didn|didnt|doesn|doesnt|isn|isnt|wasn"
    "|wasnt|won|wont|undo|undone|fail|fails|failed|failure|failing|error|errors|errored|invalid|decline"
    "|declined|declines|deny|denied|denies|reject|rejected|refuse|refused|abandon|abandoned|abandonment"
    "|abort|aborted|timeout|expire|expired|void|voided|empty|emptied|clear|cleared|delete|deleted|remove"
    "|removed|removal|disable|disabled|stop|stopped|blocked|cancel|cancelled|canceled|attempt|attempted"
    "|nicht|kein|keine|keinen|nie|ohne|fehler|fehlgeschlagen|abgelehnt|abgebrochen|leer|geleert|gelöscht"
    "|entfernt|pas|jamais|sans|échec|échoué|échouée|refusé|refusée|abandonné|vide|vidé|supprimé|sin|nunca"
    "|fallido|fallida|rechazado|rechazada|abandonado|vacío|vaciado|eliminado|senza|mai|fallito|fallita"
    "|rifiutato|abbandonato|vuoto|svuotato|rimosso|niet|geen|nooit|zonder|mislukt|geweigerd|verlaten|leeg"
    "|geleegd|verwijderd"
)
"""Words beside which a known one says that the act was not done, or undone."""
_NOT = re.compile(
    "no|not|non|never|less|dont|don|didnt|didn|doesnt|doesn|nicht|kein|keine|keinen|nie|pas|niet|geen|não|nao"
    "|ikke|inte"
)
_LIKED = re.compile(
    "likes?|liked|loved?|interest|interested|recommend|gefällt|gefallen|mag|interesse|interessiert|aime|aimé"
    "|plu|intéressée?|intéresse|gusta|gustado|gustó|interesa|interesado|interesada|piace|piaciuto|interessa"
    "|interessato|interessata|leuk|geïnteresseerd|gostei|gosto|interessado"
)
"""Words for liking an item, of which one of `_NOT` makes the contrary: `not interested`, `mag ich nicht`."""
_TAKEN_BACK = re.compile(
    "delete|deleted|remove|removed|removal|removing|entfernt|gelöscht|supprimé|supprimée|retiré|retirée|enlevé"
    "|entfernen|löschen|retirer|retrait|supprimer|suppression|enlever|quitar|eliminar|rimuovi|rimuovere"
    "|verwijderen|usuń|remover"
    "|eliminado|eliminada|quitado|quitada|rimosso|rimossa|tolto|verwijderd|usunięto|usunięty|usunięte|removido"
    "|removida|borttagen|fjernet|odebráno|odstraněno|çıkarıldı|çıkar|удалено|удалён|удален|убрано"
)
"""Words for what is taken out of a cart or off a list."""
_NO_ITEM = re.compile("coupons?|promo|promotion|codes?|discounts?|vouchers?|filters?|gutschein|rabatt|code")
"""Words of what is taken off a cart and is no item."""
_PATH = re.compile("[./:]")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]+")
_NOT_DONE, _OUT = (
    re.compile("未|不|無|なし|キャンセル|取消|失敗|失败|予定|手続|立即|希望|検討"),
    re.compile("削除|删除|移除|移出|外す|解除"),
)
"""The same in Japanese and Chinese, whose words have no spaces between them."""
_WORDS = re.compile(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[^\W\d_A-ZÀ-Þ]+")


def spelled(event_type: str) -> str:
    """The type without case and punctuation: AddToCart, add_to_cart and `add to cart` are one."""
    return "".join(letter for letter in event_type.casefold() if letter.isalnum() or letter in "👍👎❤")


@lru_cache(maxsize=4096)
def kind_of(event_type: str) -> str | None:
    """The kind of act, a key of `KIND_WEIGHTS`; None for a type in no spelling known here. One known word
    among others names it (`Ad Shown`, `video_view`), if that does not speak against the item and none of them
    denies it (`payment_failed`, `empty_cart`)."""
    if kind := _KINDS.get(spelled(event_type)):
        return kind
    words = [word.casefold() for word in _WORDS.findall(event_type)]
    telling = "".join(word for word in words if not _FILLERS.fullmatch(word))
    if telling not in _WHOLE and (kind := _KINDS.get(telling)):
        return kind
    kinds = {kind for word in words if word not in _VAGUE and (kind := _KINDS.get(word)) is not None}
    back = [word for word in words if _TAKEN_BACK.fullmatch(word)]
    denied = [word for word in words if word not in back and _DENIALS.fullmatch(word)]
    if denied:
        is_unliked = any(map(_NOT.fullmatch, denied)) and any(map(_LIKED.fullmatch, words))
        return "dislike" if is_unliked else None
    if back:
        lists = kinds & {"cart", "like"}
        return "removal" if len(lists) == 1 and not any(map(_NO_ITEM.fullmatch, words)) else None
    if unspaced := _UNSPACED.search(event_type):
        return _kind_within(unspaced[0])
    (one, *others) = kinds or ("",)
    if others:  # of a path: checkout.order.placed
        one = _KINDS.get("".join(words[-2:]), "") if _PATH.search(event_type) else ""
    return one if KIND_WEIGHTS.get(one, -1) >= 0 else None


def _kind_within(text: str) -> str | None:
    """The one kind that a text without spaces between its words names: カートに追加."""
    kinds = {kind for spelling, kind in _KINDS.items() if len(spelling) > 1 and spelling in text}
    if _OUT.search(text):
        return "removal" if kinds & {"cart", "like"} else None
    if len(kinds) != 1 or _NOT_DONE.search(text):
        return None
    (one,) = kinds
    return one if KIND_WEIGHTS[one] >= 0 else None
