"""Early stopping as AWS's Object2Vec has it: patience in epochs, tolerance on the validation metric."""

from typing import Any

import torch

from object2vec.model.artefact import Weights, present


class EarlyStopping:
    """Keeps a copy of the best weights and says when to stop."""

    def __init__(self, patience: int, tolerance: float) -> None:
        self._patience, self._tolerance = patience, tolerance
        self._since = 0
        self._bar = -float("inf")
        self.best = -float("inf")
        self.best_weights: Weights | None = None

    def update(self, metric: float, weights: Weights) -> None:
        """Takes one epoch's metric (higher is better)."""
        if metric > self.best:
            self.best, self.best_weights = metric, weights.copy()
        if metric > self._bar + self._tolerance:
            self._bar, self._since = metric, 0
        else:
            self._since += 1

    @property
    def over(self) -> bool:
        """Whether training should stop."""
        return self._since >= self._patience

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        best = {} if self.best_weights is None else present(self.best_weights)
        weights = {name: torch.from_numpy(table) for name, table in best.items()}
        return {"since": self._since, "bar": self._bar, "best": self.best, "weights": weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self._since, self._bar, self.best = state["since"], state["bar"], state["best"]
        weights = {name: table.numpy() for name, table in state["weights"].items()}
        self.best_weights = Weights(**weights) if weights else None
