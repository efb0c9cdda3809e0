"""Products of commercetools, Shopware 6 and VTEX as their APIs answer with them: flat records, one a variant.

https://docs.commercetools.com/api/projects/products
https://shopware.stoplight.io/docs/store-api
https://developers.vtex.com/docs/api-reference/search-api
"""

from collections.abc import Iterable, Iterator, Mapping

from object2vec.ingest.exports.minor_units import whole_units

Nested = Mapping[str, object]
_CENTS = 2


def commercetools_projection(product: Nested) -> Nested | None:
    """What the shop shows of a product: of a whole one its current version, of a projection itself; None
    where it is neither."""
    data = product.get("masterData")
    current = data.get("current") if isinstance(data, dict) else product
    return current if isinstance(current, dict) and isinstance(current.get("masterVariant"), dict) else None


def commercetools_items(product: Nested) -> Iterator[dict[str, object]]:
    """The variants of a product or a projection. Of several prices the one that holds for every shopper
    counts."""
    shown = commercetools_projection(product)
    assert shown is not None
    group = product.get("key") or product.get("id")
    shared: dict[str, object] = {
        "title": _in_one_language(shown.get("name")),
        "description": _in_one_language(shown.get("description")),
        "category": _category(shown.get("categories")), "url": _in_one_language(shown.get("slug")),
        "group": group, "created_at": product.get("createdAt"),
    }  # fmt: skip
    variants = [
        variant for one in (shown["masterVariant"], shown.get("variants")) for variant in _things(one)
    ]
    for variant in variants:
        attributes = {
            str(one.get("name")): _in_one_language(one.get("value"))
            for one in (*_things(shown.get("attributes")), *_things(variant.get("attributes")))
        }
        prices = [*_things(variant.get("price")), *sorted(_things(variant.get("prices")), key=_for_some)]
        stock = variant.get("availability")
        yield {
            **attributes, **shared,
            "id": variant.get("sku") or variant.get("key") or f"{group}-{variant.get('id')}",
            **_paid(next(iter(prices), {})),
            "image": [one.get("url") for one in _things(variant.get("images"))],
            "availability": stock.get("isOnStock") if isinstance(stock, dict) else None,
        }  # fmt: skip


def _for_some(price: Nested) -> int:
    """How many conditions a price has: a channel, a group of customers, a country, a time."""
    return sum(price.get(name) is not None for name in ("channel", "customerGroup", "validFrom", "country"))


def _paid(price: Nested) -> dict[str, object]:
    usual, discounted = price.get("value"), price.get("discounted")
    low = discounted.get("value") if isinstance(discounted, dict) else None
    paid = low if isinstance(low, dict) else usual
    if not isinstance(paid, dict):
        return {}
    regular = _amount(usual) if isinstance(low, dict) and isinstance(usual, dict) else None
    return {"price": _amount(paid), "currency": paid.get("currencyCode"), "regular_price": regular}


def _amount(money: Nested) -> object:
    currency = str(money.get("currencyCode", ""))
    return whole_units(money.get("centAmount"), money.get("fractionDigits"), _CENTS, currency)


def is_shopware(product: Nested) -> bool:
    """Whether it is a product of Shopware 6."""
    return "productNumber" in product and isinstance(product.get("translated"), dict)


def shopware_item(product: Nested) -> Iterator[dict[str, object]]:
    """The product; its options and properties under the names of their groups."""
    prices = [*_things(product.get("calculatedPrice")), *_things(product.get("price"))]
    price = next(iter(prices), {})
    paid, usual = price.get("unitPrice", price.get("gross")), price.get("listPrice")
    attributes: dict[str, list[object]] = {}
    for one in (*_things(product.get("options")), *_things(product.get("properties"))):
        if isinstance(group := one.get("group"), dict) and (name := _translated(group, "name")):
            attributes.setdefault(str(name), []).append(_translated(one, "name"))
    regular = usual.get("price", usual.get("gross")) if isinstance(usual, dict) else None
    pictures = [*_things(product.get("cover")), *_things(product.get("media"))]
    maker = product.get("manufacturer")
    yield {
        **{name: values[0] if len(values) == 1 else values for name, values in attributes.items()},
        "id": product.get("productNumber"), "title": _translated(product, "name"),
        "description": _translated(product, "description"), "price": paid,
        "regular_price": regular if regular != paid else None,
        "brand": _translated(maker, "name") if isinstance(maker, dict) else None,
        "category": [_translated(one, "name") for one in _things(product.get("categories"))],
        "image": [one.get("url") for picture in pictures for one in _things(picture.get("media"))],
        "group": product.get("parentId"), "availability": product.get("available"), "ean": product.get("ean"),
        "created_at": product.get("createdAt"),
    }  # fmt: skip


def is_vtex(product: Nested) -> bool:
    """Whether it is a product of VTEX's catalogue."""
    return "productId" in product and any("itemId" in one for one in _things(product.get("items")))


def vtex_items(product: Nested) -> Iterator[dict[str, object]]:
    """The SKUs of a product, each at the price of the first seller that has it."""
    paths = product.get("categories")
    longest = max((str(path) for path in paths), key=len, default="") if isinstance(paths, list) else ""
    for item in _things(product.get("items")):
        offers = [*_things([one.get("commertialOffer") for one in _things(item.get("sellers"))])]
        sold = [offer for offer in offers if offer.get("AvailableQuantity")]
        offer = next(iter([*sold, *offers]), {})
        paid, usual = offer.get("Price"), offer.get("ListPrice")
        options = item.get("variations")
        names = [one for one in options if isinstance(one, str)] if isinstance(options, list) else []
        yield {
            **{name: item.get(name) for name in names},
            "id": item.get("itemId"), "title": product.get("productName"),
            "description": product.get("description"), "brand": product.get("brand"),
            "category": " > ".join(filter(None, longest.split("/"))), "price": paid,
            "regular_price": usual if usual != paid else None,
            "image": [one.get("imageUrl") for one in _things(item.get("images"))],
            "url": product.get("link"), "group": product.get("productId"), "availability": bool(sold),
            "ean": item.get("ean"), "name of the variant": item.get("name"),
        }  # fmt: skip


def _translated(thing: Nested, name: str) -> object:
    """A text in the language of the answer, else as it was entered."""
    texts = thing.get("translated")
    return (texts.get(name) if isinstance(texts, dict) else None) or thing.get(name)


def _category(value: object) -> list[object]:
    """Names of categories; those that the answer has by id alone have none."""
    found = (one.get("obj", one) for one in _things(value))
    return [name for one in found if isinstance(one, dict) and (name := _in_one_language(one.get("name")))]


def _in_one_language(value: object) -> object:
    """English before the others of a text in several languages; an enumerated value by its label."""
    if isinstance(value, list):
        return [_in_one_language(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "label" in value:
        return _in_one_language(value["label"])
    if "centAmount" in value:
        return _amount(value)
    texts = {name: text for name, text in value.items() if isinstance(text, str)}
    english: Iterable[str] = sorted(name for name in texts if name.casefold().startswith("en"))
    return next((texts[name] for name in (*english, *texts)), None)


def _things(value: object) -> list[dict[str, object]]:
    every = value if isinstance(value, list) else [value]
    return [one for one in every if isinstance(one, dict)]
