"""The training loop: all tasks in every step, one weighted loss, early stopping on held-out behaviour."""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Protocol, TypedDict

import numpy as np
import torch
from torch import Tensor

from object2vec.core.errors import InputError
from object2vec.model.retrieval.forward import Weights
from object2vec.model.retrieval.network import LocalRows, TwoTowerNetwork
from object2vec.training.averaging import WeightAverage
from object2vec.training.checkpoint import load_checkpoint, save_checkpoint
from object2vec.training.cluster import ALONE, Cluster
from object2vec.training.device import brought, half_precision, pinned
from object2vec.training.early_stopping import EarlyStopping
from object2vec.training.exchange import StepResult, mean_of_all
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.progress import TrainingProgress
from object2vec.training.row_adam import RowAdam

_FINAL_RATE = 0.05  # share of the learning rate that is left at the end
_SMOOTHING = 0.98
_TIME_MATTERS = 0.1
_PROGRESS = ("steps", "pairs", "task_pairs", "epochs", "losses", "history")


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
        """All batches of an epoch, in a new random order."""


class TrainingDivergedError(InputError):
    """The loss is no number any more."""


class Epoch(TypedDict):
    """A point of the learning curve, as checkpoints and manifests hold it."""

    epoch: int  # from 1
    losses: dict[str, float]  # by task, smoothed over the latest steps
    validation: float | None


@dataclass(slots=True)
class TrainingResult:
    """The best weights, and how training went."""

    weights: Weights
    steps: int = 0
    pairs: int = 0
    task_pairs: dict[str, int] = field(default_factory=dict)  # the same by task
    seconds: float = 0.0
    epochs: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    history: list[Epoch] = field(default_factory=list)
    validation: float | None = None


@dataclass(frozen=True, slots=True)
class Resumption:
    """A training that can be resumed: the folder of its state, the identity of data and settings, and the
    random generator."""

    folder: Path
    identity: str
    rng: np.random.Generator


def use_one_thread() -> None:
    """Keeps torch to one thread: a step's operations are so small that two threads take 2.8 times as long."""
    torch.set_num_threads(1)


def train(
    network: TwoTowerNetwork,
    tasks: Mapping[str, tuple[Task, float]],
    validate: Callable[[Weights], float | None],
    settings: Hyperparameters,
    resumption: Resumption | None = None,
    *,
    cluster: Cluster = ALONE,
) -> TrainingResult:
    """Trains on the tasks (by name, with their weights); an epoch is an epoch of the first task. The
    processes of a cluster have each their share of the tasks, and the same network in every step.

    `validate` gives the metric to stop on, higher is better, or None if there is nothing to measure: then all
    epochs are run and the last weights kept. With `resumption` a training that was interrupted goes on after
    its last whole epoch and ends as if nothing had happened. Raises TrainingDivergedError.
    """
    training = _Training(network, tasks, settings, cluster)
    if resumption is not None:
        training.load(resumption)
    with (
        training.second_thread,
        TrainingProgress(
            training.total - training.result.steps, quiet=not cluster.leads, limit=training.time_left
        ) as progress,
    ):
        while not training.over:
            training.epoch(progress)
            training.finish_epoch(validate, progress)
            if resumption is not None:
                training.save(resumption)
    return training.finished()


class _Training:
    """Everything that changes during a training.

    A second thread takes what can be done beside the first task's gradient: the other tasks' gradients, which
    are added in the order of the tasks, and drawing the next step's batches. So a second core is used, and
    equal seeds give equal models all the same."""

    def __init__(
        self,
        network: TwoTowerNetwork,
        tasks: Mapping[str, tuple[Task, float]],
        settings: Hyperparameters,
        cluster: Cluster,
    ) -> None:
        self._device = cluster.device
        network.to(self._device)
        rates = network.table.new_ones(len(network.table))
        rates[: network.word_count] = settings.word_rate
        self._network, self._tasks, self._settings, self._cluster = network, tasks, settings, cluster
        self._optimizer = RowAdam(
            network.table,
            list(network.parameters()),
            settings.learning_rate,
            settings.weight_decay,
            rates,
        )
        self._stopping = EarlyStopping(settings.early_stopping_patience, settings.early_stopping_tolerance)
        self._steps_an_epoch = max(cluster.of_all(len(next(iter(tasks.values()))[0])))
        self.second_thread = ThreadPoolExecutor(1)
        self._started, self._seconds = time.monotonic(), 0.0
        self.total = self._steps_an_epoch * settings.epochs
        remembered = math.ceil(settings.average_epochs * self._steps_an_epoch)
        self._average = WeightAverage([network.table, *network.parameters()], remembered)
        self.result = TrainingResult(network.export())

    @property
    def over(self) -> bool:
        """Whether training ends: all epochs are done, nothing improves any more, or time is up."""
        late = self._seconds >= self._settings.time_limit
        return late or self._stopping.over or self.result.epochs >= self._settings.epochs

    @property
    def time_left(self) -> float:
        """Seconds until the time is up."""
        return self._settings.time_limit - self._seconds

    @property
    def _own_seconds(self) -> float:
        """Since the start, by this process's clock; `_seconds` is what all processes go by."""
        return time.monotonic() - self._started

    def epoch(self, progress: TrainingProgress) -> None:
        """Trains one epoch of the first task, or as much as there is time for."""
        sources = {name: _endless(task) for name, (task, _) in self._tasks.items()}

        def drawn() -> dict[str, Batch]:
            return {name: pinned(next(source), self._device) for name, source in sources.items()}

        batches = self.second_thread.submit(drawn)
        for left in reversed(range(self._steps_an_epoch)):
            done = _done(self.result.steps / self.total, self._seconds / self._settings.time_limit)
            self._optimizer.learning_rate = self._settings.learning_rate * max(_FINAL_RATE, 1 - done)
            batches = self._step(batches.result(), drawn if left else dict)
            progress.step(self.result.losses)
            if done >= 1:
                break

    def _step(
        self, batches: Mapping[str, Batch], draw: Callable[[], dict[str, Batch]]
    ) -> "Future[dict[str, Batch]]":
        """Learns from one batch of each task; returns the result of `draw`, the next step's batches."""
        local = self._network.gather([rows for batch in batches.values() for rows in batch.needed()])
        first, *others = batches
        other_tasks = [
            self.second_thread.submit(self._learned, batches[name], name, local) for name in others
        ]
        following = self.second_thread.submit(draw)
        learned = [self._learned(batches[first], first, local), *(found.result() for found in other_tasks)]
        step = StepResult(
            local,
            [_added(gradients) for gradients in zip(*(found for _, found in learned), strict=True)],
            [self._own_seconds, *(value for value, _ in learned), *(b.pairs for b in batches.values())],
        )
        self._apply(mean_of_all(step, self._network, self._cluster), list(batches))
        return following

    def _apply(self, step: StepResult, tasks: Sequence[str]) -> None:
        """Changes the weights, and counts what was learned."""
        self._seconds, *numbers = step.numbers
        for name, value, pairs in zip(tasks, numbers[: len(tasks)], numbers[len(tasks) :], strict=True):
            if not math.isfinite(value):
                raise TrainingDivergedError(self._diverged(name))
            before = self.result.losses.get(name, value)
            self.result.losses[name] = before * _SMOOTHING + value * (1 - _SMOOTHING)
            learned = round(pairs * self._cluster.size)
            self.result.pairs += learned
            self.result.task_pairs[name] = self.result.task_pairs.get(name, 0) + learned
        for leaf, gradient in zip(self._leaves(step.local), step.gradients, strict=True):
            leaf.grad = gradient
        self._optimizer.step(step.local)
        self.result.steps += 1
        self._average.update(self.result.steps)

    def _learned(self, batch: Batch, name: str, local: LocalRows) -> tuple[float, Sequence[Tensor | None]]:
        """A task's loss, and the gradient of its weighted loss for each leaf; None for a leaf that it does
        not use."""
        with half_precision(self._device):
            loss = brought(batch, self._device).loss(self._network, local)
        weighted = loss * self._tasks[name][1]
        return loss.item(), torch.autograd.grad(weighted, self._leaves(local), allow_unused=True)

    def _leaves(self, local: LocalRows) -> list[Tensor]:
        return [local.vectors, *self._network.parameters()]

    def _diverged(self, name: str) -> str:
        return (
            f"the {name} loss is no number in epoch {self.result.epochs + 1}, step {self.result.steps + 1}:"
            f" try a learning_rate below {self._settings.learning_rate:g}; a folder of checkpoints holds the"
            " last good epoch"
        )

    def finish_epoch(self, validate: Callable[[Weights], float | None], progress: TrainingProgress) -> None:
        """Measures the mean of the latest weights, and keeps it if it is the best so far."""
        with self._average.applied():
            weights = self._network.export()
            metric, self._seconds = self._cluster.told(lambda: (validate(weights), self._own_seconds))
            if metric is not None:
                self._stopping.update(metric, lambda: _tensors(weights))
        self.result.epochs += 1
        self.result.history.append(
            {"epoch": self.result.epochs, "losses": dict(self.result.losses), "validation": metric}
        )
        progress.epoch(_epoch_line(self.result, metric, self._seconds))

    def finished(self) -> TrainingResult:
        """The result with the best weights, or the last ones where nothing could be measured."""
        self.result.seconds = self._seconds
        if best := self._stopping.weights:
            self.result.validation = self._stopping.best
            self.result.weights = Weights(**{name: table.numpy() for name, table in best.items()})
        else:
            with self._average.applied():
                self.result.weights = self._network.export().copy()
        return self.result

    def save(self, resumption: Resumption) -> None:
        """Writes the checkpoint of the last epoch, in the process that leads."""
        randomness = self._cluster.of_all(json.dumps(resumption.rng.bit_generator.state))
        dropout = self._cluster.of_all(torch.get_rng_state())  # on a GPU it is drawn anew
        if not self._cluster.leads:
            return
        progress = {name: getattr(self.result, name) for name in _PROGRESS}
        state = {
            "epoch": self.result.epochs,
            "progress": progress | {"seconds": self._seconds},
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": self._average.state_dict(),
            "stopping": self._stopping.state_dict(),
            "randomness": randomness,
            "dropout": dropout,
        }
        save_checkpoint(resumption.folder, resumption.identity, state)

    def load(self, resumption: Resumption) -> None:
        """Restores the checkpoint of this training, if there is one."""
        state, message = self._cluster.told(lambda: load_checkpoint(resumption.folder, resumption.identity))
        if message and self._cluster.leads:
            print(message)
        if state is None:
            return
        self._network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._average.load_state_dict(state["average"])
        self._stopping.load_state_dict(state["stopping"])
        for name, value in state["progress"].items():
            if name in _PROGRESS:
                setattr(self.result, name, value)
        self._seconds = state["progress"]["seconds"]
        self._started -= self._seconds
        resumption.rng.bit_generator.state = json.loads(state["randomness"][self._cluster.rank])
        torch.set_rng_state(state["dropout"][self._cluster.rank])


def _tensors(weights: Weights) -> dict[str, Tensor]:
    return {name: torch.from_numpy(table.copy()) for name, table in weights.present().items()}


def _done(steps: float, seconds: float) -> float:
    """The share of the training that is done, from the share of its steps and that of its time. Time counts
    only when it will clearly end first: until then, equal seeds give equal models."""
    return seconds if seconds > max(steps, _TIME_MATTERS) else steps


def _added(gradients: Sequence[Tensor | None]) -> Tensor | None:
    """The sum, added in order; None if there is no gradient."""
    some = [gradient for gradient in gradients if gradient is not None]
    return reduce(torch.add, some) if some else None


def _endless(task: Task) -> Iterator[Batch]:
    while True:
        yield from task.epoch()


def _epoch_line(result: TrainingResult, metric: float | None, seconds: float) -> str:
    losses = " ".join(f"{name} loss {loss:.4f}" for name, loss in result.losses.items())
    shown = "nothing to validate on" if metric is None else f"validation ndcg {metric:.4f}"
    return f"epoch {result.epochs} {losses} {shown} {result.pairs / seconds:,.0f} pairs/s {seconds:.0f} s"
