"""Task "next item": from the items a user had so far to the items of the next basket.

A batch takes windows of a few consecutive baskets, so that the sessions of a window share one gathered
history: a session is then a row of a small weight matrix times the window's item vectors.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from object2vec.model.bags import ragged_range
from object2vec.model.network import LocalRows, TwoTowerNetwork
from object2vec.training.dataset import Codes, Interactions
from object2vec.training.features import ItemFeatures
from object2vec.training.item_vectors import ItemPlan, plan_items
from object2vec.training.losses import log_inclusion, softmax_loss

_WINDOW = 8  # baskets


@dataclass(frozen=True, slots=True)
class NextItemBatch:
    """u windows of at most k sessions over at most t events, b sessions in all, m distinct items."""

    items: ItemPlan
    events: Tensor  # (u, t) into the items, padded with 0
    weights: Tensor  # (u, k, t) recency weights: a session's sum to 1, 0 in the padding
    sessions: Tensor  # (b,) into the u·k sessions
    candidates: Tensor  # (c,) into the items
    log_inclusion: Tensor  # (c,)
    positive: Tensor  # (b, c) boolean
    temperature: float

    def needed(self) -> list[Tensor]:
        """The table rows to gather."""
        return self.items.needed()

    @property
    def pairs(self) -> int:
        """Number of (session, item) pairs that are learned from."""
        return int(self.positive.sum())

    def loss(self, network: TwoTowerNetwork, local: LocalRows) -> Tensor:
        """Softmax over the candidates, corrected for their popularity in the batch."""
        vectors = self.items.vectors(local)
        pooled = torch.bmm(self.weights, functional.embedding(self.events, vectors)).flatten(0, 1)  # (u·k, d)
        sessions = network.session_vectors(pooled.index_select(0, self.sessions))
        candidates = functional.normalize(functional.embedding(self.candidates, vectors), dim=1)
        return softmax_loss(sessions @ candidates.T / self.temperature - self.log_inclusion, self.positive)


class NextItemTask:
    """Draws batches; an epoch visits every basket that has a history once."""

    name = "next_item"

    def __init__(
        self,
        events: Interactions,
        features: ItemFeatures,
        *,
        batch_size: int,
        negatives: int,
        max_history: int,
        half_life: float,
        id_dropout: float,
        temperature: float,
        rng: np.random.Generator,
    ) -> None:
        self._events, self._features, self._rng = events, features, rng
        self._batch_size, self._negatives, self._temperature = batch_size, negatives, temperature
        self._max_history, self._half_life, self._id_dropout = max_history, half_life, id_dropout
        starts = events.basket_starts()
        first = events.user_starts()[starts] if len(starts) else starts
        baskets = np.stack([first, starts, np.append(starts[1:], len(events))[: len(starts)]], axis=1)
        self._baskets = baskets[starts > first]  # (n, 3): user's first event, basket's first, basket's end
        counts = events.popularity(len(features.text_of))
        self._share = counts / max(counts.sum(), 1)
        self._pool = np.flatnonzero(counts)

    def __len__(self) -> int:
        """Batches an epoch, about."""
        return math.ceil(len(self._baskets) / self._batch_size)

    def epoch(self) -> Iterator[NextItemBatch]:
        """The baskets in windows with a new random phase, in a new random order."""
        window = (np.arange(len(self._baskets)) + self._rng.integers(_WINDOW)) // _WINDOW
        breaks = (np.diff(self._baskets[:, 0], prepend=-1) != 0) | (np.diff(window, prepend=-1) != 0)
        starts = np.flatnonzero(breaks)
        lengths = np.diff(np.append(starts, len(self._baskets)))
        order = self._rng.permutation(len(starts))
        batch_of = (np.cumsum(lengths[order]) - 1) // self._batch_size
        for chosen in np.split(order, np.flatnonzero(np.diff(batch_of)) + 1):
            if len(chosen):
                yield self._batch(starts[chosen], lengths[chosen])

    def _batch(self, starts: Codes, lengths: Codes) -> NextItemBatch:
        first, start, end = self._baskets[ragged_range(starts, lengths)].T  # (b,) each
        window = np.repeat(np.arange(len(starts)), lengths)
        begin = np.maximum(first, start - self._max_history)[np.cumsum(lengths) - lengths]  # (u,)
        spans = start[np.cumsum(lengths) - 1] - begin
        history = self._events.items[ragged_range(begin, spans)]
        targets = self._events.items[ragged_range(start, end - start)]
        owner = np.repeat(np.arange(len(start)), end - start)
        negatives = self._rng.choice(self._pool, min(self._negatives, len(self._pool)))
        candidates = np.unique(np.concatenate([targets, negatives]))
        items, inverse = np.unique(np.concatenate([history, candidates]), return_inverse=True)
        events = np.zeros((len(starts), spans.max()), np.int64)
        events[np.arange(spans.max()) < spans[:, None]] = inverse[: len(history)]
        positive = np.zeros((len(start), len(candidates)), bool)
        positive[owner, np.searchsorted(candidates, targets)] = True
        expected = len(targets) * self._share[candidates] + len(negatives) / len(self._pool)
        place = ragged_range(np.zeros_like(lengths), lengths)
        weights = np.zeros((len(starts), lengths.max(), events.shape[1]), np.float32)
        weights[window, place] = self._recency(start - begin[window], events.shape[1])
        return NextItemBatch(
            plan_items(self._features, items, self._rng.random(len(items)) < self._id_dropout),
            torch.from_numpy(events),
            torch.from_numpy(weights),
            torch.from_numpy(window * weights.shape[1] + place),
            torch.from_numpy(inverse[len(history) :]),
            log_inclusion(torch.from_numpy(expected.astype(np.float32))),
            torch.from_numpy(positive),
            self._temperature,
        )

    def _recency(self, lengths: Codes, width: int) -> NDArray[np.float64]:
        """(b, width): the weights of each session's `lengths` (b,) events."""
        age = lengths[:, None] - 1 - np.arange(width)  # of the event before the basket: 0
        weights = np.exp2(-np.maximum(age, 0) / self._half_life)
        weights[(age < 0) | (age >= self._max_history)] = 0.0
        shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
        return shares
