"""Predicting the next item: systems compared on what each user did last.

Shared by the benchmarks whose data are ids in order. It imports no peer, so that a test of a protocol needs
none of their packages.
"""

import time
from collections.abc import Callable, Collection, Mapping
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.report import ResultRow
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.fit import fit
from object2vec.training.holdouts import Holdout
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranking_metrics import MetricValues, Scorer, best_items, user_metrics, without_seen

SEED_MODEL = Path(str(resources.files("object2vec.seed")))
OURS = "object2vec"


def compared(
    systems: Mapping[str, Callable[[int], Scorer]],
    users: Holdout,
    item_count: int,
    seeds: range,
    seeded: Collection[str],
) -> tuple[list[ResultRow], str]:
    """One row a system, the best last, and the difference of ours from the best other one. Systems in
    `seeded` are averaged over the seeds."""
    rows: list[ResultRow] = []
    measured: dict[str, MetricValues] = {}
    for name, scorer in systems.items():
        start = time.monotonic()
        runs = [measure(scorer(seed), users, item_count) for seed in (seeds if name in seeded else range(1))]
        measured[name] = {metric: np.mean([r[metric] for r in runs], axis=0) for metric in runs[0]}
        means = {metric: float(values.mean()) for metric, values in measured[name].items()}
        rows.append(ResultRow(name, means, (time.monotonic() - start) / len(runs)))
    best = max((name for name in measured if name != OURS), key=lambda name: measured[name]["ndcg@10"].mean())
    versus = difference(measured[OURS], measured[best])
    rows.sort(key=lambda row: row.metrics["ndcg@10"])
    return rows, f"{OURS} minus {best}, 95 % of paired bootstraps: {versus}"


def ours(dataset: Dataset, users: Holdout, settings: Hyperparameters) -> Scorer:
    """Our model, trained, written and read as the training job does."""
    with TemporaryDirectory() as folder:
        fit(dataset, SEED_MODEL, Path(folder), settings)
        artefact = read_artefact(Path(folder))
    return model_scorer(artefact, features_of(dataset, artefact), users)


def measure(scorer: Scorer, users: Holdout, items: int) -> MetricValues:
    """Each user's metrics, seen items excluded."""
    ranked = best_items(len(users), without_seen(scorer, users), np.ones(items, bool))
    return user_metrics(users.relevant, ranked)


def difference(ours: MetricValues, theirs: MetricValues) -> str:
    """The bootstrap intervals of our metrics minus theirs, in words."""
    intervals = {name: paired_interval(ours[name], theirs[name]) for name in ("hr@10", "ndcg@10")}
    return ", ".join(f"{name} {low:+.3f} to {high:+.3f}" for name, (low, high) in intervals.items())
