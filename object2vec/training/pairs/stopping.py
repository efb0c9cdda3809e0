"""Early stopping as AWS's Object2Vec has it, in a form that a checkpoint can hold."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass(slots=True)
class Stopping:
    """Keeps the weights of the lowest loss, and says when it has not come down by `tolerance` for `patience`
    epochs in a row (hyperparameters early_stopping_tolerance and early_stopping_patience)."""

    patience: int
    tolerance: float
    bar: float = float("inf")  # the loss of the last epoch that was an improvement
    since: int = 0
    best: float = float("inf")
    weights: dict[str, Tensor] = field(default_factory=dict)

    def update(self, loss: float, network: nn.Module) -> None:
        """Takes one epoch's loss."""
        if loss < self.best:
            self.best = loss
            self.weights = {k: v.detach().cpu().clone() for k, v in network.state_dict().items()}
        if loss <= self.bar - self.tolerance:
            self.bar, self.since = loss, 0
        else:
            self.since += 1

    @property
    def over(self) -> bool:
        """Whether training should end."""
        return self.since >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {name: getattr(self, name) for name in ("bar", "since", "best", "weights")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        for name, value in state.items():
            setattr(self, name, value)
