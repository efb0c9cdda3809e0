"""Households of whom little is known: their next basket after the last 1, 3, 10 and 50 events.

As `POST /recommendations` is asked with a bare `history`: without times, own items allowed. The peers learn
from all nine tenths of the year before the reported tenth, as in benchmarks/sample_shop.py; our model and
ranker are trained as the jobs do.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import ResultRow, ResultTable
from benchmarks.sample_shop import Trial, trial_of
from benchmarks.sample_shop_data import prepared
from benchmarks.trained_models import trained
from object2vec.core.arrays import Scores
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.evaluation.evaluation_set import HISTORY_LENGTHS
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.peers import Counting
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.holdouts import Holdout, last_events
from object2vec.training.ranker.job import with_ranker
from object2vec.training.ranking_metrics import Scorer, best_items, user_metrics
from object2vec.training.trainer import use_one_thread

OURS, ALONE = "object2vec + ranker", "object2vec"
PEERS = ("popularity", "item-knn", "co-occurrence", "user-knn")
HOUSEHOLDS = 2_500
"""More than there are: all of them."""
GOALS = {1: 0.10, 3: 0.105, 10: 0.12, 50: 0.165}


def run(quick: bool) -> ResultTable:
    """Three seeds, one of a few households if `quick`."""
    use_one_thread()
    trial, seeds = trial_of(prepared()), range(1 if quick else 3)
    segments = segments_of(trial, 100 if quick else HOUSEHOLDS)
    start = time.monotonic()
    measured = {name: [values] for name, values in peers(trial, segments).items()}
    seconds = dict.fromkeys(measured, (time.monotonic() - start) / len(measured))
    taken = 0.0
    for seed in seeds:
        model = trained(trial.folder, seed)
        start = time.monotonic()
        for name, values in ours(trial, segments, model.folder).items():
            measured.setdefault(name, []).append(values)
        taken += model.seconds + time.monotonic() - start
    seconds |= dict.fromkeys((ALONE, OURS), taken / len(seeds))
    return table(measured, seconds, segments, len(seeds))


def table(
    measured: Mapping[str, Sequence[Mapping[int, Scores]]],
    seconds: Mapping[str, float],
    segments: Mapping[int, Holdout],
    seeds: int,
) -> ResultTable:
    """Table of each system's values by number of known events: the means over the seeds, ours first, and
    the intervals of the differences from ours."""
    means = {
        name: {known: np.mean([run[known] for run in runs], axis=0) for known in segments}
        for name, runs in measured.items()
    }
    rows = []
    for name in (OURS, *(other for other in means if other != OURS)):
        metrics: dict[str, float] = {}
        for known, values in means[name].items():
            metrics[f"last_{known}"] = float(values.mean())
            if name != OURS:
                low, high = paired_interval(values, means[OURS][known])
                metrics |= {f"last_{known} low": low, f"last_{known} high": high}
        rows.append(ResultRow(name, metrics, seconds.get(name)))
    households = ", ".join(f"{len(users):,} with {known}" for known, users in segments.items())
    return ResultTable(
        "short_histories",
        "Sample shop: the next basket of a household of which only the last events are known",
        f"NDCG@10 after the last 1, 3, 10 and 50 events, without times, own items allowed; {households};"
        f" mean of {seeds} seed{'s' * (seeds > 1)}",
        rows,
        {f"last_{known}": goal for known, goal in GOALS.items()},
    )


def segments_of(trial: Trial, limit: int) -> dict[int, Holdout]:
    """Households and what they bought next, by number of known events."""
    past = trial.dataset.train.merged(trial.dataset.validation)
    return {k: last_events(past, trial.dataset.test, trial.ranked, k, limit) for k in HISTORY_LENGTHS}


def peers(trial: Trial, segments: Mapping[int, Holdout]) -> dict[str, dict[int, Scores]]:
    """Counting, fitted once and asked about every segment."""
    past = trial.dataset.train.merged(trial.dataset.validation)
    counting = Counting(past, past.popularity(len(trial.dataset.catalogue)))
    return {
        name: {k: _ndcg(counting.scorers(users)[name](), users, trial) for k, users in segments.items()}
        for name in PEERS
    }


def ours(trial: Trial, segments: Mapping[int, Holdout], folder: Path) -> dict[str, dict[int, Scores]]:
    """The model of a folder alone, and with its ranker where it has one."""
    artefact = read_artefact(folder)
    features = features_of(trial.dataset, artefact)
    alone = {k: _ndcg(model_scorer(artefact, features, u), u, trial) for k, u in segments.items()}
    ranked = with_ranker(trial.folder, trial.dataset, folder)
    if ranked is None:
        return {ALONE: alone, OURS: alone}
    return {ALONE: alone, OURS: {k: _ndcg(ranked(users), users, trial) for k, users in segments.items()}}


def _ndcg(scorer: Scorer, users: Holdout, trial: Trial) -> Scores:
    """(n,)"""
    return user_metrics(users.relevant, best_items(len(users), scorer, trial.ranked))["ndcg@10"]
