"""The prepare job: item log and curated logs become the dataset of this training."""

import os
import sys
from pathlib import Path

from object2vec.data.dataset import NothingToPrepareError, write_dataset
from object2vec.data.pairs_dataset import TooFewPairsError, write_pairs_dataset
from object2vec.jobs.exit_message import leave_message


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 if there is nothing to prepare."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    try:
        summary = _prepare(base / "processing" / "input", base / "processing" / "output" / "dataset")
    except (NothingToPrepareError, TooFewPairsError) as error:
        leave_message(base, str(error))
        sys.exit(2)
    print(", ".join(f"{name} {value}" for name, value in summary.items()))


def _prepare(source: Path, output: Path) -> dict[str, object]:
    """Pairs that people bring themselves are trained on where there is neither catalogue nor interaction."""
    try:
        return write_dataset(source / "catalog", source / "interactions", source / "queries", output)
    except NothingToPrepareError:
        if not any((source / "pairs").glob("*.jsonl")):
            raise
        return write_pairs_dataset(source / "pairs", output)
