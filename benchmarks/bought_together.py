"""The sample shop: what is bought together, and what is in the rest of a basket of which one item is known.

The lists are those that `GET /items/{id}/bought-together` gives, and `POST /recommendations` with a basket of
one: counted from nine tenths of the year, with the model's help where the counts are few, asked about the
last tenth. Our constants were chosen on the first nine tenths alone (`prepared(inner=True)`).
"""

import time
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.report import ResultRow, ResultTable
from benchmarks.sample_shop import Trial, trial_of
from benchmarks.sample_shop_data import prepared
from benchmarks.trained_models import trained
from object2vec.core.arrays import Mask, Scores
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.ranker.complements_fit import fit_complements
from object2vec.training.dataset import Interactions
from object2vec.training.evaluation.intervals import mean_interval, paired_interval
from object2vec.training.evaluation.similar_items import (
    BoughtTogether,
    bought_together,
    counting_scorers,
    listed_metrics,
    purchase_log,
    served_complements,
    similar_metrics,
)
from object2vec.training.evaluation.systems import RetrievalSystem
from object2vec.training.trainer import use_one_thread

OURS, ALONE, COUNTS = "complements, as served", "object2vec, cosine", "counts alone"
SEARCHES = ("similar", "rest of a basket")


def run(quick: bool) -> ResultTable:
    """1,000 items that ask and 1,000 baskets, three seeds; 100 of one seed if `quick`."""
    use_one_thread()
    trial = trial_of(prepared())
    start = time.monotonic()
    measured = measure(trial, 100 if quick else 1_000, range(1 if quick else 3))
    seconds = (time.monotonic() - start) / len(measured)
    rows = []
    for name in (OURS, *(other for other in measured if other != OURS)):
        metrics: dict[str, float] = {}
        for what in SEARCHES:
            values = measured[name][what]
            metrics[f"{what} ndcg@10"] = float(values.mean())
            if name != OURS:
                low, high = paired_interval(values, measured[OURS][what])
                metrics |= {f"{what} ndcg@10 low": low, f"{what} ndcg@10 high": high}
        rows.append(ResultRow(name, metrics, seconds))
    served = (mean_interval(measured[OURS][what]) for what in SEARCHES)
    intervals = ", ".join(
        f"{what} {low:.3f} to {high:.3f}" for what, (low, high) in zip(SEARCHES, served, strict=True)
    )
    counts = {what: len(measured[OURS][what]) for what in SEARCHES}
    return ResultTable(
        "bought_together",
        "Sample shop: what is bought with an item, and what else is in its basket",
        f"similar: {counts[SEARCHES[0]]:,} events of the last tenth of the year ask with their item for what"
        f" their user bought near it; rest of a basket: {counts[SEARCHES[1]]:,} baskets of that time, of"
        f" which one item is known. Ours, 95 %: {intervals}",
        rows,
        {"similar ndcg@10": 0.165, "rest of a basket ndcg@10": 0.12},
    )


def measure(trial: Trial, limit: int, seeds: range) -> dict[str, dict[str, Scores]]:
    """NDCG@10 of each system and each question, means over the seeds: (n,)."""
    past = trial.dataset.train.merged(trial.dataset.validation)
    popularity = past.popularity(len(trial.dataset.catalogue))
    asked = {
        SEARCHES[0]: bought_together(trial.dataset.test, trial.ranked, limit),
        SEARCHES[1]: rest_of_baskets(trial.dataset.test, trial.ranked, limit),
    }

    def each(values: Callable[[BoughtTogether], Mapping[str, Scores]]) -> dict[str, Scores]:
        return {what: np.asarray(values(pairs)["ndcg@10"]) for what, pairs in asked.items()}

    def counted(name: str) -> dict[str, Scores]:
        return each(lambda p: similar_metrics(p, counting_scorers(past, p, popularity)[name], trial.ranked))

    ids = trial.dataset.catalogue.ids
    table = fit_complements(purchase_log(past), ids)
    tables = dict(zip(SEARCHES, (table, table.in_basket or table), strict=True))
    runs: dict[str, list[dict[str, Scores]]] = {OURS: [], ALONE: []}
    for seed in seeds:
        artefact = read_artefact(trained(trial.folder, seed).folder)
        cosine = RetrievalSystem(trial.dataset, artefact).similar
        lists = {what: served_complements(tables[what], p, ids, cosine(p)) for what, p in asked.items()}
        runs[OURS].append({w: listed_metrics(p, lists[w])["ndcg@10"] for w, p in asked.items()})
        alone = {w: similar_metrics(p, cosine(p), trial.ranked)["ndcg@10"] for w, p in asked.items()}
        runs[ALONE].append(alone)
    means = {n: {w: np.mean([run[w] for run in of], axis=0) for w in asked} for n, of in runs.items()}
    return {
        **means,
        COUNTS: counted("bought-together"),
        "popularity": counted("popularity"),
    }


def rest_of_baskets(future: Interactions, allowed: Mask, limit: int, seed: int = 0) -> BoughtTogether:
    """Up to `limit` baskets, drawn at random, of two and more items: one of them asks for the others."""
    events = future.where(allowed[future.items])
    starts = events.basket_starts()
    ends = np.append(starts[1:], len(events))
    rng = np.random.default_rng(seed)
    asking, relevant = [], []
    for basket in rng.permutation(len(starts)).tolist():
        items = np.unique(events.items[starts[basket] : ends[basket]])
        if len(items) > 1:
            asking.append(int(rng.choice(items)))
            relevant.append(np.setdiff1d(items, asking[-1:]))
        if len(asking) == limit:
            break
    return BoughtTogether(np.array(asking, np.int64), relevant)
