"""Evaluation on the test period: the model, the live model, the seed and the baselines, all in one run.

Next items: for every user with a history before the test period all items with at least five earlier
purchases are ranked (what was bought before included, unless hardly anyone buys a thing twice); relevant is
what the user bought in the period. A second view ranks every item of the catalogue. Text retrieval:
pseudo-queries of texts that validation did not use.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from object2vec.model.artefact import Artefact
from object2vec.model.bags import mean_bags
from object2vec.model.towers import query_vectors, unit
from object2vec.search import fusion
from object2vec.training.bm25 import BM25, query_terms
from object2vec.training.dataset import Dataset
from object2vec.training.embeddings import item_sums
from object2vec.training.features import ItemFeatures, compile_items
from object2vec.training.fit import MIN_PURCHASES, rankable
from object2vec.training.gate import judge
from object2vec.training.pseudo_queries import TEST, QuerySet, held_out_queries
from object2vec.training.ranking import Holdout, Scorer, Scores, holdout, ranking_metrics, without_seen
from object2vec.training.scorers import bm25_scorer, model_scorer, own_frequency_scorer, popularity_scorer

_USERS = 2_500
_QUERIES = 1_000


def evaluate(
    dataset: Dataset,
    model: Artefact,
    live: Artefact | None,
    seed: Artefact,
    ranked: Callable[[Holdout], Scorer] | None = None,
) -> dict[str, Any]:
    """The content of evaluation.json. Without a live model (a first run) the seed takes its place; `ranked`
    is the model with its ranker, where it has one."""
    systems = {"model": model, "live": live or seed, "seed": seed}
    compiled = {name: features_of(dataset, artefact) for name, artefact in systems.items()}
    past = dataset.train.together(dataset.validation)
    popularity = past.popularity(len(dataset.catalogue))
    allowed = rankable(popularity)
    users = holdout(past, dataset.test, allowed, _USERS)
    scorers: dict[str, Scorer] = {}
    if len(users):
        scorers = {name: model_scorer(artefact, compiled[name], users) for name, artefact in systems.items()}
        if ranked is not None:
            scorers["model+ranker"] = ranked(users)
        scorers["popularity"] = popularity_scorer(popularity)
        scorers["own-frequency"] = own_frequency_scorer(popularity, users)
        scorers["bm25"] = bm25_scorer(dataset.catalogue, compiled["model"], users)
        if not past.has_returns():
            scorers = {name: without_seen(scorer, users) for name, scorer in scorers.items()}
    metrics = {name: _next_item(scorer, users, allowed) for name, scorer in scorers.items()}
    queries = held_out_queries(dataset.catalogue, _QUERIES, TEST)
    for name, values in _text_retrieval(dataset, queries, systems, compiled).items():
        metrics.setdefault(name, {}).update(values)
    for name in ("model", "live", "popularity", "bm25", "bm25+model"):
        metrics.setdefault(name, {})
    verdict = judge(metrics)
    return {
        "gate": {"passed": verdict.passed, "reason": verdict.reason},
        "metrics": metrics,
        "protocol": {
            "next_item": f"test period, all items with at least {MIN_PURCHASES} earlier purchases, bought"
            " ones included unless hardly anyone buys a thing twice; all_items_*: every item of the"
            " catalogue; recall = hits / min(20, relevant)",
            "text": "every second distinct word of a text, in the singular, must find that text among all",
            "users": len(users),
            "ranked_items": int(allowed.sum()),
            "queries": len(queries.queries),
            "live": "the seed, as nothing was live" if live is None else live.manifest.version,
            "model": model.manifest.version,
            "seed": seed.manifest.version,
        },
    }


def features_of(dataset: Dataset, artefact: Artefact) -> ItemFeatures:
    """The catalogue compiled with an artefact's own vocabulary and item rows."""
    place = {item_id: number for number, item_id in enumerate(artefact.item_ids)}
    projection = artefact.weights.projection
    features = compile_items(
        dataset.catalogue,
        artefact.tokenizer,
        np.zeros(len(dataset.catalogue), dtype=np.bool_),
        artefact.manifest.reviews_weight,
        None if projection is None else projection.standardisation,
    )
    numbers = np.fromiter((place.get(i, -1) for i in dataset.catalogue.ids), np.int64, len(dataset.catalogue))
    rows = np.where(numbers >= 0, numbers + len(artefact.weights.words), -1)
    return replace(features, row_of=rows)


def _next_item(scorer: Scorer, users: Holdout, allowed: NDArray[np.bool_]) -> dict[str, float]:
    everything = ranking_metrics(users.relevant, scorer, np.ones_like(allowed))
    wide = {f"all_items_{name}": value for name, value in everything.items()}
    return ranking_metrics(users.relevant, scorer, allowed) | wide


def _text_retrieval(
    dataset: Dataset, queries: QuerySet, systems: Mapping[str, Artefact], compiled: Mapping[str, ItemFeatures]
) -> dict[str, dict[str, float]]:
    if not queries.queries:
        return {}
    scores = {name: _cosines(artefact, compiled[name], queries) for name, artefact in systems.items()}
    index = BM25([dataset.catalogue.texts[item] for item in queries.documents])
    scores["bm25"] = np.stack([index.scores(query_terms([query], [1.0])) for query in queries.queries])
    scores["bm25+model"] = _fused(scores["bm25"], scores["model"])
    return {name: _text_metrics(queries, values) for name, values in scores.items()}


def _text_metrics(queries: QuerySet, scores: Scores) -> dict[str, float]:
    everything = np.ones(len(queries.documents), bool)
    values = ranking_metrics(queries.relevant, lambda at: scores[at], everything)
    return {f"text_{name}": values[name] for name in ("ndcg@10", "recall@20")}


def _cosines(artefact: Artefact, features: ItemFeatures, queries: QuerySet) -> Scores:
    documents = unit(item_sums(artefact.weights, features)[queries.documents])
    bags = mean_bags(*artefact.tokenizer.encode(queries.queries))
    cosines: Scores = query_vectors(artefact.weights, bags) @ documents.T
    return cosines


def _fused(bm25: Scores, cosines: Scores) -> Scores:
    """What the search does with both, row by row."""
    lexical = np.stack([fusion.normalised(row) for row in bm25]).astype(np.float64)
    parts = fusion.weighted({"lexical": lexical, "semantic": np.maximum(cosines, 0).astype(np.float64)})
    fused: Scores = (parts["lexical"] + parts["semantic"]).astype(np.float32)
    return fused
