"""How well the nearest items are those that people buy together in the next period.

An event of the period asks with its item; relevant is what lies near it (`similarity.neighbourhoods`). NDCG
as in `ranking`; recall@10 = hits / min(10, relevant).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows
from object2vec.training.complements import CopurchaseCounts
from object2vec.training.dataset import Interactions
from object2vec.training.ranking import Scorer, best_items, user_metrics
from object2vec.training.tasks.similarity import NEAR, neighbourhoods


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """q items, and what somebody bought near each of them: one or more others."""

    items: Rows  # (q,)
    relevant: Sequence[Rows]

    def __len__(self) -> int:
        return len(self.items)


def bought_together(
    future: Interactions, allowed: NDArray[np.bool_], limit: int, near: int = NEAR, seed: int = 0
) -> BoughtTogether:
    """Up to `limit` of the events, drawn at random; both sides are of the `allowed` (items,)."""
    events = future.where(allowed[future.items])
    around = neighbourhoods(events, near)
    asking, relevant = [], []
    for event in np.random.default_rng(seed).permutation(len(events)).tolist():
        item = events.items[event]
        others = np.setdiff1d(around.items[around.start[event] : around.end[event]], [item])
        if len(others):
            asking.append(item)
            relevant.append(others)
        if len(asking) == limit:
            break
    return BoughtTogether(np.array(asking, np.int64), relevant)


def similar_metrics(
    pairs: BoughtTogether, score: Scorer, allowed: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """(q,) each of ndcg@10 and recall@10: the allowed items ranked by `score`, without the item itself."""

    def others(at: Rows) -> Matrix:
        scores = score(at).copy()
        scores[np.arange(len(at)), pairs.items[at]] = -np.inf
        return scores

    ranked = best_items(len(pairs), others, allowed)[:, :10]
    hits = [np.isin(row, wanted).sum() for row, wanted in zip(ranked, pairs.relevant, strict=True)]
    best = [min(10, len(wanted)) for wanted in pairs.relevant]
    return {
        "ndcg@10": user_metrics(pairs.relevant, ranked)["ndcg@10"],
        "recall@10": np.array(hits, np.float64) / np.array(best, np.float64),
    }


def nearest_scorer(vectors: Matrix, pairs: BoughtTogether) -> Scorer:
    """Cosine of unit vectors (items, d)."""
    return lambda at: vectors[pairs.items[at]] @ vectors.T


def counting_scorers(past: Interactions, pairs: BoughtTogether, popularity: Rows) -> dict[str, Scorer]:
    """`popularity`, and of what was bought near each item before: `bought-together`, how often, and
    `complements`, the same shrunk towards popularity (ranker/complements.py)."""
    copurchases = CopurchaseCounts(past, popularity)
    popular = popularity.astype(np.float32)

    def counted(at: Rows) -> Matrix:
        scores = np.zeros((len(at), len(popular)), np.float32)
        for row, item in zip(scores, pairs.items[at].tolist(), strict=True):
            others, counts = copurchases.counts(item)
            row[others] = counts
        return scores

    def shrunk(at: Rows) -> Matrix:
        rows = [copurchases.shares(item) for item in pairs.items[at].tolist()]
        return np.stack(rows).astype(np.float32)

    return {
        "popularity": lambda at: np.tile(popular, (len(at), 1)),
        "bought-together": counted,
        "complements": shrunk,
    }
