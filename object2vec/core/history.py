"""User histories: the interfaces of the session store and of whatever else knows what a user did."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from object2vec.core.event import Event

RECENT = 1_000
"""Interactions of a user that are kept, and that the ranker learns from. With 200, things that people buy a
few times a year would be lost."""


RECONCILES = 0.5
"""The weight of an act after which an earlier dislike is no more: a purchase, not a look."""


class Seen(NamedTuple):
    """An item of a history, the time in epoch seconds, and what was said: above zero for the item, below zero
    against it (`core/event_weights.py`)."""

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
    """Whatever knows what users did."""

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[Seen]:
        """The user's latest interactions that say something, oldest first; empty for an unknown user."""


class EventHistory(Protocol):
    """A source of user histories."""

    def recent(self, user_id: str, limit: int = RECENT) -> Sequence[HistoryEvent]:
        """The user's latest events, oldest first; empty for an unknown user."""


class SessionStore(EventHistory, Protocol):
    """The latest events of each user, written as they come."""

    def add(self, events: Sequence[Event]) -> None:
        """Keeps each event once: of two with the same user and event id the first one stays. A `recent` that
        starts after this returns sees them."""

    def erase(self, user_id: str) -> int:
        """Forgets the user; returns how many events that were."""


def opinions(seen: Sequence[Seen]) -> tuple[list[Seen], frozenset[str]]:
    """What a user liked, oldest first, and what they are against. An item that was disliked, sent back or
    hidden is not liked any more, neither before nor after, until they do more than look at it again."""
    disliked: set[str] = set()
    last_against: dict[str, int] = {}
    for place, one in enumerate(seen):
        if one.weight < 0:
            disliked.add(one.item_id)
            last_against[one.item_id] = place
        elif one.weight >= RECONCILES:
            disliked.discard(one.item_id)
    likes = [
        one
        for place, one in enumerate(seen)
        if one.weight > 0 and one.item_id not in disliked and place > last_against.get(one.item_id, -1)
    ]
    return likes, frozenset(disliked)
