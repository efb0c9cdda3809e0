"""Measures lists of similar items and of complements by what people buy together in the next period.

Each event of the period asks with its item; relevant are the items of events near it
(`similarity.neighbourhoods`). NDCG as in `ranking_metrics`; recall@10 = hits / min(10, relevant).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows
from object2vec.ranker.complements import Complements
from object2vec.ranker.complements_fit import WINDOW, PurchaseLog, near_counts, purchases
from object2vec.search.served_complements import serve_complements
from object2vec.training.dataset import Interactions
from object2vec.training.ranking_metrics import Scorer, best_items, user_metrics
from object2vec.training.tasks.similarity import neighbourhoods


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """q items, and what somebody bought near each of them: one or more others."""

    items: Rows  # (q,)
    relevant: Sequence[Rows]

    def __len__(self) -> int:
        return len(self.items)


def bought_together(
    future: Interactions, allowed: NDArray[np.bool_], limit: int, window: int = WINDOW, seed: int = 0
) -> BoughtTogether:
    """Up to `limit` events, drawn at random, with the items bought near them; all are `allowed` (items,)."""
    events = future.where(allowed[future.items])
    around = neighbourhoods(events, window)
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

    return _measured(pairs, best_items(len(pairs), others, allowed)[:, :10])


def listed_metrics(pairs: BoughtTogether, lists: Sequence[Rows]) -> dict[str, NDArray[np.float64]]:
    """(q,) each of ndcg@10 and recall@10 of ready lists, best first, which may be shorter than ten."""
    ranked = np.full((len(pairs), 10), -1)
    for row, listed in zip(ranked, lists, strict=True):
        row[: len(listed)] = listed[:10]
    return _measured(pairs, ranked)


def _measured(pairs: BoughtTogether, ranked: Rows) -> dict[str, NDArray[np.float64]]:
    hits = [np.isin(row, wanted).sum() for row, wanted in zip(ranked, pairs.relevant, strict=True)]
    best = [min(10, len(wanted)) for wanted in pairs.relevant]
    return {
        "ndcg@10": user_metrics(pairs.relevant, ranked)["ndcg@10"],
        "recall@10": np.array(hits, np.float64) / np.array(best, np.float64),
    }


def nearest_scorer(vectors: Matrix, pairs: BoughtTogether) -> Scorer:
    """A scorer by the cosine of unit vectors (items, d)."""
    return lambda at: vectors[pairs.items[at]] @ vectors.T


def purchase_log(past: Interactions) -> PurchaseLog:
    """The events of a period that count as purchases, as the index job reads them from the log."""
    bought = purchases(past.weights(0).astype(np.float64))
    return PurchaseLog(past.users[bought], past.items[bought], past.times[bought])


def served_complements(
    table: Complements, pairs: BoughtTogether, item_ids: Sequence[str], similar: Scorer
) -> list[Rows]:
    """(q,) what `GET /items/{id}/bought-together` lists, in its order, by place among the ids (which ascend,
    as the rows of the search engine do): of a table as the index job counts it, with the model's help where
    the counts are few. Of `table.in_basket`: what `POST /recommendations` lists for a basket of one.
    `similar` are the cosines of the items that ask."""
    place = {item_id: number for number, item_id in enumerate(item_ids)}
    counted = np.sort(np.array([place[item_id] for item_id in table.item_ids], np.int64))
    asking = {int(item): at for at, item in enumerate(pairs.items.tolist())}

    def similar_counted(item_id: str, count: int) -> list[tuple[str, float]]:
        others = counted[counted != place[item_id]]
        cosines = similar(np.array([asking[place[item_id]]]))[0][others]
        if len(cosines) > count:  # only those that can be among the best are sorted
            enough = cosines >= np.partition(cosines, len(cosines) - count)[len(cosines) - count]
            others, cosines = others[enough], cosines[enough]
        best = np.lexsort((others, -cosines))[:count]
        return [(item_ids[others[at]], float(cosines[at])) for at in best.tolist() if cosines[at] > 0]

    def listed(item: int) -> Rows:
        shares = serve_complements(table, [item_ids[item]], similar_counted).shares
        rows = np.array([place[other] for other in shares], np.int64)
        return rows[np.lexsort((rows, -np.array(list(shares.values()))))]

    lists = {item: listed(item) for item in asking}
    return [lists[item] for item in pairs.items.tolist()]


def counting_scorers(past: Interactions, pairs: BoughtTogether, popularity: Rows) -> dict[str, Scorer]:
    """Two scorers: `popularity`, and `bought-together`, how often each item was bought near the one that
    asks."""
    popular = popularity.astype(np.float32)
    near: dict[int, tuple[Rows, Rows]] = {}
    for part in near_counts(purchase_log(past), np.unique(pairs.items)):
        borders = (
            np.flatnonzero(np.diff(part.items, prepend=-1, append=-1)) if len(part.items) else part.items
        )
        for start, end in pairwise(borders.tolist()):
            near[int(part.items[start])] = part.others[start:end], part.times[start:end]

    def counted(at: Rows) -> Matrix:
        scores = np.zeros((len(at), len(popular)), np.float32)
        for row, item in zip(scores, pairs.items[at].tolist(), strict=True):
            others, times = near.get(item, (np.zeros(0, np.int64),) * 2)
            row[others] = times
        return scores

    return {"popularity": lambda at: np.tile(popular, (len(at), 1)), "bought-together": counted}
