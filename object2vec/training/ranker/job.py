"""The ranker's part in the jobs: learned after the model, measured with it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import orjson

from object2vec.model.archive import RANKER_FILE, RANKER_VERDICT
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.ranker.artefact import read_ranker, write_ranker
from object2vec.search.count_copurchase import copurchase_of
from object2vec.search.count_profiles import profiles_of
from object2vec.search.count_statistics import item_statistics
from object2vec.training.dataset import Dataset
from object2vec.training.ranker.examples import Shelf, ranker_scorer
from object2vec.training.ranker.learn import FEWEST_SHOPPERS, Verdict, fit_ranker, too_few
from object2vec.training.ranking import Holdout, Scorer, holdout, last_events, sessions

INTERACTIONS = "interactions.parquet"
"""What the prepare job calls a split."""
_MOST_SHOPPERS = 5_000
TAILS = np.round(np.exp(np.linspace(0, np.log(50), 64))).astype(np.int64)
"""Lengths of the short histories that are learned from: as often one event as two to three, or 25 to 50."""


def train_ranker(data: Path, dataset: Dataset, model: Path, seed: int = 0) -> Verdict:
    """Learns from the validation period, which the model in the folder `model` was not trained on, and writes
    the ranker, if it is worth having, and the verdict beside the model. `data` holds the dataset's splits."""
    everything = np.ones(len(dataset.catalogue), np.bool_)
    periods = dataset.train, dataset.validation, everything
    users = holdout(*periods, _MOST_SHOPPERS, seed)
    tails = last_events(*periods, TAILS, _MOST_SHOPPERS, seed=seed)
    short = tails.and_then(sessions(*periods, _MOST_SHOPPERS - len(tails), seed))
    forest, verdict = None, too_few(len(users))
    if max(len(users), len(short)) >= FEWEST_SHOPPERS:
        shelf = _shelf(dataset, model, [data / "train" / INTERACTIONS])
        forest, verdict = fit_ranker(shelf, users, seed, short=short)
    if forest is not None:
        write_ranker(forest, model / RANKER_FILE)
    (model / RANKER_VERDICT).write_bytes(orjson.dumps(verdict.record()))
    return verdict


def with_ranker(data: Path, dataset: Dataset, model: Path) -> Callable[[Holdout], Scorer] | None:
    """The model of a folder with its ranker, at the end of the validation period; None if it has none."""
    if not (model / RANKER_FILE).is_file():
        return None
    forest = read_ranker(model / RANKER_FILE)
    shelf = _shelf(dataset, model, [data / split / INTERACTIONS for split in ("train", "validation")])
    return lambda users: ranker_scorer(shelf, forest, users)


def _shelf(dataset: Dataset, model: Path, log: Sequence[Path]) -> Shelf:
    """The catalogue's state at the end of a log."""
    encoder, statistics = load_encoder(model), item_statistics(log)
    return Shelf.of(dataset.catalogue, encoder, statistics, copurchase_of(log), profiles_of(log))
