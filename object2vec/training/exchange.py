"""What the processes of a training tell each other in every step: their gradients and a few numbers.

Of the table of rows, which is large, only the rows of the step are sent; of the small dense parameters all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from object2vec.model.retrieval.network import LocalRows, TwoTowerNetwork
from object2vec.training.cluster import Cluster


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step's result before it is applied."""

    local: LocalRows
    gradients: Sequence[Tensor | None]
    """One for `local.vectors`, and one for each dense parameter; None where no task uses it."""
    numbers: Sequence[float]
    """What is averaged along with them."""


def mean_of_all(step: StepResult, network: TwoTowerNetwork, cluster: Cluster) -> StepResult:
    """The mean over all processes, on the rows that any of them used; the same in each process, bit for
    bit."""
    if cluster.size == 1:
        return step
    of_rows, *of_parameters = step.gradients
    parameters = list(network.parameters())
    flat = [
        parameter.new_zeros(parameter.numel()) if gradient is None else gradient.flatten()
        for parameter, gradient in zip(parameters, of_parameters, strict=True)
    ]
    sums = cluster.sum(torch.cat([flat[0].new_tensor(step.numbers), *flat])) / cluster.size
    numbers, *dense = torch.split(sums, [len(step.numbers), *(len(part) for part in flat)])
    rows, table = cluster.sum_rows(
        step.local.rows, torch.zeros_like(step.local.vectors) if of_rows is None else of_rows
    )
    gradients = [part.view_as(parameter) for part, parameter in zip(dense, parameters, strict=True)]
    return StepResult(network.gather([rows.cpu()]), [table / cluster.size, *gradients], numbers.tolist())
