"""The list that a JSON document is there for, such as `{"total": 2, "products": [{…}, {…}]}`."""

_LISTS: tuple[str, ...] = (
    "products",
    "items",
    "data",
    "results",
    "records",
    "rows",
    "catalog",
    "catalogue",
    "documents",
)
_LISTS += ("articles", "entries", "offers", "nodes", "hits", "@graph", "itemListElement")
_LISTS += ("orders", "events", "interactions", "visits", "transactions", "purchases", "ratings", "queries")
_NAMES = ("label", "id", "sku", "asin", "name", "title", "item_id", "product_id")


def records_within(document: dict[str, object], depth: int = 3) -> list[object] | None:
    """The list of objects that a document is there for; None where it is a record itself."""
    for name in _LISTS:
        rows = document.get(name)
        if isinstance(rows, list) and rows and isinstance(rows[0], dict):
            own = any(isinstance(document.get(key), str | int) for key in _NAMES)
            return None if own and name in ("offers", "nodes", "hits", "entries", "items") else rows
    if depth and not any(name in document for name in _NAMES):
        for value in document.values():
            if isinstance(value, dict) and (rows := records_within(value, depth - 1)) is not None:
                return rows
    return None
