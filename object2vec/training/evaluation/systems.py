"""Models under evaluation: each scores items for users, items for items and texts for queries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np

from object2vec.core.arrays import Matrix, Vectors
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.forward import mean_bags, query_vectors, session_vectors, unit
from object2vec.model.retrieval.items import Standardisation, item_sums
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.similar_items import BoughtTogether, nearest_scorer
from object2vec.training.features import ItemFeatures, compile_items
from object2vec.training.holdouts import Holdout
from object2vec.training.pseudo_queries import QuerySet, searched_vectors
from object2vec.training.ranking_metrics import Scorer

Ranked = Callable[[Holdout], Scorer]
"""The lists that a model with its ranker would serve."""


_NOTHING = 1e-12


class System(Protocol):
    """One model of a release."""

    category_accuracy: float | None

    def next_items(self, users: Holdout) -> Scorer:
        """A scorer by the cosine of session and item, as search computes it."""

    def ranked(self, users: Holdout) -> Scorer | None:
        """A scorer of the model with its ranker, as it is served; None without a ranker."""

    def similar(self, pairs: BoughtTogether) -> Scorer:
        """A scorer by the cosine of items."""

    def search(self, queries: QuerySet) -> tuple[Vectors, Vectors]:
        """The unit vectors of queries (q, d) and of the distinct texts (t, d)."""


Load = Callable[[], System]


class RetrievalSystem:
    """Our model, from its tables."""

    def __init__(self, dataset: Dataset, artefact: Artefact, ranked: Ranked | None = None) -> None:
        self._artefact, self._ranked = artefact, ranked
        self._features = features_of(dataset, artefact)
        accuracy = artefact.manifest.categories.get("accuracy")
        self.category_accuracy = None if accuracy is None else float(accuracy)

    def next_items(self, users: Holdout) -> Scorer:
        half_lives = self._artefact.manifest.recency_half_lives
        sessions = session_vectors(self._artefact.weights, self._sums, users.histories, half_lives)
        return lambda at: (sessions[at] @ self._sums.T) * self._shares

    def ranked(self, users: Holdout) -> Scorer | None:
        return None if self._ranked is None else self._ranked(users)

    def similar(self, pairs: BoughtTogether) -> Scorer:
        return nearest_scorer(unit(self._sums), pairs)

    def search(self, queries: QuerySet) -> tuple[Vectors, Vectors]:
        weights, tokenizer = self._artefact.weights, self._artefact.tokenizer
        documents = searched_vectors(weights, self._features, tokenizer, queries)
        return query_vectors(weights, mean_bags(*tokenizer.encode(queries.queries))), documents

    @cached_property
    def _sums(self) -> Matrix:
        return item_sums(self._artefact.weights, self._features)

    @cached_property
    def _shares(self) -> Matrix:
        """(items,) 1 / length of each item's sum: with it products become cosines, without a copy of unit
        rows."""
        lengths = np.linalg.norm(self._sums, axis=1)
        return np.asarray(1 / np.where(lengths > _NOTHING, lengths, np.inf), np.float32)


class EncodedSystem:
    """A model of which only the encoder is known: AWS's image, or a model that it is compared with."""

    category_accuracy: float | None = None

    def __init__(self, dataset: Dataset, encoder: Encoder) -> None:
        self._encoder = encoder
        self._items = dataset.catalogue.items()
        self._vectors = encoder.encode_items(self._items)

    def next_items(self, users: Holdout) -> Scorer:
        histories = [[self._items[item] for item in history.tolist()] for history in users.histories]
        sessions = self._encoder.encode_sessions(histories)
        return lambda at: sessions[at] @ self._vectors.T

    def ranked(self, users: Holdout) -> Scorer | None:  # noqa: ARG002  # of the protocol
        return None

    def similar(self, pairs: BoughtTogether) -> Scorer:
        return nearest_scorer(self._vectors, pairs)

    def search(self, queries: QuerySet) -> tuple[Vectors, Vectors]:
        documents = self._vectors[queries.documents]
        if queries.shortened:
            items = [CatalogItem("", text) for text in queries.shortened.values()]
            documents[list(queries.shortened)] = self._encoder.encode_items(items)
        return self._encoder.encode_queries(queries.queries), documents


def features_of(dataset: Dataset, artefact: Artefact) -> ItemFeatures:
    """The catalogue compiled with an artefact's own vocabulary and item rows."""
    place = {item_id: number for number, item_id in enumerate(artefact.item_ids)}
    features = compile_items(
        dataset.catalogue,
        artefact.tokenizer,
        np.zeros(len(dataset.catalogue), dtype=np.bool_),
        artefact.manifest.reviews_weight,
        Standardisation.in_weights(artefact.weights),
    )
    numbers = np.fromiter((place.get(i, -1) for i in dataset.catalogue.ids), np.int64, len(dataset.catalogue))
    has_row = (numbers >= 0) & (numbers < len(artefact.ids_with_rows))
    return replace(
        features, row_of=np.where(has_row, numbers + len(artefact.weights.words), -1), new=numbers < 0
    )


def model_scorer(artefact: Artefact, features: ItemFeatures, users: Holdout) -> Scorer:
    """`RetrievalSystem.next_items` for features that are compiled already."""
    sums = item_sums(artefact.weights, features)
    sessions = session_vectors(artefact.weights, sums, users.histories, artefact.manifest.recency_half_lives)
    items = unit(sums)
    return lambda at: sessions[at] @ items.T


def systems_of(
    dataset: Dataset,
    model: Artefact,
    live: Artefact | None,
    seed: Artefact,
    rankers: Mapping[str, Ranked | None],
) -> dict[str, Load]:
    """Our models by name; each is compiled when it is measured."""
    artefacts: Sequence[tuple[str, Artefact | None]] = (("model", model), ("live", live), ("seed", seed))

    def load(artefact: Artefact, ranker: Ranked | None) -> Load:
        return lambda: RetrievalSystem(dataset, artefact, ranker)

    return {name: load(a, rankers.get(name)) for name, a in artefacts if a is not None}
