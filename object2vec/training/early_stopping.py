"""Early stopping as AWS's Object2Vec has it: patience in epochs, tolerance on the validation metric."""

from object2vec.model.artefact import Weights


class EarlyStopping:
    """Keeps a copy of the best weights and says when to stop."""

    def __init__(self, patience: int, tolerance: float) -> None:
        self._patience, self._tolerance = patience, tolerance
        self._since = 0
        self._bar = -float("inf")
        self.best = -float("inf")
        self.best_weights: Weights | None = None

    def update(self, metric: float, weights: Weights) -> bool:
        """Takes one epoch's metric (higher is better); True when training should stop."""
        if metric > self.best:
            self.best, self.best_weights = metric, weights.copy()
        if metric > self._bar + self._tolerance:
            self._bar, self._since = metric, 0
            return False
        self._since += 1
        return self._since >= self._patience
