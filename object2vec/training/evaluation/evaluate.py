"""Evaluation on the test period: the model, the live model, the seed and the baselines, all in one run.

Each task has its own metrics: next item (ndcg@10 …), similarity (similar_*), search (query_* of the search
log, text_* of queries made from texts), categories (category_accuracy, on items that training held out).
Next items: for every user with a history before the test period all items with at least five earlier
purchases are ranked (what was bought before included, unless hardly anyone buys a thing twice); relevant is
what the user bought in the period. A second view ranks every item of the catalogue. Similar items: what was
bought together in the period. Pseudo-queries: of texts that validation did not use.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.forward import unit
from object2vec.model.retrieval.items import Standardisation, item_sums
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.gate import evaluation
from object2vec.training.evaluation.held_out import HeldOut, held_out
from object2vec.training.evaluation.scorers import (
    bm25_scorer,
    model_scorer,
    own_frequency_scorer,
    popularity_scorer,
)
from object2vec.training.evaluation.similar_items import (
    BoughtTogether,
    bought_together,
    counting_scorer,
    nearest_scorer,
    similar_metrics,
)
from object2vec.training.evaluation.text_retrieval import logged_queries, retrieval_metrics
from object2vec.training.features import ItemFeatures, compile_items
from object2vec.training.query_log import QueryLog
from object2vec.training.ranking import MIN_PURCHASES, Holdout, Scorer, view_metrics, without_seen

Metrics = dict[str, dict[str, float]]
"""By system, then by metric."""

_PAIRS = 2_500
_QUERIES = 1_000
_FEWEST_QUERIES = 20  # of the search log: fewer say nothing
_PROTOCOL: Mapping[str, Any] = {
    "next_item": f"test period, all items with at least {MIN_PURCHASES} earlier purchases, bought ones"
    " included unless hardly anyone buys a thing twice; all_items_*: every item of the catalogue; recall ="
    " hits / min(20, relevant)",
    "similar": "test period: an event asks with its item for what its user bought near it, of the same items;"
    " recall@10 = hits / min(10, relevant); bought-together: counts of the time before",
    "query": f"the search log of the test period finds the texts it led to,"
    f" from {_FEWEST_QUERIES} queries on",
    "categories": "items that training held out, as it measured them",
    "text": "every second distinct word of a text, in the singular, must find that text among all",
}


def evaluate(
    dataset: Dataset,
    model: Artefact,
    live: Artefact | None,
    seed: Artefact,
    ranked: Callable[[Holdout], Scorer] | None = None,
) -> dict[str, Any]:
    """The content of evaluation.json. Without a live model (a first run) the seed takes its place; `ranked`
    is the model with its ranker, where it has one."""
    systems = {"model": model, "seed": seed} | ({"live": live} if live is not None else {})
    compiled = {name: features_of(dataset, artefact) for name, artefact in systems.items()}
    test = held_out(dataset)
    pairs = bought_together(dataset.test, test.allowed, _PAIRS)
    logged = logged_queries(dataset.catalogue, dataset.queries.get("test", QueryLog()), _QUERIES)
    tasks = [
        _next_items(dataset, test, systems, compiled, ranked),
        _similar(test, pairs, systems, compiled),
        retrieval_metrics("text", dataset.catalogue, test.queries, systems, compiled),
        _categories(systems),
    ]
    if len(logged.queries) >= _FEWEST_QUERIES:
        tasks.append(retrieval_metrics("query", dataset.catalogue, logged, systems, compiled))
    metrics = _by_system(tasks)
    if live is None:
        metrics["live"] = metrics.get("seed", {})
    return evaluation(
        metrics,
        {
            **_PROTOCOL,
            "users": len(test.users),
            "ranked_items": int(test.allowed.sum()),
            "pairs": len(pairs),
            "queries": len(test.queries.queries),
            "logged_queries": len(logged.queries),
            "live": "the seed, as nothing was live" if live is None else live.manifest.version,
            "model": model.manifest.version,
            "seed": seed.manifest.version,
        },
    )


def _by_system(tasks: Sequence[Metrics]) -> Metrics:
    """The metrics of all tasks, side by side for each system."""
    names = dict.fromkeys(name for task in tasks for name in task)
    return {name: {k: v for task in tasks for k, v in task.get(name, {}).items()} for name in names}


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
    own = (numbers >= 0) & (numbers < len(artefact.ids_with_rows))
    return replace(features, row_of=np.where(own, numbers + len(artefact.weights.words), -1), new=numbers < 0)


def _next_items(
    dataset: Dataset,
    test: HeldOut,
    systems: Mapping[str, Artefact],
    compiled: Mapping[str, ItemFeatures],
    ranked: Callable[[Holdout], Scorer] | None,
) -> Metrics:
    users = test.users
    if not len(users):
        return {}
    scorers = {name: model_scorer(artefact, compiled[name], users) for name, artefact in systems.items()}
    if ranked is not None:
        scorers["model+ranker"] = ranked(users)
    scorers["popularity"] = popularity_scorer(test.popularity)
    scorers["own-frequency"] = own_frequency_scorer(test.popularity, users)
    scorers["bm25"] = bm25_scorer(dataset.catalogue, compiled["model"], users)
    if not test.past.has_returns():
        scorers = {name: without_seen(scorer, users) for name, scorer in scorers.items()}
    return {name: _in_both_views(scorer, test) for name, scorer in scorers.items()}


def _in_both_views(scorer: Scorer, test: HeldOut) -> dict[str, float]:
    views = [test.allowed, np.ones_like(test.allowed)]
    metrics, everything = view_metrics(test.users.relevant, scorer, views)
    return metrics | {f"all_items_{name}": value for name, value in everything.items()}


def _similar(
    test: HeldOut,
    pairs: BoughtTogether,
    systems: Mapping[str, Artefact],
    compiled: Mapping[str, ItemFeatures],
) -> Metrics:
    if not len(pairs):
        return {}
    scorers: dict[str, Scorer] = {
        name: nearest_scorer(unit(item_sums(artefact.weights, compiled[name])), pairs)
        for name, artefact in systems.items()
    }
    scorers["popularity"] = popularity_scorer(test.popularity)
    scorers["bought-together"] = counting_scorer(test.past, pairs, len(test.allowed))
    found = {name: similar_metrics(pairs, scorer, test.allowed) for name, scorer in scorers.items()}
    return {
        name: {f"similar_{metric}": float(values.mean()) for metric, values in metrics.items()}
        for name, metrics in found.items()
    }


def _categories(systems: Mapping[str, Artefact]) -> Metrics:
    said = {name: artefact.manifest.categories.get("accuracy") for name, artefact in systems.items()}
    return {name: {"category_accuracy": float(value)} for name, value in said.items() if value is not None}
