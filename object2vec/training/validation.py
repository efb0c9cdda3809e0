"""The validation metric: NDCG@10 on data that training does not learn from. It decides when to stop."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Matrix, Rows
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.forward import Weights, mean_bags, query_vectors, session_vectors, unit
from object2vec.model.retrieval.items import item_sums
from object2vec.training.dataset import Dataset
from object2vec.training.features import ItemFeatures
from object2vec.training.holdouts import holdout, rankable, sessions
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.pseudo_queries import VALIDATION, held_out_queries, searched_vectors
from object2vec.training.ranking_metrics import ranking_metrics, without_seen

_USERS = 2_000
_QUERIES = 500


@dataclass(frozen=True, slots=True)
class Validation:
    """The metric of a model's weights: higher is better, None means that there is nothing to measure."""

    ndcg: Callable[[Weights], float | None]
    people: int = 0
    """Whose next purchases are to be found; 0 where texts are, or nothing."""
    queries: int = 0
    """Queries made from texts, if those are asked."""


def validation_of(
    dataset: Dataset, features: ItemFeatures, tokenizer: Tokenizer, settings: Hyperparameters
) -> Validation:
    """The next period's purchases if there are any, else queries made from texts, if those are trained on."""
    allowed = rankable(dataset.train.popularity(len(dataset.catalogue)))
    users = holdout(dataset.train, dataset.validation, allowed, _USERS)
    if not len(users):  # anonymous sessions: nobody comes back
        users = sessions(dataset.train, dataset.validation, allowed, _USERS)
    if not len(users):
        return _texts(dataset, features, tokenizer, settings)
    seen_again = dataset.train.people_return()

    def ndcg(weights: Weights) -> float:
        sums = item_sums(weights, features)
        vectors = session_vectors(weights, sums, users.histories, settings.half_lives)
        items = unit(sums)

        def score(at: Rows) -> Matrix:
            return vectors[at] @ items.T

        scorer = score if seen_again else without_seen(score, users)
        return ranking_metrics(users.relevant, scorer, allowed)["ndcg@10"]

    return Validation(ndcg, len(users))


def _texts(
    dataset: Dataset, features: ItemFeatures, tokenizer: Tokenizer, settings: Hyperparameters
) -> Validation:
    queries = held_out_queries(dataset.catalogue, _QUERIES, VALIDATION) if settings.task_weight_text else None
    if queries is None or not queries.queries:
        return Validation(lambda _: None)
    encoded = mean_bags(*tokenizer.encode(queries.queries))

    def ndcg(weights: Weights) -> float:
        documents = searched_vectors(weights, features, tokenizer, queries)
        vectors = query_vectors(weights, encoded)
        everything = np.ones(len(documents), bool)
        return ranking_metrics(queries.relevant, lambda at: vectors[at] @ documents.T, everything)["ndcg@10"]

    return Validation(ndcg, queries=len(queries.queries))
