"""Products of schema.org, as shops put them into pages (JSON-LD): one flat record each.

https://schema.org/Product
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from object2vec.ingest.exports.layout import CatalogExport
from object2vec.ingest.readers.json_records import JsonRecord

SCHEMA_ORG = CatalogExport(
    "schema.org products",
    frozenset(),
    frozenset(),
    {
        "id": ["id"], "title": ["name"], "description": ["description"], "brand": ["brand"],
        "category": ["category"], "price": ["price"], "currency": ["currency"], "image": ["image"],
        "url": ["url"], "group": ["group"], "availability": ["availability"], "language": ["language"],
    },
)  # fmt: skip
_PRODUCTS = ("product", "individualproduct", "productmodel", "someproducts", "vehicle", "book", "movie")
_TAKEN = frozenset(
    """name|description|brand|category|offers|image|url|sku|productID|inLanguage|aggregateRating|review|hasVariant
    |isVariantOf|inProductGroupWithID|productGroupID|additionalProperty|manufacturer|mainEntityOfPage""".replace(
        "\n    ", ""
    ).split("|")
)
_RELATED = frozenset({"isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor"})


def is_schema_org(record: Mapping[str, object]) -> bool:
    """Whether an object says that it is of schema.org."""
    context = str(record.get("@context", ""))
    return "schema.org" in context or isinstance(record.get("@type"), str | list)


def products(records: Iterable[JsonRecord]) -> Iterator[JsonRecord]:
    """Each product, and each variant of a group of them, as a record of its own."""
    for record in records:
        if record.problem:
            yield record
            continue
        found = list(_within(record.value, {}))
        if found:
            yield from (record._replace(value=product) for product in found)
        else:
            yield record._replace(value={}, problem="not_a_product")


def _within(thing: Mapping[str, object], group: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for name in ("@graph", "itemListElement", "item", "mainEntity"):
        for inner in _objects(thing.get(name)):
            yield from _within(inner, group)
    kinds = [kind.rsplit("/", 1)[-1].lower() for kind in _texts(thing.get("@type"))]
    if "productgroup" in kinds:
        own = _product(thing)
        own["group"] = str(
            thing.get("productGroupID") or own.get("id") or own.get("url") or own.get("name") or ""
        )
        for variant in _objects(thing.get("hasVariant")):
            yield from _within({"@type": "Product", **variant}, {**group, **own})
        if not thing.get("hasVariant"):
            yield own
    elif any(kind in _PRODUCTS for kind in kinds) or (not kinds and "offers" in thing):
        mine = _product(thing)
        yield {**{name: value for name, value in group.items() if name != "id"}, **mine}


def _product(thing: Mapping[str, object]) -> dict[str, object]:
    offers = _objects(thing.get("offers"))
    offers = list(chain(offers, *(_objects(offer.get("offers")) for offer in offers)))
    parent = next(iter(_objects(thing.get("isVariantOf"))), {})
    ids = ("sku", "productID", "mpn", "gtin13", "gtin14", "gtin12", "gtin8", "gtin", "isbn", "@id", "url")
    found: dict[str, object] = {
        "id": next((thing[name] for name in ids if isinstance(thing.get(name), str | int)), None),
        "name": _first(thing.get("name")),
        "description": _first(thing.get("description")),
        "brand": _named(thing.get("brand")) or _named(thing.get("manufacturer")),
        "category": [_named(one) for one in _list(thing.get("category")) if _named(one)],
        "image": [url for one in _list(thing.get("image")) if (url := _url(one))],
        "url": _url(thing.get("url")) or _url(thing.get("mainEntityOfPage")) or _offer(offers, "url"),
        "price": _offer(offers, "price", "lowPrice"),
        "currency": _offer(offers, "priceCurrency"),
        "availability": _offer(offers, "availability"),
        "language": _named(thing.get("inLanguage")),
        "group": _first(thing.get("inProductGroupWithID")) or parent.get("productGroupID"),
    }
    for rating in _objects(thing.get("aggregateRating")):
        found["rating"] = rating.get("ratingValue")
        found["rating_count"] = rating.get("ratingCount") or rating.get("reviewCount")
    reviews = [str(one["reviewBody"]) for one in _objects(thing.get("review")) if one.get("reviewBody")]
    if reviews:
        found["reviews"] = reviews
    for one in _objects(thing.get("additionalProperty")):
        if isinstance(one.get("name"), str):
            found[str(one["name"])] = _first(one.get("value"))
    for name, value in thing.items():
        if name not in _TAKEN and name not in _RELATED and not name.startswith("@"):
            found.setdefault(name, _named(value) if isinstance(value, dict) else value)
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _offer(offers: Iterable[Mapping[str, object]], *names: str) -> object:
    for offer in offers:
        for place in (offer, *_objects(offer.get("priceSpecification"))):
            for name in names:
                if place.get(name) not in (None, "", []):
                    return _first(place[name])
    return None


def _named(value: object) -> object:
    """A thing by its name."""
    value = _first(value)
    return value.get("name") if isinstance(value, dict) else value


def _url(value: object) -> object:
    value = _first(value)
    if isinstance(value, dict):
        return value.get("url") or value.get("contentUrl") or value.get("@id")
    return value


def _first(value: object) -> object:
    return next(iter(value), None) if isinstance(value, list) else value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _objects(value: object) -> list[dict[str, object]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _texts(value: object) -> list[str]:
    return [one for one in _list(value) if isinstance(one, str)]
