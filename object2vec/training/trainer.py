"""The training loop: all tasks in every step, one weighted loss, early stopping on held-out behaviour."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from object2vec.model.artefact import Weights
from object2vec.model.network import LocalRows, TwoTowerNetwork
from object2vec.training.early_stopping import EarlyStopping
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.progress import TrainingProgress
from object2vec.training.row_adam import RowAdam

_FINAL_RATE = 0.05  # share of the learning rate that is left at the end
_SMOOTHING = 0.98
_TIME_MATTERS = 0.1


class Batch(Protocol):
    """One task's share of a step."""

    @property
    def pairs(self) -> int:
        """Number of positive pairs."""

    def needed(self) -> Sequence[Tensor]:
        """The table rows to gather."""

    def loss(self, network: TwoTowerNetwork, local: LocalRows) -> Tensor:
        """Scalar loss on the gathered rows."""


class Task(Protocol):
    """An endless source of batches; `len` is the number of batches that see everything once."""

    @property
    def name(self) -> str:
        """Names the loss in the log."""

    def __len__(self) -> int: ...

    def epoch(self) -> Iterator[Batch]:
        """Everything once, in a new random order."""


class TrainingDivergedError(RuntimeError):
    """The loss is no number any more."""


@dataclass(slots=True)
class TrainingResult:
    """The best weights, and how training went."""

    weights: Weights
    steps: int = 0
    pairs: int = 0
    seconds: float = 0.0
    epochs: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    validation: float | None = None


def train(
    network: TwoTowerNetwork,
    tasks: Mapping[str, tuple[Task, float]],
    validate: Callable[[Weights], float | None],
    settings: Hyperparameters,
) -> TrainingResult:
    """Trains on the tasks (by name, with their weights); an epoch is an epoch of the first task.

    `validate` gives the metric to stop on, higher is better, or None if there is nothing to measure: then all
    epochs are run and the last weights kept. Raises TrainingDivergedError.
    """
    rates = torch.ones(len(network.table))
    rates[: network.word_count] = settings.word_rate
    optimizer = RowAdam(
        network.table, list(network.parameters()), settings.learning_rate, settings.weight_decay, rates
    )
    result = TrainingResult(network.export())
    stopping = EarlyStopping(settings.early_stopping_patience, settings.early_stopping_tolerance)
    sources = {name: _endless(task) for name, (task, _) in tasks.items()}
    steps_an_epoch = len(next(iter(tasks.values()))[0])
    total = steps_an_epoch * settings.epochs
    start = time.monotonic()
    with TrainingProgress(total) as progress:
        for _ in range(settings.epochs):
            for _ in range(steps_an_epoch):
                done = _done(result.steps / total, (time.monotonic() - start) / settings.time_limit)
                optimizer.learning_rate = settings.learning_rate * max(_FINAL_RATE, 1 - done)
                _step(network, tasks, sources, optimizer, result)
                progress.step(result.losses)
                if done >= 1:
                    break
            result.epochs += 1
            metric = validate(network.export())
            progress.say(_epoch_line(result, metric, time.monotonic() - start))
            stop = metric is not None and stopping.update(metric, network.export())
            if stop or time.monotonic() - start >= settings.time_limit:
                break
    result.seconds = time.monotonic() - start
    result.weights = stopping.best_weights or network.export()
    result.validation = stopping.best if stopping.best_weights else None
    return result


def _done(steps: float, seconds: float) -> float:
    """The share of training that is over, from the shares of its steps and of its time. Time counts only once
    it is clearly what ends first: as long as it is not, equal seeds give equal models."""
    return seconds if seconds > max(steps, _TIME_MATTERS) else steps


def _step(
    network: TwoTowerNetwork,
    tasks: Mapping[str, tuple[Task, float]],
    sources: Mapping[str, Iterator[Batch]],
    optimizer: RowAdam,
    result: TrainingResult,
) -> None:
    batches = {name: next(source) for name, source in sources.items()}
    local = network.gather([rows for batch in batches.values() for rows in batch.needed()])
    losses = {name: batch.loss(network, local) for name, batch in batches.items()}
    weighted = [losses[name] * weight for name, (_, weight) in tasks.items()]
    torch.stack(weighted).sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step(local)
    for name, loss in losses.items():
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingDivergedError(f"the {name} loss is no number: try a lower learning_rate")
        result.losses[name] = result.losses.get(name, value) * _SMOOTHING + value * (1 - _SMOOTHING)
    result.steps += 1
    result.pairs += sum(batch.pairs for batch in batches.values())


def _endless(task: Task) -> Iterator[Batch]:
    while True:
        yield from task.epoch()


def _epoch_line(result: TrainingResult, metric: float | None, seconds: float) -> str:
    losses = " ".join(f"{name} loss {loss:.4f}" for name, loss in result.losses.items())
    shown = "nothing to validate on" if metric is None else f"validation ndcg {metric:.4f}"
    return f"epoch {result.epochs} {losses} {shown} {result.pairs / seconds:,.0f} pairs/s {seconds:.0f} s"
