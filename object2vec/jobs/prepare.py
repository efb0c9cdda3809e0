"""The prepare job: item log and curated interactions become the dataset of this training."""

import os
import sys
from pathlib import Path

from object2vec.data.dataset import NothingToPrepareError, write_dataset


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 if there is nothing to prepare."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    source = base / "processing" / "input"
    try:
        summary = write_dataset(
            source / "catalog", source / "interactions", base / "processing" / "output" / "dataset"
        )
    except NothingToPrepareError as error:
        _leave_message(base, str(error))
        sys.exit(2)
    print(", ".join(f"{name} {value}" for name, value in summary.items()))


def _leave_message(base: Path, message: str) -> None:
    """Where SageMaker takes a processing job's ExitMessage from, and for the log."""
    print(message, file=sys.stderr)
    note = base / "output" / "message"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(message)
