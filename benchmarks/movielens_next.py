"""MovieLens-100k, the next film: each user's latest rating left out, all films ranked, seen ones excluded.

Our settings were chosen with the second latest rating as the target (`inner=True`). The peers' are usual
values, not tuned here. Our model is `fit` with its default settings: the second latest rating stops its
training, which the peers use for learning.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.movielens_data import MovieLens, load_movielens
from benchmarks.next_item import OURS, SERVED, OurModels, compared
from benchmarks.peers.collaborative import ease, ials, item_knn, popularity, user_items
from benchmarks.peers.gru4rec import gru4rec
from benchmarks.report import ResultTable
from object2vec.training.dataset import Catalogue, Dataset, Interactions
from object2vec.training.holdouts import Holdout
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranking_metrics import Scorer
from object2vec.training.trainer import use_one_thread


def run(quick: bool) -> ResultTable:
    """Three seeds, one if `quick`."""
    use_one_thread()
    data, seeds = load_movielens(), range(1 if quick else 3)
    dataset = leave_out(data)
    users = holdout(dataset)
    with TemporaryDirectory() as scratch:
        models = OurModels(dataset, users, Hyperparameters(), Path(scratch))
        made = systems(dataset, users) | {OURS: models.alone, SERVED: models.served}
        rows, versus = compared(made, users, data.item_count, seeds, _SEEDED)
    return ResultTable(
        "movielens_next",
        "MovieLens-100k: the latest film of 943 users",
        f"latest rating left out, 1,682 films, seen excluded; mean of {len(seeds)} seeds; seconds a seed,"
        f" of the ranker without the model's. {versus}",
        rows,
        {"hr@10": 0.28, "ndcg@10": 0.155},
    )


def leave_out(data: MovieLens, *, inner: bool = False) -> Dataset:
    """Train, the second latest, the latest of every user; `inner`: the same one rating earlier.

    Many ratings share a second: they keep the order of the file, a second after each other."""
    order = np.lexsort((np.arange(len(data.users)), data.times, data.users))
    place = np.arange(len(order))
    starts = np.flatnonzero(np.diff(data.users[order], prepend=-1))
    spread = [np.maximum.accumulate(part) for part in np.split(data.times[order] - place, starts[1:])]
    times = np.concatenate(spread) + place
    events = Interactions(data.users[order], data.items[order], times, data.ratings[order])
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
    return Holdout(histories, ages, list(dataset.test.items[:, None]), timed=False)


def systems(dataset: Dataset, users: Holdout) -> dict[str, Callable[[int], Scorer]]:
    """Name → seed → trained scorer, of the peers."""
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
    }


_SEEDED = ("GRU4Rec", OURS, SERVED)
