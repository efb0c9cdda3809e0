"""Items that are new: a tenth of the sample shop's items is held out of all training data.

The model sees their words when it is asked for their vectors, and not before. Everyone who bought one of them
in the test period gets all items ranked by the purchases before, of which the held-out ones are no part;
relevant are the held-out ones that were bought.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.next_item import OURS, SEED_MODEL
from benchmarks.report import ResultRow, ResultTable
from benchmarks.sample_shop_data import TEACHER, prepared
from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.artefact import Artefact, read_artefact
from object2vec.model.retrieval.forward import recency_weights
from object2vec.training.dataset import Catalogue, Dataset, read_dataset
from object2vec.training.evaluation.bm25 import bm25_scorer
from object2vec.training.evaluation.peers import popularity_scorer
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.fit import fit
from object2vec.training.holdouts import Holdout, holdout, rankable
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranking_metrics import Scorer, ranking_metrics
from object2vec.training.trainer import use_one_thread

_SHARE = 0.1
_USERS = 2_500
_TEXT_ITEMS = 50  # newest of a history that make the query, as for BM25
_SETTINGS = Hyperparameters()


def run(quick: bool) -> ResultTable:
    """Three trainings of the default length; one short one if `quick`."""
    use_one_thread()
    dataset = read_dataset(prepared())
    popularity = dataset.train.merged(dataset.validation).popularity(len(dataset.catalogue))
    allowed = rankable(popularity)
    cold = allowed & (np.random.default_rng(0).random(len(allowed)) < _SHARE)
    known = _without(dataset, cold)
    past = known.train.merged(known.validation)
    users = holdout(past, dataset.test, cold, 300 if quick else _USERS)
    settings = _SETTINGS.replace(epochs=1) if quick else _SETTINGS
    seed = read_artefact(SEED_MODEL)
    seeds = range(1 if quick else 3)
    counts = past.popularity(len(allowed))
    systems: dict[str, Callable[[int], Scorer]] = {
        "popularity": lambda _: popularity_scorer(counts),
        "seed, untrained": lambda _: model_scorer(seed, features_of(known, seed), users),
        "BM25 of the history": lambda _: bm25_scorer(known.catalogue, users),
        "TF-IDF neighbours of the history": lambda _: tfidf_scorer(known.catalogue, users),
        OURS: lambda number: _trained(known, cold, users, settings.replace(seed=number)),
    }
    rows = []
    for name, scorer in systems.items():
        start = time.monotonic()
        runs = [_metrics(scorer(number), users, allowed, cold) for number in (seeds if name == OURS else [0])]
        means = {metric: float(np.mean([r[metric] for r in runs])) for metric in runs[0]}
        rows.append(ResultRow(name, means, (time.monotonic() - start) / len(runs)))
    return ResultTable(
        "cold_start",
        "Sample shop: items without a purchase",
        f"{int(cold.sum()):,} of {int(allowed.sum()):,} items held out of training, {len(users):,}"
        " households; cold_: ranked among the held-out items, else among all;"
        " recall = hits / min(20, relevant);"
        f" mean of {len(seeds)} seeds",
        rows,
    )


def tfidf_scorer(catalogue: Catalogue, users: Holdout) -> Scorer:
    """Cosine of an item's TF-IDF vector and the recency-weighted mean of the history's."""
    vectors = TfidfVectorizer(sublinear_tf=True).fit_transform(catalogue.texts)

    def score(at: Rows) -> Matrix:
        rows: list[Matrix] = []
        for user in at:
            recent = users.histories[user][-_TEXT_ITEMS:]
            profile = recency_weights(len(recent), [_TEXT_ITEMS])[0] @ vectors[recent]
            rows.append(np.asarray(vectors @ profile, np.float32).ravel())
        return np.stack(rows)

    return score


def _without(dataset: Dataset, cold: np.ndarray) -> Dataset:
    """The events without those of the cold items."""
    train, validation = (part.where(~cold[part.items]) for part in (dataset.train, dataset.validation))
    return replace(dataset, train=train, validation=validation)


def _before(dataset: Dataset, cold: np.ndarray) -> Dataset:
    """The dataset before the cold items came: neither in the catalogue nor in the events."""
    place = np.cumsum(~cold) - 1
    kept = np.flatnonzero(~cold).tolist()
    of = dataset.catalogue
    catalogue = Catalogue(
        [of.ids[i] for i in kept], [of.texts[i] for i in kept], [of.metadata[i] for i in kept]
    )
    train, validation = (
        replace(part, items=place[part.items]) for part in (dataset.train, dataset.validation)
    )
    return replace(dataset, catalogue=catalogue, train=train, validation=validation)


def _trained(dataset: Dataset, cold: np.ndarray, users: Holdout, settings: Hyperparameters) -> Scorer:
    with TemporaryDirectory() as folder:
        fit(_before(dataset, cold), SEED_MODEL, Path(folder), settings, cache=TEACHER)
        artefact: Artefact = read_artefact(Path(folder))
    return model_scorer(artefact, features_of(dataset, artefact), users)


def _metrics(scorer: Scorer, users: Holdout, allowed: np.ndarray, cold: np.ndarray) -> dict[str, float]:
    relevant: Sequence[Rows] = users.relevant
    among_all, among_cold = (ranking_metrics(relevant, scorer, kept) for kept in (allowed, cold))
    return {
        "recall@20": among_all["recall@20"],
        "ndcg@10": among_all["ndcg@10"],
        "cold_recall@20": among_cold["recall@20"],
        "cold_ndcg@10": among_cold["ndcg@10"],
    }
