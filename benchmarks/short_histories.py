"""Households of whom little is known: their next basket after the last 1, 3, 10 and 50 events.

As `POST /recommendations` is asked with a bare `history`: without times, own items allowed. The peers learn
from all nine tenths of the year before the reported tenth, as in benchmarks/sample_shop.py; our model and
ranker are trained as the jobs do.

Twice: as if the log held the household (`last_3`), which is how the goals were set, and as if it did not
(`newcomer_3`). In the first case a household that asks with something rare finds its own profile among its
neighbours, with all that it buys: what no shopper of one click has left. In the second each quarter of the
households is asked about by counts, ours and the peers', of the other three. Only our model's vectors were
trained with all.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from benchmarks.report import ResultRow, ResultTable
from benchmarks.sample_shop import Trial, trial_of
from benchmarks.sample_shop_data import prepared
from benchmarks.trained_models import trained
from object2vec.core.arrays import Scores
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.dataset import Interactions
from object2vec.training.evaluation.evaluation_set import HISTORY_LENGTHS
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.peers import Counting
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.holdouts import Holdout, last_events
from object2vec.training.ranker.counts import CountsOfTwo, RankerCounts, counts_without
from object2vec.training.ranker.job import INTERACTIONS, with_ranker
from object2vec.training.ranking_metrics import Scorer, best_items, user_metrics
from object2vec.training.trainer import use_one_thread

OURS, ALONE = "object2vec + ranker", "object2vec"
PEERS = ("popularity", "item-knn", "co-occurrence", "user-knn")
HOUSEHOLDS, QUARTERS = 2_500, 4
"""More than there are: all of them."""
GOALS = {1: 0.10, 3: 0.105, 10: 0.12, 50: 0.165}


def run(quick: bool) -> ResultTable:
    """Three seeds, one of a few households if `quick`."""
    use_one_thread()
    trial, seeds = trial_of(prepared()), range(1 if quick else 3)
    asked = asked_of(trial, 100 if quick else HOUSEHOLDS)
    start = time.monotonic()
    measured = {name: [values] for name, values in peers(trial, asked).items()}
    seconds = dict.fromkeys(measured, (time.monotonic() - start) / len(measured))
    taken = 0.0
    for seed in seeds:
        model = trained(trial.folder, seed)
        start = time.monotonic()
        for name, values in ours(trial, asked, model.folder).items():
            measured.setdefault(name, []).append(values)
        taken += model.seconds + time.monotonic() - start
    seconds |= dict.fromkeys((ALONE, OURS), taken / len(seeds))
    return table(measured, seconds, len(seeds))


ByMetric = Mapping[str, Scores]
"""NDCG@10 of each household, by the name of the metric."""


@dataclass(frozen=True)
class HouseholdGroup:
    """Households who are asked about, and who is left out of the counts that answer."""

    metric: str
    """`last` or `newcomer`."""
    segments: Mapping[int, Holdout]
    """By number of known events."""
    log: Interactions
    """What the peers count."""
    counts: Callable[[], RankerCounts]
    """What we count."""


def table(
    measured: Mapping[str, Sequence[ByMetric]], seconds: Mapping[str, float], seeds: int
) -> ResultTable:
    """Table of each system's values by number of known events: the means over the seeds, ours first, and
    the intervals of the differences from ours."""
    means = {
        name: {metric: np.mean([run[metric] for run in runs], axis=0) for metric in runs[0]}
        for name, runs in measured.items()
    }
    rows = []
    for name in (OURS, *(other for other in means if other != OURS)):
        metrics: dict[str, float] = {}
        for metric, values in means[name].items():
            metrics[metric] = float(values.mean())
            if name != OURS:
                low, high = paired_interval(values, means[OURS][metric])
                metrics |= {f"{metric} low": low, f"{metric} high": high}
        rows.append(ResultRow(name, metrics, seconds.get(name)))
    households = ", ".join(f"{len(values):,} {metric}" for metric, values in means[OURS].items())
    return ResultTable(
        "short_histories",
        "Sample shop: the next basket of a household of which only the last events are known",
        "NDCG@10 after the last 1, 3, 10 and 50 events, without times, own items allowed; last: what counts"
        f" knows the household, newcomer: it does not; households: {households};"
        f" mean of {seeds} seed{'s' * (seeds > 1)}",
        rows,
        {f"last_{known}": goal for known, goal in GOALS.items()},
    )


def asked_of(trial: Trial, limit: int) -> list[HouseholdGroup]:
    """All households that the log holds, then its quarters, each of which the log lacks."""
    past, users = trial.past, np.unique(trial.past.users)
    log = [trial.folder / split / INTERACTIONS for split in ("train", "validation")]
    everybody = segments_of(trial, past, limit)
    known = {k: replace(asked, counted=True) for k, asked in everybody.items()}
    found = [HouseholdGroup("last", known, past, partial(RankerCounts.of, log))]
    for quarter in range(QUARTERS):
        group = users[users % QUARTERS == quarter]
        counts = cache(partial(counts_without, log, trial.dataset.user_keys[group]))
        segments = segments_of(trial, past.of_users(group), limit // QUARTERS)
        found.append(HouseholdGroup("newcomer", segments, past.without_users(group), counts))
    return found


def segments_of(trial: Trial, events: Interactions, limit: int) -> dict[int, Holdout]:
    """Households and what they bought next, by number of known events."""
    return {k: last_events(events, trial.dataset.test, trial.ranked, k, limit) for k in HISTORY_LENGTHS}


def peers(trial: Trial, asked: Sequence[HouseholdGroup]) -> dict[str, ByMetric]:
    """Counting, fitted once for each group and asked about every segment."""
    found = []
    for some in asked:
        counting = Counting(some.log, some.log.popularity(len(trial.dataset.catalogue)))
        scorers = {k: counting.scorers(users) for k, users in some.segments.items()}
        found.append({name: {k: of[name]() for k, of in scorers.items()} for name in PEERS})
    return {name: _values(trial, asked, [of[name] for of in found]) for name in PEERS}


def ours(trial: Trial, asked: Sequence[HouseholdGroup], folder: Path) -> dict[str, ByMetric]:
    """The model of a folder alone, and with its ranker where it has one."""
    artefact = read_artefact(folder)
    features = features_of(trial.dataset, artefact)
    alone, served = [], []
    for some in asked:
        ranked = with_ranker(trial.dataset, folder, partial(_both, some))
        alone.append({k: model_scorer(artefact, features, users) for k, users in some.segments.items()})
        served.append(alone[-1] if ranked is None else {k: ranked(u) for k, u in some.segments.items()})
    return {ALONE: _values(trial, asked, alone), OURS: _values(trial, asked, served)}


def _both(asked: HouseholdGroup) -> CountsOfTwo:
    counts = asked.counts()
    return CountsOfTwo(counts, counts)


def _values(
    trial: Trial, asked: Sequence[HouseholdGroup], scorers: Sequence[Mapping[int, Scorer]]
) -> ByMetric:
    """The households' NDCG@10 by metric; groups of the same metric follow each other."""
    found: dict[str, list[Scores]] = {}
    for some, of in zip(asked, scorers, strict=True):
        for known, users in some.segments.items():
            lists = best_items(len(users), of[known], trial.ranked)
            values = user_metrics(users.relevant, lists)["ndcg@10"]
            found.setdefault(f"{some.metric}_{known}", []).append(values)
    return {metric: np.concatenate(values) for metric, values in found.items()}
