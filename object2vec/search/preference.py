"""A shopper's history and the ranker that judges candidates by it, as a request carries them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from object2vec.core.history import RECENT, HistoryItem
from object2vec.ranker.forest import Forest
from object2vec.ranker.history import History


@dataclass(frozen=True, kw_only=True, eq=False)
class Preference:
    """A shopper's history, and the forest that judges candidates by it."""

    forest: Forest
    item_ids: Sequence[str]
    """Oldest first, repeats allowed; ids that are no items are ignored."""
    times: Sequence[float] | None = None
    """Epoch seconds of each; None where they are unknown."""
    now: float = 0.0
    """Epoch seconds; matters with times only."""

    def history(self, row_of: Callable[[str], int | None]) -> History:
        """As rows of the catalogue; `row_of` gives an item's, None where there is no such item."""
        recent = slice(-RECENT, None)
        rows = [row_of(item_id) for item_id in self.item_ids[recent]]
        known = [row for row in rows if row is not None]
        if self.times is None:
            return History.of(known)
        times = [time for row, time in zip(rows, self.times[recent], strict=True) if row is not None]
        return History.of(known, times, self.now)

    @property
    def question(self) -> tuple[object, ...]:
        """The part that must be the same for a cursor to continue; the clock may go on."""
        return tuple(self.item_ids), self.times is None


def preference(
    forest: Forest | None, user_history: Sequence[HistoryItem], session: Sequence[str], now: float
) -> Preference | None:
    """The preference by what a user did before and by the request's history, which counts as now. None
    without a ranker, or without either history."""
    item_ids = [*(seen.item_id for seen in user_history), *session]
    if forest is None or not item_ids:
        return None
    times = [*(float(seen.time) for seen in user_history), *(now for _ in session)] if user_history else None
    return Preference(forest=forest, item_ids=item_ids, times=times, now=now)
