"""The order of the rows of a result, and the cursor that continues in it.

Rows are ordered by key, greatest first, equal keys by row. A cursor holds what the pages before have shown,
in few bytes: the next page is the best of the rest, so that nothing comes twice and nothing is left out,
whatever was written in between. Of a result of which more was shown than fits, the cursor holds the last row
alone: it goes on as long as nothing changes, and is refused (409) after that.
"""

import base64
import binascii
import hashlib
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from object2vec.core.arrays import Rows, Scores
from object2vec.core.errors import BadRequestError, StaleCursorError

SEEN_BYTES = 3_000
"""About 1,500 rows, as 4,000 characters. API Gateway takes 10,240 bytes of URL and headers."""
SUM_BYTES = 4
"""The checksum at its end: a cursor that was cut on its way would show items again."""
_CURSOR = re.compile(
    r"([^|]*)\|([0-9a-f]{16})\|([^|]+)\|(-1|\d{1,18})"  # release, question, key, row
    r"\|([0-9a-f]{0,16})\|(\d{1,12})\|(-1|\d{1,5})\|([^|]+)\|([01])([+-])\|(.*)"  # start, has seen, block
)
_FOREIGN = "this is no cursor of ours: use next_cursor of the last answer, unchanged"


@dataclass(frozen=True, slots=True)
class Position:
    """The last row of a page."""

    key: float
    row: int
    block: str = ""
    """Where an engine reads its candidates block by block: the token of the block."""


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of a result: what its first page knew, for the pages after it."""

    order: str = ""
    """A fingerprint of what the order of the rows depends on."""
    rows: int = 0
    """How many rows there were: later rows were added since."""
    required: int = -1
    """How many words of the query each match has; -1: not said."""
    floor: float = math.inf
    """The cosine of what was near enough in meaning, which a growing catalogue learns again."""
    phrases_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a result goes on."""

    position: Position
    start: Start
    seen: tuple[int, ...] | None
    """The numbers of what was shown, ascending; None for more than a cursor holds."""


def page(rows: Rows, keys: Scores, limit: int, after: Position | None) -> tuple[Rows, Scores, bool]:
    """The next `limit` rows in order, their keys, and whether more follow."""
    if after is not None:
        later = (keys < after.key) | ((keys == after.key) & (rows > after.row))
        rows, keys = rows[later], keys[later]
    more = len(rows) > limit
    if more:
        reached = keys >= -np.partition(-keys, limit - 1)[limit - 1]
        rows, keys = rows[reached], keys[reached]
    order = np.lexsort((rows, -keys))[:limit]
    return rows[order], keys[order], more


def encode_cursor(version: str, question: str, cursor: Cursor) -> str:
    """An opaque, URL-safe text."""
    position, start = cursor.position, cursor.start
    seen = None if cursor.seen is None else b"".join(map(_varint, _steps(cursor.seen)))
    kept = seen is not None and len(seen) <= SEEN_BYTES
    fields = (
        version, fingerprint(question), float(position.key).hex(), position.row, start.order, start.rows,
        start.required, float(start.floor).hex(), f"{start.phrases_dropped:d}{'+' if kept else '-'}",
        position.block,
    )  # fmt: skip
    data = "|".join(map(str, fields)).encode() + b"\0" + (seen if seen is not None and kept else b"")
    data += zlib.crc32(data).to_bytes(SUM_BYTES, "big")
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_cursor(text: str, version: str, question: str, order: str) -> Cursor:
    """Where to continue; `order` is today's. Raises BadRequestError, StaleCursorError."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        whole, found = data[:-SUM_BYTES], int.from_bytes(data[-SUM_BYTES:], "big")
        head, _, seen = whole.partition(b"\0")
        match = _CURSOR.fullmatch(head.decode()) if zlib.crc32(whole) == found else None
    except (binascii.Error, ValueError):
        match = None
    if match is None:
        raise BadRequestError(_FOREIGN)
    if match[1] != version:
        raise StaleCursorError(
            "the index, the rules or the synonyms changed since this cursor was made: start at the first page"
        )
    if match[2] != fingerprint(question):
        raise BadRequestError(
            "this cursor continues another request: repeat that request, or drop the cursor"
        )
    has_seen = match[10] == "+"
    if not has_seen and match[5] != order:
        raise StaleCursorError(
            "the catalogue or the shopper's history changed, and more pages were shown than a cursor holds: "
            "start at the first page, or ask for fewer by a filter"
        )
    try:
        start = Start(match[5], int(match[6]), int(match[7]), float.fromhex(match[8]), match[9] == "1")
        position = Position(float.fromhex(match[3]), int(match[4]), match[11])
        return Cursor(position, start, tuple(_numbers(seen)) if has_seen else None)
    except (ValueError, OverflowError):
        raise BadRequestError(_FOREIGN) from None


def fingerprint(text: str) -> str:
    """Equal for equal texts."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _steps(numbers: Iterable[int]) -> Iterator[int]:
    """From each of ascending numbers to the next."""
    return (later - before for before, later in pairwise((0, *numbers)))


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first (LEB128)."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _numbers(data: bytes) -> Iterator[int]:
    """The numbers whose `_steps` became these bytes by `_varint`. Raises ValueError."""
    total = step = shift = 0
    for byte in data:
        step |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise ValueError("too large")
        if not byte & 0x80:
            total += step
            yield total
            step = shift = 0
