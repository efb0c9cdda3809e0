"""Task "distillation": a sentence transformer teaches the catalogue's language to the table of words.

The teacher reads the catalogue's texts and random spans of them, which are short as queries are, within a
time budget. Its principal components on these texts become the dimensions of the model, so that a query is
still the mean of its words, yet lands close to where the teacher would put it. The difference between the
teacher's vector of a text and the mean of its words goes into the item's own row: items are compared as the
teacher sees them, at the cost of a look-up. A new item is encoded from its words alone, in the same space.

Hinton et al. 2015, "Distilling the knowledge in a neural network"; the static student is model2vec's idea.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from object2vec.core.arrays import Rows, Vectors
from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.forward import Bags, Weights, pool, unit
from object2vec.model.retrieval.network import ItemPlan, LocalRows, TwoTowerNetwork, plan_items, pool_rows
from object2vec.training.dataset import DatasetError
from object2vec.training.features import ItemFeatures
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.tasks.shuffled import ShuffledTask
from object2vec.training.tasks.teacher import load_teacher
from object2vec.training.tasks.teacher_targets import FEWEST_READ, TeacherTargets, prepare_targets
from object2vec.training.trainer import train

_BATCH = 512
_ANCHORS = 256  # texts, and items, of a step, where other tasks learn too
_EPOCHS, _MOST_EPOCHS, _FEWEST_STEPS = 12, 100, 200
_RIDGE = 0.01
_RATE = 0.01


@dataclass(frozen=True, slots=True)
class DistillationBatch:
    """n texts and m items with the teacher's vectors."""

    texts: Bags
    targets: Tensor  # (n, d) unit vectors
    items: ItemPlan | None
    item_targets: Tensor  # (m, d) unit vectors

    def needed(self) -> list[Tensor]:
        rows = torch.from_numpy(self.texts.rows.astype(np.int64))
        return [rows] if self.items is None else [rows, *self.items.needed()]

    @property
    def pairs(self) -> int:
        """Number of texts and items."""
        return len(self.targets) + len(self.item_targets)

    def loss(self, _network: TwoTowerNetwork, local: LocalRows) -> Tensor:
        """1 - cosine, of the means of words and of the items."""
        loss = _distance(pool_rows(local, self.texts), self.targets)
        return loss if self.items is None else loss + _distance(self.items.vectors(local), self.item_targets)


class DistillationTask(ShuffledTask[DistillationBatch]):
    """Draws batches over all texts the teacher has read, and as many of the items that have them."""

    name = "distillation"

    def __init__(
        self,
        texts: Bags,
        targets: Vectors,
        *,
        batch_size: int,
        rng: np.random.Generator,
        features: ItemFeatures | None = None,
        documents: Vectors | None = None,
    ) -> None:
        self._texts, self._targets = texts, torch.from_numpy(targets)
        super().__init__(np.arange(len(targets)), batch_size, rng)
        self._features = features
        self._documents = np.zeros((0, targets.shape[1]), np.float32) if documents is None else documents
        covered: NDArray[np.bool_] = np.asarray(self._documents.any(axis=1), np.bool_)
        self._items = np.empty(0, np.int64)
        if features is not None:
            self._items = np.flatnonzero((features.row_of >= 0) & covered[features.text_of])

    def _batch(self, chosen: Rows) -> DistillationBatch:
        targets = self._targets[torch.from_numpy(chosen)]
        return DistillationBatch(self._texts.take(chosen), targets, *self._some_items())

    def _some_items(self) -> tuple[ItemPlan | None, Tensor]:
        if self._features is None or not len(self._items):
            return None, torch.from_numpy(self._documents[:0])
        items = self._rng.choice(self._items, min(self._batch_size, len(self._items)), replace=False)
        targets = self._documents[self._features.text_of[items]]
        return plan_items(self._features, items), torch.from_numpy(targets)


@dataclass(frozen=True, slots=True)
class Distilled:
    """The result of distillation, before any other task."""

    words: Vectors  # (V, d)
    documents: Vectors  # (t, d) unit vectors of the distinct texts, zeros where the teacher has not been
    texts: Bags  # all the teacher has read
    targets: Vectors  # (n, d) unit vectors of these

    @property
    def covered(self) -> NDArray[np.bool_]:
        """(t,) which distinct texts the teacher has read."""
        return np.asarray(self.documents.any(axis=1), np.bool_)

    def start(self, weights: Weights, features: ItemFeatures) -> Weights:
        """The words, and own rows that move each item from its words' mean to the teacher's direction."""
        with_row = features.row_of >= 0
        texts = features.text_of[with_row]
        means = pool(self.words, features.words)[texts]
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        rows = self.documents[texts] * lengths - means
        if weights.items is None:
            return replace(weights, words=self.words)
        items = np.where(self.covered[texts][:, None], rows, weights.items)
        return replace(weights, words=self.words, items=items)

    def task_on(self, features: ItemFeatures, rng: np.random.Generator) -> DistillationTask:
        """A task that keeps words and items near where the teacher put them, while other tasks move them."""
        return DistillationTask(
            self.texts,
            self.targets,
            batch_size=_ANCHORS,
            rng=rng,
            features=features,
            documents=self.documents,
        )


def distilled_from_teacher(
    features: ItemFeatures,
    seed: Artefact,
    settings: Hyperparameters,
    cache: Path | None,
    rng: np.random.Generator,
) -> Distilled | None:
    """Distils if the settings ask for it, and logs what was done, or why nothing was.

    Raises DatasetError where `distillation` is on and cannot be done."""
    if settings.distillation == "off":
        return None
    teacher, lacking = load_teacher(seed.tokenizer.tokens())
    if teacher is not None:
        found, summary = prepare_targets(teacher, features.words, cache, settings.distillation_budget)
        print(f"distillation: {summary}")
        if found is not None:
            return distil(seed.weights.words, found, settings, rng)
        lacking = f"fewer than {FEWEST_READ} texts were read: raise distillation_budget, or upload more texts"
    if settings.distillation == "on":
        raise DatasetError(f"distillation is on, but {lacking}; or set it to auto or off")
    print(f"no distillation: {lacking}")
    return None


def distil(
    words: Vectors, teacher: TeacherTargets, settings: Hyperparameters, rng: np.random.Generator
) -> Distilled:
    """Learns the words (V, seed's d) anew, in the `enc_dim` principal directions of the teacher's vectors."""
    targets = unit(teacher.vectors @ principal_axes(teacher.vectors, settings.enc_dim))
    read = np.flatnonzero(teacher.read)
    texts = teacher.texts.take(read)
    task = DistillationTask(texts, targets[read], batch_size=_BATCH, rng=rng)
    network = TwoTowerNetwork(Weights(words=_rotated(words, texts, targets[read])))
    epochs = max(_EPOCHS, min(_MOST_EPOCHS, -(-_FEWEST_STEPS // len(task))))
    plan = settings.replace(epochs=epochs, learning_rate=_RATE, word_rate=1.0, weight_decay=0.0)
    learned = train(network, {task.name: (task, 1.0)}, lambda _: None, plan).weights.words
    scale = _mean_length(pool(words, texts)) / max(_mean_length(pool(learned, texts)), 1e-9)
    words = (learned * scale).astype(np.float32)
    return Distilled(words, targets[: teacher.documents], texts, targets[read])


def _distance(vectors: Tensor, targets: Tensor) -> Tensor:
    return 1 - (functional.normalize(vectors, dim=1) * targets).sum(dim=1).mean()


def principal_axes(vectors: Vectors, dim: int) -> Vectors:
    """(D, dim) orthonormal columns that keep most of the vectors' (n, D) length; zeros beyond D."""
    _, axes = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    kept = np.zeros((vectors.shape[1], dim), np.float32)
    kept[:, : axes.shape[1]] = axes[:, ::-1][:, :dim]
    return kept


def _rotated(words: Vectors, texts: Bags, targets: Vectors) -> Vectors:
    """The seed's words, mapped linearly (ridge regression) so that the texts' means come near the targets."""
    means = pool(words, texts).astype(np.float64)
    moments = means.T @ means
    moments += np.eye(len(moments)) * (_RIDGE * np.trace(moments) / len(moments) + 1e-9)
    return np.asarray(words @ np.linalg.solve(moments, means.T @ targets), np.float32)


def _mean_length(vectors: Vectors) -> float:
    return float(np.linalg.norm(vectors, axis=1).mean())
