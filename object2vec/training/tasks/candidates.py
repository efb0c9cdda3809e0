"""The candidates of a batch: all items, or its targets, a random sample and hard negatives.

Hard negatives are the nearest neighbours where training starts (Xiong et al. 2021, "Approximate nearest
neighbor negative contrastive learning for dense text retrieval"): a random batch is told apart after a few
steps and teaches nothing more.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from object2vec.core.arrays import Rows, Vectors
from object2vec.training.cluster import Cluster
from object2vec.training.ranking_metrics import top_positions
from object2vec.training.tasks.losses import log_inclusion

_FULL_SOFTMAX = 4_096  # items: so many are told apart in every step, more are sampled

_ROWS = 512  # texts compared with all others at once

Shares = NDArray[np.float64]
Neighbours = Callable[[Rows], Rows]
"""Function from items (p,) to the places (p, k) among them of each item's nearest others."""


class CandidateSampler:
    """Draws candidates: in a small catalogue every item that occurs; in a large one the batch's targets,
    their hard negatives and a random sample."""

    def __init__(
        self,
        counts: Rows,
        negatives: int,
        rng: np.random.Generator,
        neighbours: Neighbours | None = None,
        against: Rows | None = None,
    ) -> None:
        """`counts` (items,): how often each item is a target in an epoch, or in proportion to it.
        `neighbours` finds what comes along with a target; it is asked only where items are sampled. Items
        that somebody is `against` (k,) are told apart from the targets too: what nobody likes is never one,
        and would be left where its text puts it, beside what is liked."""
        disliked = np.unique(against) if against is not None else np.zeros(0, np.int64)
        self._pool = np.union1d(np.flatnonzero(counts), disliked)
        self._everything = len(self._pool) <= max(_FULL_SOFTMAX, negatives)
        self._negatives, self._rng = negatives, rng
        near = np.empty((len(self._pool), 0), np.int64)
        if neighbours is not None and not self._everything:
            near = neighbours(self._pool)
        self._near = self._pool[near]  # (p, k) items
        self._share = _with_those_near(counts / max(counts.sum(), 1), self._pool, self._near)

    def divide(self, cluster: Cluster) -> None:
        """Draws this process's part of the random sample: its targets are told apart from fewer at once."""
        self._negatives = cluster.part(self._negatives)

    @property
    def everything(self) -> Rows | None:
        """(p,) the candidates of every batch; None where a sample is drawn."""
        return self._pool if self._everything else None

    def draw(self, targets: Rows) -> tuple[Rows, Tensor]:
        """Distinct items (c,) in rising order, the targets (n,) among them, and the log of the chance that
        each is there: (c,)."""
        if self._everything:
            return self._pool, torch.zeros(len(self._pool))
        near = self._near[np.searchsorted(self._pool, targets)].ravel()
        negatives = self._rng.choice(self._pool, self._negatives)
        candidates = np.unique(np.concatenate([targets, near, negatives]))
        expected = len(targets) * self._share[candidates] + len(negatives) / len(self._pool)
        return candidates, log_inclusion(torch.from_numpy(expected.astype(np.float32)))


def nearest_others(vectors: Vectors, count: int) -> Rows:
    """(t, count) the nearest others of t unit vectors, the nearest first."""
    count = min(count, len(vectors) - 1)
    found = [np.empty((0, count), np.int64)]
    for at in range(0, len(vectors), _ROWS):
        cosines = vectors[at : at + _ROWS] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, at + rows] = -np.inf
        found.append(top_positions(cosines, count) if count else np.empty((len(rows), 0), np.int64))
    return np.concatenate(found)


def _with_those_near(share: Shares, pool: Rows, near: Rows) -> Shares:
    """(items,) the chance that a target brings each item into its batch: by being it, or by having it among
    its `near` items (p, k).

    In the batch of such a target the neighbour is certain to be there, but so is the target itself; both are
    corrected by their chance over all batches (Yi et al.). So two items that bring each other along have the
    same chance, and only the logits decide between them. With a chance of 1 for the neighbour alone it would
    rank below every rare target from the start and would not be hard any more."""
    return share + np.bincount(near.ravel(), np.repeat(share[pool], near.shape[1]), len(share))
