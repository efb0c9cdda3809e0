"""Full-catalogue ranking metrics over users.

Binary relevance, as usual: NDCG@k = Σ_{hits} 1/log2(rank+1) over its best possible value, Recall@k = hits /
min(k, relevant), HR@k = share of users with a hit, Coverage@k = share of the candidates that
anyone gets to see.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from object2vec.core.arrays import Mask, Matrix, Rows, Scores
from object2vec.training.dataset import Interactions

Scorer = Callable[[Rows], Matrix]  # positions into the users to rank for (b,) → scores (b, items)
MetricValues = dict[str, Scores]
"""By metric: one value a user, query or pair (n,)."""

MIN_PURCHASES = 5  # of an item in training, to be ranked
_TOP = 20
_BATCH, _BATCH_SCORES = 128, 2_000_000


@dataclass(frozen=True, slots=True)
class Holdout:
    """Users with a history and the items they turned to afterwards."""

    histories: Sequence[Rows]  # items, oldest first
    ages: Sequence[Scores]  # days from each event to the cut
    relevant: Sequence[Rows]  # distinct items
    timed: bool = True  # whether `ages` are known to who answers, as they are not with a bare list of items

    def __len__(self) -> int:
        return len(self.histories)

    def at(self, positions: Rows) -> "Holdout":
        """Some of the users."""
        chosen = positions.tolist()
        columns = (self.histories, self.ages, self.relevant)
        histories, ages, relevant = ([column[at] for at in chosen] for column in columns)
        return Holdout(histories, ages, relevant, self.timed)

    def and_then(self, other: "Holdout") -> "Holdout":
        """These users, then the other's; times are known where they are known of both."""
        columns = ("histories", "ages", "relevant")
        histories, ages, relevant = ([*getattr(self, c), *getattr(other, c)] for c in columns)
        return Holdout(histories, ages, relevant, self.timed and other.timed)


@dataclass(frozen=True, slots=True)
class View:
    """One way to judge a list: which items it may hold, and whether what a user had before may be among
    them."""

    prefix: str  # of the metrics' names
    allowed: Mask  # (items,)
    unseen: bool = False


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
        ages.append((cut - known_events.times[before]) / 86_400)
        relevant.append(np.unique(future.items[after][kept[after]]))
    return Holdout(histories, ages, relevant)


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
    drawn for each), without their times. Relevant is their next basket."""
    changed = np.flatnonzero(future.users != np.roll(future.users, 1)) if len(future) else future.users
    first = future.times[np.repeat(changed, np.diff(np.append(changed, len(future))))] == future.times
    users = holdout(known_events, future.where(first), allowed, limit, seed)
    kept = np.random.default_rng(seed).choice(np.atleast_1d(count), len(users)).tolist()
    histories = [history[-known:] for history, known in zip(users.histories, kept, strict=True)]
    ages = [age[-known:] for age, known in zip(users.ages, kept, strict=True)]
    return Holdout(histories, ages, users.relevant, timed=False)


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


def without_seen(score: Scorer, users: Holdout) -> Scorer:
    """The same scores, with what a user had before at the very end."""

    def unseen(at: Rows) -> Matrix:
        scores = score(at).copy()
        for row, user in zip(scores, at, strict=True):
            row[users.histories[user]] = -np.inf
        return scores

    return unseen


def ranking_metrics(relevant: Sequence[Rows], score: Scorer, allowed: Mask) -> dict[str, float]:
    """Ranks the allowed items for everyone. Keys ndcg@10, recall@20, hr@10, coverage@10; {} for nobody."""
    if not relevant:
        return {}
    return list_metrics(relevant, best_items(len(relevant), score, allowed), int(allowed.sum()))


def best_items(count: int, score: Scorer, allowed: Mask) -> Rows:
    """(count, 20) the best allowed items of each user, best first."""
    return best_in_views(count, score, [View("", allowed)])[0]


def best_in_views(
    count: int, score: Scorer, views: Sequence[View], histories: Sequence[Rows] = ()
) -> list[Rows]:
    """The same for several views; everyone is scored once. `histories` (count,) are what users had before."""
    candidates = [np.flatnonzero(view.allowed) for view in views]
    tops: list[list[Rows]] = [[] for _ in views]
    size = batch_size(len(views[0].allowed))
    for first in range(0, count, size):
        at = np.arange(first, min(first + size, count))
        scores = score(at)
        for view, top, columns in zip(views, tops, candidates, strict=True):
            kept = scores
            if view.unseen:
                kept = scores.copy()
                for row, user in zip(kept, at.tolist(), strict=True):
                    row[histories[user]] = -np.inf
            top.append(columns[top_positions(np.take(kept, columns, axis=1), _TOP)])
    return [np.concatenate(top) if top else np.empty((0, _TOP), np.int64) for top in tops]


def batch_size(items: int) -> int:
    """How many users are scored at once: as many as fit 8 MB of scores, so that memory does not grow with
    their number, and hardly with the catalogue."""
    return max(1, min(_BATCH, _BATCH_SCORES // max(items, 1)))


def list_metrics(relevant: Sequence[Rows], ranked: Rows, candidate_count: int) -> dict[str, float]:
    """The metrics of ready lists: ranked (n, ≥1) against the relevant items of each."""
    means = {name: float(values.mean()) for name, values in user_metrics(relevant, ranked).items()}
    return means | {"coverage@10": float(len(np.unique(ranked[:, :10])) / candidate_count)}


def user_metrics(relevant: Sequence[Rows], ranked: Rows) -> MetricValues:
    """Each user's ndcg@10, recall@20 and hr@10: (n,)."""
    pairs = zip(ranked, relevant, strict=True)
    hits = np.stack([(row[:, None] == wanted).any(axis=1) for row, wanted in pairs])
    wanted_counts = np.array([len(wanted) for wanted in relevant])
    discount = 1 / np.log2(np.arange(2, 12))
    best = np.cumsum(discount)[np.minimum(wanted_counts, 10) - 1]
    top10 = hits[:, :10]
    return {
        "ndcg@10": (top10 * discount[: top10.shape[1]]).sum(axis=1) / best,
        "recall@20": hits[:, :20].sum(axis=1) / np.minimum(wanted_counts, 20),
        "hr@10": top10.any(axis=1).astype(np.float64),
    }


def top_positions(scores: Matrix, k: int) -> Rows:
    """Columns of the k highest scores of each row, best first: (b, min(k, columns)); ties by column."""
    k = min(k, scores.shape[1])
    found = torch.from_numpy(scores).topk(
        min(k + 1, scores.shape[1]), dim=1
    )  # a tenth of argpartition's time
    values, tops = found.values.numpy(), found.indices.numpy()[:, :k]
    tops = np.take_along_axis(tops, np.lexsort((tops, -values[:, :k]), axis=1), axis=1)
    tied = values[:, k] == values[:, k - 1] if 0 < k < scores.shape[1] else np.zeros(len(scores), np.bool_)
    for at in np.flatnonzero(tied).tolist():  # the columns decide who is among them
        enough = np.flatnonzero(scores[at] >= values[at, k])
        tops[at] = enough[np.argsort(-scores[at][enough], kind="stable")[:k]]
    return tops
