"""Ranking metrics over users: all items of a catalogue are ranked, and the head of each list is judged.

Relevance is binary. NDCG@k = Σ_{hits} 1/log2(rank+1) over its best possible value, Recall@k = hits /
min(k, relevant), HR@k = share of users with a hit, Coverage@k = share of the allowed items that are in
anybody's list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from object2vec.core.arrays import Mask, Matrix, Rows, Scores
from object2vec.training.holdouts import Holdout

Scorer = Callable[[Rows], Matrix]
"""Function from the positions of users (b,) to scores (b, items)."""
MetricValues = dict[str, Scores]
"""Values (n,) of each metric, by its name: one a user, query or pair."""

_TOP = 20
_BATCH, _BATCH_SCORES = 128, 2_000_000


@dataclass(frozen=True, slots=True)
class View:
    """One way to judge a list: which items it may hold, and whether items that the user had before are left
    out."""

    prefix: str  # of the metrics' names
    allowed: Mask  # (items,)
    unseen: bool = False


def without_seen(score: Scorer, users: Holdout) -> Scorer:
    """A scorer with the same scores, but -inf for items that the user had before."""

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
    """The best items (count, 20) in each view; every user is scored once. `histories` (count,) are the items
    that users had before."""
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
    """Number of users scored at once: as many as fit 8 MB of scores, so that memory does not grow with
    their number, and hardly with the catalogue."""
    return max(1, min(_BATCH, _BATCH_SCORES // max(items, 1)))


def list_metrics(relevant: Sequence[Rows], ranked: Rows, candidate_count: int) -> dict[str, float]:
    """The mean metrics of lists `ranked` (n, ≥1), by the relevant items of each."""
    means = {name: float(values.mean()) for name, values in user_metrics(relevant, ranked).items()}
    return means | {"coverage@10": float(len(np.unique(ranked[:, :10])) / candidate_count)}


def user_metrics(relevant: Sequence[Rows], ranked: Rows) -> MetricValues:
    """(n,) each of ndcg@10, recall@20 and hr@10, a value for each user."""
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
    for at in np.flatnonzero(tied).tolist():  # among equal scores the lower column wins
        enough = np.flatnonzero(scores[at] >= values[at, k])
        tops[at] = enough[np.argsort(-scores[at][enough], kind="stable")[:k]]
    return tops
