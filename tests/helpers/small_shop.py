"""A shop of a few texts, and what it finds."""

from object2vec.core.catalog import CatalogItem
from object2vec.search.index import Request


def shop_of(embedded, texts, metadata=None):
    items = [CatalogItem(item_id, text, (metadata or {}).get(item_id, {})) for item_id, text in texts.items()]
    return embedded(items, {}).snapshot


def found(shop, text, **more):
    text = shop.corrected(text)
    return [hit.item.id for hit in shop.search(Request(text=text, limit=100, **more)).hits]


def notes(shop, text):
    return " ".join(shop.search(Request(text=text)).notes)
