"""The training loop: epochs of batches, metrics after each, early stopping, a checkpoint an epoch."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from object2vec.model.pairs.network import PairNetwork, TokenBatch
from object2vec.training.checkpoint import load_checkpoint, save_checkpoint
from object2vec.training.cluster import Cluster
from object2vec.training.early_stopping import EarlyStopping
from object2vec.training.pairs.batches import PairBatches, TrainingBatch
from object2vec.training.pairs.data import PairDataError, Pairs
from object2vec.training.pairs.hyperparameters import PairHyperparameters
from object2vec.training.pairs.metrics import Sums, evaluate, loss_of, losses, metric_lines
from object2vec.training.pairs.optimizers import PairOptimizer
from object2vec.training.progress import TrainingProgress


class PairTrainingError(PairDataError):
    """Training cannot go on; the message says what to change and where the last good state is."""


@dataclass(slots=True)
class PairTraining:
    """The record of a training."""

    epochs: int = 0
    history: list[dict[str, dict[str, float]]] = field(default_factory=list)  # an epoch: channel → metrics
    seconds: float = 0.0
    pairs: int = 0


class PairTrainer:
    """Trains one network; afterwards it holds the weights of the lowest loss."""

    def __init__(
        self,
        network: PairNetwork,
        train: Pairs,
        validation: Pairs | None,
        settings: PairHyperparameters,
        *,
        cluster: Cluster,
        checkpoints: Path,
        identity: str,
    ) -> None:
        self._network, self._train, self._validation = network, train, validation
        self._settings, self._cluster, self._device = settings, cluster, cluster.device
        self._checkpoints, self._identity = checkpoints, identity
        self._batches = PairBatches(
            train,
            batch_size=settings.mini_batch_size,
            negatives=settings.negative_sampling_rate,
            bucket_width=0 if settings.sparse else settings.bucket_width,
            seed=settings.seed,
            cluster=cluster,
        )
        self._optimizer = PairOptimizer(network, settings)
        self._stopping = EarlyStopping(settings.early_stopping_patience, settings.early_stopping_tolerance)
        self._result = PairTraining()
        self._parallel: nn.Module = network if cluster.size == 1 else DistributedDataParallel(network)

    def run(self) -> PairTraining:
        """Trains to the last epoch, or until the loss no longer falls. Raises PairTrainingError."""
        started = time.monotonic()
        self._resume()
        left = self._settings.epochs - self._result.epochs
        with TrainingProgress(max(0, left) * len(self._batches), quiet=not self._cluster.leads) as progress:
            while self._result.epochs < self._settings.epochs and not self._stopping.over:
                metrics = {"train": self._epoch(progress)}
                if self._validation is not None:
                    metrics["validation"] = evaluate(
                        self._network, self._validation, self._cluster, self._device
                    )
                self._finish_epoch(metrics, progress)
        self._network.load_state_dict(self._stopping.weights)
        self._result.seconds = time.monotonic() - started
        return self._result

    def _epoch(self, progress: TrainingProgress) -> dict[str, float]:
        number = self._result.epochs
        # dropout differs between processes, and repeats itself when an epoch is done again
        torch.manual_seed(self._settings.seed + 1_000_003 * (number + 1) + self._cluster.rank)
        self._network.train()
        sums = Sums(self._network.shape.classes, self._device)
        for step, batch in enumerate(self._batches.epoch(number)):
            loss = self._step(batch, sums)
            if not math.isfinite(loss):
                raise PairTrainingError(self._diverged(number, step))
            self._result.pairs += len(batch.pairs)
            progress.step({"loss": loss})
        return sums.metrics(self._cluster)

    def _step(self, batch: TrainingBatch, sums: Sums) -> float:
        labels = torch.from_numpy(batch.pairs.labels).to(self._device)
        weights = torch.from_numpy(batch.weights).to(self._device)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda"):
            output = self._parallel(*(TokenBatch.of(side, self._device) for side in batch.pairs.sides))
        each = losses(output, labels)
        loss = (each * weights).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        sums.add(output, labels, each, weights > 0)
        return float(loss.detach())

    def _finish_epoch(self, metrics: dict[str, dict[str, float]], progress: TrainingProgress) -> None:
        loss = loss_of(metrics.get("validation", metrics["train"]))
        if not math.isfinite(loss):
            raise PairTrainingError(self._diverged(self._result.epochs, len(self._batches)))
        for channel, values in metrics.items():
            for line in metric_lines(self._cluster.host, channel, values, self._result.epochs):
                progress.say(line)
        self._result.epochs += 1
        self._result.history.append(metrics)
        self._stopping.update(-loss, self._weights)
        if self._cluster.leads:
            save_checkpoint(self._checkpoints, self._identity, self._state())

    def _weights(self) -> dict[str, torch.Tensor]:
        return {name: value.detach().cpu().clone() for name, value in self._network.state_dict().items()}

    def _state(self) -> dict[str, Any]:
        return {
            "epoch": self._result.epochs,
            "history": self._result.history,
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "stopping": self._stopping.state_dict(),
        }

    def _resume(self) -> None:
        state, message = load_checkpoint(self._checkpoints, self._identity)
        if message and self._cluster.leads:
            print(message)
        if state is None:
            return
        self._network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._stopping.load_state_dict(state["stopping"])
        self._result.epochs, self._result.history = state["epoch"], state["history"]

    def _diverged(self, epoch: int, step: int) -> str:
        kept = f"; the state after epoch {epoch} is kept in {self._checkpoints}" if epoch else ""
        return (
            f"the loss is no number in epoch {epoch + 1}, step {step + 1}: try a learning_rate below"
            f" {self._settings.learning_rate:g}{kept}"
        )
