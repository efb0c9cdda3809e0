"""The data of the ablations, which no other benchmark reports on.

films: MovieLens-100k, the second latest film of every second user. shop: the sample shop's first nine tenths
of the year, every eighth household, the last tenth of that to be found; its own texts by pseudo-queries.
texts: Cranfield's documents by pseudo-queries, none of its queries or judgements.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks import movielens_next, next_item
from benchmarks.judged import load_collections
from benchmarks.movielens_data import load_movielens
from benchmarks.sample_shop_data import prepared
from object2vec.model.retrieval.artefact import Artefact, read_artefact
from object2vec.model.retrieval.forward import mean_bags, query_vectors, unit
from object2vec.model.retrieval.items import item_sums
from object2vec.release.seed import seed_folder
from object2vec.training.dataset import Catalogue, Dataset, Interactions, read_dataset
from object2vec.training.evaluation.similar_items import bought_together, nearest_scorer, similar_metrics
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.features import ItemFeatures
from object2vec.training.fit import fit
from object2vec.training.holdouts import holdout, rankable
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.pseudo_queries import TEST, VALIDATION, held_out_queries
from object2vec.training.ranking_metrics import MetricValues, best_items, user_metrics

SEED_MODEL = seed_folder()
TEACHER = Path(__file__).parents[1] / ".cache" / "teacher" / "cranfield"
EVERY = 8
"""Households: one in so many."""
_ASKING = 2_000  # users, pairs and queries, at most

Measure = Callable[[Hyperparameters], MetricValues]


def films(*, ids_alone: bool = False) -> Measure:
    """ndcg@10 of the next film; `ids_alone`: titles and genres are not known."""
    data = load_movielens()
    kept = data.users % 2 == 0
    columns = {name: getattr(data, name)[kept] for name in ("users", "items", "ratings", "times")}
    data = replace(data, **columns | {"users": columns["users"] // 2})
    dataset = movielens_next.leave_out(data, inner=True)
    users = movielens_next.holdout(dataset)
    if ids_alone:
        dataset = _without_texts(dataset)

    def measure(settings: Hyperparameters) -> MetricValues:
        scorer = next_item.ours(dataset, users, settings)
        return {"films": next_item.measure(scorer, users, data.item_count)["ndcg@10"]}

    return measure


def shop(every: int = EVERY, *, ids_alone: bool = False) -> Measure:
    """ndcg@10 of the next purchases, of co-purchase, and of pseudo-queries, of one household in `every`;
    `ids_alone`: texts and fields are not known, and so there are no queries."""
    whole = read_dataset(prepared(inner=True))
    periods = (whole.train, whole.validation, whole.test)
    train, validation, test = (events.where(events.users % every == 0) for events in periods)
    dataset = Dataset(whole.catalogue, train, validation, test, f"{whole.fingerprint} {every}")
    past = dataset.train.merged(dataset.validation)
    allowed = rankable(past.popularity(len(dataset.catalogue)))
    users = holdout(past, dataset.test, allowed, _ASKING)
    pairs = bought_together(dataset.test, allowed, _ASKING)
    if ids_alone:
        dataset = _without_texts(dataset)

    def measure(settings: Hyperparameters) -> MetricValues:
        artefact, features = _trained(dataset, settings)
        lists = best_items(len(users), model_scorer(artefact, features, users), allowed)
        items = unit(item_sums(artefact.weights, features))
        found = {
            "shop": user_metrics(users.relevant, lists)["ndcg@10"],
            "together": similar_metrics(pairs, nearest_scorer(items, pairs), allowed)["ndcg@10"],
        }
        if not ids_alone:
            found["words"] = _by_words(dataset.catalogue, artefact, features, VALIDATION)
        return found

    return measure


def texts() -> Measure:
    """ndcg@10 of pseudo-queries."""
    (collection,) = load_collections(("cranfield",))
    catalogue = _documents(collection.documents)
    none = np.empty(0, np.int64)
    nothing = Interactions(none, none, none)
    dataset = Dataset(catalogue, nothing, nothing, nothing, "cranfield")

    def measure(settings: Hyperparameters) -> MetricValues:
        artefact, features = _trained(dataset, settings.replace(epochs=10))
        return {"texts": _by_words(catalogue, artefact, features, TEST)}  # validation stops the training

    return measure


def _without_texts(dataset: Dataset) -> Dataset:
    ids = dataset.catalogue.ids
    nothing = Catalogue(ids, [""] * len(ids), [{}] * len(ids))
    return replace(dataset, catalogue=nothing, fingerprint=f"{dataset.fingerprint} ids")


def _documents(documents: Sequence[str]) -> Catalogue:
    ids = [f"{at:06}" for at in range(len(documents))]
    return Catalogue(ids, documents, [{}] * len(ids))


def _trained(dataset: Dataset, settings: Hyperparameters) -> tuple[Artefact, ItemFeatures]:
    with TemporaryDirectory() as folder:
        fit(dataset, SEED_MODEL, Path(folder), settings, cache=TEACHER)
        artefact = read_artefact(Path(folder))
    return artefact, features_of(dataset, artefact)


def _by_words(
    catalogue: Catalogue, artefact: Artefact, features: ItemFeatures, part: int
) -> NDArray[np.float64]:
    queries = held_out_queries(catalogue, _ASKING, part)
    documents = unit(item_sums(artefact.weights, features)[queries.documents])
    vectors = query_vectors(artefact.weights, mean_bags(*artefact.tokenizer.encode(queries.queries)))
    everything = np.ones(len(documents), bool)
    lists = best_items(len(vectors), lambda at: vectors[at] @ documents.T, everything)
    return user_metrics(queries.relevant, lists)["ndcg@10"]
