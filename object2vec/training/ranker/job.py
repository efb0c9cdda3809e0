"""The ranker's part in the jobs: learned after the model, measured with it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from object2vec.model.archive import RANKER_FILE, RANKER_VERDICT
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.ranker.artefact import read_ranker, write_ranker
from object2vec.training.dataset import Dataset
from object2vec.training.holdouts import Holdout, holdout, last_events, newcomers, sessions
from object2vec.training.progress import waiting
from object2vec.training.ranker.counts import NOBODY, CountsOfTwo
from object2vec.training.ranker.examples import Shelf, ranker_scorer
from object2vec.training.ranker.learn import FEWEST_SHOPPERS, fit_ranker
from object2vec.training.ranker.verdict import Verdict, too_few
from object2vec.training.ranking_metrics import Scorer

INTERACTIONS = "interactions.parquet"
"""The prepare job's names of the splits."""
_MOST_SHOPPERS, _MOST_NEWCOMERS, _TAILS_EACH = 5_000, 1_250, 4
"""Four short histories of each newcomer: with one, there was too little to learn about those of fifty events
(docs/lab/ranker.md)."""
TAILS = np.round(np.exp(np.linspace(0, np.log(50), 64))).astype(np.int64)
"""Lengths of the short histories that are learned from: as often one event as two to three, or 25 to 50."""


class RankerTraining:
    """Learns from the validation period, which the model was not trained on. `data` holds the dataset's
    splits."""

    def __init__(self, data: Path, dataset: Dataset, seed: int = 0) -> None:
        self._dataset, self._seed = dataset, seed
        self._log = [data / "train" / INTERACTIONS]
        before, after = dataset.train, dataset.validation
        self._newcomers = newcomers(before.users, after.users, _MOST_NEWCOMERS, seed)
        theirs, others = before.of_users(self._newcomers), before.without_users(self._newcomers)
        later = after, np.ones(len(dataset.catalogue), np.bool_)
        strange = holdout(theirs, *later)
        self._users = strange.and_then(holdout(others, *later, _MOST_SHOPPERS - len(strange), seed))
        tails = last_events(theirs, *later, TAILS, len(strange), seed=seed)
        for draw in range(1, _TAILS_EACH):
            tails = tails.and_then(last_events(theirs, *later, TAILS, len(strange), seed=seed + draw))
        new = sessions(before, *later, _MOST_SHOPPERS - len(tails), seed)
        self._short = tails.and_then(new)
        of_tails = np.tile(np.arange(len(strange)), _TAILS_EACH)
        self._owners = np.append(of_tails, len(self._users) + np.arange(len(new)))

    def counts(self) -> CountsOfTwo | None:
        """The counts, which need no model: another thread may make them while the model is trained, since the
        database and linear algebra release Python's lock. None where there is nothing to learn from."""
        enough = max(len(self._users), len(self._short)) >= FEWEST_SHOPPERS
        return CountsOfTwo.of(self._log, self._dataset.user_keys[self._newcomers]) if enough else None

    def run(self, model: Path, counts: CountsOfTwo | None) -> Verdict:
        """Writes the ranker, if it is worth having, and the verdict beside the model in its folder."""
        forest, verdict = None, too_few(len(self._users))
        if counts is not None:
            with waiting("vectors of the items"):
                shelf = Shelf.of(self._dataset.catalogue, load_encoder(model), counts)
            unseen = not self._dataset.train.people_return()
            forest, verdict = fit_ranker(
                shelf, self._users, self._seed, short=self._short, owners=self._owners, unseen=unseen
            )
        if forest is not None:
            write_ranker(forest, model / RANKER_FILE)
        (model / RANKER_VERDICT).write_bytes(orjson.dumps(verdict.record()))
        return verdict


def train_ranker(data: Path, dataset: Dataset, model: Path, seed: int = 0) -> Verdict:
    """`RankerTraining` for the model in a folder, one thing after the other."""
    training = RankerTraining(data, dataset, seed)
    return training.run(model, training.counts())


def counts_before_test(data: Path, newcomers: NDArray[np.uint64] = NOBODY) -> CountsOfTwo:
    """The counts at the end of the validation period; `newcomers` are the keys of users."""
    return CountsOfTwo.of([data / split / INTERACTIONS for split in ("train", "validation")], newcomers)


def with_ranker(
    dataset: Dataset, model: Path, counts: Callable[[], CountsOfTwo]
) -> Callable[[Holdout], Scorer] | None:
    """The model of a folder with its ranker and the counts of a moment; None if it has none. It is made ready
    when it is asked first."""
    if not (model / RANKER_FILE).is_file():
        return None
    forest = read_ranker(model / RANKER_FILE)

    @cache
    def shelf() -> Shelf:
        return Shelf.of(dataset.catalogue, load_encoder(model), counts())

    return lambda users: ranker_scorer(shelf(), forest, users)
