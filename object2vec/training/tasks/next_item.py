"""Task "next item": from the items a user had so far to the items of the next basket.

A batch takes windows of a few consecutive baskets of a user. The sessions of a window share its events, which
are gathered once: a session's vector is a row of a small weight matrix times the vectors of these events.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from object2vec.core.arrays import Rows
from object2vec.model.retrieval.forward import ragged_range
from object2vec.model.retrieval.network import ItemPlan, LocalRows, TwoTowerNetwork, plan_items
from object2vec.training.cluster import Cluster
from object2vec.training.dataset import Interactions
from object2vec.training.features import ItemFeatures
from object2vec.training.tasks.candidates import CandidateSampler, Neighbours
from object2vec.training.tasks.linear_teacher import LinearTargets, LinearTeacher
from object2vec.training.tasks.losses import single_loss, softmax_loss
from object2vec.training.tasks.windows import Windows, baskets_of, first_places

_WINDOW = 8
"""Baskets of a window."""
_ATTENDED_WINDOW = 32
"""Baskets of a window with attention, which computes an answer at every event anyway."""
_POOLED_BATCHES = 16
"""Batches that are drawn together, so that windows of about equal length come into one batch."""
_SHUFFLES = 8
"""Times that an epoch shuffles each user's events, where they have no order in time."""


@dataclass(frozen=True, slots=True)
class LatestEvents:
    """The events of u windows that attention reads: as many as the sessions depend on, w at most."""

    events: Tensor  # (u, w) into the items, oldest first
    newest: Tensor  # (b,) the latest event of each session, a place in the u·w events


@dataclass(frozen=True, slots=True, kw_only=True)
class NextItemBatch:
    """u windows of at most k sessions over at most t events, b sessions in all, m distinct items."""

    items: ItemPlan
    events: Tensor  # (u, t) into the items, padded with 0
    weights: Tensor  # (u, k·S, t) recency weights of S half-lives: each sums to 1, 0 in the padding
    sessions: Tensor  # (b,) into the u·k sessions
    latest: LatestEvents | None  # None without attention
    candidates: Tensor  # (c,) into the items
    log_inclusion: Tensor  # (c,)
    positive: Tensor  # (b, c) boolean
    target: Tensor | None  # (b,) the only positive of each session, where each has one
    importance: Tensor | None  # (b, c) the weights of the positives; None where all events count the same
    ignored: Tensor | None  # (b, c) boolean: candidates that are no negatives
    linear_targets: LinearTargets | None  # the scores of the linear teacher; None without one
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
        pooled = torch.bmm(self.weights, functional.embedding(self.events, vectors))  # (u, k·S, d)
        pooled = pooled.view(-1, network.session_head.shape[0])  # (u·k, S·d)
        sessions = network.session_vectors(
            pooled.index_select(0, self.sessions), self._answers(network, vectors)
        )
        candidates = functional.normalize(functional.embedding(self.candidates, vectors), dim=1)
        logits = torch.addmm(-self.log_inclusion, sessions / self.temperature, candidates.T).float()
        if self.target is not None and self.importance is None and self.linear_targets is None:
            loss = single_loss(logits, self.target, self.ignored)
        else:
            loss = softmax_loss(logits, self.positive, self.ignored, self.importance)
        if self.linear_targets is not None and self.ignored is not None:
            loss = loss + self.linear_targets.loss(logits, self.ignored)
        return loss

    def _answers(self, network: TwoTowerNetwork, vectors: Tensor) -> Tensor | None:
        """(b, d) what attention adds to each session."""
        if network.attention is None or self.latest is None:
            return None
        answers = network.attention(functional.embedding(self.latest.events, vectors))
        newest: Tensor = answers.flatten(0, 1).index_select(0, self.latest.newest)
        return newest


@dataclass(frozen=True, slots=True, kw_only=True)
class NextItemSettings:
    """The settings of the task, a subset of the hyperparameters under the task's own names."""

    batch_size: int
    """Sessions of a batch."""
    negatives: int
    """Candidates of a batch that are drawn besides its positives."""
    max_history: int
    """Latest events that a session holds."""
    half_lives: Sequence[float]
    """The S half-lives of an event's weight, in events."""
    id_dropout: float
    """Share of a batch's items whose own row is left out."""
    temperature: float
    value_power: float
    """Power of an event's value in its weight; with 0 all events count the same."""
    ordered: bool
    """Whether the events have an order in time."""
    linear_teacher: float = 0.0
    """Weight of a linear teacher, which needs sets and a catalogue small enough that every item is a
    candidate."""
    attended: int | None = None
    """Number of latest events that a session's attention depends on; None without attention."""


class NextItemTask:
    """Draws batches; an epoch visits every basket that has a history once.

    Without an order in time (`ordered` false) a user's events are a set: an epoch visits every user a few
    times, and learns to find one random part of the set from the other."""

    name = "next_item"

    def __init__(
        self,
        events: Interactions,
        features: ItemFeatures,
        settings: NextItemSettings,
        *,
        neighbours: Neighbours | None = None,
        rng: np.random.Generator,
    ) -> None:
        """`neighbours` finds further candidates for a batch: items near each one that is to be found."""
        self._events, self._features, self._settings, self._rng = events, features, settings, rng
        self._window = _WINDOW if settings.attended is None else _ATTENDED_WINDOW
        self._visits = self._visits_of(events)
        counts = events.popularity(len(features.text_of))
        has_row = features.row_of >= 0  # else the words would learn what is true of this item alone
        against = events.against[has_row[events.against]]
        self._sampler = CandidateSampler(counts, settings.negatives, rng, neighbours, against)
        self._repeats = events.people_return()
        self._teacher = None
        pool = self._sampler.everything
        if settings.linear_teacher and not settings.ordered and pool is not None and not self._repeats:
            self._teacher = LinearTeacher(events, pool, settings.linear_teacher)

    def __len__(self) -> int:
        """Batches an epoch, about."""
        return math.ceil(self._visits / self._settings.batch_size)

    def divide(self, cluster: Cluster) -> None:
        """Keeps the baskets of this process's share of the users, and its part of each batch."""
        with_history = np.unique(self._events.users[baskets_of(self._events)[:, 0]])
        self._events = self._events.of_users(cluster.share(with_history))
        self._settings = replace(self._settings, batch_size=cluster.part(self._settings.batch_size))
        self._visits = self._visits_of(self._events)
        self._sampler.divide(cluster)

    def epoch(self) -> Iterator[NextItemBatch]:
        """Everything in a new random order."""
        if self._settings.ordered:
            yield from self._visit(self._events)
            return
        for _ in range(_SHUFFLES):
            yield from self._visit(self._events.shuffled(self._rng))

    def _visits_of(self, events: Interactions) -> int:
        """Baskets that an epoch visits."""
        if self._settings.ordered:
            return len(baskets_of(events))
        return _SHUFFLES * len(baskets_of(events.shuffled(self._rng)))

    def _visit(self, events: Interactions) -> Iterator[NextItemBatch]:
        """Batches of all baskets, cut into windows at new random places, in a new random order."""
        baskets, values = baskets_of(events), events.weights(self._settings.value_power)
        window = (np.arange(len(baskets)) + self._rng.integers(self._window)) // self._window
        breaks = (np.diff(baskets[:, 0], prepend=-1) != 0) | (np.diff(window, prepend=-1) != 0)
        starts = np.flatnonzero(breaks)
        lengths = np.diff(np.append(starts, len(baskets)))
        ends = baskets[starts + lengths - 1, 1] if len(starts) else starts
        spans = ends - np.maximum(baskets[starts, 0], baskets[starts, 1] - self._settings.max_history)
        for chosen in self._grouped_by_length(spans, lengths):
            if len(chosen):
                visited = baskets[ragged_range(starts[chosen], lengths[chosen])]
                yield self._batch(events.items, values, visited, lengths[chosen])

    def _grouped_by_length(self, spans: Rows, lengths: Rows) -> list[Rows]:
        """The windows of each batch, in random order. Windows of one batch have about as many events
        (`spans`), so that little of it is padding."""
        order = self._rng.permutation(len(spans))
        pool = (np.cumsum(lengths[order]) - 1) // (_POOLED_BATCHES * self._settings.batch_size)
        order = order[np.lexsort((spans[order], pool))]
        batch_of = (np.cumsum(lengths[order]) - 1) // self._settings.batch_size
        batches = np.split(order, np.flatnonzero(np.diff(batch_of)) + 1)
        return [batches[at] for at in self._rng.permutation(len(batches)).tolist()]

    def _batch(
        self, everything: Rows, values: NDArray[np.float32], baskets: Rows, lengths: Rows
    ) -> NextItemBatch:
        windows = Windows.of(baskets, lengths, self._settings.max_history)
        history, sizes = everything[windows.events], baskets[:, 2] - baskets[:, 1]
        asked = ragged_range(baskets[:, 1], sizes)
        targets, owner = everything[asked], np.repeat(np.arange(len(baskets)), sizes)
        candidates, log_share = self._sampler.draw(targets)
        items, inverse = np.unique(np.concatenate([history, candidates]), return_inverse=True)
        events = windows.padded(inverse[: len(history)])
        column = np.searchsorted(candidates, targets)
        positive = np.zeros((len(baskets), len(candidates)), bool)
        positive[owner, column] = True
        ignored = self._ignored(windows, events, candidates, items)
        return NextItemBatch(
            items=plan_items(self._features, items, self._rng.random(len(items)) < self._settings.id_dropout),
            events=torch.from_numpy(events),
            weights=torch.from_numpy(self._pooling(windows, events.shape[1])).flatten(1, 2),
            sessions=torch.from_numpy(windows.of_session * lengths.max() + windows.places),
            latest=self._latest(windows, events),
            candidates=torch.from_numpy(inverse[len(history) :]),
            log_inclusion=log_share,
            positive=torch.from_numpy(positive),
            target=torch.from_numpy(column) if len(column) == len(baskets) else None,
            importance=self._importance(positive.shape, owner, column, values[asked]),
            ignored=ignored,
            linear_targets=self._linear_targets(windows, items[events], candidates, ignored),
            temperature=self._settings.temperature,
        )

    def _pooling(self, windows: Windows, width: int) -> NDArray[np.float32]:
        """(u, k, S, width) the weights of each session's events, one mean for each half-life."""
        shape = (len(windows.lengths), windows.lengths.max(), len(self._settings.half_lives), width)
        weights = np.zeros(shape, np.float32)
        weights[windows.of_session, windows.places] = self._recency(
            windows.sizes, width, self._settings.half_lives
        )
        return weights

    def _importance(
        self, shape: tuple[int, ...], owner: Rows, column: Rows, values: NDArray[np.float32]
    ) -> Tensor | None:
        """(b, c) `values` at the positives; None where all events count the same."""
        if not self._settings.value_power and self._events.liking is None:
            return None
        importance = torch.zeros(shape)
        importance[torch.from_numpy(owner), torch.from_numpy(column)] = torch.from_numpy(values)
        return importance

    def _ignored(self, windows: Windows, events: Rows, candidates: Rows, items: Rows) -> Tensor | None:
        """(b, c) candidates that a session holds already: no negatives; None where users come back to
        items."""
        if self._repeats:
            return None
        first = first_places(events, windows.spans, candidates, items)
        return torch.from_numpy(first[windows.of_session] < windows.sizes[:, None])

    def _linear_targets(
        self, windows: Windows, history: Rows, candidates: Rows, ignored: Tensor | None
    ) -> LinearTargets | None:
        """The linear teacher's scores from the windows' items `history` (u, t); None without the teacher."""
        if self._teacher is None or ignored is None:
            return None
        had = np.searchsorted(candidates, history)[windows.of_session]  # the candidates are all items
        evenly = self._recency(windows.sizes, history.shape[1], [np.inf])[:, 0]
        return self._teacher.targets(torch.from_numpy(had), torch.from_numpy(evenly), ignored)

    def _latest(self, windows: Windows, events: Rows) -> LatestEvents | None:
        """The events (u, t) from the first that each window's first session depends on."""
        if self._settings.attended is None:
            return None
        sizes, spans = windows.sizes, windows.spans
        skipped = np.maximum(sizes[windows.first_sessions] - self._settings.attended, 0)  # (u,)
        width = int((spans - skipped).max())
        places = np.minimum(skipped[:, None] + np.arange(width), events.shape[1] - 1)
        newest = windows.of_session * width + sizes - 1 - skipped[windows.of_session]
        return LatestEvents(
            torch.from_numpy(np.take_along_axis(events, places, axis=1)), torch.from_numpy(newest)
        )

    def _recency(self, lengths: Rows, width: int, half_lives: Sequence[float]) -> NDArray[np.float32]:
        """(b, S, width) the weights of each session's `lengths` (b,) events, for S half-lives."""
        age = (lengths[:, None] - 1 - np.arange(width))[:, None].astype(np.float32)  # newest: 0
        weights = np.exp2(-np.maximum(age, 0) / np.array(half_lives, np.float32)[:, None])
        weights *= (age >= 0) & (age < self._settings.max_history)
        shares: NDArray[np.float32] = weights / weights.sum(axis=2, keepdims=True)
        return shares
