"""The query log: a line for every search and for what was taken after it (docs/adr/0029-query-log.md).

A line costs no request: a function writes it to its own log, the local server to a file. It holds no id of a
person. `by` tells two people apart and is a salted hash, so that who reads the log alone cannot find out
whose it is; items are there by a checksum, which is enough to see that one of a result was taken.
"""

import logging
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import orjson

from object2vec.users.salt import salted

MESSAGE = "query-log"
"""A line is found by it."""
MAX_QUERY = 100
"""Characters of a query that is kept: longer ones are texts, which hardly two people type alike."""
MAX_ITEMS = 24
"""Items of a result that are remembered, the first ones."""

_log = logging.getLogger(__name__)

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
    """Writes lines. `load_salt` reads the store's salt, for the first line."""

    def __init__(
        self, sink: Sink, load_salt: Callable[[], bytes], clock: Callable[[], float] = time.time
    ) -> None:
        self._sink, self._load_salt, self._clock = sink, load_salt, clock
        self._salt = b""

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
            f"a{address}" if user_id is None else f"u{user_id}",
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
        self._write(f"u{user_id}", took=took[:MAX_ITEMS])

    def _write(self, who: str, **fields: object) -> None:
        """Without the salt nothing is written: a line that is missing harms less than one that tells."""
        try:
            self._salt = self._salt or self._load_salt()
        except Exception:  # whatever the store does, the search is answered and the event is kept
            _log.warning("a line of the query log is missing: the salt cannot be read", exc_info=True)
            return
        by = salted(self._salt, f"query log {who}", 6)
        line = {"message": MESSAGE, "at": round(self._clock(), 1), "by": by, **fields}
        self._sink(orjson.dumps(line).decode())


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


def normal(query: str) -> str:
    """A query as it is counted: one spelling of its characters, no capitals, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", query).casefold().split())


def _short(item_id: str) -> int:
    return crc32(item_id.encode("utf-8", "replace"))
