"""Which items a batch tells its targets from."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from object2vec.training.dataset import Codes
from object2vec.training.tasks.losses import log_inclusion

_FULL_SOFTMAX = 4_096  # items: so many are told apart in every step, more are sampled

Shares = NDArray[np.float64]
Neighbours = Callable[[Codes], Codes]
"""From items (p,) to the places among them of each one's nearest others: (p, k)."""


class CandidateSampler:
    """Every item of a small catalogue that occurs at all; of a large one the batch's targets, what is hard to
    tell from them, and a sample."""

    def __init__(
        self,
        counts: Codes,
        negatives: int,
        rng: np.random.Generator,
        neighbours: Neighbours | None = None,
    ) -> None:
        """`counts` (items,): how often each item is a target in an epoch, or in proportion to it.
        `neighbours` finds what comes along with a target; it is asked only where items are sampled."""
        self._pool = np.flatnonzero(counts)
        self._everything = len(self._pool) <= max(_FULL_SOFTMAX, negatives)
        self._negatives, self._rng = negatives, rng
        near = np.empty((len(self._pool), 0), np.int64)
        if neighbours is not None and not self._everything:
            near = neighbours(self._pool)
        self._near = self._pool[near]  # (p, k) items
        self._share = _with_those_near(counts / max(counts.sum(), 1), self._pool, self._near)

    @property
    def everything(self) -> Codes | None:
        """(p,) what every batch tells its targets from; None where a sample is drawn."""
        return self._pool if self._everything else None

    def draw(self, targets: Codes) -> tuple[Codes, Tensor]:
        """Distinct items (c,) in rising order, the targets (n,) among them, and the log of the chance that
        each is there: (c,)."""
        if self._everything:
            return self._pool, torch.zeros(len(self._pool))
        near = self._near[np.searchsorted(self._pool, targets)].ravel()
        negatives = self._rng.choice(self._pool, self._negatives)
        candidates = np.unique(np.concatenate([targets, near, negatives]))
        expected = len(targets) * self._share[candidates] + len(negatives) / len(self._pool)
        return candidates, log_inclusion(torch.from_numpy(expected.astype(np.float32)))


def _with_those_near(share: Shares, pool: Codes, near: Codes) -> Shares:
    """(items,) the share of the targets that bring each item along: by being it, or by having it among their
    own `near` (p, k).

    To the row of such a target the item is certain to come, but so is the target itself, and both are
    corrected by their chance over all batches (Yi et al.). Two items that bring each other along then have
    the same chance, and only the logits decide between them; with a chance of 1 for the neighbour alone it
    would stand behind every rare target from the start, and be hard no more."""
    return share + np.bincount(near.ravel(), np.repeat(share[pool], near.shape[1]), len(share))
