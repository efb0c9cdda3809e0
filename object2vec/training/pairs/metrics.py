"""Loss and metrics of pairs, and the lines in which AWS's metric definitions find them.

The built-in image logs `#quality_metric: host=algo-1, epoch=0, validation accuracy <score>=0.9`; the regular
expressions of its metric definitions read that, and so does automatic tuning
(https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-tuning.html).
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from object2vec.core.arrays import Scores
from object2vec.model.pairs.network import PairNetwork, TokenBatch
from object2vec.training.cluster import Cluster
from object2vec.training.pairs.data import Pairs

_BATCH = 1_024
_MARKS = {"accuracy": "score", "cross_entropy": "loss", "mean_squared_error": "loss"}


def losses(output: Tensor, labels: Tensor) -> Tensor:
    """Loss of each pair (n,): cross-entropy of logits (n, classes), squared error of values (n, 1)."""
    if output.shape[1] > 1:
        return functional.cross_entropy(output.float(), labels.long(), reduction="none")
    return (output[:, 0].float() - labels).square()


class Sums:
    """Sums of a process's losses and right answers; `metrics` are the means over all processes."""

    def __init__(self, classes: int, device: torch.device) -> None:
        self._classes = classes
        self._sums = torch.zeros(3, dtype=torch.float64, device=device)  # pairs, loss, right answers

    def add(self, output: Tensor, labels: Tensor, loss: Tensor, counted: Tensor) -> None:
        """Takes one batch with the loss of each pair; those that are not `counted` only fill up the batch."""
        right = (output.argmax(dim=1) == labels) & counted
        self._sums += torch.stack([counted.sum(), loss.detach()[counted].sum(), right.sum()]).double()

    def metrics(self, cluster: Cluster) -> dict[str, float]:
        """The means over all processes, by AWS's names."""
        count, loss, right = cluster.sum(self._sums.clone()).tolist()
        if not self._classes:
            return {"mean_squared_error": loss / count}
        return {"cross_entropy": loss / count, "accuracy": right / count}


def loss_of(metrics: Mapping[str, float]) -> float:
    """The metric that training minimises."""
    return metrics["cross_entropy"] if "cross_entropy" in metrics else metrics["mean_squared_error"]


@torch.no_grad()
def evaluate(network: PairNetwork, pairs: Pairs, cluster: Cluster, device: torch.device) -> dict[str, float]:
    """The metrics of a channel."""
    network.eval()
    sums = Sums(network.shape.classes, device)
    mine = np.arange(cluster.rank, len(pairs), cluster.size)
    for at in range(0, len(mine), _BATCH):
        batch = pairs.take(mine[at : at + _BATCH])
        labels = torch.from_numpy(batch.labels).to(device)
        output = network(*(TokenBatch.of(side, device) for side in batch.sides))
        sums.add(output, labels, losses(output, labels), torch.ones_like(labels, dtype=torch.bool))
    return sums.metrics(cluster)


@torch.no_grad()
def pair_values(network: PairNetwork, pairs: Pairs, device: torch.device) -> dict[str, Scores]:
    """Each metric of `evaluate` for every pair: (m,)."""
    network.eval()
    found: dict[str, list[Tensor]] = {}
    for at in range(0, len(pairs), _BATCH):
        batch = pairs.take(np.arange(at, min(at + _BATCH, len(pairs))))
        labels = torch.from_numpy(batch.labels).to(device)
        output = network(*(TokenBatch.of(side, device) for side in batch.sides))
        loss = losses(output, labels)
        if network.shape.classes:
            found.setdefault("cross_entropy", []).append(loss)
            found.setdefault("accuracy", []).append(output.argmax(dim=1) == labels)
        else:
            found.setdefault("mean_squared_error", []).append(loss)
    return {name: torch.cat(parts).double().cpu().numpy() for name, parts in found.items()}


def metric_lines(
    host: str, channel: str, metrics: Mapping[str, float], epoch: int | None = None
) -> list[str]:
    """One line a metric, as the built-in image logs them."""
    when = "" if epoch is None else f"epoch={epoch}, "
    return [
        f"#quality_metric: host={host}, {when}{channel} {name} <{_MARKS[name]}>={value}"
        for name, value in metrics.items()
    ]
