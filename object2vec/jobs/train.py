"""The training job: SageMaker's script mode, channels in, artefact out.

The content of the train channel decides: JSON Lines of labelled pairs train AWS's Object2Vec, a dataset of
the prepare job trains the retrieval model. A model in the `model` channel is trained further if it fits, as
in SageMaker's incremental training; otherwise training starts from the seed.

Contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from object2vec.core.step_cost import leave_cost
from object2vec.core.wording import counted
from object2vec.jobs.exit_message import FAILURE, reason_left
from object2vec.jobs.settings import TrainSettings
from object2vec.model.archive import unpacked

if TYPE_CHECKING:  # torch is imported when a training begins
    from object2vec.training.cluster import Cluster


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 for input that cannot be used."""
    settings = TrainSettings.read()
    with reason_left(settings.sagemaker_base_dir, note=FAILURE):
        _train(settings)


def _train(job: TrainSettings) -> None:
    from object2vec.training.cluster import joined
    from object2vec.training.pairs.data import holds_pairs
    from object2vec.training.trainer import use_one_thread

    use_one_thread()
    base = job.sagemaker_base_dir
    config = base / "input" / "config" / "hyperparameters.json"
    values = orjson.loads(config.read_bytes()) if config.is_file() else {}
    with joined(base) as cluster:
        if holds_pairs(base / "input" / "data" / "train"):
            _train_pairs(base, values, cluster)
        else:
            _train_catalogue(base, values, job.teacher_cache, cluster)


def _train_catalogue(
    base: Path, values: Mapping[str, Any], teacher_cache: Path | None, cluster: "Cluster"
) -> None:
    from object2vec.training.dataset import read_dataset
    from object2vec.training.fit import learn
    from object2vec.training.hyperparameters import parse_hyperparameters
    from object2vec.training.progress import waiting
    from object2vec.training.ranker.job import RankerTraining
    from object2vec.training.start import chosen_start

    started, settings = time.monotonic(), parse_hyperparameters(values)
    data = base / "input" / "data"
    with waiting("reading the dataset"):
        dataset = read_dataset(data, ("train", "validation"))
    checkpoints = base / "checkpoints"
    cache = teacher_cache or checkpoints
    with unpacked(data / "model") as previous:
        start, why = chosen_start(previous, _seed(data / "seed"), settings.enc_dim)
        if not cluster.leads:
            learn(dataset, start, settings, cache=cache, checkpoints=checkpoints, cluster=cluster)
            return
        print(why)
        ranker = RankerTraining(data, dataset, settings.seed)
        counting_pool = ThreadPoolExecutor(1)
        counts = counting_pool.submit(ranker.counts)
        counting_pool.shutdown(wait=False)  # a training that fails must not wait for them
        learned = learn(dataset, start, settings, cache=cache, checkpoints=checkpoints, cluster=cluster)
        manifest, result = learned.write(base / "model")
    with waiting("counting for the ranker"):
        known = counts.result()
    verdict = ranker.run(base / "model", known)
    leave_cost(base / "model", started)
    _add_code(base)
    print(f"ranker {'kept' if verdict.kept else 'not kept'}: {verdict.reason}")
    reached = "" if result.validation is None else f", validation ndcg {result.validation:.4f}"
    print(
        f"{manifest.version}: {counted(result.steps, 'step')}, {counted(result.pairs, 'pair')} in"
        f" {result.seconds:.0f} s ({result.pairs / max(result.seconds, 1e-9):,.0f} pairs/s){reached}"
    )


def _train_pairs(base: Path, values: Mapping[str, Any], cluster: "Cluster") -> None:
    from object2vec.training.pairs.fit import fit_pairs
    from object2vec.training.pairs.hyperparameters import parse_pair_hyperparameters

    settings = parse_pair_hyperparameters(values)
    data = base / "input" / "data"
    manifest = fit_pairs(data, base / "model", base / "checkpoints", settings, cluster=cluster)
    if manifest is not None:
        _add_code(base)
        print(manifest.version)


def _add_code(base: Path) -> None:
    from object2vec.serving.package import add_code

    add_code(base / "model", Path(__file__).parents[2])


def _seed(channel: Path) -> Path:
    """The seed channel's artefact; without that channel the one that is part of this package."""
    return channel if channel.is_dir() else Path(str(resources.files("object2vec.seed")))
