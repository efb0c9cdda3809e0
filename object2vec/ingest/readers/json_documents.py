"""The list that a JSON document is there for, such as `{"total": 2, "products": [{…}, {…}]}`."""

from collections.abc import Mapping

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
    "docs",
)
_LISTS += ("articles", "entries", "offers", "nodes", "hits", "@graph", "itemListElement")
_LISTS += (
    "edges",
    "orders",
    "events",
    "interactions",
    "visits",
    "transactions",
    "purchases",
    "ratings",
    "queries",
)
_LISTS += ("resources", "objects", "entities", "content", "hydra:member", "value")
_PARTS = ("offers", "nodes", "hits", "entries", "items", "objects", "content", "value")
"""Those that may also be lists within a record."""
_NAMES = ("label", "id", "sku", "asin", "name", "title", "item_id", "product_id")

_HEADERS, _ROWS = ("columns", "header", "headers", "fields"), ("data", "rows", "values", "records")
"""Names of the headings and of the rows of a table that is one object."""
_BESIDE_ROWS = ("index", "schema", "name", "total", "count", "took", "cursor")
_LEAST_BY_ID = _LEAST_COLUMNS = 2
_RELATED_DEPTH = 2  # a product's cover, and the picture that this is


def records_within(document: dict[str, object], depth: int = 3) -> list[object] | None:
    """The list of objects that a document is there for; None where it is a record itself."""
    if (table := _as_table(document)) is not None:
        return table
    for name in _LISTS:
        rows = document.get(name)
        if isinstance(rows, list) and rows and isinstance(rows[0], dict):
            own = any(isinstance(document.get(key), str | int) for key in _NAMES)
            rows = _with_related(_nodes(rows), document.get("included"))
            return None if own and name in _PARTS else rows
    if (rows := _only_list(document)) is not None:
        return rows
    if depth and not any(name in document for name in _NAMES):
        for value in document.values():
            if isinstance(value, dict) and (rows := records_within(value, depth - 1)) is not None:
                return rows
    return _by_id(document)


def _only_list(document: Mapping[str, object]) -> list[object] | None:
    """The one list of objects with an id or a name in a document that has neither itself."""
    lists = [value for value in document.values() if isinstance(value, list) and value]
    records = [rows for rows in lists if all(isinstance(row, dict) for row in rows)]
    if len(records) != 1 or any(name in document for name in _NAMES):
        return None
    (rows,) = records
    return rows if all(not {*_NAMES}.isdisjoint(row) for row in rows if isinstance(row, dict)) else None


def _nodes(rows: list[object]) -> list[object]:
    """The nodes of a GraphQL answer's edges; other rows as they are."""
    nodes = [row.get("node") for row in rows if isinstance(row, dict)]
    return nodes if nodes and all(isinstance(node, dict) for node in nodes) else rows


def _with_related(rows: list[object], included: object) -> list[object]:
    """The resources of a JSON:API document, each with those it is related to among its attributes: a product
    with its manufacturer, its categories, the address of its picture. https://jsonapi.org/format/"""
    if not isinstance(included, list):
        return rows
    known = {(one.get("type"), one.get("id")): one for one in included if isinstance(one, dict)}

    def related(resource: dict[str, object], depth: int) -> dict[str, object]:
        links, own = resource.get("relationships"), resource.get("attributes")
        links, own = (value if isinstance(value, dict) else {} for value in (links, own))
        found: dict[str, object] = {}
        for name, link in links.items() if depth else ():
            data = link.get("data") if isinstance(link, dict) else None
            if isinstance(data, list) and depth < _RELATED_DEPTH:
                continue  # all products of a product's category
            ends = [
                related(known[key], depth - 1)
                for end in (data if isinstance(data, list) else [data])
                if isinstance(end, dict) and (key := (end.get("type"), end.get("id"))) in known
            ]
            if ends:
                found[name] = ends if isinstance(data, list) else ends[0]
        return found | own

    return [
        {**row, "attributes": related(row, _RELATED_DEPTH)}
        if isinstance(row, dict) and "relationships" in row
        else row
        for row in rows
    ]


def _by_id(document: dict[str, object]) -> list[object] | None:
    """The records, with their ids, of a document that holds them by id, as databases export them."""
    rows = [*document.values()]
    if len(rows) < _LEAST_BY_ID or not all(isinstance(row, dict) for row in rows):
        return None
    names = [{*row} for row in rows if isinstance(row, dict)]
    if not set.intersection(*names) & {*_NAMES, "price", "description"}:
        return None
    return [{"id": key, **row} for key, row in document.items() if isinstance(row, dict)]


def _as_table(document: dict[str, object]) -> list[object] | None:
    """The rows of a table that is one object: its headings and its rows, or what each column holds, as a list
    or by the row's number (pandas: `orient` split, list, columns)."""
    if not document.keys() <= {*_HEADERS, *_ROWS, *_BESIDE_ROWS}:
        return _of_columns(document)
    header = next((names for key in _HEADERS if isinstance(names := document.get(key), list)), [])
    rows = next((some for key in _ROWS if isinstance(some := document.get(key), list)), [])
    if header and rows and all(isinstance(row, list) and len(row) == len(header) for row in rows):
        names = [str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in header]
        return [dict(zip(names, row, strict=True)) for row in rows if isinstance(row, list)]
    return _of_columns(document)


def _of_columns(document: Mapping[str, object]) -> list[object] | None:
    """The rows of an object that holds the values of each column."""
    columns = [_cells(value) for value in document.values()]
    sizes = {len(cells) for cells in columns}
    if len(columns) < _LEAST_COLUMNS or len(sizes) > 1 or sizes <= {0}:
        return None
    return [dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True)]


def _cells(value: object) -> list[object]:
    """The values of a column; empty for what is none."""
    cells = value if isinstance(value, list) else []
    if isinstance(value, dict) and [*value] == [str(place) for place in range(len(value))]:
        cells = [*value.values()]
    return [] if any(isinstance(cell, dict | list) for cell in cells) else cells
