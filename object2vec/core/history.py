"""User histories: the interfaces of the session store and of whatever else knows what a user did."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from object2vec.core.event import Event

RECENT = 1_000
"""Interactions of a user that are kept, and that the ranker learns from. With 200, things that people buy a
few times a year would be lost."""


class Seen(NamedTuple):
    """An item of a history, and the time in epoch seconds."""

    item_id: str
    time: int


class Histories(Protocol):
    """A source of user histories."""

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[Seen]:
        """The user's latest interactions, oldest first; empty for an unknown user."""


class SessionStore(Histories, Protocol):
    """The session store: events as they come."""

    def add(self, events: Sequence[Event]) -> None:
        """Stores each event once: of two with the same user and event id, the first one stays. A `recent`
        that starts after this returns sees them."""

    def erase(self, user_id: str) -> int:
        """Removes the user's events; returns how many there were."""
