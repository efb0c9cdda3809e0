"""Records of state as JSON with a checksum, so that a changed bit is told from a value."""

from collections.abc import Mapping
from typing import Any

import orjson

from object2vec.storage.digests import digest_of_record

_CHECKSUM = "checksum"


class ChangedRecordError(ValueError):
    """The content is not what was written."""


def sealed(record: Mapping[str, Any], option: int = 0) -> bytes:
    """The record as JSON, with a checksum of its content."""
    return orjson.dumps({**record, _CHECKSUM: digest_of_record(record)}, option=option | orjson.OPT_SORT_KEYS)


def unsealed(data: bytes) -> dict[str, Any]:
    """The record, checked; one that an earlier version wrote has no checksum. Raises ValueError for bytes
    that are no JSON object, ChangedRecordError for another content."""
    record: Any = orjson.loads(data)
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    checksum = record.pop(_CHECKSUM, None)
    if checksum is not None and checksum != digest_of_record(record):
        raise ChangedRecordError("its checksum is that of another content")
    return record
