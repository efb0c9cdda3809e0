"""The training job: SageMaker's script mode, channels in, artefact out.

Contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
"""

import os
import sys
from importlib import resources
from pathlib import Path

import orjson

from object2vec.jobs.exit_message import leave_message


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 for input that cannot be used."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    try:
        _train(base)
    except ValueError as error:  # what our own checks raise: the data, the settings or the seed
        leave_message(base, str(error), note="failure")
        sys.exit(2)
    except Exception as error:
        leave_message(base, f"{type(error).__name__}: {error}", note="failure")
        raise


def _train(base: Path) -> None:
    from object2vec.serving.package import add_code
    from object2vec.training.dataset import read_dataset
    from object2vec.training.fit import fit
    from object2vec.training.hyperparameters import parse_hyperparameters
    from object2vec.training.threads import use_one_thread

    use_one_thread()
    config = base / "input" / "config" / "hyperparameters.json"
    settings = parse_hyperparameters(orjson.loads(config.read_bytes()) if config.is_file() else {})
    data = base / "input" / "data"
    dataset = read_dataset(data, ("train", "validation"))
    manifest, result = fit(dataset, _seed(data / "seed"), base / "model", settings)
    add_code(base / "model", Path(__file__).parents[2])
    print(
        f"{manifest.version}: {result.steps} steps, {result.pairs} pairs in {result.seconds:.0f} s"
        f" ({result.pairs / max(result.seconds, 1e-9):.0f} pairs/s), validation ndcg {result.validation}"
    )


def _seed(channel: Path) -> Path:
    """The seed channel's artefact; without that channel the one that is part of this package."""
    return channel if channel.is_dir() else Path(str(resources.files("object2vec.seed")))
