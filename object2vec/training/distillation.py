"""Task "distillation": a sentence transformer teaches the catalogue's language to the table of words.

The teacher reads the catalogue's texts and random spans of them, which are short as queries are, within a
time budget. Its principal components on these texts become the dimensions of the model, so that a query is
still the mean of its words, yet lands where the teacher would put it. What a text's words cannot say goes
into the item's own row: items are compared as the teacher sees them, at the cost of a look-up. An item that
comes later is encoded from its words alone, in the same space.

Hinton et al. 2015, "Distilling the knowledge in a neural network"; the static student is model2vec's idea.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from object2vec.encoder import Vectors
from object2vec.model.artefact import Artefact, Weights
from object2vec.model.bags import Bags, pool
from object2vec.model.network import LocalRows, TwoTowerNetwork, pool_rows
from object2vec.model.towers import unit
from object2vec.training.dataset import DatasetError
from object2vec.training.features import ItemFeatures
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.lesson import FEWEST_READ, Lesson, prepare_lesson
from object2vec.training.teacher import load_teacher
from object2vec.training.trainer import train

_BATCH = 512
_EPOCHS = 12
_RATE = 0.01


@dataclass(frozen=True, slots=True)
class DistillationBatch:
    """n texts and where the teacher puts them."""

    texts: Bags
    targets: Tensor  # (n, d) unit vectors

    def needed(self) -> list[Tensor]:
        return [torch.from_numpy(self.texts.rows.astype(np.int64))]

    @property
    def pairs(self) -> int:
        """Number of texts."""
        return len(self.texts.lengths)

    def loss(self, _network: TwoTowerNetwork, local: LocalRows) -> Tensor:
        """1 - cosine. (n, d) means of words against the targets."""
        vectors = functional.normalize(pool_rows(local, self.texts), dim=1)
        return 1 - (vectors * self.targets).sum(dim=1).mean()


class DistillationTask:
    """Draws batches over all texts the teacher has read."""

    name = "distillation"

    def __init__(self, texts: Bags, targets: Vectors, *, batch_size: int, rng: np.random.Generator) -> None:
        self._texts, self._targets = texts, torch.from_numpy(targets)
        self._batch_size, self._rng = batch_size, rng

    def __len__(self) -> int:
        """Batches an epoch."""
        return math.ceil(len(self._targets) / self._batch_size)

    def epoch(self) -> Iterator[DistillationBatch]:
        """All texts in a new random order."""
        order = self._rng.permutation(len(self._targets))
        for at in range(0, len(order), self._batch_size):
            chosen = order[at : at + self._batch_size]
            yield DistillationBatch(self._texts.take(chosen), self._targets[torch.from_numpy(chosen)])


@dataclass(frozen=True, slots=True)
class Distilled:
    """What the student has learned, before it learns anything else."""

    words: Vectors  # (V, d)
    documents: Vectors  # (t, d) unit vectors of the distinct texts, zeros where the teacher has not been
    task: DistillationTask

    @property
    def covered(self) -> NDArray[np.bool_]:
        """(t,) which distinct texts the teacher has read."""
        return np.asarray(self.documents.any(axis=1), np.bool_)

    def start(self, weights: Weights, features: ItemFeatures) -> Weights:
        """The words, and own rows that move each item from its words' mean to the teacher's direction."""
        own = features.row_of >= 0
        texts = features.text_of[own]
        means = pool(self.words, features.words)[texts]
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        rows = self.documents[texts] * lengths - means
        rows[~self.covered[texts]] = 0.0
        return replace(
            weights, words=self.words, items=None if weights.items is None else weights.items + rows
        )


def taught_by_teacher(
    features: ItemFeatures,
    seed: Artefact,
    settings: Hyperparameters,
    cache: Path | None,
    rng: np.random.Generator,
) -> Distilled | None:
    """What the settings ask for, with a line in the log that says what was done, or why nothing was.

    Raises DatasetError where `distillation` is on and cannot be done."""
    if settings.distillation == "off":
        return None
    teacher, lacking = load_teacher(seed.tokenizer.tokens())
    if teacher is not None:
        lesson, said = prepare_lesson(teacher, features.words, cache, settings.distillation_budget)
        print(f"distillation: {said}")
        if lesson is not None:
            return distil(seed.weights.words, lesson, settings, rng)
        lacking = f"fewer than {FEWEST_READ} texts were read: raise distillation_budget, or upload more texts"
    if settings.distillation == "on":
        raise DatasetError(f"distillation is on, but {lacking}; or set it to auto or off")
    print(f"no distillation: {lacking}")
    return None


def distil(words: Vectors, lesson: Lesson, settings: Hyperparameters, rng: np.random.Generator) -> Distilled:
    """Learns the words (V, seed's d) anew, in the `enc_dim` dimensions that say most about the lesson."""
    targets = unit(lesson.vectors @ principal_axes(lesson.vectors, settings.enc_dim))
    read = np.flatnonzero(lesson.read)
    texts = lesson.texts.take(read)
    task = DistillationTask(texts, targets[read], batch_size=_BATCH, rng=rng)
    network = TwoTowerNetwork(Weights(words=_rotated(words, texts, targets[read])))
    plan = replace(settings, epochs=_EPOCHS, learning_rate=_RATE, word_rate=1.0, weight_decay=0.0)
    learned = train(network, {task.name: (task, 1.0)}, lambda _: None, plan).weights.words
    scale = np.linalg.norm(words, axis=1).mean() / max(float(np.linalg.norm(learned, axis=1).mean()), 1e-9)
    return Distilled((learned * scale).astype(np.float32), targets[: lesson.documents], task)


def principal_axes(vectors: Vectors, dim: int) -> Vectors:
    """(D, dim) orthonormal columns that keep most of the vectors' (n, D) length; zeros beyond D."""
    _, axes = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    kept = np.zeros((vectors.shape[1], dim), np.float32)
    kept[:, : axes.shape[1]] = axes[:, ::-1][:, :dim]
    return kept


def _rotated(words: Vectors, texts: Bags, targets: Vectors) -> Vectors:
    """The seed's words, mapped linearly so that the texts' means come near the targets."""
    mapping = np.linalg.lstsq(pool(words, texts), targets, rcond=None)[0]
    return np.asarray(words @ mapping, np.float32)
