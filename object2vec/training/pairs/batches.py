"""The batches of an epoch: shuffled, bucketed by length, with negatives, and this process's slice of each.

Everything random is drawn from (seed, epoch), so an epoch is the same whichever process, machine or resumed
run asks for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.model.pairs.sequences import Sequences
from object2vec.training.cluster import Cluster
from object2vec.training.pairs.data import Pairs

_TRIES = 10  # tries to draw a negative that is no pair of the data


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """This process's pairs of one step. The `weights` (n,) of all processes add up to the number of
    processes, so that the average of their losses is the mean over the batch."""

    pairs: Pairs
    weights: NDArray[np.float32]


class PairBatches:
    """All batches of a training."""

    def __init__(
        self, train: Pairs, *, batch_size: int, negatives: int, bucket_width: int, seed: int, cluster: Cluster
    ) -> None:
        self._train, self._size, self._negatives = train, batch_size, negatives
        self._width, self._seed, self._cluster = bucket_width, seed, cluster
        self._known = _Known(train) if negatives else None

    def __len__(self) -> int:
        return (len(self._train) + self._size - 1) // self._size

    def epoch(self, number: int) -> Iterator[TrainingBatch]:
        """The batches of one epoch, every pair once. The epoch's number decides the order."""
        rng = np.random.default_rng([self._seed, number])
        order = rng.permutation(len(self._train))
        if self._width:
            order = self._bucketed(order)
        batches = [order[at : at + self._size] for at in range(0, len(order), self._size)]
        for place in rng.permutation(len(batches)):
            yield self._slice(self._with_negatives(batches[place], rng))

    def _bucketed(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """The order, sorted into buckets: pairs of one bucket differ by at most `bucket_width` tokens a
        side."""
        buckets = [side.lengths[order] // self._width for side in self._train.sides]
        return order[np.lexsort(buckets)]  # a stable sort: pairs stay shuffled within a bucket

    def _with_negatives(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Pairs:
        batch = self._train.take(rows)
        if self._known is None:
            return batch
        positive = np.repeat(rows[self._train.labels[rows] > 0], self._negatives)
        others = self._known.negatives(positive, rng)
        positive, others = positive[others >= 0], others[others >= 0]
        in0 = _joined(batch.sides[0], self._train.sides[0].take(positive))
        in1 = _joined(batch.sides[1], self._train.sides[1].take(others))
        return Pairs(np.concatenate([batch.labels, np.zeros(len(others), np.float32)]), (in0, in1))

    def _slice(self, batch: Pairs) -> TrainingBatch:
        rank, size = self._cluster.rank, self._cluster.size
        rows = np.arange(rank, len(batch), size)
        weights = np.full(len(rows), size / len(batch), np.float32)
        if not len(rows):  # the last batch may be smaller than the cluster, but every process takes each step
            rows, weights = np.zeros(1, np.int64), np.zeros(1, np.float32)
        return TrainingBatch(batch.take(rows), weights)


class _Known:
    """The pairs of the data: none of them may be drawn as a negative."""

    def __init__(self, train: Pairs) -> None:
        self._ids = [_identities(side) for side in train.sides]
        self._pairs = np.unique(self._codes(self._ids[0], self._ids[1]))

    def negatives(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Another row for each row, whose in1 no pair joins to this row's in0; -1 where none was found."""
        found = np.full(len(rows), -1, np.int64)
        for _ in range(_TRIES):
            (open_,) = np.nonzero(found < 0)
            drawn = rng.integers(0, len(self._ids[0]), len(open_))
            codes = self._codes(self._ids[0][rows[open_]], self._ids[1][drawn])
            places = np.searchsorted(self._pairs, codes).clip(max=len(self._pairs) - 1)
            new = self._pairs[places] != codes
            found[open_[new]] = drawn[new]
        return found

    def _codes(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
        codes: NDArray[np.int64] = left * (int(self._ids[1].max()) + 1) + right
        return codes


def with_drawn_negatives(held_out: Pairs, train: Pairs, rate: int) -> Pairs:
    """Held-out pairs whose labels are all positive, with `rate` pairs of label 0 for each, as training draws
    them: the same in0 with an in1 that no pair of the data joins to it. Any other pairs, and all with a rate
    of 0, stay as they are.

    On positive pairs alone the answer "always positive" is perfect, so nothing could be measured."""
    if not rate or not len(held_out) or not (held_out.labels > 0).all():
        return held_out
    together = joined_pairs(train, held_out)
    rows = np.repeat(np.arange(len(train), len(together)), rate)
    others = _Known(together).negatives(rows, np.random.default_rng(0))
    rows, others = rows[others >= 0], others[others >= 0]
    drawn = Pairs(
        np.zeros(len(others), np.float32), (together.sides[0].take(rows), together.sides[1].take(others))
    )
    return joined_pairs(held_out, drawn)


def joined_pairs(first: Pairs, second: Pairs) -> Pairs:
    """The pairs of both, one after the other."""
    in0, in1 = (_joined(a, b) for a, b in zip(first.sides, second.sides, strict=True))
    return Pairs(np.concatenate([first.labels, second.labels]), (in0, in1), first.padded + second.padded)


def _identities(side: Sequences) -> NDArray[np.int64]:
    """(m,) a number for each sequence, equal for equal sequences."""
    numbers: dict[bytes, int] = {}
    ends = np.cumsum(side.lengths)
    keys = (side.tokens[end - length : end].tobytes() for end, length in zip(ends, side.lengths, strict=True))
    return np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), np.int64, len(side))


def _joined(first: Sequences, second: Sequences) -> Sequences:
    return Sequences(
        np.concatenate([first.tokens, second.tokens]), np.concatenate([first.lengths, second.lengths])
    )
