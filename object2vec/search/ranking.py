"""One total order over the rows of a result, and the cursor that continues in it.

Rows are ordered by key, greatest first, equal keys by row. A row number depends on the release and the item
log alone, so every process orders alike, and a cursor (the last row's key and number) stays valid while the
catalogue changes: what did not move is neither repeated nor skipped.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Rows, Scores
from object2vec.core.errors import BadRequestError, StaleCursorError

_CURSOR = re.compile(r"([^|]*)\|([0-9a-f]{16})\|([^|]+)\|(-1|\d{1,18})\|(.*)")


@dataclass(frozen=True, slots=True)
class Position:
    """The last row of a page."""

    key: float
    row: int
    block: str = ""
    """Where an engine reads its candidates block by block: the token of the block."""


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


def encode_cursor(version: str, question: str, position: Position) -> str:
    """An opaque, URL-safe text."""
    text = f"{version}|{_fingerprint(question)}|{float(position.key).hex()}|{position.row}|{position.block}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, version: str, question: str) -> Position:
    """Where to continue. Raises BadRequestError, StaleCursorError."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise BadRequestError("this is no cursor of ours: use next_cursor of the last answer, unchanged")
    if match[1] != version:
        raise StaleCursorError(
            "the index or the rules changed since this cursor was made: start at the first page"
        )
    if match[2] != _fingerprint(question):
        raise BadRequestError(
            "this cursor continues another request: repeat that request, or drop the cursor"
        )
    try:
        return Position(float.fromhex(match[3]), int(match[4]), match[5])
    except (ValueError, OverflowError):
        raise BadRequestError(
            "this is no cursor of ours: use next_cursor of the last answer, unchanged"
        ) from None


def _fingerprint(question: str) -> str:
    return hashlib.blake2b(question.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
