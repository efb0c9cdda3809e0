"""Amazon Toys, the next purchase: each person's last item left out, all items ranked, seen ones excluded.

S3-Rec's file (Zhou et al. 2020), ids alone, read from the folder that OBJECT2VEC_DATA names. Everything is
tuned with the second last item as the target (`inner=True`): the peers in the run itself, ours before it
(docs/lab/sessions.md).
"""

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from benchmarks.judged import JudgedData
from benchmarks.next_item import OURS, SERVED, OurModels, compared, measure
from benchmarks.peers.counted_sequences import cosine_neighbours, directed_counts, recent_scorer
from benchmarks.peers.sasrec import sasrec
from benchmarks.report import ResultTable
from object2vec.core.arrays import Rows
from object2vec.training.dataset import Catalogue, Dataset, Interactions
from object2vec.training.evaluation.peers import popularity_scorer
from object2vec.training.holdouts import Holdout
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranking_metrics import Scorer
from object2vec.training.trainer import use_one_thread

POOLED = "object2vec, pooled"
BARS = {"hr@10": 0.097, "ndcg@10": 0.058}
SETTINGS = Hyperparameters(
    epochs=10, mini_batch_size=512, early_stopping_patience=3, distillation="off", task_weight_text=0.0
)
Setting = TypeVar("Setting", bound=Hashable)
_HALF_LIVES = (1.0, 2.0, 4.0, 8.0)
_REACHES, _POWERS = (5, 10, 20), (0.5, 1.0)
_EPOCHS, _EVERY = 30, 3  # of SASRec: at most, and how often it is measured on the inner split


def run(quick: bool) -> ResultTable:
    """Three seeds; if `quick` one, a tenth of the people, and two epochs."""
    use_one_thread()
    sequences, items = load_toys()
    if quick:
        sequences = sequences[::10]
    inner, split = split_of(sequences, items, inner=True), split_of(sequences, items)
    seeds, most = range(1 if quick else 3), 2 if quick else _EPOCHS
    settings = SETTINGS.replace(epochs=2) if quick else SETTINGS
    start = time.monotonic()
    systems = tuned_peers(inner, split, items, most)
    tuning = time.monotonic() - start
    with TemporaryDirectory() as scratch:
        pooled, attention = (
            OurModels(split, users_of(split), settings.replace(session_encoder=name), Path(scratch) / name)
            for name in ("pooled", "attention")
        )
        systems |= {POOLED: pooled.alone, OURS: attention.alone, SERVED: attention.served}
        rows, versus = compared(systems, users_of(split), items, seeds, ("SASRec", POOLED, OURS, SERVED))
    return ResultTable(
        "toys_next",
        f"Amazon Toys: the last item of {len(sequences):,} people",
        f"last item left out, {items:,} items ranked, seen excluded; mean of {len(seeds)} seeds; seconds a"
        f" seed, of the ranker without the model's. Peers tuned on the item before, in {tuning:.0f} s."
        f" {versus}",
        rows,
        BARS,
    )


def load_toys() -> tuple[list[Rows], int]:
    """Everyone's items, oldest first, numbered from 0, and how many items there are.
    Raises FileNotFoundError."""
    path = JudgedData.read().object2vec_data / "toys" / "sequences.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    sequences = [np.array(line.split()[1:], np.int64) - 1 for line in lines]
    return sequences, 1 + max(int(sequence.max()) for sequence in sequences)


def split_of(sequences: Sequence[Rows], items: int, *, inner: bool = False) -> Dataset:
    """Train, the second last, the last item of everyone; `inner`: the same one item earlier.

    The file has an order and no times: everyone's events are a second apart, and the last ones are of one
    moment."""
    users = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    age = np.concatenate([np.arange(len(sequence))[::-1] for sequence in sequences]) - inner
    events = Interactions(users, np.concatenate(sequences), age.max(initial=0) - age)
    train, validation, test = (events.where(part) for part in (age > 1, age == 1, age == 0))
    catalogue = Catalogue([str(item) for item in range(items)], [""] * items, [{}] * items)
    return Dataset(catalogue, train, validation, test, fingerprint=f"toys {len(sequences)} {inner}")


def users_of(dataset: Dataset) -> Holdout:
    """What there is to find, and everyone's events before it."""
    histories = known(dataset)
    ages = [np.arange(len(history), 0, -1.0) for history in histories]
    return Holdout(histories, ages, list(dataset.test.items[:, None]), timed=False)


def known(dataset: Dataset) -> list[Rows]:
    """Everyone's items before the one to be found."""
    past = dataset.train.merged(dataset.validation)
    return np.split(past.items, np.flatnonzero(np.diff(past.users)) + 1)


def tuned_peers(
    inner: Dataset, split: Dataset, items: int, epochs: int
) -> dict[str, Callable[[int], Scorer]]:
    """Name → seed → trained scorer, with what was best on the inner split."""
    trials, past = users_of(inner), known(inner)
    popular = split.train.merged(split.validation).popularity(items)
    cosine = cosine_neighbours(past, items)
    half_life = _best({h: recent_scorer(cosine, past, h) for h in _HALF_LIVES}.items(), trials, items)
    rules = (
        ((reach, power, h), recent_scorer(counts, past, h))
        for reach in _REACHES
        for power in _POWERS
        for counts in [directed_counts(past, items, reach=reach, power=power)]
        for h in _HALF_LIVES
    )
    reach, power, fading = _best(rules, trials, items)
    found: dict[int, float] = {}

    def note(epoch: int, scorer: Scorer) -> None:
        if epoch % min(_EVERY, epochs) == 0:
            found[epoch] = float(measure(scorer, trials, items)["ndcg@10"].mean())

    sasrec(past, past, items, seed=0, epochs=epochs, after_epoch=note)
    enough = max(found, key=lambda epoch: found[epoch])
    print(f"inner split: item-kNN half-life {half_life}; rules {reach, power, fading}; SASRec {found}")
    histories = known(split)
    counted = directed_counts(histories, items, reach=reach, power=power)
    return {
        "popularity": lambda _: popularity_scorer(popular),
        "item-kNN, recency": lambda _: recent_scorer(
            cosine_neighbours(histories, items), histories, half_life
        ),
        "co-occurrence, decay by distance": lambda _: recent_scorer(counted, histories, fading),
        "SASRec": lambda seed: sasrec(histories, histories, items, seed=seed, epochs=enough),
    }


def _best(trials: Iterable[tuple[Setting, Scorer]], users: Holdout, items: int) -> Setting:
    """The setting whose scorer has the highest NDCG@10."""
    found = {setting: measure(scorer, users, items)["ndcg@10"].mean() for setting, scorer in trials}
    return max(found, key=lambda setting: found[setting])
