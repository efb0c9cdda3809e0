"""One comparison for each benchmark, for the overview and the README."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.pictures.panels import less_is_better, matches, rows_of
from benchmarks.report import ResultTable

NO_PEERS = ("oracle*", "ceiling*", "chance*", "bare tantivy*", "gensim*", "implicit BPR*")
"""No alternatives: what cannot be had, chance, a search without filter and facets, trainings on ids alone
with five negatives or one."""

HEADLINES: Sequence[tuple[str, str, str, str]] = (
    ("movielens_next", "ndcg@10", "Next film, MovieLens", "NDCG@10"),
    ("toys_next", "ndcg@10", "Next toy, Amazon", "NDCG@10"),
    ("movielens_random", "ndcg@10", "Random films, MovieLens", "NDCG@10"),
    ("sample_shop", "ndcg@10", "A household's next purchases", "NDCG@10"),
    ("sample_shop", "recall@20", "… twenty of them", "recall@20"),
    ("sample_shop", "new_ndcg@10", "… of items new to it", "NDCG@10"),
    ("short_histories", "last_1", "… its next basket after one event", "NDCG@10"),
    ("short_histories", "last_10", "… after ten events", "NDCG@10"),
    ("short_histories", "newcomer_1", "A newcomer after one event", "NDCG@10"),
    ("short_histories", "newcomer_10", "… a newcomer after ten", "NDCG@10"),
    ("bought_together", "similar ndcg@10", "Bought near an item", "NDCG@10"),
    ("bought_together", "rest of a basket ndcg@10", "… in the same basket", "NDCG@10"),
    ("anonymous_sessions", "ndcg@10", "Next in an anonymous session", "NDCG@10"),
    ("cold_start", "recall@20", "Items without a purchase", "recall@20"),
    ("ratings", "mse", "Ratings, MovieLens", "MSE"),
    ("personalised_search", "ndcg@10", "Search with a history", "NDCG@10"),
    ("text_search", "cranfield ndcg@10", "Text search, Cranfield", "NDCG@10"),
    ("text_search", "vaswani ndcg@10", "Text search, Vaswani", "NDCG@10"),
    ("text_search", "cisi ndcg@10", "Text search, CISI", "NDCG@10"),
    ("luma_pictures", "view R@10", "Another view of a product finds it", "recall@10"),
    ("luma_pictures", "colour@10", "Colours that only pictures tell", "share of ten"),
    ("categories", "accuracy", "Category from a text", "accuracy"),
    ("hybrid_search_92k", "p50_ms", "Search, 92,331 products", "p50 in ms"),
    ("hybrid_search_92k", "p99_ms", "… the slowest hundredth", "p99 in ms"),
    ("hybrid_search_growth", "p99_ms", "Search, a million items", "p99 in ms"),
    ("search_http", "requests_per_s", "HTTP server, 16 clients", "requests a second"),
    ("search_start", "start_s", "Start of the search function", "seconds"),
    ("search_start", "cold_start_s", "… with its store 20 ms away", "seconds"),
    ("throughput", "pairs_per_s", "Training", "pairs a second"),
    ("preprocess", "catalog_rows_per_second", "Catalogue uploads", "rows a second"),
    ("preprocess", "interactions_rows_per_second", "Uploads of purchases", "rows a second"),
)
"""Benchmark, metric, title and measure of each panel."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What ships, the strongest peer, the number to reach."""

    title: str
    measure: str
    less_is_better: bool
    ours: float
    peer: tuple[str, float] | None
    goal: float | None
    measured_at: str
    """ISO; empty for a result that is in no file yet."""

    @property
    def reached(self) -> bool:
        """Whether ours is at least as good as the goal, or there is none."""
        if self.goal is None:
            return True
        return self.ours <= self.goal if self.less_is_better else self.ours >= self.goal


def headlines(tables: Mapping[str, ResultTable]) -> Iterator[Headline]:
    """The headlines of all results. If several systems ship, the worst one counts."""
    for name, metric, title, measure in HEADLINES:
        rows = [row for row in rows_of(tables[name]) if metric in row[2]] if name in tables else []
        shipped = [values[metric] for _, role, values in rows if role == "shipped"]
        if not shipped:
            continue
        others = ((label, values[metric]) for label, role, values in rows if role == "peer")
        peers = [peer for peer in others if not matches(peer[0], NO_PEERS)]
        less = less_is_better(metric)
        best, worst = (min, max) if less else (max, min)
        strongest = best(peers, key=lambda peer: peer[1], default=None)
        goal, measured_at = tables[name].bars.get(metric), tables[name].measured_at
        yield Headline(title, measure, less, worst(shipped), strongest, goal, measured_at)
