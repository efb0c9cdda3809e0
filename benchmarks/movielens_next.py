"""MovieLens-100k, the next film: each user's latest rating left out, all films ranked, seen ones excluded.

Our settings were chosen with the second latest rating as the target (`inner=True`). The peers' are usual
values, not tuned here. Our model is `fit` with its default settings: the second latest rating stops its
training, which the peers use for learning.
"""

import time
from collections.abc import Callable, Collection, Mapping
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.movielens_data import MovieLens, load_movielens
from benchmarks.peers.collaborative import ease, ials, item_knn, popularity, user_items
from benchmarks.peers.gru4rec import gru4rec
from benchmarks.report import ResultRow, ResultTable
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.dataset import Catalogue, Dataset, Interactions
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranking import Holdout, MetricValues, Scorer, best_items, user_metrics, without_seen
from object2vec.training.trainer import use_one_thread

SEED_MODEL = Path(str(resources.files("object2vec.seed")))
OURS = "object2vec"


def run(quick: bool) -> ResultTable:
    """Three seeds, one if `quick`."""
    use_one_thread()
    data, seeds = load_movielens(), range(1 if quick else 3)
    dataset = leave_out(data)
    users = holdout(dataset)
    rows, versus = compared(systems(dataset, users), users, data.item_count, seeds, _SEEDED)
    return ResultTable(
        "movielens_next",
        "MovieLens-100k: the latest film of 943 users",
        f"latest rating left out, 1,682 films, seen excluded; mean of {len(seeds)} seeds; seconds a seed."
        f" {versus}",
        rows,
        {"hr@10": 0.23, "ndcg@10": 0.125},
    )


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


def leave_out(data: MovieLens, *, inner: bool = False) -> Dataset:
    """Train, the second latest, the latest of every user; `inner`: the same one rating earlier.

    Many ratings share a second: they keep the order of the file, one after the other."""
    order = np.lexsort((np.arange(len(data.users)), data.times, data.users))
    events = Interactions(data.users[order], data.items[order], np.arange(len(order)), data.ratings[order])
    ends = np.flatnonzero(np.diff(events.users, append=-1))[events.users]
    age = ends - np.arange(len(order)) - inner
    train, validation, test = (events.where(part) for part in (age > 1, age == 1, age == 0))
    ids = [str(number) for number in range(data.item_count)]
    metadata = [{f"genre {n}": genre for n, genre in enumerate(genres)} for genres in data.genres]
    return Dataset(Catalogue(ids, data.texts(), metadata), train, validation, test, fingerprint="ml-100k")


def holdout(dataset: Dataset) -> Holdout:
    """What there is to find, and everyone's events before it."""
    past = dataset.train.merged(dataset.validation)
    histories = np.split(past.items, np.flatnonzero(np.diff(past.users)) + 1)
    ages = [np.arange(len(history), 0, -1.0) for history in histories]
    return Holdout(histories, ages, list(dataset.test.items[:, None]))


def systems(dataset: Dataset, users: Holdout) -> dict[str, Callable[[int], Scorer]]:
    """Name → seed → trained scorer."""
    past, items = dataset.train.merged(dataset.validation), len(dataset.catalogue)
    matrix = user_items(past, items)
    everyone = np.arange(len(users))
    return {
        "popularity": lambda _: popularity(past, items),
        "item-kNN": lambda _: item_knn(matrix, users.histories, None),
        "item-kNN, recency": lambda _: item_knn(matrix, users.histories, 4.0),
        "EASE": lambda _: ease(matrix, users.histories, None),
        "EASE, recency": lambda _: ease(matrix, users.histories, 6.0),
        "iALS": lambda _: ials(matrix, everyone, factors=64, penalty=0.1, alpha=10.0),
        "GRU4Rec": lambda seed: gru4rec(users.histories, users.histories, items, seed=seed),
        OURS: lambda seed: ours(dataset, users, Hyperparameters(seed=seed)),
    }


_SEEDED = ("GRU4Rec", OURS)


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
