"""Anonymous sessions: `USER_ID` is the session, nobody comes back.

The sample shop, each basket a user of its own and its items in a random order, a second apart. A session of
the last tenth of the year is cut at a random place: what comes next? Our model and ranker are trained as the
jobs do, with default settings; the peers learn from all nine tenths. What a session had is left out of every
list.
"""

import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.report import ResultRow, ResultTable
from benchmarks.sample_shop_data import prepared_sessions
from benchmarks.trained_models import trained
from object2vec.core.arrays import Scores
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.dataset import Dataset, read_dataset
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.peers import Counting
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.holdouts import Holdout, rankable, sessions
from object2vec.training.ranker.job import counts_before_test, with_ranker
from object2vec.training.ranking_metrics import MetricValues, Scorer, best_items, user_metrics, without_seen
from object2vec.training.trainer import use_one_thread

OURS, ALONE = "object2vec + ranker", "object2vec"
PEERS = ("popularity", "item-knn", "co-occurrence", "user-knn")
SESSIONS = 2_000


def run(quick: bool) -> ResultTable:
    """2,000 sessions, three seeds; 200 and one seed if `quick`."""
    use_one_thread()
    folder, seeds = prepared_sessions(), range(1 if quick else 3)
    dataset = read_dataset(folder)
    past = dataset.train.merged(dataset.validation)
    popularity = past.popularity(len(dataset.catalogue))
    allowed = rankable(popularity)
    users = sessions(past, dataset.test, allowed, 200 if quick else SESSIONS)

    def measured(scorer: Scorer) -> MetricValues:
        return user_metrics(users.relevant, best_items(len(users), without_seen(scorer, users), allowed))

    counting = Counting(past, popularity).scorers(users)
    runs: dict[str, list[MetricValues]] = {}
    seconds: dict[str, float] = {}
    for name in PEERS:
        start = time.monotonic()
        runs[name] = [measured(counting[name]())]
        seconds[name] = time.monotonic() - start
    start = time.monotonic()
    for seed in seeds:
        for name, scorer in _ours(folder, dataset, users, seed).items():
            runs.setdefault(name, []).append(measured(scorer))
    seconds |= dict.fromkeys((ALONE, OURS), (time.monotonic() - start) / len(seeds))
    return ResultTable(
        "anonymous_sessions",
        f"Anonymous sessions: the next item of {len(users):,} baskets of the sample shop",
        f"every basket a user of its own, its items in random order; {int(allowed.sum()):,} items ranked,"
        f" what the session had left out; mean of {len(seeds)} seed{'s' * (len(seeds) > 1)}; low and high:"
        " 95 % of paired bootstraps of the difference from the first row",
        rows(runs, seconds),
    )


def rows(runs: dict[str, list[MetricValues]], seconds: dict[str, float]) -> list[ResultRow]:
    """Ours first, each other system with the interval of its difference from it."""
    means: dict[str, dict[str, Scores]] = {
        name: {metric: np.mean([run[metric] for run in of], axis=0) for metric in of[0]}
        for name, of in runs.items()
    }
    found = []
    for name in (OURS, *(other for other in means if other != OURS)):
        metrics: dict[str, float] = {}
        for metric, values in means[name].items():
            metrics[metric] = float(values.mean())
            if name != OURS:
                low, high = paired_interval(values, means[OURS][metric])
                metrics |= {f"{metric} low": low, f"{metric} high": high}
        found.append(ResultRow(name, metrics, seconds.get(name)))
    return found


def _ours(folder: Path, dataset: Dataset, users: Holdout, seed: int) -> dict[str, Scorer]:
    model = trained(folder, seed).folder
    artefact = read_artefact(model)
    alone = model_scorer(artefact, features_of(dataset, artefact), users)
    ranked = with_ranker(dataset, model, partial(counts_before_test, folder))
    return {ALONE: alone, OURS: alone if ranked is None else ranked(users)}
