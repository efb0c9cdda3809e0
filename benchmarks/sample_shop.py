"""The sample shop: what households buy in the last tenth of the year, all items and items new to them.

Our settings were chosen on the first nine tenths (`prepared(inner=True)`), the user-kNN's too; the constants
of iALS below are usual values, not tuned. Our model and ranker are what the training job makes with default
settings: the model learns from 80 % of the time, the ranker from the tenth after it; the peers learn from all
nine tenths.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.peers.collaborative import ease, ials, item_knn, user_items
from benchmarks.report import ResultRow, ResultTable
from benchmarks.sample_shop_data import prepared
from benchmarks.trained_models import SEED_MODEL, trained
from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.dataset import Dataset, Interactions, read_dataset
from object2vec.training.evaluation.bm25 import bm25_scorer
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.peers import Counting, own_frequency_scorer, popularity_scorer
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.holdouts import Holdout, holdout, rankable
from object2vec.training.ranker.counts import CountsOfTwo
from object2vec.training.ranker.job import counts_before_test, with_ranker
from object2vec.training.ranking_metrics import MetricValues, Scorer, best_items, user_metrics, without_seen
from object2vec.training.trainer import use_one_thread

OURS, STRONGEST, USER_KNN = "object2vec + ranker", "own frequency + iALS", "user-kNN, fading profiles"
DENSE_ITEMS = 8_000
"""Peers that need a dense matrix of items by items rank the most bought so many; all of them do not fit."""
FACTORS, PENALTY, ALPHA, SHARE = 64, 1.0, 5.0, 0.3
HALF_LIFE = 100.0


@dataclass(frozen=True, eq=False)
class Trial:
    """Households before the test period, what is ranked, and what they buy then."""

    folder: Path
    dataset: Dataset
    users: Holdout
    households: Rows
    """(n,) their codes in the interactions."""
    ranked: NDArray[np.bool_]
    """(items,) with at least five earlier purchases."""

    @property
    def past(self) -> Interactions:
        """All events before the reported period."""
        return self.dataset.train.merged(self.dataset.validation)

    def counts(self) -> CountsOfTwo:
        """The ranker's counts at the beginning of the reported period."""
        return counts_before_test(self.folder)


def run(quick: bool) -> ResultTable:
    """Three seeds, one if `quick`."""
    use_one_thread()
    trial, seeds = trial_of(prepared()), range(1 if quick else 3)
    rows, measured = [], {}
    for name, (seconds, scorers) in systems(trial, seeds).items():
        start = time.monotonic()
        runs = [measure(scorer, trial) for scorer in scorers]
        measured[name] = {metric: np.mean([r[metric] for r in runs], axis=0) for metric in runs[0]}
        means = {metric: float(values.mean()) for metric, values in measured[name].items()}
        rows.append(ResultRow(name, means, (seconds + time.monotonic() - start) / len(runs)))
    compared = [_difference(measured, name) for name in (STRONGEST, USER_KNN, "own frequency", "EASE")]
    return ResultTable(
        "sample_shop",
        f"Sample shop: what {len(trial.users):,} households buy in the last tenth of the year",
        f"{int(trial.ranked.sum()):,} items with at least 5 earlier purchases, mean of {len(seeds)} seeds;"
        " new: only items the household never bought; recall = hits / min(20, relevant);"
        f" EASE and item-kNN rank the {DENSE_ITEMS:,} most bought."
        f" 95 % of paired bootstraps: {'; '.join(compared)}",
        sorted(rows, key=lambda row: row.metrics["ndcg@10"]),
        {"ndcg@10": 0.48, "recall@20": 0.36, "new_ndcg@10": 0.072},
    )


def trial_of(folder: Path) -> Trial:
    """The trial on a prepared dataset."""
    dataset = read_dataset(folder)
    past = dataset.train.merged(dataset.validation)
    ranked = rankable(past.popularity(len(dataset.catalogue)))
    households = np.intersect1d(past.users, dataset.test.users[ranked[dataset.test.items]])
    return Trial(folder, dataset, holdout(past, dataset.test, ranked), households, ranked)


def systems(trial: Trial, seeds: range) -> dict[str, tuple[float, list[Scorer]]]:
    """Seconds of training and the trained scorers, by name."""
    made = peers(trial)
    found: dict[str, tuple[float, list[Scorer]]] = {}
    for name, make in made.items():
        start = time.monotonic()
        scorer = make()
        found[name] = time.monotonic() - start, [scorer]
    alone, ranked, seconds = [], [], 0.0
    for seed in seeds:
        model = trained(trial.folder, seed)
        start = time.monotonic()
        scorer, with_its_ranker = ours(trial, model.folder)
        alone.append(scorer)
        ranked.append(with_its_ranker)
        seconds += model.seconds + time.monotonic() - start
    return found | {"object2vec": (seconds, alone), OURS: (seconds, ranked)}


def peers(trial: Trial) -> dict[str, Callable[[], Scorer]]:
    """Name → trained scorer."""
    past = trial.dataset.train.merged(trial.dataset.validation)
    count, users = len(trial.dataset.catalogue), trial.users
    matrix = user_items(past, count)
    buyers = np.asarray((matrix > 0).sum(axis=0)).ravel().astype(np.int64)
    logged = matrix.copy()
    logged.data = np.log1p(logged.data)
    seed = read_artefact(SEED_MODEL)
    features = features_of(trial.dataset, seed)

    def factors() -> Scorer:
        return ials(logged, trial.households, factors=FACTORS, penalty=PENALTY, alpha=ALPHA)

    def dense(make: Callable[[sparse.csr_matrix, list[Rows]], Scorer]) -> Scorer:
        return _among_the_most_bought(make, logged, buyers, users)

    own = own_frequency_scorer(past.popularity(count), users)
    return {
        "popularity (households)": lambda: popularity_scorer(buyers),
        "own frequency": lambda: own,
        "iALS": factors,
        STRONGEST: lambda: _sum(own, factors(), SHARE),
        "EASE": lambda: dense(lambda part, histories: ease(part, histories, HALF_LIFE)),
        USER_KNN: Counting(past, past.popularity(count)).scorers(users)["user-knn"],
        "item-kNN, recency": lambda: dense(lambda part, histories: item_knn(part, histories, HALF_LIFE)),
        "BM25 on the history": lambda: bm25_scorer(trial.dataset.catalogue, users),
        "seed, zero-shot": lambda: model_scorer(seed, features, users),
    }


def ours(trial: Trial, folder: Path) -> tuple[Scorer, Scorer]:
    """The trained model of a folder alone and with its ranker, as the service reads them."""
    artefact = read_artefact(folder)
    model = model_scorer(artefact, features_of(trial.dataset, artefact), trial.users)
    ranked = with_ranker(trial.dataset, folder, trial.counts)
    return model, model if ranked is None else ranked(trial.users)


def measure(scorer: Scorer, trial: Trial) -> MetricValues:
    """Each household's metrics, and, of those that bought any, the metrics among the items new to them."""
    users = trial.users
    values = user_metrics(users.relevant, best_items(len(users), scorer, trial.ranked))
    pairs = zip(users.relevant, users.histories, strict=True)
    new = [np.setdiff1d(relevant, history) for relevant, history in pairs]
    some = np.array([len(items) > 0 for items in new])
    listed = best_items(len(users), without_seen(scorer, users), trial.ranked)
    found = user_metrics([items for items in new if len(items)], listed[some])
    return values | {f"new_{name}": found[name] for name in ("ndcg@10", "recall@20")}


def _sum(own: Scorer, other: Scorer, share: float) -> Scorer:
    return lambda at: own(at) + np.float32(share) * other(at)


def _among_the_most_bought(
    make: Callable[[sparse.csr_matrix, list[Rows]], Scorer],
    matrix: sparse.csr_matrix,
    buyers: Rows,
    users: Holdout,
) -> Scorer:
    """Scores only the most bought items; the others come last."""
    part = np.sort(np.argsort(-buyers, kind="stable")[:DENSE_ITEMS])
    place = np.full(len(buyers), -1)
    place[part] = np.arange(len(part))
    histories = [place[history][place[history] >= 0] for history in users.histories]
    inner = make(matrix[:, part].tocsr(), histories)

    def score(at: Rows) -> Matrix:
        scores = np.full((len(at), len(buyers)), -np.inf, np.float32)
        scores[:, part] = inner(at)
        return scores

    return score


def _difference(measured: Mapping[str, MetricValues], peer: str) -> str:
    parts = []
    for name in ("ndcg@10", "new_ndcg@10"):
        low, high = paired_interval(measured[OURS][name], measured[peer][name])
        parts.append(f"{name} {low:+.3f} to {high:+.3f}")
    return f"{OURS} minus {peer}: {', '.join(parts)}"
