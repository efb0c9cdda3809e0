"""Early stopping as AWS's Object2Vec does it, in a form that a checkpoint can hold.

Hyperparameters `early_stopping_patience` and `early_stopping_tolerance`
(https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from torch import Tensor

_SETTINGS = ("patience", "tolerance")


@dataclass(slots=True)
class EarlyStopping:
    """Keeps the weights of the best epoch. Training is over when the metric (more is better) has not improved
    by `tolerance` for `patience` epochs in a row."""

    patience: int
    tolerance: float
    bar: float = -float("inf")  # the metric of the last epoch that was an improvement
    since: int = 0
    best: float = -float("inf")
    weights: Mapping[str, Tensor] = field(default_factory=dict)

    def update(self, metric: float, weights: Callable[[], Mapping[str, Tensor]]) -> None:
        """Takes one epoch's metric; `weights` gives a copy of what it was measured with."""
        if metric > self.best:
            self.best, self.weights = metric, weights()
        if metric >= self.bar + self.tolerance:
            self.bar, self.since = metric, 0
        else:
            self.since += 1

    @property
    def over(self) -> bool:
        """Whether training should end."""
        return self.since >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """The state for a checkpoint."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _SETTINGS}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores the state of a checkpoint."""
        for name, value in state.items():
            setattr(self, name, value)
