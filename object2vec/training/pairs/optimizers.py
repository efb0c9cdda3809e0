"""AWS's five optimisers, with row-sparse updates of the token tables where asked for.

Weight decay is L2, added to the gradient, as in AWS's MXNet. A sparse step decays only the rows it touches,
and with adam moves only those (`lazy_update` there); sgd and adagrad move no other row anyway.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from object2vec.model.pairs.network import PairNetwork
from object2vec.training.pairs.hyperparameters import PairHyperparameters


class PairOptimizer:
    """One step of all parameters that learn."""

    def __init__(self, network: PairNetwork, settings: PairHyperparameters) -> None:
        learning = [p for p in network.parameters() if p.requires_grad]
        tables = {id(encoder.tokens.weight) for encoder in (network.enc0, network.enc1)}
        self._sparse = [p for p in learning if settings.sparse and id(p) in tables]
        sparse = {id(p) for p in self._sparse}
        dense = [p for p in learning if id(p) not in sparse]
        self._decay = settings.weight_decay
        self._parts = [_optimizer(settings, dense, settings.weight_decay)]
        if self._sparse:
            self._parts.append(_sparse_optimizer(settings, self._sparse))

    def step(self) -> None:
        """Updates all parameters and clears the gradients."""
        if self._decay:
            for parameter in self._sparse:
                _decay_rows(parameter, self._decay)
        for part in self._parts:
            part.step()
            part.zero_grad()

    def state_dict(self) -> list[dict[str, Any]]:
        """The state for a checkpoint."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: Sequence[dict[str, Any]]) -> None:
        """Restores the state of a checkpoint with the same network and settings."""
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)


def _optimizer(settings: PairHyperparameters, parameters: Sequence[nn.Parameter], decay: float) -> Optimizer:
    rate = settings.learning_rate
    match settings.optimizer:
        case "adam":
            return torch.optim.Adam(parameters, rate, weight_decay=decay)
        case "adagrad":
            return torch.optim.Adagrad(parameters, rate, eps=1e-7, weight_decay=decay)
        case "adadelta":  # Zeiler 2012 has no learning rate, and neither AWS's default nor ours is one for it
            return torch.optim.Adadelta(parameters, 1.0, rho=0.9, eps=1e-5, weight_decay=decay)
        case "rmsprop":
            return torch.optim.RMSprop(parameters, rate, alpha=0.9, weight_decay=decay)
    return torch.optim.SGD(parameters, rate, weight_decay=decay)


def _sparse_optimizer(settings: PairHyperparameters, tables: Sequence[nn.Parameter]) -> Optimizer:
    if settings.optimizer == "adam":
        return torch.optim.SparseAdam(list(tables), settings.learning_rate)
    return _optimizer(settings, tables, 0.0)


@torch.no_grad()
def _decay_rows(table: nn.Parameter, decay: float) -> None:
    if table.grad is None:
        return
    gradient = table.grad.coalesce()
    rows = gradient.indices()
    values = gradient.values() + decay * table[rows[0]]
    table.grad = torch.sparse_coo_tensor(rows, values, table.shape, is_coalesced=True)
