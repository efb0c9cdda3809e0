"""Which items a batch tells its targets from."""

import numpy as np
import torch
from torch import Tensor

from object2vec.training.dataset import Codes
from object2vec.training.tasks.losses import log_inclusion

_FULL_SOFTMAX = 4_096  # items: so many are told apart in every step, more are sampled


class CandidateSampler:
    """Every item of a small catalogue that occurs at all; of a large one the batch's targets and a sample."""

    def __init__(self, counts: Codes, negatives: int, rng: np.random.Generator) -> None:
        """`counts` (items,): how often each item is a target in an epoch, or in proportion to it."""
        self._share = counts / max(counts.sum(), 1)
        self._pool = np.flatnonzero(counts)
        self._negatives, self._rng = negatives, rng

    def draw(self, targets: Codes) -> tuple[Codes, Tensor]:
        """Distinct items (c,) in rising order, the targets (n,) among them, and the log of the chance that
        each is there: (c,)."""
        if len(self._pool) <= max(_FULL_SOFTMAX, self._negatives):
            return self._pool, torch.zeros(len(self._pool))
        negatives = self._rng.choice(self._pool, self._negatives)
        candidates = np.unique(np.concatenate([targets, negatives]))
        expected = len(targets) * self._share[candidates] + len(negatives) / len(self._pool)
        return candidates, log_inclusion(torch.from_numpy(expected.astype(np.float32)))
