"""Logs that other systems export, and the columns that tell them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from object2vec.ingest.logs.fields import FieldPart, FieldSource, one_of
from object2vec.ingest.logs.headings import STATUS_TYPES
from object2vec.ingest.logs.value_rules import NO_VALUE, NOBODY

Fields = Mapping[str, FieldSource]
"""Sources of the columns, by the schema's name."""


@dataclass(frozen=True, slots=True)
class LogExport:
    """A system's export: the columns that tell it, and what each of the schema's is read from."""

    title: str
    known_by: Sequence[str]
    """Columns of the file (or paths into its records), all of which must be there."""
    fields: Fields
    filled_down: Sequence[str] = ()
    """Columns that only the first row of an order has; the first of them is the order's number."""


def constant(text: str) -> FieldSource:
    """A source with the same value in every row."""
    return FieldSource(otherwise=text)


def order_type(status: str, words: Mapping[str, str] = STATUS_TYPES) -> FieldSource:
    """A purchase, unless the order's state says otherwise."""
    return FieldSource((FieldPart(status),), words=words, otherwise="purchase")


NO_DEVICE = "00000000-0000-0000-0000-000000000000"
"""What phones give where their owner has switched off that advertisers follow them."""
GUESTS = ("0", *NOBODY)
"""What shop systems write in place of a customer's number where there is none."""


ORDER = "order "
"""Stands before the number of an order that is a shopper of its own."""


def shopper(*names: str) -> FieldSource:
    """The first of these columns that names someone."""
    return FieldSource(tuple(map(FieldPart, names)), blanks=(*NO_VALUE, *NOBODY, NO_DEVICE))


def customer(*names: str, order: str) -> FieldSource:
    """The shopper of an order; where nobody is named, the order is a shopper of its own."""
    return FieldSource((*map(FieldPart, names), FieldPart(order, ORDER)), blanks=(*GUESTS, *NO_VALUE))


PERSONALIZE = "Amazon Personalize interactions"
_RATING = constant("rating")
_MAGENTO_STATES = {**STATUS_TYPES, "closed": "refund"}
"""There an order is closed once all of it was refunded; elsewhere closed orders are done."""
_SHOPIFY = ("name", "createdat", "lineitemquantity")
_SHOPIFY_ORDER = ("name", "email", "createdat", "paidat", "financialstatus", "cancelledat")
_SHOPIFY_FIELDS: Fields = {
    "USER_ID": customer("email", order="name"),
    "ITEM_ID": FieldSource((FieldPart("lineitemsku"), FieldPart("lineitemname")), marked=True),
    "TIMESTAMP": one_of("createdat", "paidat"),
    "EVENT_TYPE": order_type("financialstatus"),
    "EVENT_VALUE": one_of("lineitemquantity"),
}
_GA_USER = FieldSource((FieldPart("userid"), FieldPart("userpseudoid")), blanks=("(not set)", "null"))

FLAT: Mapping[str, Sequence[LogExport]] = {
    "Interactions": (
        LogExport(
            PERSONALIZE,
            ("userid", "itemid", "timestamp"),
            {
                "USER_ID": one_of("userid"),
                "ITEM_ID": one_of("itemid"),
                "TIMESTAMP": one_of("timestamp"),
                "EVENT_TYPE": one_of("eventtype"),
                "EVENT_VALUE": one_of("eventvalue"),
            },
        ),
        LogExport(
            "MovieLens ratings",
            ("userid", "movieid", "rating", "timestamp"),
            {
                "USER_ID": one_of("userid"),
                "ITEM_ID": one_of("movieid"),
                "TIMESTAMP": one_of("timestamp"),
                "EVENT_TYPE": _RATING,
                "EVENT_VALUE": one_of("rating"),
            },
        ),
        LogExport(
            "MovieLens tags",
            ("userid", "movieid", "timestamp", "tag"),
            {
                "USER_ID": one_of("userid"),
                "ITEM_ID": one_of("movieid"),
                "TIMESTAMP": one_of("timestamp"),
                "EVENT_TYPE": constant("tag"),
            },
        ),
        LogExport(
            "Amazon reviews (2014 and 2018)",
            ("reviewerid", "asin", "unixreviewtime"),
            {
                "USER_ID": one_of("reviewerid"),
                "ITEM_ID": one_of("asin"),
                "TIMESTAMP": one_of("unixreviewtime"),
                "EVENT_TYPE": _RATING,
                "EVENT_VALUE": one_of("overall"),
            },
        ),
        LogExport(
            "Amazon reviews (2023)",
            ("userid", "parentasin", "timestamp", "rating"),
            {
                "USER_ID": one_of("userid"),
                "ITEM_ID": one_of("parentasin"),
                "TIMESTAMP": one_of("timestamp"),
                "EVENT_TYPE": _RATING,
                "EVENT_VALUE": one_of("rating"),
            },
        ),
        LogExport(
            "eBay orders",
            ("itemnumber", "customlabel", "saledate"),
            {
                "USER_ID": customer("buyerusername", "buyeremail", order="ordernumber"),
                "ITEM_ID": one_of("customlabel", "itemnumber"),
                "TIMESTAMP": one_of("saledate", "paidondate"),
                "EVENT_TYPE": constant("purchase"),
                "EVENT_VALUE": one_of("quantity"),
            },
        ),
        LogExport("Shopify orders", (*_SHOPIFY, "lineitemsku"), _SHOPIFY_FIELDS, _SHOPIFY_ORDER),
        LogExport("Shopify orders", (*_SHOPIFY, "lineitemname"), _SHOPIFY_FIELDS, _SHOPIFY_ORDER),
        LogExport(
            "WooCommerce orders",
            ("ordernumber", "orderstatus", "emailbilling"),
            {
                "USER_ID": customer("customeruserid", "emailbilling", order="ordernumber"),
                "ITEM_ID": one_of("sku", "productid", "itemname", "productname"),
                "TIMESTAMP": one_of("orderdate"),
                "EVENT_TYPE": order_type("orderstatus"),
                "EVENT_VALUE": one_of("quantityrefund", "quantity"),
            },
        ),
        LogExport(
            "WooCommerce orders",
            ("ordernumber", "customeruserid"),
            {
                "USER_ID": customer(
                    "customeruserid", "billingemailaddress", "billingemail", order="ordernumber"
                ),
                "ITEM_ID": one_of("sku", "itemsku", "productid", "itemname", "productname"),
                "TIMESTAMP": one_of("orderdate", "date"),
                "EVENT_TYPE": order_type("status"),
                "EVENT_VALUE": one_of("quantity", "itemquantity"),
            },
        ),
        LogExport(
            "Magento orders",
            ("incrementid", "createdat", "sku", "qtyordered"),
            {
                "USER_ID": customer("customerid", "customeremail", order="incrementid"),
                "ITEM_ID": one_of("sku", "productid"),
                "TIMESTAMP": one_of("createdat"),
                "EVENT_TYPE": order_type("status", _MAGENTO_STATES),
                "EVENT_VALUE": one_of("qtyordered"),
            },
        ),
        LogExport(
            "Google Analytics 4 events",
            ("userpseudoid", "eventname", "eventtimestamp", "itemid"),
            {
                "USER_ID": _GA_USER,
                "ITEM_ID": FieldSource((FieldPart("itemid"),), blanks=("(not set)",)),
                "TIMESTAMP": one_of("eventtimestamp"),
                "EVENT_TYPE": one_of("eventname"),
                "EVENT_VALUE": one_of("quantity"),
            },
        ),
    ),
    "Queries": (
        LogExport(
            "MovieLens tags",
            ("tag", "movieid", "userid", "timestamp"),
            {
                "QUERY": one_of("tag"),
                "ITEM_ID": one_of("movieid"),
                "TIMESTAMP": one_of("timestamp"),
                "USER_ID": one_of("userid"),
            },
        ),
    ),
}
"""Tables and flat records, by the title of the schema; more telling ones first. Names in `normal` form."""

NESTED: Mapping[str, Sequence[LogExport]] = {
    "Interactions": (
        LogExport(
            "Google Analytics 4 events (BigQuery)",
            ("event_name", "event_timestamp", "user_pseudo_id", "event_params"),
            {
                "USER_ID": FieldSource(
                    (FieldPart("user_id"), FieldPart("user_pseudo_id")), blanks=("(not set)",)
                ),
                "ITEM_ID": FieldSource((FieldPart("items[].item_id"),), blanks=("(not set)",)),
                "TIMESTAMP": one_of("event_timestamp"),
                "EVENT_TYPE": one_of("event_name"),
                "EVENT_VALUE": one_of("items[].quantity"),
            },
        ),
        LogExport(
            "Mixpanel events",
            ("event", "properties.distinct_id", "properties.time"),
            {
                "USER_ID": one_of("properties.$user_id", "properties.distinct_id"),
                "ITEM_ID": one_of(
                    "properties.products[].product_id",
                    "properties.products[].sku",
                    "properties.product_id",
                    "properties.item_id",
                    "properties.sku",
                    "properties.Product ID",
                    "properties.Item ID",
                ),
                "TIMESTAMP": one_of("properties.time"),
                "EVENT_TYPE": one_of("event"),
                "EVENT_VALUE": one_of(
                    "properties.products[].quantity", "properties.quantity", "properties.rating"
                ),
            },
        ),
        LogExport(
            "Segment events",
            ("event", "properties", "messageId"),
            {
                "USER_ID": one_of("userId", "user_id", "anonymousId", "anonymous_id"),
                "ITEM_ID": one_of(
                    "properties.products[].product_id",
                    "properties.products[].productId",
                    "properties.products[].sku",
                    "properties.product_id",
                    "properties.productId",
                    "properties.sku",
                ),
                "TIMESTAMP": one_of("timestamp", "originalTimestamp", "sentAt", "receivedAt"),
                "EVENT_TYPE": one_of("event"),
                "EVENT_VALUE": one_of(
                    "properties.products[].quantity", "properties.quantity", "properties.rating"
                ),
            },
        ),
        LogExport(
            "Amplitude events",
            ("event_type", "event_time", "event_properties"),
            {
                "USER_ID": one_of("user_id", "device_id"),
                "ITEM_ID": one_of(
                    "event_properties.products[].product_id",
                    "event_properties.product_id",
                    "event_properties.item_id",
                    "event_properties.sku",
                ),
                "TIMESTAMP": one_of("event_time", "client_event_time"),
                "EVENT_TYPE": one_of("event_type"),
                "EVENT_VALUE": one_of(
                    "event_properties.products[].quantity",
                    "event_properties.quantity",
                    "event_properties.rating",
                ),
            },
        ),
        LogExport(
            "Bloomreach events",
            ("type", "timestamp", "customer_ids", "properties"),
            {
                "USER_ID": one_of("customer_ids.registered", "customer_ids.cookie"),
                "ITEM_ID": one_of(
                    "properties.product_list[].product_id",
                    "properties.product_id",
                    "properties.variant_id",
                    "properties.item_id",
                ),
                "TIMESTAMP": one_of("timestamp"),
                "EVENT_TYPE": one_of("type"),
                "EVENT_VALUE": one_of("properties.product_list[].quantity", "properties.quantity"),
            },
        ),
        LogExport(
            "Snowplow events",
            ("collector_tstamp", "domain_userid"),
            {
                "USER_ID": one_of("user_id", "domain_userid", "network_userid"),
                "ITEM_ID": one_of(
                    "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1[].id",
                    "unstruct_event_com_snowplowanalytics_snowplow_add_to_cart_1.sku",
                    "unstruct_event_com_snowplowanalytics_snowplow_remove_from_cart_1.sku",
                    "ti_sku",
                ),
                "TIMESTAMP": one_of("derived_tstamp", "collector_tstamp"),
                "EVENT_TYPE": one_of(
                    "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1.type",
                    "event_name",
                    "event",
                ),
                "EVENT_VALUE": one_of(
                    "contexts_com_snowplowanalytics_snowplow_ecommerce_product_1[].quantity", "ti_quantity"
                ),
            },
        ),
        LogExport(
            "Matomo visits",
            ("visitorId", "actionDetails"),
            {
                "USER_ID": one_of("userId", "visitorId"),
                "ITEM_ID": one_of("actionDetails[].itemDetails[].itemSKU", "actionDetails[].productViewSku"),
                "TIMESTAMP": one_of("actionDetails[].timestamp", "serverTimestamp"),
                "EVENT_TYPE": FieldSource(
                    (FieldPart("actionDetails[].type"),),
                    words={"ecommerceorder": "purchase", "ecommerceabandonedcart": "cart", "action": "view"},
                ),
                "EVENT_VALUE": one_of("actionDetails[].itemDetails[].quantity"),
            },
        ),
        LogExport(
            "WooCommerce orders",
            ("line_items", "date_created", "status"),
            {
                "USER_ID": customer("customer_id", "billing.email", order="id"),
                "ITEM_ID": one_of("line_items[].sku", "line_items[].product_id"),
                "TIMESTAMP": one_of("date_created_gmt", "date_created"),
                "EVENT_TYPE": order_type("status"),
                "EVENT_VALUE": one_of("line_items[].quantity"),
            },
        ),
        LogExport(
            "Shopify orders",
            ("line_items", "created_at"),
            {
                "USER_ID": customer("customer.id", "email", "contact_email", order="id"),
                "ITEM_ID": one_of("line_items[].sku", "line_items[].variant_id", "line_items[].product_id"),
                "TIMESTAMP": one_of("created_at", "processed_at"),
                "EVENT_TYPE": order_type("financial_status"),
                "EVENT_VALUE": one_of("line_items[].quantity"),
            },
        ),
        LogExport(
            "commercetools orders",
            ("lineItems", "lineItems[].productId", "lineItems[].variant", "createdAt"),
            {
                "USER_ID": customer("customerId", "customerEmail", "anonymousId", order="id"),
                "ITEM_ID": one_of("lineItems[].variant.sku", "lineItems[].productId"),
                "TIMESTAMP": one_of("createdAt"),
                "EVENT_TYPE": order_type("orderState"),
                "EVENT_VALUE": one_of("lineItems[].quantity"),
            },
        ),
        LogExport(
            "Magento orders",
            ("increment_id", "items", "created_at"),
            {
                "USER_ID": customer("customer_id", "customer_email", order="increment_id"),
                "ITEM_ID": one_of("items[].sku", "items[].product_id"),
                "TIMESTAMP": one_of("created_at"),
                "EVENT_TYPE": order_type("status", _MAGENTO_STATES),
                "EVENT_VALUE": one_of("items[].qty_ordered"),
            },
        ),
    ),
}
"""Records with objects and lists in them. `items[].item_id` is the `item_id` of each object in the list
`items`, and each makes a row; names are as they are written."""
