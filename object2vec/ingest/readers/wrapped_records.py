"""Records as databases and APIs write them around or into others: Elasticsearch's `_source`, JSON:API's
`attributes`, the `fields` of Airtable, Contentful and Vespa, DynamoDB's and MongoDB's types (Extended JSON
v2), JSON within a text.
"""

import re
from collections.abc import Callable, Mapping

import orjson

_SOURCE, _ITEM, _ATTRIBUTES = "_source", "Item", "attributes"
_HIT = frozenset(("_source", "_index", "_type", "_id", "_score", "_version", "_routing", "_ignored"))
_HIT |= {"_seq_no", "_primary_term", "found", "sort", "fields", "highlight", "matched_queries", "inner_hits"}
"""What Elasticsearch writes around a document: an object with more of its own is a record itself."""
_RESOURCE = frozenset(("id", "type", "attributes", "relationships", "links", "meta"))
"""Of https://jsonapi.org/format/."""
_RESOURCES = frozenset(("product", "item", "article", "sku", "variant", "event", "interaction", "order"))
"""Types of resources that say nothing of one, each in the singular."""
_WORDS = re.compile("[_-]+")  # of Drupal's `commerce_product--default`
_FIELDS = "fields"
_AROUND_FIELDS = frozenset(("id", "createdTime", "fields", "sys", "metadata", "put"))
_MONGO = frozenset(
    ("$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$uuid", "$symbol")
)
_DYNAMO: Mapping[str, Callable[[object], object]] = {
    "S": lambda value: value,
    "N": lambda value: orjson.loads(value) if isinstance(value, str) else value,
    "BOOL": lambda value: value,
    "B": lambda value: value,
    "BS": lambda value: value,
    "NULL": lambda _: None,
    "SS": lambda value: value,
    "NS": lambda value: [orjson.loads(one) for one in value] if isinstance(value, list) else value,
    "L": lambda value: [_of_dynamo(one) for one in value] if isinstance(value, list) else value,
    "M": lambda value: (
        {name: _of_dynamo(one) for name, one in value.items()} if isinstance(value, dict) else value
    ),
}
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html"""


def unwrapped(record: dict[str, object], raw: bytes) -> dict[str, object]:
    """The record that is meant: itself where nothing is around it. `raw` is its JSON."""
    source, item = record.get(_SOURCE), record.get(_ITEM)
    if isinstance(source, dict) and record.keys() <= _HIT:
        known = {} if "id" in source or "_id" not in record else {"id": record["_id"]}
        record = known | source
    elif isinstance(item, dict) and len(record) == 1 and all(map(_is_dynamo, item.values())):
        record = {name: _of_dynamo(value) for name, value in item.items()}
    attributes = record.get(_ATTRIBUTES)
    if isinstance(attributes, dict) and "id" in record and record.keys() <= _RESOURCE:
        left_out = {_ATTRIBUTES, "relationships", "links"}
        if not _RESOURCES.isdisjoint(
            one.removesuffix("s") for one in _WORDS.split(str(record.get("type")).lower())
        ):
            left_out.add("type")
        record = attributes | {name: value for name, value in record.items() if name not in left_out}
    within = record.get(_FIELDS)
    if isinstance(within, dict) and record.keys() <= _AROUND_FIELDS and (label := _id_around(record)):
        record = {"id": label, **within}
    if b'"$' in raw and (plain := _fields_of_mongo(record)) != record:
        return plain
    return record


def _fields_of_mongo(record: Mapping[str, object]) -> dict[str, object]:
    """A record's own fields are no type of MongoDB's, and those of its `metadata` neither."""
    return {
        name: _fields_of_mongo(value) if name == "metadata" and isinstance(value, dict) else _of_mongo(value)
        for name, value in record.items()
    }


def _id_around(record: Mapping[str, object]) -> object:
    """The id beside the fields of a record: Airtable's, Contentful's in `sys`, Vespa's behind `::`."""
    sys, put = record.get("sys"), record.get("put")
    within = sys.get("id") if isinstance(sys, dict) else None
    behind = put.rpartition("::")[2] if isinstance(put, str) else None
    return record.get("id") or within or behind


def within_text(text: object) -> object:
    """The object or the list of objects that a text holds as JSON; anything else as it is."""
    if not isinstance(text, str) or text.strip()[:1] not in ("{", "[") or "{" not in text:
        return text
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    are_objects = isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return value if isinstance(value, dict) or are_objects else text


def _is_dynamo(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _DYNAMO


def _of_dynamo(value: object) -> object:
    if not isinstance(value, dict) or not _is_dynamo(value):
        return value
    ((kind, inner),) = value.items()
    try:
        return _DYNAMO[kind](inner)
    except orjson.JSONDecodeError:
        return inner


def _of_mongo(value: object) -> object:
    if isinstance(value, list):
        return [_of_mongo(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)) in _MONGO:
        (inner,) = value.values()
        return _of_mongo(inner)
    return {name: _of_mongo(one) for name, one in value.items()}
