"""The documents that a merchandiser stores for every request: merchandising rules and synonyms."""

import time
from collections.abc import Callable
from dataclasses import replace

from object2vec.core.keys import RULES, SYNONYMS
from object2vec.search import rules, synonyms
from object2vec.search.versioned import StoredRecords, VersionedDocument
from object2vec.storage import ObjectStore


class StoredRules(VersionedDocument[tuple[rules.Rule, ...]]):
    """The merchandising rules that apply to every request."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(store, RULES, "rules", _as_stored, clock)


class StoredSynonyms(VersionedDocument[synonyms.Synonyms]):
    """The synonyms that apply to every request with a query."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(store, SYNONYMS, "synonyms", synonyms.parse, clock)


def _as_stored(records: StoredRecords, _version: int) -> tuple[rules.Rule, ...]:
    return tuple(replace(rule, stored=True) for rule in rules.parse(records))
