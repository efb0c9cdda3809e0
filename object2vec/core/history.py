"""User histories: the protocols of the session store and of every other source of what a user did."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from object2vec.core.event import Event

RECENT = 1_000
"""Interactions of a user that are kept, and that the ranker learns from. With 200, things that people buy a
few times a year would be lost."""


class HistoryItem(NamedTuple):
    """An item of a history, the time in epoch seconds, and how much the event counts: above zero for the
    item, below zero against it (`core/event_weights.py`)."""

    item_id: str
    time: int
    weight: float = 1.0


class HistoryEvent(NamedTuple):
    """An event of a history as a store keeps it: with type and value, where they were given."""

    item_id: str
    time: int
    event_type: str | None = None
    event_value: float | None = None


class Histories(Protocol):
    """User histories, with the events weighed."""

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[HistoryItem]:
        """The user's latest events with a weight other than zero, oldest first; empty for an unknown user."""


class EventHistory(Protocol):
    """A source of user histories: events as they were stored."""

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[HistoryEvent]:
        """The user's latest events, oldest first; empty for an unknown user."""


class SessionStore(EventHistory, Protocol):
    """The latest events of each user, written as they come."""

    def add(self, events: Sequence[Event]) -> None:
        """Stores events. Of two with the same user and event id the first one stays. Every later `recent`
        sees them."""

    def erase(self, user_id: str) -> int:
        """Erases the user's events; returns how many there were."""
