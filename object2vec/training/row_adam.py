"""Adam on the table rows a step touched (lazy Adam), and on the small dense parameters.

Kingma & Ba 2015, "Adam: a method for stochastic optimization". Moments of rows that a step does not
touch stay as they are; the bias correction counts each row's own updates.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from object2vec.model.network import LocalRows

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class RowAdam:
    """Updates `table` (n, d) in place from the gradient of the rows that were gathered from it."""

    def __init__(
        self,
        table: Tensor,
        dense: Sequence[nn.Parameter],
        learning_rate: float,
        weight_decay: float = 0.0,
        row_rates: Tensor | None = None,
    ) -> None:
        self._table = table
        self._first = torch.zeros_like(table)
        self._second = torch.zeros(len(table))  # one a row: a third of the memory traffic, no worse
        self._steps = torch.zeros(len(table))
        self._dense = torch.optim.AdamW(dense, lr=learning_rate, weight_decay=weight_decay)
        self.learning_rate = learning_rate
        self._weight_decay = weight_decay
        self._rates = torch.ones(len(table)) if row_rates is None else row_rates  # (n,) shares of the rate

    @torch.no_grad()
    def step(self, local: LocalRows) -> None:
        """Applies and clears the gradients."""
        for group in self._dense.param_groups:
            group["lr"] = self.learning_rate
        self._dense.step()
        self._dense.zero_grad()
        if local.vectors.grad is not None:
            self._update_rows(local.rows, local.vectors, local.vectors.grad)

    def _update_rows(self, rows: Tensor, vectors: Tensor, gradient: Tensor) -> None:
        steps = self._steps[rows] + 1
        first = self._first[rows].lerp_(gradient, 1 - _BETA1)
        second = self._second[rows].lerp_(gradient.square().mean(dim=1), 1 - _BETA2)
        self._steps[rows], self._first[rows], self._second[rows] = steps, first, second
        scale = self.learning_rate * self._rates[rows] / (1 - _BETA1**steps)
        scale /= (second / (1 - _BETA2**steps)).sqrt_().add_(_EPSILON)
        decayed = vectors.detach() * (1 - self.learning_rate * self._weight_decay)
        self._table[rows] = decayed.sub_(first.mul_(scale[:, None]))
