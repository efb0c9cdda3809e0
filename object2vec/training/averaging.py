"""A running mean of the weights, which evens out the noise of single steps.

Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging", with a mean that forgets
(Kingma & Ba 2015, section 7.2). Where training stops early, at a high learning rate, the mean is about as
good as if the rate had come to its end there.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

_UPDATES = 10  # of the mean, at least, within what it remembers
_EVERY = 10  # steps between updates, at most: the mean passes over the whole table, a step over a few rows


class WeightAverage:
    """An exponential mean of `tensors`, which reaches back about `horizon` steps; nothing if that is 0."""

    def __init__(self, tensors: Sequence[Tensor], horizon: int) -> None:
        self._tensors = tensors
        self._every = min(max(horizon // _UPDATES, 1), _EVERY)
        self._slowest = self._every / max(horizon, 1)
        self._means: list[Tensor] = []
        self._active = horizon > 0

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Adds the weights after a step, counted from 1. The first steps soon lose their influence."""
        if not self._active or step % self._every:
            return
        if not self._means:
            self._means = [tensor.detach().clone() for tensor in self._tensors]
        rate = max(self._slowest, 2 / (step // self._every + 1))
        for mean, tensor in zip(self._means, self._tensors, strict=True):
            mean.lerp_(tensor.detach(), min(rate, 1.0))

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside the context the tensors hold the mean, after it the values that they had before."""
        before = [tensor.detach().clone() for tensor in self._tensors] if self._means else []
        self._fill(self._means)
        try:
            yield
        finally:
            self._fill(before)

    @torch.no_grad()
    def _fill(self, values: Sequence[Tensor]) -> None:
        for tensor, value in zip(self._tensors, values, strict=False):
            tensor.copy_(value)

    def state_dict(self) -> dict[str, list[Tensor]]:
        """The state for a checkpoint."""
        return {"means": self._means}

    def load_state_dict(self, state: dict[str, list[Tensor]]) -> None:
        """Restores the state of a checkpoint."""
        pairs = zip(state["means"], self._tensors, strict=False)  # none before the first update
        self._means = [mean.to(tensor.device) for mean, tensor in pairs]
