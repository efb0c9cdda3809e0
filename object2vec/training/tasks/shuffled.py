"""A task whose epoch is its examples in a new random order, a batch at a time."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np

from object2vec.core.arrays import Rows
from object2vec.training.cluster import Cluster

OneBatch = TypeVar("OneBatch")


class ShuffledTask(ABC, Generic[OneBatch]):
    """What such tasks share."""

    def __init__(self, examples: Rows, batch_size: int, rng: np.random.Generator) -> None:
        self._examples, self._batch_size, self._rng = examples, batch_size, rng

    def __len__(self) -> int:
        """Batches an epoch."""
        return math.ceil(len(self._examples) / self._batch_size)

    def divide(self, cluster: Cluster) -> None:
        """Keeps this process's share of the examples, and of each batch."""
        self._examples, self._batch_size = cluster.share(self._examples), cluster.part(self._batch_size)

    def epoch(self) -> Iterator[OneBatch]:
        """All batches of an epoch."""
        order = self._rng.permutation(self._examples)
        for at in range(0, len(order), self._batch_size):
            yield self._batch(order[at : at + self._batch_size])

    @abstractmethod
    def _batch(self, chosen: Rows) -> OneBatch:
        """The batch of some examples."""
