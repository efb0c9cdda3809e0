"""MovieLens-100k, a random quarter of each user's ratings held out, all films ranked, seen ones excluded.

The protocol of the `recommenders` project's comparison of algorithms. Time plays no part in it: our model
takes a user's films as a set (`session_order=any`), and nothing is held back to stop its training. Settings
were chosen on a quarter of the training part, but item-kNN's and a part of iALS's are usual values.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.movielens_data import MovieLens, load_movielens
from benchmarks.next_item import OURS, compared, ours
from benchmarks.peers.collaborative import ease, ials, item_knn, popularity, user_items
from benchmarks.report import ResultTable
from object2vec.core.arrays import Rows
from object2vec.training.dataset import Catalogue, Dataset, Interactions
from object2vec.training.holdouts import Holdout
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranking_metrics import Scorer
from object2vec.training.trainer import use_one_thread

SETTINGS = Hyperparameters(
    session_order="any",
    event_value_power=1.0,
    temperature=0.2,
    learning_rate=0.005,
    mini_batch_size=128,
    epochs=20,
    enc0_max_seq_len=512,
    id_dropout=0.0,
    task_weight_text=0.0,
)
_SPLIT_SEED = 42


def run(quick: bool) -> ResultTable:
    """Three seeds, one if `quick`; always the same split."""
    use_one_thread()
    data, seeds = load_movielens(), range(1 if quick else 3)
    dataset = random_split(data)
    users = holdout(dataset)
    rows, versus = compared(systems(dataset, users), users, data.item_count, seeds, {OURS})
    return ResultTable(
        "movielens_random",
        "MovieLens-100k: a random quarter of each user's films",
        f"random 75/25 per user, 1,682 films, seen excluded; mean of {len(seeds)} seeds; seconds a seed."
        f" {versus}",
        rows,
        {"ndcg@10": 0.5},
    )


def random_split(data: MovieLens, *, inner: bool = False) -> Dataset:
    """A quarter of each user's ratings to find, the others to train on; `inner`: the same within these."""
    rng = np.random.default_rng(_SPLIT_SEED)
    order = np.lexsort((data.items, data.users))
    events = Interactions(
        data.users[order], data.items[order], np.zeros(len(order), np.int64), data.ratings[order]
    )
    if inner:
        events = events.where(~_chosen(events, 0.25, rng))
    test = _chosen(events, 0.25, rng)
    ids = [str(number) for number in range(data.item_count)]
    catalogue = Catalogue(ids, data.texts(), [{} for _ in ids])
    nobody = np.zeros(len(events), bool)
    train, validation, future = (events.where(part) for part in (~test, nobody, test))
    return Dataset(catalogue, train, validation, future, fingerprint="ml-100k")


def _chosen(events: Interactions, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(n,) True for the events that are in a random share of their user's events."""
    order = np.lexsort((rng.random(len(events)), events.users))
    place = np.empty(len(events), np.int64)
    place[order] = np.arange(len(events)) - events.user_starts()
    counts: Rows = np.bincount(events.users)[events.users]
    return place < np.round(counts * share)


def holdout(dataset: Dataset) -> Holdout:
    """The held-out films, and everyone's training films."""
    past = dataset.train.merged(dataset.validation)
    users = np.arange(int(past.users.max()) + 1)
    histories = [past.items[past.users == user] for user in users]
    relevant = [dataset.test.items[dataset.test.users == user] for user in users]
    return Holdout(histories, [np.zeros(len(history)) for history in histories], relevant)


def systems(dataset: Dataset, users: Holdout) -> Mapping[str, Callable[[int], Scorer]]:
    """Name → seed → trained scorer."""
    past, items = dataset.train.merged(dataset.validation), len(dataset.catalogue)
    matrix, rated = user_items(past, items), user_items(past, items, past.values)
    everyone = np.arange(len(users))
    return {
        "popularity": lambda _: popularity(past, items),
        "item-kNN": lambda _: item_knn(matrix, users.histories, None),
        "EASE": lambda _: ease(matrix, users.histories, None, penalty=400.0),
        "iALS": lambda _: ials(matrix, everyone, factors=16, penalty=20.0, alpha=5.0),
        "iALS, rating weights": lambda _: ials(rated, everyone, factors=16, penalty=50.0, alpha=5 / 3),
        OURS: lambda seed: ours(dataset, users, SETTINGS.replace(seed=seed)),
    }
