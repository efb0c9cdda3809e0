"""The shop's standing merchandising rules: one small document in the store that takes effect while live.

`rules/rules.json` is `{"version": n, "rules": […]}` and changes by conditional writes, so that two people
never overwrite each other unnoticed. It is no part of a release: merchandising changes by the hour, models by
the week (docs/adr/0006-search-results.md).
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from object2vec.core.errors import BadRequestError
from object2vec.search.rules import Rule, parse
from object2vec.storage import ConflictError, NotFoundError, ObjectStore

KEY = "rules/rules.json"
CHECK_EVERY_S = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of the rules, as they were written and as they apply."""

    version: int = 0
    records: Sequence[Mapping[str, Any]] = ()
    rules: tuple[Rule, ...] = field(default=())


class StoredRules:
    """Holds the newest usable rules; where the document cannot be read or used, the last good ones stay."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._current = RuleSet()
        self._etag = ""
        self._check_at = -float("inf")
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why the rules may not be the newest ones; None if they are."""
        return self._trouble

    def get(self) -> RuleSet:
        """The rules, looked after every few seconds."""
        if self._clock() >= self._check_at:
            self._check_at = self._clock() + CHECK_EVERY_S
            try:
                self._refresh()
                self._trouble = None
            except Exception as error:  # rules are an addition: a search without the newest ones is still one
                _log.exception("rules not refreshed")
                self._trouble = f"{KEY}: {error}"
        return self._current

    def put(self, records: Sequence[Mapping[str, Any]], expected: int | None = None) -> RuleSet:
        """Replaces the rules, in this process at once. `expected` is the version they replace, if it matters.

        Raises BadRequestError for rules that cannot be, ConflictError if another version came first.
        """
        rules = _stored(records)
        found = self._load()
        version = _version(found[0]) if found else 0
        if expected is not None and expected != version:
            raise ConflictError(f"version {version} of the rules is stored, not {expected}: look at it first")
        changed = RuleSet(version + 1, list(records), rules)
        data = orjson.dumps({"version": changed.version, "rules": changed.records})
        etag = self._store.replace(KEY, data, found[1]) if found else self._store.create(KEY, data)
        self._current, self._etag, self._trouble = changed, etag, None
        return changed

    def _refresh(self) -> None:
        found = self._load()
        if found is None:
            self._current, self._etag = RuleSet(), ""
        elif found[1] != self._etag:
            document = _document(found[0])
            self._current = RuleSet(document["version"], document["rules"], _stored(document["rules"]))
            self._etag = found[1]

    def _load(self) -> tuple[bytes, str] | None:
        try:
            return self._store.get_versioned(KEY)
        except NotFoundError:
            return None


def _document(data: bytes) -> dict[str, Any]:
    """Raises BadRequestError if it is no rules document."""
    try:
        document = orjson.loads(data)
        if isinstance(document["version"], int) and isinstance(document["rules"], list):
            return dict(document)
    except (ValueError, KeyError, TypeError):
        pass
    raise BadRequestError('it must be {"version": n, "rules": […]}: PUT /rules writes it')


def _version(data: bytes) -> int:
    """0 for a document that cannot be read: writing over it repairs it."""
    try:
        return int(_document(data)["version"])
    except BadRequestError:
        return 0


def _stored(records: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    return tuple(replace(rule, stored=True) for rule in parse(records))
