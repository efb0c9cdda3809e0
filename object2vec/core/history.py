"""What a user did lately: the interface of its two stores, and the union with what was uploaded."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from object2vec.core.event import Event

RECENT = 1_000
"""As many as the ranker learns from: with 200 it loses what people buy a few times a year."""


class Seen(NamedTuple):
    """An item of a history and when it was, in epoch seconds."""

    item_id: str
    time: int


class Histories(Protocol):
    """Something that knows users' pasts."""

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[Seen]:
        """The user's latest interactions, oldest first; empty for an unknown user."""


class UserHistory(Histories, Protocol):
    """The session store: events as they come."""

    def add(self, events: Sequence[Event]) -> None:
        """Keeps each event once: of two with the same user and event id the first one stays. A `recent` that
        starts after this returns sees them."""

    def erase(self, user_id: str) -> int:
        """Forgets the user; returns how many events that were."""
