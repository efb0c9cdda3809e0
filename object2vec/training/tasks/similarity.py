"""Task "similarity": from an item to one that somebody bought with it, or that the same query led to.

Both sides use the item tower, whose vectors `GET /items/{id}/similar` compares together with the items'
words. Two events of a user are near each other if they are in one basket, or if at most `WINDOW` events lie
between one and the basket of the other. The items of one query in the search log count as a basket.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from object2vec.core.arrays import Rows
from object2vec.model.retrieval.network import ItemPlan, LocalRows, TwoTowerNetwork, plan_items
from object2vec.ranker.complements_fit import WINDOW, PurchaseLog, nearby
from object2vec.training.cluster import Cluster
from object2vec.training.dataset import Catalogue, Interactions
from object2vec.training.features import ItemFeatures, distinct_codes
from object2vec.training.search_log import JudgedQueries
from object2vec.training.tasks.candidates import CandidateSampler
from object2vec.training.tasks.losses import softmax_loss
from object2vec.training.tasks.shuffled import ShuffledTask

GROUP = "group"
"""The field of metadata that variants of one product share."""


@dataclass(frozen=True, slots=True)
class Neighbourhoods:
    """n events; the items near event i are items[start[i] : end[i]], its own among them."""

    items: Rows  # (n,)
    start: Rows  # (n,)
    end: Rows  # (n,)

    def union(self, other: "Neighbourhoods") -> "Neighbourhoods":
        """The events of both, one after the other."""
        return Neighbourhoods(
            np.concatenate([self.items, other.items]),
            np.concatenate([self.start, other.start + len(self.items)]),
            np.concatenate([self.end, other.end + len(self.items)]),
        )


def neighbourhoods(events: Interactions, window: int = WINDOW) -> Neighbourhoods:
    """The items near each event: its basket, and the baskets that reach within `window` events of it."""
    start, end = nearby(PurchaseLog(events.users, events.items, events.times), window)
    return Neighbourhoods(events.items, start, end)


def co_clicked(log: JudgedQueries) -> Neighbourhoods:
    """The relevant items of each query."""
    relevant = log.relevant()
    codes, _ = distinct_codes(relevant.queries.tolist())
    return neighbourhoods(Interactions(codes, relevant.items, np.zeros(len(codes), np.int64)), 0)


@dataclass(frozen=True, slots=True)
class SimilarityBatch:
    """n pairs of an item and its partner, and c candidates to tell the partners from; m distinct items."""

    items: ItemPlan
    anchors: Tensor  # (n,) into the items
    candidates: Tensor  # (c,) into the items
    log_inclusion: Tensor  # (c,)
    positive: Tensor  # (n, c) boolean
    ignored: Tensor  # (n, c) boolean: the item itself is no negative
    temperature: float

    def needed(self) -> list[Tensor]:
        """The table rows to gather."""
        return self.items.needed()

    @property
    def pairs(self) -> int:
        """Number of (item, item) pairs that are learned from."""
        return len(self.anchors)

    def loss(self, network: TwoTowerNetwork, local: LocalRows) -> Tensor:  # noqa: ARG002  # items need no head
        """Softmax over the candidates, corrected for their popularity in the batch."""
        vectors = functional.normalize(self.items.vectors(local), dim=1)
        anchors, candidates = vectors[self.anchors], vectors[self.candidates]
        logits = anchors @ candidates.T / self.temperature - self.log_inclusion
        return softmax_loss(logits, self.positive, self.ignored)


class SimilarityTask(ShuffledTask[SimilarityBatch]):
    """Draws batches; an epoch visits every event with another item near it once, with one of these items."""

    name = "similarity"

    def __init__(
        self,
        near: Neighbourhoods,
        features: ItemFeatures,
        *,
        batch_size: int,
        negatives: int,
        id_dropout: float,
        temperature: float,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(np.flatnonzero(with_another(near)), batch_size, rng)
        self._near, self._features = near, features
        self._id_dropout, self._temperature = id_dropout, temperature
        counts = np.bincount(near.items, minlength=len(features.text_of))
        self._sampler = CandidateSampler(counts, negatives, rng)

    def divide(self, cluster: Cluster) -> None:
        super().divide(cluster)
        self._sampler.divide(cluster)

    def _batch(self, events: Rows) -> SimilarityBatch:
        anchors, others = self._near.items[events], partners(self._near, events, self._rng)
        candidates, log_inclusion = self._sampler.draw(others)
        items, inverse = np.unique(np.concatenate([anchors, candidates]), return_inverse=True)
        positive = np.searchsorted(candidates, others)[:, None] == np.arange(len(candidates))
        return SimilarityBatch(
            plan_items(self._features, items, self._rng.random(len(items)) < self._id_dropout),
            torch.from_numpy(inverse[: len(anchors)]),
            torch.from_numpy(inverse[len(anchors) :]),
            log_inclusion,
            torch.from_numpy(positive),
            torch.from_numpy(candidates == anchors[:, None]),
            self._temperature,
        )


def variants(catalogue: Catalogue) -> Neighbourhoods:
    """The items of each group as neighbours: a product in several colours or sizes has several pictures."""
    groups = [metadata.get(GROUP) for metadata in catalogue.metadata]
    items = np.array([at for at, group in enumerate(groups) if isinstance(group, str | int)], np.int64)
    codes, _ = distinct_codes([str(groups[at]) for at in items.tolist()])
    order = np.argsort(codes, kind="stable")
    return neighbourhoods(Interactions(codes[order], items[order], np.zeros(len(items), np.int64)), 0)


def partners(near: Neighbourhoods, events: Rows, rng: np.random.Generator) -> Rows:
    """(n,) an item near each event, drawn evenly from those other than its own."""
    items, start, end = near.items, near.start[events], near.end[events]
    chosen = items[events].copy()
    same = np.arange(len(events))
    while len(same):
        offset = (rng.random(len(same)) * (end - start)[same]).astype(np.int64)
        chosen[same] = items[start[same] + offset]
        same = same[chosen[same] == items[events[same]]]
    return chosen


def with_another(near: Neighbourhoods) -> NDArray[np.bool_]:
    """(n,) whether any item but its own lies near an event."""
    changes = np.concatenate([[0], np.cumsum(np.diff(near.items) != 0)])
    found: NDArray[np.bool_] = changes[near.end - 1] > changes[near.start]
    return found
