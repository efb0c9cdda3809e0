"""Predicting the next item: systems compared on what each user did last.

Shared by the benchmarks whose data are ids in order. It imports no peer, so that a test of a protocol needs
none of their packages. Our model is measured alone and as it is served: with its ranker, which learns from
the validation events and is asked with a bare history.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import ResultRow
from object2vec.model.retrieval.artefact import MANIFEST, read_artefact
from object2vec.release.seed import seed_folder
from object2vec.training.dataset import Dataset
from object2vec.training.evaluation.intervals import paired_interval
from object2vec.training.evaluation.systems import features_of, model_scorer
from object2vec.training.fit import fit
from object2vec.training.holdouts import Holdout
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranker.job import INTERACTIONS, counts_before_test, train_ranker, with_ranker
from object2vec.training.ranking_metrics import MetricValues, Scorer, best_items, user_metrics, without_seen

SEED_MODEL = seed_folder()
OURS, SERVED = "object2vec", "object2vec + ranker"


def compared(
    systems: Mapping[str, Callable[[int], Scorer]],
    users: Holdout,
    item_count: int,
    seeds: range,
    seeded: Collection[str],
) -> tuple[list[ResultRow], str]:
    """One row a system, the best last, and the difference of ours, as it is served where that is measured,
    from each of its own rows and the best other one. Systems in `seeded` are averaged over the seeds."""
    rows: list[ResultRow] = []
    measured: dict[str, MetricValues] = {}
    for name, scorer in systems.items():
        start = time.monotonic()
        runs = [measure(scorer(seed), users, item_count) for seed in (seeds if name in seeded else range(1))]
        measured[name] = {metric: np.mean([r[metric] for r in runs], axis=0) for metric in runs[0]}
        means = {metric: float(values.mean()) for metric, values in measured[name].items()}
        rows.append(ResultRow(name, means, (time.monotonic() - start) / len(runs)))
    first = SERVED if SERVED in measured else OURS
    peers = (name for name in measured if name not in (OURS, SERVED))
    best = max(peers, key=lambda name: measured[name]["ndcg@10"].mean())
    others = [name for name in (best, OURS) if name != first]
    versus = "; ".join(f"minus {name} {difference(measured[first], measured[name])}" for name in others)
    rows.sort(key=lambda row: row.metrics["ndcg@10"])
    return rows, f"{first}, 95 % of paired bootstraps: {versus}"


@dataclass(frozen=True)
class OurModels:
    """Our model of each seed, alone and with its ranker: trained once, written and read as the jobs do."""

    dataset: Dataset
    users: Holdout
    settings: Hyperparameters
    folder: Path
    """Keeps the models. Trained ones are not trained again."""

    def alone(self, seed: int) -> Scorer:
        """The model by the cosine of session and item."""
        return _scorer(self._trained(seed), self.dataset, self.users)

    def served(self, seed: int) -> Scorer:
        """Candidates, ranked; the model alone where the ranker is not kept."""
        model, log = self._trained(seed), self.folder / "log"
        write_log(self.dataset, log)
        dataset = replace(self.dataset, user_keys=keys_of(self.dataset))
        verdict = train_ranker(log, dataset, model, seed)
        print(f"seed {seed}: ranker {'kept' if verdict.kept else 'not kept'}: {verdict.reason}", flush=True)
        ranked = with_ranker(dataset, model, partial(counts_before_test, log))
        return self.alone(seed) if ranked is None else ranked(self.users)

    def _trained(self, seed: int) -> Path:
        model = self.folder / str(seed)
        if not (model / MANIFEST).is_file():
            fit(self.dataset, SEED_MODEL, model, self.settings.replace(seed=seed))
        return model


def write_log(dataset: Dataset, folder: Path) -> None:
    """Writes the events before the test as the prepare job does, all of the same weight."""
    ids = np.array(dataset.catalogue.ids)
    for name, events in (("train", dataset.train), ("validation", dataset.validation)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        columns = {
            "user_id": events.users.astype(str),
            "item_id": ids[events.items],
            "timestamp": events.times,
            "weight": np.ones(len(events)),
        }
        with duckdb.connect() as db:
            db.register("event", columns)
            db.table("event").write_parquet(str(folder / name / INTERACTIONS))


def keys_of(dataset: Dataset) -> NDArray[np.uint64]:
    """(users,) the keys that reading the files of `write_log` would give."""
    users = int(max(events.users.max(initial=-1) for events in (dataset.train, dataset.validation))) + 1
    with duckdb.connect() as db:
        found = db.execute("SELECT hash(code::VARCHAR) AS key FROM range(?) AS users(code)", [users])
        return found.fetchnumpy()["key"].astype(np.uint64)


def ours(dataset: Dataset, users: Holdout, settings: Hyperparameters) -> Scorer:
    """Our model, trained, written and read as the training job does."""
    with TemporaryDirectory() as folder:
        return OurModels(dataset, users, settings, Path(folder)).alone(settings.seed)


def _scorer(model: Path, dataset: Dataset, users: Holdout) -> Scorer:
    artefact = read_artefact(model)
    return model_scorer(artefact, features_of(dataset, artefact), users)


def measure(scorer: Scorer, users: Holdout, items: int) -> MetricValues:
    """Each user's metrics, seen items excluded."""
    ranked = best_items(len(users), without_seen(scorer, users), np.ones(items, bool))
    return user_metrics(users.relevant, ranked)


def difference(ours: MetricValues, theirs: MetricValues) -> str:
    """The bootstrap intervals of our metrics minus theirs, in words."""
    intervals = {name: paired_interval(ours[name], theirs[name]) for name in ("hr@10", "ndcg@10")}
    return ", ".join(f"{name} {low:+.3f} to {high:+.3f}" for name, (low, high) in intervals.items())
