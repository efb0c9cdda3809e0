"""The service behind the events API: it records events and erases people."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from object2vec.core.errors import BadRequestError
from object2vec.core.event import Event, parse_event
from object2vec.core.event_weights import USUAL, Meanings
from object2vec.core.history import SessionStore
from object2vec.storage import ObjectStore
from object2vec.users.erasure import Erasure, load_erasure, request_erasure
from object2vec.users.log import EventLog
from object2vec.users.uploaded import erase_user

MAX_EVENTS = 100
JUST_NOW_S = 600
"""Seconds for which an event counts as happening just now."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Number of events of a call that are kept, and their items that the catalogue does not have (yet); None
    if the catalogue could not be read."""

    accepted: int
    unknown_items: Sequence[str] | None


class EventService:
    """Records and erases. The log is written before the session store: a call that was killed in between is
    completed when it is sent again, and training needs the log alone."""

    def __init__(
        self,
        store: ObjectStore,
        history: SessionStore,
        *,
        unknown_items: Callable[[Iterable[str]], Sequence[str]],
        trained_model: Callable[[], str | None],
        event_weights: Mapping[str, float] = USUAL,
        took: Callable[[str, Sequence[str]], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`unknown_items` returns the ids among some that the catalogue lacks. `trained_model` returns the
        version of the live model, None while it has learnt nothing from this shop. `event_weights` are
        weights by event type that replace the usual ones. `took` is called with the items that somebody has
        just taken."""
        self._store, self._history, self._clock = store, history, clock
        self._log, self._meanings = EventLog(store), Meanings(setting=event_weights)
        self._unknown_items, self._trained_model = unknown_items, trained_model
        self._took = took

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
        self._history.add([event for event in kept if self._says_something(event)])
        if self._took is not None:
            for user_id, items in self._taken(kept, now).items():
                self._took(user_id, items)
        return Recorded(len(kept), self._unknown([event.item_id for event in kept]))

    def _taken(self, events: Sequence[Event], now: int) -> Mapping[str, Sequence[str]]:
        """The items that events of the last minutes count for, by user."""
        found: dict[str, list[str]] = {}
        for event in events:
            if now - event.timestamp <= JUST_NOW_S and self._weight(event) > 0:
                found.setdefault(event.user_id, []).append(event.item_id)
        return found

    def _weight(self, event: Event) -> float:
        return self._meanings.weight(event.event_type, event.event_value)

    def _says_something(self, event: Event) -> bool:
        """Whether the event counts. One that does not (an impression) would push real ones out of the
        history."""
        return self._weight(event) != 0

    def erase(self, user_id: str) -> tuple[Erasure, str | None]:
        """Erases the user from every answer, within ten seconds where a history is cached, and requests the
        erasure of the stored rest. Returns the report so far and the live model, which keeps what it learnt
        until the next training."""
        removed = self._history.erase(user_id)
        files = erase_user(self._store, user_id)
        erasure = request_erasure(self._store, user_id, int(self._clock()), removed, files)
        return erasure, self._trained_model()

    def erasure(self, user_id: str) -> Erasure | None:
        """The report of the last erasure; None if there is none (yet)."""
        return load_erasure(self._store, user_id)

    def _unknown(self, item_ids: Sequence[str]) -> Sequence[str] | None:
        try:
            return self._unknown_items(item_ids)
        except Exception:  # the events are kept: whatever keeps the catalogue from us, that is the answer
            _log.warning("the catalogue could not be read", exc_info=True)
            return None
