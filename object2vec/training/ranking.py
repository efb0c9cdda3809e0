"""Full-catalogue ranking metrics over users.

Binary relevance, as usual: NDCG@k = Σ_{hits} 1/log2(rank+1) over its best possible value, Recall@k = hits /
min(k, relevant), HR@k = share of users with a hit, Coverage@k = share of the candidates that
anyone gets to see.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Matrix, Rows
from object2vec.training.dataset import Interactions

Scorer = Callable[[Rows], Matrix]  # positions into the users to rank for (b,) → scores (b, items)

MIN_PURCHASES = 5  # of an item in training, to be ranked
_TOP = 20
_BATCH = 128


@dataclass(frozen=True, slots=True)
class Holdout:
    """Users with a history and the items they turned to afterwards."""

    histories: Sequence[Rows]  # items, oldest first
    ages: Sequence[NDArray[np.float64]]  # days from each event to the cut
    relevant: Sequence[Rows]  # distinct items

    def __len__(self) -> int:
        return len(self.histories)


def rankable(popularity: Rows) -> Mask:
    """Items with enough purchases to be ranked; all that were bought where that leaves fewer than 20."""
    often = popularity >= MIN_PURCHASES
    return often if often.sum() >= 20 else popularity > 0


def holdout(
    past: Interactions,
    future: Interactions,
    allowed: Mask,
    limit: int | None = None,
    seed: int = 0,
) -> Holdout:
    """Every user of `future` with a history in `past` and at least one allowed item; a sample of `limit`."""
    kept = allowed[future.items]
    users = np.intersect1d(past.users, future.users[kept])
    if limit is not None and len(users) > limit:
        users = np.sort(np.random.default_rng(seed).choice(users, limit, replace=False))
    cut = future.times.min() if len(future) else 0
    histories, ages, relevant = [], [], []
    for user in users:
        before = slice(*np.searchsorted(past.users, [user, user + 1]))
        after = slice(*np.searchsorted(future.users, [user, user + 1]))
        histories.append(past.items[before])
        ages.append((cut - past.times[before]) / 86_400)
        relevant.append(np.unique(future.items[after][kept[after]]))
    return Holdout(histories, ages, relevant)


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
    return view_metrics(relevant, score, [allowed])[0]


def view_metrics(relevant: Sequence[Rows], score: Scorer, views: Sequence[Mask]) -> list[dict[str, float]]:
    """The same for several sets of allowed items; everyone is scored once."""
    if not relevant:
        return [{} for _ in views]
    ranked = _best_items(len(relevant), score, views)
    return [
        list_metrics(relevant, top, int(allowed.sum())) for top, allowed in zip(ranked, views, strict=True)
    ]


def best_items(count: int, score: Scorer, allowed: Mask) -> Rows:
    """(count, 20) the best allowed items of each user, best first."""
    return _best_items(count, score, [allowed])[0]


def _best_items(count: int, score: Scorer, views: Sequence[Mask]) -> list[Rows]:
    candidates = [np.flatnonzero(allowed) for allowed in views]
    tops: list[list[Rows]] = [[] for _ in views]
    for at in range(0, count, _BATCH):
        scores = score(np.arange(at, min(at + _BATCH, count)))
        for top, columns in zip(tops, candidates, strict=True):
            top.append(columns[top_positions(scores[:, columns], _TOP)])
    return [np.concatenate(top) for top in tops]


def list_metrics(relevant: Sequence[Rows], ranked: Rows, candidate_count: int) -> dict[str, float]:
    """The metrics of ready lists: ranked (n, ≥1) against the relevant items of each."""
    means = {name: float(values.mean()) for name, values in user_metrics(relevant, ranked).items()}
    return means | {"coverage@10": float(len(np.unique(ranked[:, :10])) / candidate_count)}


def user_metrics(relevant: Sequence[Rows], ranked: Rows) -> dict[str, NDArray[np.float64]]:
    """Each user's ndcg@10, recall@20 and hr@10: (n,)."""
    hits = np.stack([np.isin(row, wanted) for row, wanted in zip(ranked, relevant, strict=True)])
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
    least = torch.from_numpy(scores).topk(k, dim=1).values.numpy()[:, -1:]  # a tenth of argpartition's time
    tops = np.empty((len(scores), k), np.int64)
    for top, row, enough in zip(tops, scores, scores >= least, strict=True):
        part = np.flatnonzero(enough)
        top[:] = part[np.argsort(-row[part], kind="stable")[:k]]
    return tops
