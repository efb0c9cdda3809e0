"""How well queries find texts: of the search log, or made from the texts (`pseudo_queries`)."""

from collections.abc import Mapping

import numpy as np

from object2vec.core.arrays import Matrix
from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.forward import mean_bags, query_vectors
from object2vec.model.retrieval.items import query_targets
from object2vec.search import fusion
from object2vec.training.dataset import Catalogue
from object2vec.training.evaluation.bm25 import BM25, query_terms
from object2vec.training.features import ItemFeatures
from object2vec.training.pseudo_queries import QuerySet, distinct_documents
from object2vec.training.query_log import QueryLog
from object2vec.training.ranking import ranking_metrics


def logged_queries(catalogue: Catalogue, log: QueryLog, limit: int, seed: int = 0) -> QuerySet:
    """Up to `limit` queries of the log, drawn at random, that led to a text; an item stands for its text."""
    documents, document_of = distinct_documents(catalogue)
    found = {
        query: np.unique(document_of[[item for item, label in grades.items() if label > 0]])
        for query, grades in log.judgements()
        if any(label > 0 for label in grades.values())
    }
    relevant = {query: texts[texts >= 0] for query, texts in found.items() if (texts >= 0).any()}
    queries = np.random.default_rng(seed).permutation(list(relevant))[:limit].tolist()
    return QuerySet(documents, queries, [relevant[query] for query in queries])


def retrieval_metrics(
    prefix: str,
    catalogue: Catalogue,
    queries: QuerySet,
    systems: Mapping[str, Artefact],
    compiled: Mapping[str, ItemFeatures],
) -> dict[str, dict[str, float]]:
    """`<prefix>_ndcg@10` and `<prefix>_recall@20` among all texts, of the systems, bm25 and bm25+model; {}
    without queries."""
    if not queries.queries:
        return {}
    scores = {name: _cosines(artefact, compiled[name], queries) for name, artefact in systems.items()}
    index = BM25([catalogue.texts[item] for item in queries.documents])
    scores["bm25"] = np.stack([index.scores(query_terms([query], [1.0])) for query in queries.queries])
    scores["bm25+model"] = _fused(scores["bm25"], scores["model"])
    return {name: _metrics(prefix, queries, values) for name, values in scores.items()}


def _metrics(prefix: str, queries: QuerySet, scores: Matrix) -> dict[str, float]:
    everything = np.ones(len(queries.documents), bool)
    values = ranking_metrics(queries.relevant, lambda at: scores[at], everything)
    return {f"{prefix}_{name}": values[name] for name in ("ndcg@10", "recall@20")}


def _cosines(artefact: Artefact, features: ItemFeatures, queries: QuerySet) -> Matrix:
    documents = query_targets(artefact.weights, features)[queries.documents]
    bags = mean_bags(*artefact.tokenizer.encode(queries.queries))
    cosines: Matrix = query_vectors(artefact.weights, bags) @ documents.T
    return cosines


def _fused(bm25: Matrix, cosines: Matrix) -> Matrix:
    """What the search does with both, row by row."""
    lexical = np.stack([fusion.normalised(row) for row in bm25]).astype(np.float64)
    parts = fusion.weighted({"lexical": lexical, "semantic": np.maximum(cosines, 0).astype(np.float64)})
    fused: Matrix = (parts["lexical"] + parts["semantic"]).astype(np.float32)
    return fused
