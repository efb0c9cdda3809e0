"""Records events and forgets people: what the events API does."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from object2vec.events.erasure import Erasure, load_erasure, request_erasure
from object2vec.events.event import parse_event
from object2vec.events.history import UserHistory
from object2vec.events.known_items import KnownItems
from object2vec.events.log import EventLog
from object2vec.events.uploaded import forget_user
from object2vec.release.manifest import live
from object2vec.search.errors import BadRequestError
from object2vec.store import ObjectStore

MAX_EVENTS = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many events are kept now, and which of their items the catalogue does not have (yet); None where
    that could not be found out."""

    accepted: int
    unknown_items: Sequence[str] | None


class EventService:
    """The log is written before the session store: what was killed in between is completed when the call is
    sent again, and the log alone is enough for training."""

    def __init__(
        self,
        store: ObjectStore,
        history: UserHistory,
        *,
        known_items: KnownItems | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._history, self._clock = store, history, clock
        self._log = EventLog(store)
        self._items = known_items or KnownItems(store)

    def record(self, records: Sequence[Mapping[str, Any]]) -> Recorded:
        """Keeps all events of a call, or none. Raises BadRequestError, which names the event by its place."""
        now = int(self._clock())
        events = []
        for place, record in enumerate(records):
            try:
                events.append(parse_event(record, now))
            except BadRequestError as error:
                raise BadRequestError(f"events.{place}: {error}; no event of this call was kept") from error
        kept = self._log.append(records, events, now)
        self._history.add(kept)
        return Recorded(len(kept), self._unknown([event.item_id for event in kept]))

    def forget(self, user_id: str) -> tuple[Erasure, str | None]:
        """Forgets the user for every answer, within ten seconds where a past is cached, and asks for the
        removal of the rest. Returns the erasure so far and the live model, which keeps what it learnt until
        the next training."""
        removed = self._history.erase(user_id)
        forget_user(self._store, user_id)
        erasure = request_erasure(self._store, user_id, int(self._clock()), removed)
        manifest = live(self._store)
        return erasure, manifest.model_version if manifest and manifest.kind == "trained" else None

    def erasure(self, user_id: str) -> Erasure | None:
        """The report of the last erasure; None if there is none (yet)."""
        return load_erasure(self._store, user_id)

    def _unknown(self, item_ids: Sequence[str]) -> list[str] | None:
        try:
            return self._items.unknown(item_ids)
        except Exception:  # the events are kept: whatever keeps the catalogue from us, that is the answer
            _log.warning("the catalogue could not be read", exc_info=True)
            return None
