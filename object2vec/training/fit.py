"""Trains an artefact from a prepared dataset and the seed, or a previous model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from object2vec.model.retrieval.artefact import (
    Artefact,
    ModelDescription,
    ModelManifest,
    read_artefact,
    write_artefact,
)
from object2vec.model.retrieval.forward import Weights
from object2vec.model.retrieval.network import TwoTowerNetwork
from object2vec.training.cluster import ALONE, Cluster
from object2vec.training.cold_start import with_neighbours
from object2vec.training.dataset import Dataset
from object2vec.training.features import ItemFeatures, compile_items
from object2vec.training.holdouts import rankable
from object2vec.training.hyperparameters import HABIT, SEQUENCE, Hyperparameters
from object2vec.training.model_card import write_model_card
from object2vec.training.progress import waiting
from object2vec.training.session_encoders import ATTENTION, better, compared, session_encoders
from object2vec.training.start import (
    initial_weights,
    standardisation_for,
    with_attention,
    with_rows_in,
    with_vector_head,
)
from object2vec.training.tasks.categories import with_categories
from object2vec.training.tasks.distillation import Distilled, distilled_from_teacher
from object2vec.training.tasks.plan import training_tasks
from object2vec.training.trainer import Resumption, TrainingResult, train
from object2vec.training.validation import Validation, validation_of


def fit(
    dataset: Dataset,
    start_folder: Path,
    out: Path,
    settings: Hyperparameters,
    *,
    cache: Path | None = None,
    checkpoints: Path | None = None,
) -> tuple[ModelManifest, TrainingResult]:
    """Trains from the artefact in `start_folder`, the seed or a previous model, and writes the new artefact
    with its model card. `cache` is a folder that trainings share (teacher vectors); `checkpoints` is one from
    which this training goes on after an interruption.

    Raises DatasetError if there is nothing to learn from."""
    return learn(dataset, start_folder, settings, cache=cache, checkpoints=checkpoints).write(out)


@dataclass(frozen=True)
class WarmStart:
    """The start of a training: compiled items and first weights."""

    features: ItemFeatures
    item_ids: list[str]
    """Ids of the items with rows."""
    weights: Weights
    distilled: Distilled | None
    """The result of distillation; None where there is no teacher, or the start has learned from it
    already."""


@dataclass(frozen=True)
class Learned:
    """The result of all epochs, which the process that leads completes and writes."""

    dataset: Dataset
    start: Artefact
    warm: WarmStart
    settings: Hyperparameters
    """With the session encoder that was chosen."""
    results: Mapping[str, TrainingResult]
    """By session encoder."""
    task_weights: Mapping[str, float]
    validation: Validation

    def write(self, out: Path) -> tuple[ModelManifest, TrainingResult]:
        """Learns categories, gives new items neighbours, and writes the artefact with its model card."""
        dataset, settings, features = self.dataset, self.settings, self.warm.features
        result = self.results[settings.session_encoder]
        weights, categories = with_categories(
            result.weights, dataset.catalogue, features, settings.category_field, settings.seed
        )
        uses = dataset.train.popularity(len(dataset.catalogue))
        with waiting("neighbours of new items"):
            weights = with_neighbours(
                weights,
                features,
                events=dataset.train,
                uses=np.where(rankable(uses), uses, 0),
                half_lives=settings.half_lives,
                seed=settings.seed,
            )
        without_rows = sorted(set(dataset.catalogue.ids).difference(self.warm.item_ids))
        manifest = write_artefact(
            out,
            self._description(categories),
            tokenizer=self.start.tokenizer,
            item_ids=[*self.warm.item_ids, *without_rows],
            weights=weights,
        )
        write_model_card(out, manifest)
        return manifest, result

    def _description(self, categories: Mapping[str, Any]) -> ModelDescription:
        """The manifest's entries about settings, data and metrics."""
        dataset, settings, result = self.dataset, self.settings, self.results[self.settings.session_encoder]
        tried = {encoder: other.validation for encoder, other in self.results.items()}
        return ModelDescription(
            kind="trained",
            recency_half_lives=settings.half_lives,
            hyperparameters=settings.model_dump(),
            data={
                "fingerprint": dataset.fingerprint,
                "items": len(dataset.catalogue),
                "interactions": len(dataset.train),
                "start": self.start.manifest.version,
                **({"events": " ".join(dataset.notes)} if dataset.notes else {}),
            },
            metrics={
                "losses": result.losses,
                "validation_ndcg": result.validation,
                "validated": {"shoppers": self.validation.people, "queries": self.validation.queries},
                "epochs": result.epochs,
                **({"validation_ndcg_by_session_encoder": tried} if len(tried) > 1 else {}),
                "history": result.history,
                "tasks": {
                    name: {"weight": weight, "pairs": result.task_pairs.get(name, 0)}
                    for name, weight in self.task_weights.items()
                },
            },
            categories=categories,
            reviews_weight=settings.reviews_weight,
        )


def learn(
    dataset: Dataset,
    start_folder: Path,
    settings: Hyperparameters,
    *,
    cache: Path | None = None,
    checkpoints: Path | None = None,
    cluster: Cluster = ALONE,
) -> Learned:
    """All epochs of `fit`, in one process of a cluster. Every process reads the same dataset, and learns from
    its share of it."""
    settings = _with_half_lives(settings, dataset)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    start = read_artefact(start_folder)
    cluster.check_same(f"{dataset.fingerprint} {start.manifest.version} {settings}")
    warm = cluster.told(lambda: _warm_start(dataset, start, settings, cache, rng))
    if not cluster.leads:
        rng = np.random.default_rng([settings.seed, cluster.rank])
    validation = validation_of(dataset, warm.features, start.tokenizer, settings)
    results, task_weights = _train_encoders(
        dataset, start, warm, settings, validation, rng=rng, checkpoints=checkpoints, cluster=cluster
    )
    if cluster.leads and len(results) > 1:
        print(compared(results))
    settings = settings.replace(session_encoder=better(results))
    return Learned(dataset, start, warm, settings, results, task_weights, validation)


def _with_half_lives(settings: Hyperparameters, dataset: Dataset) -> Hyperparameters:
    """The settings with the half-lives for `auto`: `HABIT` where people come back to items, else
    `SEQUENCE`."""
    if settings.recency_half_lives != "auto":
        return settings
    return settings.replace(recency_half_lives=HABIT if dataset.train.people_return() else SEQUENCE)


def _train_encoders(
    dataset: Dataset,
    start: Artefact,
    warm: WarmStart,
    settings: Hyperparameters,
    validation: Validation,
    *,
    rng: np.random.Generator,
    checkpoints: Path | None,
    cluster: Cluster,
) -> tuple[dict[str, TrainingResult], dict[str, float]]:
    """The result with each session encoder that is tried, and the weight of each task."""
    encoders = session_encoders(settings, dataset.train, validation.people)
    results: dict[str, TrainingResult] = {}
    task_weights: dict[str, float] = {}
    for encoder in encoders:
        chosen = settings.replace(session_encoder=encoder, time_limit=settings.time_limit / len(encoders))
        weights = warm.weights
        if encoder == ATTENTION:
            weights = cluster.told(
                partial(with_attention, weights, start.weights, settings.attention_blocks, rng)
            )
        tasks = training_tasks(
            dataset,
            warm.features,
            start.tokenizer,
            chosen,
            rng,
            weights=weights,
            distilled=warm.distilled,
            cluster=cluster,
        )
        task_weights = {name: weight for name, (_, weight) in tasks.items()}
        identity = f"{dataset.fingerprint} {start.manifest.version} {chosen} processes={cluster.size}"
        kept = None if checkpoints is None else Resumption(checkpoints / encoder, identity, rng)
        torch.manual_seed(settings.seed + cluster.rank)  # of dropout
        network = TwoTowerNetwork(weights, len(settings.half_lives), settings.dropout)
        results[encoder] = train(network, tasks, validation.ndcg, chosen, kept, cluster=cluster)
    return results, task_weights


def _warm_start(
    dataset: Dataset,
    start: Artefact,
    settings: Hyperparameters,
    cache: Path | None,
    rng: np.random.Generator,
) -> WarmStart:
    trained = items_with_rows(dataset) | with_rows_in(start, dataset.catalogue.ids)
    standardisation = standardisation_for(dataset.catalogue.vectors, start.weights)
    features = compile_items(
        dataset.catalogue, start.tokenizer, trained, settings.reviews_weight, standardisation
    )
    fresh = start.weights.items is None
    distilled = distilled_from_teacher(features, start, settings, cache, rng) if fresh else None
    if distilled is not None:
        trained |= distilled.covered[features.text_of]
        features = features.with_rows(trained, start.tokenizer.size)
    item_ids = [dataset.catalogue.ids[i] for i in np.flatnonzero(trained).tolist()]
    weights = initial_weights(start, item_ids, settings.enc_dim, settings.half_lives, rng)
    if distilled is not None:
        weights = distilled.start(weights, features)
    weights = with_vector_head(weights, standardisation, start.weights, features, rng)
    return WarmStart(features, item_ids, weights, distilled)


def items_with_rows(dataset: Dataset) -> NDArray[np.bool_]:
    """Items that get a row of their own: bought, or disliked, often enough to learn one, or without words or
    a vector.

    A rarer item is better off with its words alone: its row would learn little but not to be bought, and that
    draws it away from what its text says."""
    popularity = dataset.train.popularity(len(dataset.catalogue))
    bare = np.fromiter((not text.strip() for text in dataset.catalogue.texts), bool, len(popularity))
    if dataset.catalogue.vectors is not None:
        bare &= dataset.catalogue.vectors.of < 0
    against = np.bincount(dataset.train.against, minlength=len(popularity))
    return rankable(popularity + against) | (bare & (popularity > 0))
