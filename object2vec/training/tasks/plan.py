"""Makes the tasks of a training: those that the settings give a weight and the data has examples for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from object2vec.core.arrays import Rows
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.forward import Weights, pool, unit
from object2vec.model.retrieval.items import item_sums
from object2vec.training.cluster import ALONE, Cluster
from object2vec.training.dataset import Dataset, DatasetError
from object2vec.training.features import ItemFeatures
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.tasks.candidates import Neighbours, nearest_others
from object2vec.training.tasks.distillation import Distilled
from object2vec.training.tasks.next_item import NextItemSettings, NextItemTask
from object2vec.training.tasks.picture_task import PictureTask
from object2vec.training.tasks.query_task import SearchLogTask
from object2vec.training.tasks.similarity import SimilarityTask, co_clicked, neighbourhoods, variants
from object2vec.training.tasks.text_search import MetadataValues, TextTask
from object2vec.training.trainer import Task

_WITH_TEACHER = 0.2
"""Share of the text task's weight after distillation: made-up queries teach less."""


class DivisibleTask(Task, Protocol):
    """A task that several processes can share."""

    def divide(self, cluster: Cluster) -> None:
        """Keeps this process's share of the examples, and its part of each batch."""


def training_tasks(
    dataset: Dataset,
    features: ItemFeatures,
    tokenizer: Tokenizer,
    settings: Hyperparameters,
    rng: np.random.Generator,
    *,
    weights: Weights,
    distilled: Distilled | None,
    cluster: Cluster = ALONE,
) -> dict[str, tuple[Task, float]]:
    """The tasks by name with their weights; the first sets the length of an epoch. `weights` are the first
    weights of the training; of several processes, each gets its share of the examples. Raises DatasetError
    where nothing is left to learn."""
    wanted = _Tasks(dataset, features, tokenizer, settings, rng).wanted(weights, distilled)
    tasks = {task.name: (task, weight) for task, weight in wanted if len(task)}
    if not tasks:
        raise DatasetError(
            "there is nothing to learn from: upload items with texts, or users with more than one basket,"
            " and give at least one task a weight"
        )
    if cluster.size > 1:
        for task, _ in tasks.values():
            task.divide(cluster)
    return dict(tasks)


@dataclass(frozen=True, slots=True)
class _Tasks:
    """Makes each task from the same data and settings."""

    dataset: Dataset
    features: ItemFeatures
    tokenizer: Tokenizer
    settings: Hyperparameters
    rng: np.random.Generator

    @property
    def negatives(self) -> int:
        """Random items of a batch."""
        return round(self.settings.negative_sampling_rate * self.settings.mini_batch_size)

    def wanted(self, weights: Weights, distilled: Distilled | None) -> Iterator[tuple[DivisibleTask, float]]:
        """The tasks with a weight above 0; the others are not made."""
        settings = self.settings
        if settings.task_weight_next_item:
            yield self._next_item(weights), settings.task_weight_next_item
        if settings.task_weight_similarity:
            yield self._similarity(), settings.task_weight_similarity
        if settings.task_weight_text:
            share = 1.0 if distilled is None else _WITH_TEACHER
            yield self._text(weights), settings.task_weight_text * share
            if "train" in self.dataset.queries:
                yield self._search_log(), settings.task_weight_text
        if settings.task_weight_picture and self.features.vectors is not None:
            yield self._picture(), settings.task_weight_picture
        if distilled is not None and settings.task_weight_distillation:
            yield distilled.task_on(self.features, self.rng), settings.task_weight_distillation

    def _next_item(self, weights: Weights) -> NextItemTask:
        settings, attention = self.settings, weights.attention
        return NextItemTask(
            self.dataset.train,
            self.features,
            NextItemSettings(
                batch_size=settings.mini_batch_size,
                negatives=self.negatives,
                max_history=settings.enc0_max_seq_len,
                half_lives=settings.half_lives,
                id_dropout=settings.id_dropout,
                temperature=settings.temperature,
                value_power=settings.event_value_power,
                ordered=settings.session_order == "time",
                linear_teacher=settings.linear_teacher,
                attended=None if attention is None else attention.depends_on,
            ),
            neighbours=_nearest_items(self.features, weights, settings.hard_items),
            rng=self.rng,
        )

    def _similarity(self) -> SimilarityTask:
        near = neighbourhoods(self.dataset.train)
        if "train" in self.dataset.queries:
            near = near.union(co_clicked(self.dataset.queries["train"]))
        return SimilarityTask(
            near,
            self.features,
            batch_size=self.settings.mini_batch_size,
            negatives=self.negatives,
            id_dropout=self.settings.id_dropout,
            temperature=self.settings.temperature,
            rng=self.rng,
        )

    def _text(self, weights: Weights) -> TextTask:
        return TextTask(
            self.features,
            MetadataValues(self.dataset.catalogue, self.tokenizer),
            self.tokenizer.continues(),
            batch_size=self.settings.mini_batch_size,
            temperature=self.settings.text_temperature,
            hard_negatives=_hard_negatives(self.features, weights, self.settings.hard_negatives),
            rng=self.rng,
        )

    def _picture(self) -> PictureTask:
        return PictureTask(
            self.features,
            MetadataValues(self.dataset.catalogue, self.tokenizer),
            near=variants(self.dataset.catalogue).union(neighbourhoods(self.dataset.train)),
            batch_size=self.settings.mini_batch_size,
            temperature=self.settings.text_temperature,
            rng=self.rng,
        )

    def _search_log(self) -> SearchLogTask:
        return SearchLogTask(
            self.dataset.queries["train"],
            self.features,
            self.tokenizer,
            batch_size=self.settings.mini_batch_size,
            temperature=self.settings.text_temperature,
            rng=self.rng,
        )


def _hard_negatives(features: ItemFeatures, weights: Weights, count: int) -> Rows | None:
    return nearest_others(unit(pool(weights.words, features.words)), count) if count else None


def _nearest_items(features: ItemFeatures, weights: Weights, count: int) -> Neighbours | None:
    if not count:
        return None
    return lambda items: nearest_others(unit(item_sums(weights, features)[items]), count)
