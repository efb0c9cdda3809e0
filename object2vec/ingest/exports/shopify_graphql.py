"""Products as Shopify's GraphQL APIs answer with them: a list is `nodes`, or `edges` of nodes.

https://shopify.dev/docs/api/admin-graphql/latest/objects/Product
"""

from collections.abc import Iterator, Mapping


def is_shopify_graphql(product: Mapping[str, object]) -> bool:
    """Whether it is a product with such a list of variants."""
    return isinstance(product.get("variants"), dict) and bool(_nodes(product["variants"]))


def shopify_graphql_items(product: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """The variants of a product."""
    pictures = [
        one.get("url") or one.get("src") for name in ("images", "media") for one in _nodes(product.get(name))
    ]
    shared: dict[str, object] = {
        "title": product.get("title"),
        "description": product.get("descriptionHtml") or product.get("description"),
        "brand": product.get("vendor"), "category": product.get("productType"),
        "group": product.get("handle") or product.get("id"), "Tags": product.get("tags"),
        "url": product.get("onlineStoreUrl"), "created_at": product.get("createdAt"),
    }  # fmt: skip
    for variant in _nodes(product.get("variants")):
        options = {str(one.get("name")): one.get("value") for one in _objects(variant.get("selectedOptions"))}
        options.pop("Title", None)
        (paid, code), (usual, _) = (_money(variant.get(name)) for name in ("price", "compareAtPrice"))
        picture = variant.get("image")
        yield {
            **shared, **options, "id": variant.get("sku") or _number(variant.get("id")), "price": paid,
            "currency": code, "compare_at_price": usual, "barcode": variant.get("barcode"),
            "image": [*([picture.get("url")] if isinstance(picture, dict) else []), *filter(None, pictures)],
            "availability": variant.get("availableForSale"),
        }  # fmt: skip


def _money(value: object) -> tuple[object, object]:
    """An amount and its currency; of the API for administrators the amount alone."""
    return (value.get("amount"), value.get("currencyCode")) if isinstance(value, dict) else (value, None)


def _number(gid: object) -> object:
    """The number in Shopify's `gid://shopify/ProductVariant/11`, by which its other exports call it."""
    return gid.rpartition("/")[2] if isinstance(gid, str) else gid


def _nodes(value: object) -> list[dict[str, object]]:
    if not isinstance(value, dict):
        return _objects(value)
    return _objects(value.get("nodes")) or [
        node for edge in _objects(value.get("edges")) if isinstance(node := edge.get("node"), dict)
    ]


def _objects(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
