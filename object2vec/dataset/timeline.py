"""When the events of a log happened, by number: periods are cut by shares of the events, not of the time.

One clock error then moves a cut by one event; by the time between the first and the last event it would
decide the whole split.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

LAST_DAY = 47_481
"""The end of 2099: whatever is later counts as that day, so that a log of nonsense has no endless list."""
_TRAIN, _OF = 8, 10  # of the events; validation and test share the rest
FEWEST = 20
"""Fewest events of which some are held out, where all have one time."""

Moments = Mapping[int, int]
"""Events by moment, in epoch seconds."""


class Beyond(NamedTuple):
    """The first moment by which more than a given number of events happened."""

    moment: int
    before: int
    """Events before it."""
    at: int
    """Events in it."""


@dataclass(frozen=True)
class Timeline:
    """Events by day, and a way to look into a day."""

    days: Mapping[int, int]
    """Events by day since 1970."""
    moments_of: Callable[[int], Moments]
    """The moments of a day."""

    @property
    def events(self) -> int:
        """All of them."""
        return sum(self.days.values())

    def beyond(self, events: int) -> Beyond | None:
        """None where there are no more events than that."""
        before = 0
        for day, count in sorted(self.days.items()):
            if before + count > events:
                return _beyond(self.moments_of(day), before, events)
            before += count
        return None


def _beyond(moments: Moments, before: int, events: int) -> Beyond:
    for moment, count in sorted(moments.items()):
        if before + count > events:
            return Beyond(moment, before, count)
        before += count
    raise AssertionError("a day has fewer events in it than were counted")


@dataclass(frozen=True, slots=True)
class TimeCuts:
    """A global temporal split, in epoch seconds: training up to and including `train_until`, then validation
    up to and including `validation_until`, then test. So no model sees what happened after
    the events that it predicts."""

    first: int
    train_until: int
    validation_until: int
    last: int

    @property
    def holds_out(self) -> bool:
        """Whether anything comes after training."""
        return self.train_until < self.last


def time_cuts(line: Timeline, first: int, last: int) -> TimeCuts:
    """Eight tenths of the events are training, and the rest is validation and test by halves, as near as the
    moments allow: events of one moment stay together. Events of one moment alone are all training."""
    cut = line.beyond(line.events * _TRAIN // _OF)
    if cut is not None and not cut.before:  # one moment holds more than eight tenths
        cut = line.beyond(cut.at)
    if cut is None:
        return TimeCuts(first, last, last, last)
    half = line.beyond(cut.before + (line.events - cut.before) // 2)
    if half is not None and half.before == cut.before:  # the next moment alone holds more than that half
        half = line.beyond(cut.before + half.at)
    test_from = cut.moment if half is None else half.moment
    return TimeCuts(first, cut.moment - 1, test_from - 1, last)
