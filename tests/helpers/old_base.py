"""A base index as earlier versions wrote it."""

from pathlib import Path

import orjson

from object2vec.search.embedded.base import CHECKSUM
from object2vec.search.engines import HEADER


def as_before(directory: Path, *absent: str) -> None:
    """Takes the digests out of a base's header, and further entries that did not exist yet."""
    header = orjson.loads((directory / HEADER).read_bytes())
    for name in (CHECKSUM, "digests", *absent):
        del header[name]
    (directory / HEADER).write_bytes(orjson.dumps(header))
