"""Lines in Python's own notation, as Amazon's review data of 2014 has them: {'asin': '1', 'price': 5}."""

import ast
from collections.abc import Iterable, Iterator

from object2vec.ingest.readers.json_records import JsonRecord

MAX_LITERAL_BYTES = 1 << 20
"""The parser needs about a hundred times the memory of what it reads."""


def python_records(records: Iterable[JsonRecord]) -> Iterator[JsonRecord]:
    """The records of `json_records`; lines that are no JSON but an object in Python's notation are read as
    that. Nothing of it is run."""
    for record in records:
        if record.problem == "invalid_json" and record.raw.lstrip().startswith((b"{'", b"{u'")):
            yield _read(record)
        else:
            yield record


def _read(record: JsonRecord) -> JsonRecord:
    if len(record.raw) > MAX_LITERAL_BYTES:
        return record
    try:
        value = ast.literal_eval(record.raw.decode())
    except (ValueError, SyntaxError, MemoryError, RecursionError, UnicodeDecodeError):
        return record
    is_object = isinstance(value, dict) and all(isinstance(name, str) for name in value)
    return record._replace(value=_as_json(value), problem="") if is_object else record


def _as_json(value: object) -> dict[str, object]:
    found = _json(value)
    assert isinstance(found, dict)
    return found


def _json(value: object) -> object:
    """The nearest value that JSON has."""
    if isinstance(value, dict):
        return {str(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json(one) for one in value]
    return value if isinstance(value, str | int | float | None) else str(value)
