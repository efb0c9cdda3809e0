"""The ranker's part in the jobs: learned after the model, measured with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import orjson

from object2vec.model.archive import RANKER_FILE, RANKER_VERDICT
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.ranker.artefact import read_ranker, write_ranker
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.counting.copurchase import copurchase_of
from object2vec.search.counting.profiles import profiles_of
from object2vec.search.counting.statistics import item_statistics
from object2vec.search.counting.successors import successors_of
from object2vec.search.item_statistics import Statistics
from object2vec.training.dataset import Dataset
from object2vec.training.holdouts import Holdout, holdout, last_events, sessions
from object2vec.training.ranker.examples import Shelf, ranker_scorer
from object2vec.training.ranker.learn import FEWEST_SHOPPERS, fit_ranker
from object2vec.training.ranker.verdict import Verdict, too_few
from object2vec.training.ranking_metrics import Scorer

INTERACTIONS = "interactions.parquet"
"""The prepare job's names of the splits."""
_MOST_SHOPPERS = 5_000
TAILS = np.round(np.exp(np.linspace(0, np.log(50), 64))).astype(np.int64)
"""Lengths of the short histories that are learned from: as often one event as two to three, or 25 to 50."""


@dataclass(frozen=True)
class RankerCounts:
    """The counts of a log that the ranker uses, which do not depend on the model."""

    statistics: Statistics
    copurchase: Copurchase
    profiles: Profiles
    successors: Successors

    @classmethod
    def of(cls, log: Sequence[Path]) -> "RankerCounts":
        """Counts curated interaction files."""
        return cls(item_statistics(log), copurchase_of(log), profiles_of(log), successors_of(log))


class RankerTraining:
    """Learns from the validation period, which the model was not trained on. `data` holds the dataset's
    splits."""

    def __init__(self, data: Path, dataset: Dataset, seed: int = 0) -> None:
        self._dataset, self._seed = dataset, seed
        self._log = [data / "train" / INTERACTIONS]
        everything = np.ones(len(dataset.catalogue), np.bool_)
        periods = dataset.train, dataset.validation, everything
        self._users = holdout(*periods, _MOST_SHOPPERS, seed)
        tails = last_events(*periods, TAILS, _MOST_SHOPPERS, seed=seed)
        self._short = tails.and_then(sessions(*periods, _MOST_SHOPPERS - len(tails), seed))

    def counts(self) -> RankerCounts | None:
        """The counts, which need no model: another thread may make them while the model is trained, since the
        database and linear algebra release Python's lock. None where there is nothing to learn from."""
        enough = max(len(self._users), len(self._short)) >= FEWEST_SHOPPERS
        return RankerCounts.of(self._log) if enough else None

    def run(self, model: Path, counts: RankerCounts | None) -> Verdict:
        """Writes the ranker, if it is worth having, and the verdict beside the model in its folder."""
        forest, verdict = None, too_few(len(self._users))
        if counts is not None:
            shelf = _shelf(self._dataset, model, counts)
            unseen = not self._dataset.train.people_return()
            forest, verdict = fit_ranker(shelf, self._users, self._seed, short=self._short, unseen=unseen)
        if forest is not None:
            write_ranker(forest, model / RANKER_FILE)
        (model / RANKER_VERDICT).write_bytes(orjson.dumps(verdict.record()))
        return verdict


def train_ranker(data: Path, dataset: Dataset, model: Path, seed: int = 0) -> Verdict:
    """`RankerTraining` for the model in a folder, one thing after the other."""
    training = RankerTraining(data, dataset, seed)
    return training.run(model, training.counts())


def counts_before_test(data: Path) -> RankerCounts:
    """The counts at the end of the validation period."""
    return RankerCounts.of([data / split / INTERACTIONS for split in ("train", "validation")])


def with_ranker(
    data: Path, dataset: Dataset, model: Path, counts: Callable[[], RankerCounts] | None = None
) -> Callable[[Holdout], Scorer] | None:
    """The model of a folder with its ranker, at the end of the validation period; None if it has none. It is
    made ready when it is asked first; `counts` are those of `counts_before_test`, if somebody has them."""
    if not (model / RANKER_FILE).is_file():
        return None
    forest = read_ranker(model / RANKER_FILE)

    @cache
    def shelf() -> Shelf:
        return _shelf(dataset, model, counts() if counts else counts_before_test(data))

    return lambda users: ranker_scorer(shelf(), forest, users)


def _shelf(dataset: Dataset, model: Path, counts: RankerCounts) -> Shelf:
    """The shelf at the end of a log."""
    encoder, tables = load_encoder(model), (counts.statistics, counts.copurchase, counts.profiles)
    return Shelf.of(dataset.catalogue, encoder, *tables, successors=counts.successors)
