"""Adam on the table rows a step touched (lazy Adam), and on the small dense parameters.

Kingma & Ba 2015, "Adam: a method for stochastic optimization". Moments of rows that a step does not
touch stay as they are; the bias correction counts each row's own updates.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from object2vec.model.retrieval.network import LocalRows

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class RowAdam:
    """Updates `table` (n, d) in place from the gradient of the rows that were gathered from it.

    `weight_decay` pulls a row towards its first value, not towards zero: a word towards the seed's vector, an
    item's row towards none (its words alone). It is decoupled from the gradient (Loshchilov
    & Hutter 2019)."""

    def __init__(
        self,
        table: Tensor,
        dense: Sequence[nn.Parameter],
        learning_rate: float,
        weight_decay: float = 0.0,
        row_rates: Tensor | None = None,
    ) -> None:
        self._table = table
        self._home = table.clone() if weight_decay else table
        self._first = torch.zeros_like(table)
        # One number a row: a third of the memory traffic, and no worse.
        self._second = table.new_zeros(len(table))
        self._steps = table.new_zeros(len(table))
        self._dense = torch.optim.Adam(dense, lr=learning_rate)
        self.learning_rate = learning_rate
        self._weight_decay = weight_decay
        self._rates = table.new_ones(len(table)) if row_rates is None else row_rates  # (n,) of the rate

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
        first = self._first.index_select(0, rows).lerp_(gradient, 1 - _BETA1)
        second = self._second.index_select(0, rows).lerp_(gradient.square().mean(dim=1), 1 - _BETA2)
        for table, updated in ((self._steps, steps), (self._first, first), (self._second, second)):
            table.index_copy_(0, rows, updated)
        scale = self.learning_rate * self._rates[rows] / (1 - _BETA1**steps)
        scale /= (second / (1 - _BETA2**steps)).sqrt_().add_(_EPSILON)
        moved = vectors.detach() - first.mul_(scale[:, None])
        if self._weight_decay:
            moved.lerp_(self._home.index_select(0, rows), self.learning_rate * self._weight_decay)
        self._table.index_copy_(0, rows, moved)

    def state_dict(self) -> dict[str, Any]:
        """The state for a checkpoint, without the table, which is the network's."""
        rows = {"first": self._first, "second": self._second, "steps": self._steps}
        home = {"home": self._home} if self._weight_decay else {}
        return {**rows, **home, "dense": self._dense.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores the state of a checkpoint."""
        rows = (state[name].to(self._table.device) for name in ("first", "second", "steps"))
        self._first, self._second, self._steps = rows
        self._home = state["home"].to(self._table.device) if self._weight_decay else self._table
        self._dense.load_state_dict(state["dense"])
