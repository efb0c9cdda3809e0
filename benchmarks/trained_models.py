"""Our model and ranker as the training job makes them, with default settings: one training for each dataset
and seed, which all suites of a run share."""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.sample_shop_data import TEACHER
from object2vec.release.seed import seed_folder
from object2vec.training.dataset import read_dataset
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.ranker.job import train_ranker

SEED_MODEL = seed_folder()


@dataclass(frozen=True)
class TrainedModel:
    """A folder with model and ranker, and the seconds that they took."""

    folder: Path
    seconds: float


@cache
def trained(data: Path, seed: int) -> TrainedModel:
    """The model of a prepared dataset; the folder stays until the process ends."""
    folder = Path(_scratch().name) / f"{data.name}-{seed}"
    folder.mkdir()
    start = time.monotonic()
    splits = read_dataset(data, ("train", "validation"))
    fit(splits, SEED_MODEL, folder, Hyperparameters(seed=seed), cache=TEACHER)
    verdict = train_ranker(data, read_dataset(data), folder, seed)
    print(f"seed {seed}: ranker {'kept' if verdict.kept else 'not kept'}: {verdict.reason}", flush=True)
    return TrainedModel(folder, time.monotonic() - start)


@cache
def _scratch() -> TemporaryDirectory[str]:
    return TemporaryDirectory()
