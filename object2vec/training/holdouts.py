"""Hold-outs: users whose history is known, and the items they turned to afterwards.

A hold-out is cut from the events of two periods. `known_events` make the histories; `future` says which items
are relevant. `allowed` (items,) are the items that may be ranked.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Mask, Rows, Scores
from object2vec.core.time import DAY_S
from object2vec.training.dataset import Interactions

MIN_PURCHASES = 5  # of an item in training, to be ranked


@dataclass(frozen=True, slots=True)
class Holdout:
    """Users with a history and the items they turned to afterwards."""

    histories: Sequence[Rows]  # items before the cut, oldest first
    ages: Sequence[Scores]  # days from each event to the cut
    relevant: Sequence[Rows]  # distinct items
    timed: bool = True  # whether `ages` are known to who answers, as they are not with a bare list of items
    counted: bool = True  # whether counts may know the users; else they are made without `newcomers`

    def __len__(self) -> int:
        return len(self.histories)

    def at(self, positions: Rows) -> "Holdout":
        """Some of the users."""
        chosen = positions.tolist()
        columns = (self.histories, self.ages, self.relevant)
        histories, ages, relevant = ([column[at] for at in chosen] for column in columns)
        return Holdout(histories, ages, relevant, self.timed, self.counted)

    def and_then(self, other: "Holdout") -> "Holdout":
        """These users, then the other's; what is known of both is known."""
        columns = ("histories", "ages", "relevant")
        histories, ages, relevant = ([*getattr(self, c), *getattr(other, c)] for c in columns)
        return Holdout(histories, ages, relevant, self.timed and other.timed, self.counted and other.counted)


def rankable(popularity: Rows) -> Mask:
    """Items with enough purchases to be ranked; all that were bought where that leaves fewer than 20."""
    often = popularity >= MIN_PURCHASES
    return often if often.sum() >= 20 else popularity > 0


def holdout(
    known_events: Interactions,
    future: Interactions,
    allowed: Mask,
    limit: int | None = None,
    seed: int = 0,
) -> Holdout:
    """Every user of `future` with a history in `known_events` and at least one allowed item; a sample of
    `limit`."""
    kept = allowed[future.items]
    users = np.intersect1d(known_events.users, future.users[kept])
    if limit is not None and len(users) > limit:
        users = np.sort(np.random.default_rng(seed).choice(users, limit, replace=False))
    cut = future.times.min() if len(future) else 0
    histories, ages, relevant = [], [], []
    for user in users:
        before = slice(*np.searchsorted(known_events.users, [user, user + 1]))
        after = slice(*np.searchsorted(future.users, [user, user + 1]))
        histories.append(known_events.items[before])
        ages.append((cut - known_events.times[before]) / DAY_S)
        relevant.append(np.unique(future.items[after][kept[after]]))
    return Holdout(histories, ages, relevant)


def newcomers(before: Rows, after: Rows, limit: int, seed: int = 0) -> Rows:
    """Of the users of two periods' events some, to be asked about as if only a few of their events were
    known: at most `limit` of them, and a quarter. What counts has to be made without them: else the nearest
    neighbour is themselves, with all that they bought (docs/lab/ranker.md)."""
    users = np.intersect1d(before, after)
    count = min(limit, math.ceil(len(users) / 4))
    return np.sort(np.random.default_rng([seed, 1]).choice(users, count, replace=False))


def last_events(
    known_events: Interactions,
    future: Interactions,
    allowed: Mask,
    count: int | Rows,
    limit: int,
    *,
    seed: int = 0,
) -> Holdout:
    """The users of `holdout`, of whom only the last `count` events are known (an array: one of its numbers,
    drawn for each), without their times. Relevant is their next basket. Pass the events of `newcomers`."""
    changed = np.flatnonzero(future.users != np.roll(future.users, 1)) if len(future) else future.users
    first = future.times[np.repeat(changed, np.diff(np.append(changed, len(future))))] == future.times
    users = holdout(known_events, future.where(first), allowed, limit, seed)
    kept = np.random.default_rng(seed).choice(np.atleast_1d(count), len(users)).tolist()
    histories = [history[-known:] for history, known in zip(users.histories, kept, strict=True)]
    ages = [age[-known:] for age, known in zip(users.ages, kept, strict=True)]
    return Holdout(histories, ages, users.relevant, timed=False, counted=False)


def sessions(
    known_events: Interactions, future: Interactions, allowed: Mask, limit: int, seed: int = 0
) -> Holdout:
    """Users of `future` who are not in `known_events`, as with anonymous sessions: each is cut at a random
    place. What comes before is the history, without its times; relevant is the basket that comes next."""
    rng = np.random.default_rng(seed)
    events = future.where(~np.isin(future.users, known_events.users))
    borders = np.flatnonzero(np.diff(events.users, prepend=-1, append=-1)) if len(events) else events.users
    histories: list[Rows] = []
    relevant: list[Rows] = []
    for user in rng.permutation(max(len(borders) - 1, 0)).tolist():
        if len(histories) >= limit:
            break
        items, times = (column[borders[user] : borders[user + 1]] for column in (events.items, events.times))
        places = np.flatnonzero(np.diff(times)) + 1 if np.diff(times).any() else np.arange(1, len(items))
        if not len(places):
            continue
        cut = int(rng.choice(places))
        after = items[cut:][times[cut:] == times[cut]]
        wanted = np.unique(after[allowed[after]])
        if len(wanted):
            histories.append(items[:cut])
            relevant.append(wanted)
    return Holdout(histories, [np.zeros(len(h)) for h in histories], relevant, timed=False)
