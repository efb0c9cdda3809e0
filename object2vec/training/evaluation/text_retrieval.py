"""Measures how well queries find texts: queries of the search log, or made from the texts
(pseudo_queries.py).

Queries are scored in batches of bounded memory, whatever their number."""

from collections.abc import Iterator

import numpy as np

from object2vec.core.arrays import Matrix, Rows, Vectors
from object2vec.search import fusion
from object2vec.training.dataset import Catalogue
from object2vec.training.evaluation.bm25 import TextBaseline, analysis_of, query_terms
from object2vec.training.pseudo_queries import QuerySet, distinct_documents
from object2vec.training.ranking_metrics import MetricValues, Scorer, best_items, user_metrics
from object2vec.training.search_log import JudgedQueries


def logged_queries(catalogue: Catalogue, log: JudgedQueries, limit: int) -> QuerySet:
    """Up to `limit` queries of the log, drawn at random, that led to a text; an item stands for its text."""
    documents, document_of = distinct_documents(catalogue)
    found = {
        query: np.unique(document_of[[item for item, label in grades.items() if label > 0]])
        for query, grades in log.judgements()
        if any(label > 0 for label in grades.values())
    }
    relevant = {query: texts[texts >= 0] for query, texts in found.items() if (texts >= 0).any()}
    queries = np.random.default_rng(0).permutation(list(relevant))[:limit].tolist()
    return QuerySet(documents, queries, [relevant[query] for query in queries])


class TextRetrieval:
    """One set of queries, asked of words alone and of one model after the other."""

    def __init__(self, catalogue: Catalogue, queries: QuerySet) -> None:
        self.queries = queries
        self._analysis = analysis_of(catalogue)
        self._index = TextBaseline(queries.texts(catalogue), self._analysis)

    def __len__(self) -> int:
        return len(self.queries.queries)

    def words(self) -> MetricValues:
        """The metrics of BM25 alone."""
        return self._measured(self._bm25)

    def model(self, queries: Vectors, documents: Vectors) -> tuple[MetricValues, MetricValues]:
        """The metrics of a model alone, and of words and model as search adds them up; from the unit vectors
        of the queries (q, d) and of the distinct texts (t, d)."""

        def cosines(at: Rows) -> Matrix:
            return queries[at] @ documents.T

        return self._measured(cosines), self._measured(lambda at: _fused(self._bm25(at), cosines(at)))

    def _bm25(self, at: Rows) -> Matrix:
        queries = (query_terms([self.queries.queries[place]], [1.0], self._analysis) for place in at.tolist())
        return np.stack([self._index.scores(terms) for terms in queries])

    def _measured(self, score: Scorer) -> MetricValues:
        relevant = self.queries.relevant
        everything = np.ones(len(self.queries.documents), np.bool_)
        values = user_metrics(relevant, best_items(len(relevant), score, everything))
        return {name: values[name] for name in ("ndcg@10", "recall@20")}


def _fused(bm25: Matrix, cosines: Matrix) -> Matrix:
    """The sum of both scores for each row, as search computes it."""
    return np.stack(list(_fused_rows(bm25, cosines)))


def _fused_rows(bm25: Matrix, cosines: Matrix) -> Iterator[Matrix]:
    for words, meaning in zip(bm25, cosines, strict=True):
        lexical = fusion.normalised(words).astype(np.float64)
        parts = fusion.weighted({"lexical": lexical, "semantic": np.maximum(meaning, 0).astype(np.float64)})
        yield np.asarray(parts["lexical"] + parts["semantic"], np.float32)
