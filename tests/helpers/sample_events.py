from collections.abc import Sequence

from object2vec.core.event import Event
from object2vec.core.history import HistoryEvent, HistoryItem


def event(
    event_id: str,
    item: str = "i",
    time: int = 100,
    user: str = "u",
    kind: str | None = None,
    value: float | None = None,
) -> Event:
    return Event(event_id, user, item, time, kind, value)


def pairs(events: Sequence[HistoryEvent | HistoryItem]) -> list[tuple[str, int]]:
    """Item and time alone."""
    return [(event.item_id, event.time) for event in events]
