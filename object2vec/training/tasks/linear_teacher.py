"""A linear autoencoder of the log as a second teacher of the task "next item".

EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data") learns co-purchase in closed form,
the model from one example after the other; the two make different errors. So a session also learns how the
autoencoder ranks all items for it, the unlikely ones too (Hinton et al. 2015, "Distilling the knowledge in a
neural network"). The teacher is not part of the model (docs/lab/sessions.md has the gain).
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from object2vec.core.arrays import Rows
from object2vec.ranker.copurchase_fit import Counts, linear_weights
from object2vec.training.dataset import Interactions

SHARPNESS = 0.5
"""The scale of the teacher's scores in its softmax: how many units a standard deviation becomes."""
MOST_USERS = 50_000
"""Users that it is fitted to, evenly chosen: more take minutes and add little."""
ASKED = 64
"""Sessions of a batch that it scores, at most: scoring one takes as long as a training step of it."""


@dataclass(frozen=True, slots=True)
class LinearTargets:
    """The teacher's scores of n sessions of a batch for its c candidates."""

    sessions: Tensor  # (n,) into the batch's b sessions
    shares: Tensor  # (n, c) the teacher's probabilities of the candidates; 0 for ignored ones
    weight: float

    def loss(self, logits: Tensor, ignored: Tensor) -> Tensor:
        """The weighted cross entropy of logits (b, c), without what is `ignored` (b, c)."""
        asked = logits.index_select(0, self.sessions)
        known = asked.masked_fill(ignored.index_select(0, self.sessions), -torch.inf)
        return self.weight * (torch.logsumexp(known, dim=1) - (self.shares * asked).sum(dim=1)).mean()


class LinearTeacher:
    """EASE fitted to the users' sets of items. It ignores order, and scores only items that a user has not
    had."""

    def __init__(self, events: Interactions, pool: Rows, weight: float) -> None:
        """`pool` (p,): the items that occur in the events, ascending."""
        known = np.unique(events.users)
        events = events.where(np.isin(events.users, known[:: math.ceil(len(known) / MOST_USERS)]))
        places = np.searchsorted(pool, events.items)
        pairs, times = np.unique(events.users * len(pool) + places, return_counts=True)
        users, items = np.divmod(pairs, len(pool))
        self._weights = torch.from_numpy(linear_weights(Counts(users, items, times), len(pool)))
        self._weight = weight

    def targets(self, had: Tensor, weights: Tensor, ignored: Tensor) -> LinearTargets | None:
        """The teacher's scores for `ASKED` sessions, evenly chosen among those with a candidate left; None if
        there are none. had (b, t): the places in the pool of each session's items, with `weights` (b, t);
        ignored (b, p): candidates that are left out."""
        sessions = (~ignored).any(dim=1).nonzero().flatten()
        if not len(sessions):
            return None
        sessions = sessions[:: math.ceil(len(sessions) / ASKED)]
        had, weights, ignored = had[sessions], weights[sessions], ignored[sessions]
        counts = torch.zeros(len(sessions), len(self._weights)).scatter_add_(1, had, weights)
        scores = (counts @ self._weights).masked_fill(ignored, 0.0)
        number = (~ignored).sum(dim=1, keepdim=True)
        centred = (scores - scores.sum(dim=1, keepdim=True) / number).masked_fill(ignored, 0.0)
        spread = (centred.square().sum(dim=1, keepdim=True) / number).sqrt().clamp_min(1e-9)
        logits = (centred * (SHARPNESS / spread)).masked_fill(ignored, -torch.inf)
        return LinearTargets(sessions, torch.softmax(logits, dim=1), self._weight)
