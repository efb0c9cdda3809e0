"""Products of systems that are not known by name, whose variants lie in a list within them: one record each.

Medusa, Squarespace, Strapi and many shops' own APIs answer so.
"""

from collections.abc import Iterable, Iterator, Mapping

from object2vec.ingest.readers.json_records import JsonRecord

_LISTS = ("variants", "variations", "skus", "productVariants", "product_variants")
_IDS = ("sku", "id", "code", "ean", "gtin")
_PRICES = frozenset(("price", "prices", "pricing", "unit_price", "unitPrice", "sale_price", "salePrice"))
_GROUPS = ("handle", "slug", "id", "sku", "code")


def has_variants(record: Mapping[str, object]) -> bool:
    """Whether what is sold are its variants: each of them has an id and a price, and the product has no
    price."""
    found = _variants(record)
    return (
        bool(found)
        and _PRICES.isdisjoint(record)
        and all(_id_of(one) and not _PRICES.isdisjoint(one) for one in found)
    )


def variants_each(records: Iterable[JsonRecord]) -> Iterator[JsonRecord]:
    """Each variant with what its product says; products without any as they are."""
    for record in records:
        if record.problem or not has_variants(record.value):
            yield record
            continue
        product = {name: value for name, value in record.value.items() if name not in _LISTS}
        group = next((product[name] for name in _GROUPS if product.get(name)), None)
        for variant in _variants(record.value):
            yield record._replace(value={**variant, **product, "id": _id_of(variant), "group": group})


def _variants(record: Mapping[str, object]) -> list[dict[str, object]]:
    found = next((value for name in _LISTS if isinstance(value := record.get(name), list)), [])
    return [one for one in found if isinstance(one, dict)]


def _id_of(variant: Mapping[str, object]) -> object:
    return next((value for name in _IDS if isinstance(value := variant.get(name), str | int) and value), None)
