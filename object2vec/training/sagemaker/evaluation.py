"""evaluation.json of a model of AWS's image: the same hold-out, systems and gate as for our own model."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from object2vec.core.arrays import Matrix, Vectors
from object2vec.core.encoder import Encoder
from object2vec.model.sagemaker.encoder import BuiltinEncoder
from object2vec.search import fusion
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.bm25 import BM25, query_terms
from object2vec.training.evaluation.gate import evaluation
from object2vec.training.evaluation.held_out import HeldOut, held_out
from object2vec.training.evaluation.scorers import own_frequency_scorer, popularity_scorer
from object2vec.training.ranking import ranking_metrics, without_seen

Metrics = dict[str, float]


def evaluate_builtin(dataset: Dataset, model: BuiltinEncoder, live: Encoder, seed: Encoder) -> dict[str, Any]:
    """`live` is the seed where nothing is live, or what is cannot be read."""
    test, systems = held_out(dataset), {"model": model, "live": live, "seed": seed}
    catalogue = dataset.catalogue.items()
    items = {name: encoder.encode_items(catalogue) for name, encoder in systems.items()}
    metrics: dict[str, Metrics] = {}
    if len(test.users):
        metrics = _next_items(dataset, test, systems, items)
    for name, values in _text_retrieval(dataset, test, systems, items).items():
        metrics.setdefault(name, {}).update(values)
    return evaluation(
        metrics,
        {
            "users": len(test.users),
            "ranked_items": int(test.allowed.sum()),
            "queries": len(test.queries.queries),
            "model": model.version,
            "live": live.version,
            "seed": seed.version,
        },
    )


def _next_items(
    dataset: Dataset, test: HeldOut, systems: Mapping[str, Encoder], items: Mapping[str, Vectors]
) -> dict[str, Metrics]:
    catalogue = dataset.catalogue.items()
    histories = [[catalogue[item] for item in history.tolist()] for history in test.users.histories]
    scorers: dict[str, Any] = {
        "popularity": popularity_scorer(test.popularity),
        "own-frequency": own_frequency_scorer(test.popularity, test.users),
    }
    for name, encoder in systems.items():
        scorers[name] = _cosines(encoder.encode_sessions(histories), items[name])
    if not test.past.has_returns():
        scorers = {name: without_seen(scorer, test.users) for name, scorer in scorers.items()}
    return {
        name: ranking_metrics(test.users.relevant, scorer, test.allowed) for name, scorer in scorers.items()
    }


def _cosines(sessions: Vectors, items: Vectors) -> Any:
    return lambda at: sessions[at] @ items.T


def _text_retrieval(
    dataset: Dataset, test: HeldOut, systems: Mapping[str, Encoder], items: Mapping[str, Vectors]
) -> dict[str, Metrics]:
    queries = test.queries
    if not queries.queries:
        return {}
    scores: dict[str, Matrix] = {
        name: encoder.encode_queries(queries.queries) @ items[name][queries.documents].T
        for name, encoder in systems.items()
    }
    index = BM25([dataset.catalogue.texts[item] for item in queries.documents])
    scores["bm25"] = np.stack([index.scores(query_terms([query], [1.0])) for query in queries.queries])
    lexical = np.stack([fusion.normalised(row) for row in scores["bm25"]]).astype(np.float64)
    parts = {"lexical": lexical, "semantic": np.maximum(scores["model"], 0).astype(np.float64)}
    fused = fusion.weighted(parts)
    scores["bm25+model"] = (fused["lexical"] + fused["semantic"]).astype(np.float32)
    everything = np.ones(len(queries.documents), np.bool_)
    return {
        name: {
            f"text_{metric}": value
            for metric, value in ranking_metrics(queries.relevant, values.__getitem__, everything).items()
            if metric in ("ndcg@10", "recall@20")
        }
        for name, values in scores.items()
    }
