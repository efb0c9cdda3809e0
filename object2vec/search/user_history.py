"""What a user did before this request, as far as it can be read."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from object2vec.core.history import Histories, Seen

UNREADABLE = "what this user did before cannot be read just now: the answer goes without it"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UserPast:
    """Interactions with their times, oldest first."""

    seen: Sequence[Seen] = ()
    trouble: str | None = None

    @property
    def items(self) -> list[str]:
        """The ids alone."""
        return [seen.item_id for seen in self.seen]


class Past:
    """Looks users up. Without a store nobody has a past; one that fails costs only the personal part."""

    def __init__(self, histories: Histories | None) -> None:
        self._histories = histories

    def of(self, user_id: str | None) -> UserPast:
        """The user's latest interactions."""
        if self._histories is None or user_id is None:
            return UserPast()
        try:
            return UserPast(self._histories.recent(user_id))
        except Exception:  # whatever failed: search goes on, and the answer says so
            _log.exception("the history of a user could not be read")
            return UserPast(trouble=UNREADABLE)
