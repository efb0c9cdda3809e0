"""A shopper's history: a session as items that exist, with its vector; and what a user did before this
request, as far as it can be read."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.event_weights import LEAST_PURCHASE
from object2vec.core.history import Histories, HistoryItem

UNREADABLE = "what this user did before cannot be read just now: the answer goes without it"

_log = logging.getLogger(__name__)


class Session(Protocol):
    """The part of a history that an index knows."""

    @property
    def ids(self) -> Sequence[str]:
        """Oldest first, repeats as in the history."""

    def vector(self, encoder: Encoder) -> NDArray[np.float32]:
        """(dim,) in the space of the index's own encoder. Raises EndpointSilentError."""


def unknown_ids(session: Session, history: Sequence[str]) -> list[str]:
    """The ids of a history that nobody knows, each once."""
    known = set(session.ids)
    return [item_id for item_id in dict.fromkeys(history) if item_id not in known]


@dataclass(frozen=True, slots=True)
class ItemSession:
    """A session of items at hand: the encoder reads them."""

    items: Sequence[CatalogItem]

    @property
    def ids(self) -> Sequence[str]:
        return [item.id for item in self.items]

    def vector(self, encoder: Encoder) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = encoder.encode_sessions([self.items])[0]
        return vector


@dataclass(frozen=True, slots=True)
class UserHistory:
    """The items that a user liked before this request, with the times, oldest first."""

    seen: Sequence[HistoryItem] = ()
    trouble: str | None = None
    disliked: frozenset[str] = frozenset()
    """Items that the user is against: none of them is recommended."""

    @property
    def items(self) -> list[str]:
        """The ids alone."""
        return [seen.item_id for seen in self.seen]


class UserHistoryReader:
    """Reads what a user did before. Without a store nobody has a history; a store that fails costs only the
    personal part of an answer."""

    def __init__(self, histories: Histories | None) -> None:
        self._histories = histories

    def of(self, user_id: str | None) -> UserHistory:
        """The user's latest interactions."""
        if self._histories is None or user_id is None:
            return UserHistory()
        try:
            likes, disliked = likes_and_dislikes(self._histories.recent(user_id))
            return UserHistory(likes, disliked=disliked)
        except Exception:  # whatever failed: search goes on, and the answer says so
            _log.exception("the history of a user could not be read")
            return UserHistory(trouble=UNREADABLE)


def likes_and_dislikes(seen: Sequence[HistoryItem]) -> tuple[list[HistoryItem], frozenset[str]]:
    """The items that a user likes, oldest first, and the ids of those they dislike. An item that was
    disliked, sent back or hidden counts as disliked until the user does more than look at it again."""
    disliked: set[str] = set()
    last_against: dict[str, int] = {}
    for place, event in enumerate(seen):
        if event.weight < 0:
            disliked.add(event.item_id)
            last_against[event.item_id] = place
        elif event.weight >= LEAST_PURCHASE:
            disliked.discard(event.item_id)
    likes = [
        event
        for place, event in enumerate(seen)
        if event.weight > 0 and event.item_id not in disliked and place > last_against.get(event.item_id, -1)
    ]
    return likes, frozenset(disliked)
