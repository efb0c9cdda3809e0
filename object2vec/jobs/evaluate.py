"""The evaluation job: models and dataset in, evaluation.json with the gate's verdict out."""

import os
import sys
from contextlib import ExitStack
from importlib import resources
from pathlib import Path

import orjson

from object2vec.jobs.exit_message import leave_message
from object2vec.model.archive import unpacked
from object2vec.model.artefact import Artefact, ArtefactError, read_artefact


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 for input that cannot be used."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    try:
        _evaluate(base / "processing" / "input", base / "processing" / "output" / "evaluation")
    except ValueError as error:  # what our own checks raise: the data or an artefact
        leave_message(base, str(error))
        sys.exit(2)


def _evaluate(source: Path, out: Path) -> None:
    from object2vec.training.dataset import read_dataset
    from object2vec.training.evaluation import evaluate

    with ExitStack() as stack:
        model, live, seed = (_artefact(stack, source / name) for name in ("model", "live", "seed"))
        if model is None:
            raise ArtefactError(f"{source / 'model'} holds neither an artefact nor model.tar.gz: train first")
        if seed is None:
            seed = read_artefact(Path(str(resources.files("object2vec.seed"))))
        result = evaluate(read_dataset(source), model, live, seed)
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    print(result["gate"]["reason"])
    for system, metrics in result["metrics"].items():
        print(system, " ".join(f"{name} {value:.4f}" for name, value in metrics.items()))


def _artefact(stack: ExitStack, folder: Path) -> Artefact | None:
    directory = stack.enter_context(unpacked(folder))
    return None if directory is None else read_artefact(directory)
