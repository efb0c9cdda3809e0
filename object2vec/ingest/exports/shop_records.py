"""Products as the APIs of shop systems answer with them (Shopify, WooCommerce, Magento, commercetools,
Shopware, VTEX): one flat record each.

Other files of these systems are tables; here variants, options and attributes are nested.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from object2vec.ingest.exports.headings import key_of
from object2vec.ingest.exports.layout import CatalogExport
from object2vec.ingest.exports.nested_products import (
    commercetools_items,
    commercetools_projection,
    is_shopware,
    is_vtex,
    shopware_item,
    vtex_items,
)
from object2vec.ingest.exports.shopify_graphql import is_shopify_graphql, shopify_graphql_items
from object2vec.ingest.readers.json_records import JsonRecord

ApiProduct = Mapping[str, object]
_ROLES = {
    "id": ["id"], "title": ["title"], "description": ["description"], "brand": ["brand"],
    "category": ["category"], "price": ["price"], "currency": ["currency"], "image": ["image"],
    "url": ["url"], "group": ["group"], "availability": ["availability"],
}  # fmt: skip
_ONLY_THESE = (
    "Of the answers of an API, the fields above are stored: what else they hold serves the shop system."
)
_OF_SHOPIFY = frozenset(("vendor", "body_html"))
"""Fields of its products: those of other systems have variants and a handle too."""
_PRIVATE = ("draft", "archived", "private", "pending", "trash", "unlisted")


class ShopApi(NamedTuple):
    """One system: how its products are recognised, and the items that one of them holds."""

    export: CatalogExport
    fits: Callable[[ApiProduct], bool]
    items: Callable[[ApiProduct], Iterable[dict[str, object]]]


def shop_api(record: ApiProduct) -> ShopApi | None:
    """The system whose API gave this record."""
    return next((api for api in _APIS if api.fits(record)), None)


def items_of(api: ShopApi, records: Iterable[JsonRecord], *, load_unpublished: bool) -> Iterator[JsonRecord]:
    """Each item as a record of its own; products that the shop shows to nobody are refused."""
    for record in records:
        if record.problem:
            yield record
        elif not api.fits(record.value):
            yield record._replace(value={}, problem="not_a_product")
        elif _is_private(record.value) and not load_unpublished:
            yield record._replace(value={}, problem="not_published")
        else:
            yield from (record._replace(value=_filled(item)) for item in api.items(record.value))


def _is_private(product: ApiProduct) -> bool:
    """Whether the shop shows a product to nobody."""
    data = product.get("masterData")
    places = (product, data) if isinstance(data, dict) else (product,)
    off = any(place.get(name) is False for place in places for name in ("active", "published"))
    return off or str(product.get("status")).lower() in _PRIVATE


def _shopify(product: ApiProduct) -> Iterator[dict[str, object]]:
    options = [str(one.get("name")) for one in _objects(product.get("options"))]
    pictures = {str(one.get("id")): one.get("src") for one in _objects(product.get("images"))}
    tags = product.get("tags")
    shared: dict[str, object] = {
        "title": product.get("title"), "description": product.get("body_html"),
        "brand": product.get("vendor"), "category": product.get("product_type"),
        "group": product.get("handle") or product.get("id"),
        "Tags": [tag.strip() for tag in tags.split(",")] if isinstance(tags, str) else tags,
        "created_at": product.get("created_at"),
    }  # fmt: skip
    for variant in _objects(product.get("variants")):
        own = {
            name: variant.get(f"option{place}") for place, name in enumerate(options, 1) if name != "Title"
        }
        picture = pictures.get(str(variant.get("image_id")))
        left = variant.get("inventory_quantity")
        counted = isinstance(left, int) and variant.get("inventory_management") is not None
        sold_on = variant.get("inventory_policy") == "continue"
        yield {
            **shared, **own, "id": variant.get("sku") or variant.get("id"), "price": variant.get("price"),
            "image": [*filter(None, [picture]), *pictures.values()],
            "availability": variant.get("available", sold_on or left != 0 if counted else None),
            "barcode": variant.get("barcode"), "compare_at_price": variant.get("compare_at_price"),
        }  # fmt: skip


def _woocommerce(product: ApiProduct) -> Iterator[dict[str, object]]:
    attributes = {
        str(one.get("name")): one.get("options") or one.get("option")
        for one in _objects(product.get("attributes"))
    }
    rest = {
        name: product.get(name) for name in ("sku", "sale_price", "average_rating", "rating_count", "weight")
    }
    price, regular = (product.get(name) for name in ("price", "regular_price"))
    if price not in ("", regular):
        rest["regular_price"] = regular
    elif rest["sale_price"] != price:  # it is over, or still to come
        rest.pop("sale_price")
    yield {
        **rest, **attributes,
        "id": product.get("id"), "title": product.get("name"),
        "description": "\n".join(
            str(product[name]) for name in ("description", "short_description") if product.get(name)
        ),
        "category": _names(product.get("categories")), "brand": _names(product.get("brands")),
        "price": price or regular,
        "image": [one.get("src") for one in _objects(product.get("images"))],
        "url": product.get("permalink"), "availability": product.get("stock_status"),
        "group": product.get("parent_id") or None, "Tags": _names(product.get("tags")),
    }  # fmt: skip


def _magento(product: ApiProduct) -> Iterator[dict[str, object]]:
    attributes = {
        str(one.get("attribute_code")): one.get("value") for one in _objects(product.get("custom_attributes"))
    }
    stock = product.get("extension_attributes")
    item = next(iter(_objects([stock.get("stock_item")])), {}) if isinstance(stock, dict) else {}
    rest = {name: value for name, value in attributes.items() if name not in _MAGENTO_SETTINGS}
    yield {
        **rest, "id": product.get("sku"), "title": product.get("name"), "price": product.get("price"),
        "description": attributes.get("description") or attributes.get("short_description"),
        "image": attributes.get("image"), "url": attributes.get("url_key"),
        "availability": item.get("is_in_stock"), "weight": product.get("weight"),
        "created_at": product.get("created_at"),
    }  # fmt: skip


_MAGENTO_SETTINGS = frozenset(
    [
        "options_container",
        "required_options",
        "has_options",
        "tax_class_id",
        "page_layout",
        "gift_message_available",
        "description",
        "short_description",
        "image",
        "url_key",
        "category_ids",
    ]
)


def _export(name: str) -> CatalogExport:
    roles = {role: [*map(key_of, names)] for role, names in _ROLES.items()}
    return CatalogExport(name, frozenset(), frozenset(), roles, notes=(_ONLY_THESE,))


_APIS = (
    ShopApi(
        _export("products of Shopify's API"),
        lambda record: isinstance(record.get("variants"), list) and bool(_OF_SHOPIFY & record.keys()),
        _shopify,
    ),
    ShopApi(
        _export("products of Shopify's API"),
        is_shopify_graphql,
        shopify_graphql_items,
    ),
    ShopApi(
        _export("products of WooCommerce's API"),
        lambda record: "permalink" in record and "regular_price" in record,
        _woocommerce,
    ),
    ShopApi(
        _export("products of Magento's API"),
        lambda record: "sku" in record and isinstance(record.get("custom_attributes"), list),
        _magento,
    ),
    ShopApi(
        _export("products of commercetools' API"),
        lambda record: commercetools_projection(record) is not None,
        commercetools_items,
    ),
    ShopApi(_export("products of Shopware's API"), is_shopware, shopware_item),
    ShopApi(_export("products of VTEX's API"), is_vtex, vtex_items),
)


def _filled(item: ApiProduct) -> dict[str, object]:
    return {name: value for name, value in item.items() if value not in (None, "", [])}


def _names(value: object) -> list[object]:
    return [one.get("name") for one in _objects(value)]


def _objects(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
