"""Which session encoders a training tries, and which of them it keeps (docs/adr/0028-session-encoders.md)."""

from collections.abc import Mapping

from object2vec.training.dataset import Interactions
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.trainer import TrainingResult

POOLED, ATTENTION = "pooled", "attention"
_PEOPLE = 200
"""Fewer with something to be found cannot tell two encoders apart: the simpler one is taken."""


def session_encoders(settings: Hyperparameters, events: Interactions, people: int) -> tuple[str, ...]:
    """The asked one; for auto both, where the order of events can matter and `people` are there to tell.

    Where users come back to items, as to groceries, what they usually take says more than what they took
    last, and the order within a basket says nothing: auto pools."""
    if settings.session_encoder != "auto":
        return (settings.session_encoder,)
    if settings.session_order == "any" or people < _PEOPLE or events.has_repeats():
        return (POOLED,)
    return (POOLED, ATTENTION)


def better(results: Mapping[str, TrainingResult]) -> str:
    """The encoder with the highest validation metric, the first among equals."""
    chosen = max(results, key=lambda encoder: results[encoder].validation or 0.0)
    if len(results) > 1:
        measured = ", ".join(f"{name} {result.validation or 0.0:.4f}" for name, result in results.items())
        print(f"session encoder: {chosen} (validation ndcg: {measured})")
    return chosen
