"""The shop's standing merchandising rules: `rules/rules.json`."""

import time
from collections.abc import Callable
from dataclasses import replace

from object2vec.search.rules import Rule, parse
from object2vec.search.versioned import StoredRecords, VersionedDocument
from object2vec.storage import ObjectStore

KEY = "rules/rules.json"


class StoredRules(VersionedDocument[tuple[Rule, ...]]):
    """The rules that apply to every request."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(store, KEY, "rules", _stored, clock)


def _stored(records: StoredRecords, _version: int) -> tuple[Rule, ...]:
    return tuple(replace(rule, stored=True) for rule in parse(records))
