"""How well the nearest items are those that people buy together in the next period.

An event of the period asks with its item; relevant is what lies near it (`similarity.neighbourhoods`). NDCG
as in `ranking`; recall@10 = hits / min(10, relevant).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.forward import ragged_range
from object2vec.training.dataset import Interactions
from object2vec.training.ranking import Scorer, best_items, user_metrics
from object2vec.training.tasks.similarity import NEAR, neighbourhoods

SHRINKAGE = 20.0
"""Purchases that are added to what is expected of a pair, so that two rare items that once met do not win."""


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
    """`popularity`, and of what was bought near each item before: `bought-together`, how often, and `lift`,
    how much more often than the popularity of both would have it."""
    together = _counted(past, pairs, len(popularity))
    share = popularity / max(popularity.sum(), 1)

    def lift(at: Rows) -> Matrix:
        counts = together(at)
        expected = counts.sum(axis=1, keepdims=True) * share
        return np.asarray(counts / (expected + SHRINKAGE), np.float32)

    popular = popularity.astype(np.float32)
    return {
        "popularity": lambda at: np.tile(popular, (len(at), 1)),
        "bought-together": together,
        "lift": lift,
    }


def _counted(past: Interactions, pairs: BoughtTogether, item_count: int) -> Scorer:
    """How often each item was bought near this one before."""
    around = neighbourhoods(past)
    order = np.argsort(past.items, kind="stable")
    starts = np.searchsorted(past.items[order], np.arange(item_count + 1))

    def score(at: Rows) -> Matrix:
        scores = np.zeros((len(at), item_count), np.float32)
        for row, item in enumerate(pairs.items[at].tolist()):
            events = order[starts[item] : starts[item + 1]]
            near = around.items[ragged_range(around.start[events], (around.end - around.start)[events])]
            scores[row] = np.bincount(near, minlength=item_count)
        return scores

    return score
