"""Chooses the session encoder: pooling, attention, or the better of both
(docs/adr/0028-session-encoders.md)."""

from collections.abc import Mapping

from object2vec.training.dataset import Interactions
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.trainer import TrainingResult

POOLED, ATTENTION = "pooled", "attention"
_MIN_USERS = 200
"""Validation users that are needed to compare two encoders; with fewer, sessions are pooled."""


def session_encoders(settings: Hyperparameters, events: Interactions, users: int) -> tuple[str, ...]:
    """The encoders to try: the one that the settings name, or for `auto` both, if the order of events can
    matter and there are enough validation `users` to compare them.

    Where users come back to items, as to groceries, the order of events tells little: `auto` only pools."""
    if settings.session_encoder != "auto":
        return (settings.session_encoder,)
    if settings.session_order == "any" or users < _MIN_USERS or events.people_return():
        return (POOLED,)
    return (POOLED, ATTENTION)


def better(results: Mapping[str, TrainingResult]) -> str:
    """The encoder with the highest validation metric, the first among equals."""
    return max(results, key=lambda encoder: results[encoder].validation or 0.0)


def compared(results: Mapping[str, TrainingResult]) -> str:
    """A line for the log with what each encoder reached."""
    measured = ", ".join(f"{name} {result.validation or 0.0:.4f}" for name, result in results.items())
    return f"session encoder: {better(results)} (validation ndcg: {measured})"
