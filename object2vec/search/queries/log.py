"""The query log: a line for every search and for what was taken after it (docs/adr/0029-query-log.md).

A line costs no request: a function writes it to its own log, the local server to a file. It holds no id of a
person. `by` tells two people apart and is made with a key, so that who reads the log alone cannot find out
whose it is; items are there by a checksum, which is enough to see that one of a result was taken.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

import orjson

from object2vec.core.searches import normal

MESSAGE = "query-log"
"""A line is found by it."""
MAX_QUERY = 100
"""Characters of a query that is kept: longer ones are texts, which two people seldom type the same way."""
MAX_ITEMS = 24
"""Items of a result that are remembered, the first ones."""

Sink = Callable[[str], None]
"""Takes a line without its end."""


@dataclass(frozen=True, slots=True)
class Searched:
    """Somebody searched."""

    at: float
    """Seconds since 1970."""
    by: str
    known: bool
    """Whether it is a shopper with a user_id, whose events can be told; else an address."""
    query: str
    """In its normal form; empty where it was too long to be kept."""
    hits: int
    by_words: bool
    """Whether the hits have words of the query, and are not near in meaning alone."""
    filtered: bool
    """Whether filters may be why there was nothing."""
    further: bool
    """Whether it is a further page of a search."""
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Took:
    """Somebody clicked, bought or liked something."""

    at: float
    by: str
    items: tuple[int, ...]


class QueryLogWriter:
    """Writes lines. `key` is another one in each deployment, so that a person's marks in two logs differ."""

    def __init__(self, sink: Sink, key: str, clock: Callable[[], float] = time.time) -> None:
        self._sink, self._clock = sink, clock
        self._key = blake2b(key.encode()).digest()

    def searched(
        self,
        query: str,
        items: Sequence[str],
        *,
        user_id: str | None,
        address: str,
        hits: int,
        by_words: bool,
        filtered: bool,
        further: bool,
    ) -> None:
        """A search for words; `address` tells people without a user_id apart."""
        text = normal(query)
        self._write(
            by=self._mark(user_id, address),
            known=user_id is not None,
            query=text if len(text) <= MAX_QUERY else "",
            hits=hits,
            by_words=by_words,
            filtered=filtered,
            further=further,
            items=[_short(item_id) for item_id in items[:MAX_ITEMS]],
        )

    def took(self, user_id: str, items: Sequence[str]) -> None:
        """What a shopper did speaks for these items."""
        took = list(dict.fromkeys(map(_short, items)))
        self._write(by=self._mark(user_id, ""), took=took[:MAX_ITEMS])

    def _write(self, **fields: object) -> None:
        line = {"message": MESSAGE, "at": round(self._clock(), 1), **fields}
        self._sink(orjson.dumps(line).decode())

    def _mark(self, user_id: str | None, address: str) -> str:
        who = f"a{address}" if user_id is None else f"u{user_id}"
        return blake2b(who.encode("utf-8", "replace"), key=self._key, digest_size=6).hexdigest()


def read_line(line: str | bytes) -> Searched | Took | None:
    """The content of a line; None for one of something else, or a damaged one."""
    try:
        fields = orjson.loads(line)
        if fields.pop("message") != MESSAGE:
            return None
        if "took" in fields:
            return Took(float(fields["at"]), str(fields["by"]), tuple(fields["took"]))
        return Searched(**{**fields, "items": tuple(fields["items"])})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _short(item_id: str) -> int:
    return crc32(item_id.encode("utf-8", "replace"))
