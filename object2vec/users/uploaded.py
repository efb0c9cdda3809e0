"""User histories from uploads: the latest events of each user, in small files; a request reads one of them.

`histories/<layout>/<number>.json.gz` holds the users whose MD5 begins with the bits of the number.
`histories/current.json` names the layout, the number of bits, and what the types of events mean.
history_build.py makes the files; it can make them again at any time from `curated/interactions/`.
"""

import gzip
import hashlib
import logging
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from object2vec.core.errors import InputError
from object2vec.core.event_weights import USUAL, Meanings
from object2vec.core.history import RECENT, HistoryEvent
from object2vec.core.keys import HISTORIES
from object2vec.storage import NotFoundError, ObjectStore
from object2vec.storage.sealed import sealed, unsealed

CURRENT = f"{HISTORIES}current.json"
STATE = f"{HISTORIES}state.json"
"""The state of the last run of history_build.py."""
CHECK_EVERY_S = 10.0
HASH_DIGITS, HASH_BITS = 8, 32
"""The part of a user's MD5 that chooses the file: hexadecimal digits, and bits."""

_log = logging.getLogger(__name__)

Users = Mapping[str, Sequence[Sequence[Any]]]
"""User → events as [item, epoch seconds] or [item, epoch seconds, type, value], oldest first."""


@dataclass(frozen=True, slots=True)
class HistoryLayout:
    """A set of history files: its folder, and how many bits of a user's MD5 choose the file."""

    version: str = ""
    """'' where there are none yet."""
    bits: int = 0
    types: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    """Meanings of the types of events, as `Meanings.record` gives them."""

    @property
    def prefix(self) -> str:
        """The prefix of its files."""
        return f"{HISTORIES}{self.version}/"

    def key(self, number: int) -> str:
        """The key of one file."""
        name = f"{number:0{-(-self.bits // 4)}x}" if self.bits else "all"
        return f"{self.prefix}{name}.json.gz"

    def key_of(self, user_id: str) -> str:
        """The key of the file that holds a user."""
        digest = hashlib.md5(user_id.encode(), usedforsecurity=False).hexdigest()
        return self.key(int(digest[:HASH_DIGITS], 16) >> (HASH_BITS - self.bits))


class UploadedHistories:
    """`EventHistory` of uploaded interactions and of curated events."""

    def __init__(
        self,
        store: ObjectStore,
        clock: Callable[[], float] = time.monotonic,
        event_weights: Mapping[str, float] = USUAL,
    ) -> None:
        """`event_weights` are weights by event type, where they are not the usual ones."""
        self._store, self._clock, self._event_weights = store, clock, event_weights
        self._check_at = -float("inf")
        self._layout, self._meanings = HistoryLayout(), Meanings(setting=event_weights)
        self._file = lru_cache(maxsize=64)(self._read)

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[HistoryEvent]:
        self._look()
        if not self._layout.version:
            return []
        events = self._file(self._layout.key_of(user_id)).get(user_id, [])
        return [HistoryEvent(*event) for event in events[-limit:]]

    def meanings(self) -> Meanings:
        """The meanings of this shop's types of events, for uploaded and live events alike."""
        self._look()
        return self._meanings

    def _look(self) -> None:
        if self._clock() < self._check_at:
            return
        self._layout = HistoryPointer.load(self._store).layout
        self._meanings = Meanings.read(self._layout.types, self._event_weights)
        self._file.cache_clear()  # somebody may have been erased
        self._check_at = self._clock() + CHECK_EVERY_S

    def _read(self, key: str) -> Users:
        try:
            return read_file(self._store, key)
        except NotFoundError:  # nobody there, or replaced by a layout that is seen at the next look
            return {}
        except DamagedHistoryError as error:
            _log.error("%s", error)
            return {}


@dataclass(frozen=True, slots=True)
class HistoryPointer:
    """The layout to read, and others that still have files: one that is being built, or one to be removed."""

    layout: HistoryLayout = HistoryLayout()
    others: Sequence[HistoryLayout] = ()

    @classmethod
    def load(cls, store: ObjectStore) -> "HistoryPointer":
        """The stored pointer; if there is none yet, or it is damaged, one to an empty layout."""
        try:
            return cls._read(unsealed(store.get(CURRENT)))
        except NotFoundError:
            return cls()
        except (ValueError, TypeError, KeyError, AttributeError):
            _log.error("%s is damaged: the next run makes the histories again", CURRENT)
            return cls()

    @classmethod
    def _read(cls, record: Mapping[str, Any]) -> "HistoryPointer":
        bits = record["bits"] if "bits" in record else 4 * record["digits"]  # before files were told by bits
        others = [HistoryLayout(other["version"], other["bits"]) for other in record.get("others", ())]
        return cls(HistoryLayout(record["version"], bits, record.get("types", ())), others)

    def save(self, store: ObjectStore) -> None:
        """Stores the pointer; readers see it within `CHECK_EVERY_S` seconds."""
        layout = self.layout
        record = {"version": layout.version, "bits": layout.bits, "types": list(layout.types)}
        others = [{"version": other.version, "bits": other.bits} for other in self.others]
        store.put(CURRENT, sealed({**record, "others": others}))


class DamagedHistoryError(InputError):
    """A file of histories cannot be read; it is made again from the curated interactions."""


def read_file(store: ObjectStore, key: str) -> Users:
    """The events of each user in a file. Raises NotFoundError, DamagedHistoryError."""
    try:
        found: Users = orjson.loads(gzip.decompress(store.get(key)))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DamagedHistoryError(
            f"{key} is damaged ({error}): delete {STATE} to have it made again"
        ) from error
    return found


def write_file(store: ObjectStore, key: str, users: Users) -> None:
    """Stores what `read_file` reads."""
    store.put(key, gzip.compress(orjson.dumps(users), 1, mtime=0))


def erase_user(store: ObjectStore, user_id: str) -> list[str]:
    """Removes a user from every layout, also from one that is being built; returns the keys of the files that
    held the user. Readers see it within `CHECK_EVERY_S` seconds."""
    changed = []
    pointer = HistoryPointer.load(store)
    for layout in (layout for layout in (pointer.layout, *pointer.others) if layout.version):
        key = layout.key_of(user_id)
        try:
            users = dict(read_file(store, key))
        except NotFoundError:
            continue
        except DamagedHistoryError:  # whom it holds cannot be told: all are made again
            store.delete(key)
            store.delete(STATE)
            continue
        if user_id in users:
            del users[user_id]
            write_file(store, key, users)
            changed.append(key)
    return changed
