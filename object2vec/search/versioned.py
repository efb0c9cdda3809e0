"""The decisions of a merchandiser for all requests: one small document in the store that takes effect at
once.

`{"version": n, "rules": […]}` changes by conditional writes, so that two people never overwrite each other
unnoticed. It is no part of a release: merchandising changes by the hour, models by the week
(docs/adr/0006-search-results.md).
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import orjson

from object2vec.core.errors import BadRequestError
from object2vec.storage import ConflictError, NotFoundError, ObjectStore, put_over

CHECK_EVERY_S = 5.0
MAX_ID_CHARS = 64

_log = logging.getLogger(__name__)

Parsed = TypeVar("Parsed")
StoredRecords = Sequence[Mapping[str, Any]]


class WithId(Protocol):
    """One record, parsed."""

    @property
    def id(self) -> str:
        """Names it in the document."""


Entity = TypeVar("Entity", bound=WithId)


ParseRecord = Callable[[str, str, Mapping[str, Any]], Entity]
"""From what messages call the record, its id, and the record."""


def parse_records(
    records: StoredRecords, kind: str, most: int, fields: AbstractSet[str], parse: ParseRecord[Entity]
) -> tuple[Entity, ...]:
    """Each record by `parse`. A record may have the `fields`; without an id its place, from 1, is its id.
    Raises BadRequestError for more than `most` records, and for two with one id."""
    if len(records) > most:
        raise BadRequestError(f"more than {most:,} {kind}s")
    entries = []
    for place, record in enumerate(records, 1):
        name = f"{kind} {place}"
        entries.append(parse(name, _id_of(name, record, fields, str(place)), record))
    times = Counter(entry.id for entry in entries)
    if repeated := next((entry_id for entry_id, count in times.items() if count > 1), None):
        raise BadRequestError(f"two {kind}s have the id {repeated!r}")
    return tuple(entries)


def _id_of(name: str, record: object, fields: AbstractSet[str], place: str) -> str:
    if not isinstance(record, Mapping):
        raise BadRequestError(f"{name} must be an object")
    if unknown := set(record) - fields:
        known = ", ".join(sorted(fields))
        raise BadRequestError(f"{name}: unknown {', '.join(sorted(map(str, unknown)))}; use {known}")
    found = record.get("id", place)
    if not isinstance(found, str) or not 0 < len(found) <= MAX_ID_CHARS:
        raise BadRequestError(f"{name}: id must be a text of 1 to {MAX_ID_CHARS} characters")
    return found


@dataclass(frozen=True, slots=True)
class Edition(Generic[Parsed]):
    """One version of the document, as it was written and as it applies."""

    version: int
    records: StoredRecords
    parsed: Parsed


class VersionedDocument(Generic[Parsed]):
    """Holds the newest usable edition; where the document cannot be read or used, the last good one stays."""

    def __init__(
        self,
        store: ObjectStore,
        key: str,
        name: str,
        parse: Callable[[StoredRecords, int], Parsed],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` is the member of the document that holds the records, and of the route that writes them;
        `parse` takes records and their version, and raises BadRequestError."""
        self._store, self._key, self._name, self._parse, self._clock = store, key, name, parse, clock
        self._current = self._none = Edition(0, (), parse((), 0))
        self._etag = ""
        self._check_at = -float("inf")
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why the edition may not be the newest; None if it is."""
        return self._trouble

    @property
    def is_due(self) -> bool:
        """Whether the next `get` asks the store."""
        return self._clock() >= self._check_at

    def get(self) -> Edition[Parsed]:
        """The newest edition; the store is asked every few seconds."""
        if self.is_due:
            self._check_at = self._clock() + CHECK_EVERY_S
            try:
                self._refresh()
                self._trouble = None
            except Exception as error:  # it is an addition: a search without the newest one is still a search
                _log.exception("%s not refreshed", self._name)
                self._trouble = f"{self._key}: {error}"
        return self._current

    def put(self, records: StoredRecords, expected: int | None = None) -> Edition[Parsed]:
        """Replaces the records, in this process at once. `expected` is the version they replace, if it
        matters.

        Raises BadRequestError for records that cannot be, ConflictError if another version came first.
        """
        stored, etag = self._load() or (b"", None)
        version = self._version(stored) if etag else 0
        parsed = self._parse(records, version + 1)
        if expected is not None and expected != version:
            raise ConflictError(
                f"version {version} of the {self._name} is stored, not {expected}: look at it first"
            )
        changed = Edition(version + 1, list(records), parsed)
        data = orjson.dumps({"version": changed.version, self._name: changed.records})
        etag = put_over(self._store, self._key, data, etag)
        self._current, self._etag, self._trouble = changed, etag, None
        return changed

    def _refresh(self) -> None:
        stored, etag = self._load() or (b"", "")
        if not etag:
            self._current, self._etag = self._none, ""
        elif etag != self._etag:
            version, records = self._document(stored)
            self._current, self._etag = Edition(version, records, self._parse(records, version)), etag

    def _load(self) -> tuple[bytes, str] | None:
        try:
            return self._store.get_versioned(self._key)
        except NotFoundError:
            return None

    def _document(self, data: bytes) -> tuple[int, StoredRecords]:
        """Raises BadRequestError if it is none."""
        try:
            document = orjson.loads(data)
            version, records = document["version"], document[self._name]
            if isinstance(version, int) and isinstance(records, list):
                return version, records
        except (ValueError, KeyError, TypeError):
            pass
        raise BadRequestError(
            f'it must be {{"version": n, "{self._name}": […]}}: PUT /{self._name} writes it'
        )

    def _version(self, data: bytes) -> int:
        """0 for a document that cannot be read: writing over it repairs it."""
        try:
            return self._document(data)[0]
        except BadRequestError:
            return 0
