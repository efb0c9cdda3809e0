"""Task "next item": from the items a user had so far to the items of the next basket."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from object2vec.model.bags import ragged_range
from object2vec.model.network import LocalRows, TwoTowerNetwork, pool_vectors
from object2vec.training.dataset import Codes, Interactions
from object2vec.training.features import ItemFeatures
from object2vec.training.item_vectors import ItemPlan, plan_items
from object2vec.training.losses import log_inclusion, softmax_loss


@dataclass(frozen=True, slots=True)
class NextItemBatch:
    """b sessions, m distinct items of which some are candidates."""

    items: ItemPlan
    history: Tensor  # (h,) into the items
    weights: Tensor  # (h,) recency weights, a session's sum to 1
    starts: Tensor  # (b,)
    candidates: Tensor  # (c,) into the items
    log_inclusion: Tensor  # (c,)
    positive: Tensor  # (b, c) boolean

    def needed(self) -> list[Tensor]:
        return self.items.needed()

    @property
    def pairs(self) -> int:
        """Number of (session, item) pairs that are learned from."""
        return int(self.positive.sum())

    def loss(self, network: TwoTowerNetwork, local: LocalRows, temperature: float) -> Tensor:
        vectors = self.items.vectors(local)
        pooled = pool_vectors(vectors, self.history, self.weights, self.starts)
        sessions = network.session_vectors(pooled)
        candidates = torch.nn.functional.normalize(vectors[self.candidates], dim=1)
        return softmax_loss(sessions @ candidates.T / temperature - self.log_inclusion, self.positive)


class NextItemTask:
    """Draws batches; an epoch visits every basket that has a history once."""

    name = "next_item"

    def __init__(
        self,
        events: Interactions,
        features: ItemFeatures,
        *,
        batch_size: int,
        positives: int,
        negatives: int,
        max_history: int,
        half_life: float,
        id_dropout: float,
        rng: np.random.Generator,
    ) -> None:
        self._events, self._features, self._rng = events, features, rng
        self._batch_size, self._positives, self._negatives = batch_size, positives, negatives
        self._max_history, self._half_life, self._id_dropout = max_history, half_life, id_dropout
        starts = events.basket_starts()
        self._ends = np.append(starts[1:], len(events))
        first = events.user_starts()[starts] if len(starts) else starts
        with_history = starts > first
        self._baskets = np.stack([first, starts, self._ends], axis=1)[with_history]
        counts = events.popularity(len(features.text_of))
        self._share = counts / max(counts.sum(), 1)
        self._pool = np.flatnonzero(counts)

    def __len__(self) -> int:
        """Batches an epoch."""
        return -(-len(self._baskets) // self._batch_size)

    def epoch(self) -> Iterator[NextItemBatch]:
        """The baskets in a new random order."""
        order = self._rng.permutation(len(self._baskets))
        for at in range(0, len(order), self._batch_size):
            yield self._batch(self._baskets[order[at : at + self._batch_size]])

    def _batch(self, baskets: Codes) -> NextItemBatch:
        first, start, end = baskets.T
        begin = np.maximum(first, start - self._max_history)
        lengths = start - begin
        history = self._events.items[ragged_range(begin, lengths)]
        drawn = start[:, None] + (self._rng.random((len(start), self._positives)) * (end - start)[:, None]).astype(
            np.int64
        )
        targets = self._events.items[drawn]  # (b, p)
        negatives = self._rng.choice(self._pool, min(self._negatives, len(self._pool)))
        candidates = np.unique(np.concatenate([targets.ravel(), negatives]))
        items, inverse = np.unique(np.concatenate([history, candidates]), return_inverse=True)
        positive = np.zeros((len(start), len(candidates)), bool)
        np.put_along_axis(positive, np.searchsorted(candidates, targets), True, axis=1)
        expected = targets.size * self._share[candidates] + len(negatives) / len(self._pool)
        return NextItemBatch(
            plan_items(self._features, items, self._rng.random(len(items)) < self._id_dropout),
            torch.from_numpy(inverse[: len(history)]),
            torch.from_numpy(self._recency(lengths)),
            torch.from_numpy(np.cumsum(lengths) - lengths),
            torch.from_numpy(inverse[len(history) :]),
            log_inclusion(torch.from_numpy(expected.astype(np.float32))),
            torch.from_numpy(positive),
        )

    def _recency(self, lengths: Codes) -> NDArray[np.float32]:
        age = np.repeat(lengths, lengths) - 1 - ragged_range(np.zeros_like(lengths), lengths)
        weights = np.exp2(-age / self._half_life)
        sums = np.add.reduceat(weights, np.cumsum(lengths) - lengths)
        return (weights / np.repeat(sums, lengths)).astype(np.float32)
