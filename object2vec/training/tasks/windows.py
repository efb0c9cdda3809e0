"""Windows of consecutive baskets over a log of events: the sessions of a batch, which share their events."""

from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Rows
from object2vec.model.retrieval.forward import ragged_range
from object2vec.training.dataset import Interactions


@dataclass(frozen=True, slots=True)
class Windows:
    """u windows over the log and their b sessions. A session is the events of its window before its
    basket."""

    begin: Rows
    """(u,) the place of each window's first event in the log."""
    spans: Rows
    """(u,) how many events each window has."""
    lengths: Rows
    """(u,) how many sessions each window has."""
    of_session: Rows
    """(b,) the window of each session."""
    sizes: Rows
    """(b,) how many events each session has, counted from its window's first."""

    @classmethod
    def of(cls, baskets: Rows, lengths: Rows, max_history: int) -> "Windows":
        """Windows of baskets (b, 3), `lengths` (u,) in each; the first session has `max_history` events at
        most."""
        first, start, _ = baskets.T
        begin = np.maximum(first, start - max_history)[np.cumsum(lengths) - lengths]
        spans = start[np.cumsum(lengths) - 1] - begin
        of_session = np.repeat(np.arange(len(lengths)), lengths)
        return cls(begin, spans, lengths, of_session, start - begin[of_session])

    @property
    def events(self) -> Rows:
        """(Σ spans,) the places of all windows' events in the log, one window after the other."""
        return ragged_range(self.begin, self.spans)

    @property
    def places(self) -> Rows:
        """(b,) the place of each session in its window."""
        return ragged_range(np.zeros_like(self.lengths), self.lengths)

    @property
    def first_sessions(self) -> Rows:
        """(u,) the first session of each window."""
        return np.cumsum(self.lengths) - self.lengths

    def padded(self, values: Rows) -> Rows:
        """(u, t) one value an event, given flat (Σ spans,), as a row for each window; 0 in the padding."""
        table = np.zeros((len(self.spans), self.spans.max()), np.int64)
        table[np.arange(table.shape[1]) < self.spans[:, None]] = values
        return table


def baskets_of(events: Interactions) -> Rows:
    """(n, 3) the baskets with a history: the user's first event, the basket's first event, the basket's
    end."""
    starts = events.basket_starts()
    first = events.user_starts()[starts] if len(starts) else starts
    baskets = np.stack([first, starts, np.append(starts[1:], len(events))[: len(starts)]], axis=1)
    return baskets[starts > first]


def first_places(events: Rows, spans: Rows, candidates: Rows, items: Rows) -> Rows:
    """(u, c) the place among a window's events where each candidate occurs first.

    events (u, t) are positions in `items`, of which the first `spans` (u,) of a row count."""
    first = np.full((len(events), len(items)), events.shape[1])
    window, place = np.nonzero(np.arange(events.shape[1]) < spans[:, None])
    np.minimum.at(first, (window, events[window, place]), place)
    return first[:, np.searchsorted(items, candidates)]
