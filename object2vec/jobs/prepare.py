"""The prepare job: item log and curated logs become the dataset of this training."""

import os
from pathlib import Path

from object2vec.dataset.engine import Connect, duckdb_engine
from object2vec.dataset.pairs import write_pairs_dataset
from object2vec.dataset.write import NothingToPrepareError, write_dataset
from object2vec.jobs.exit_message import reason_left


def main(connect: Connect = duckdb_engine) -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 if there is nothing to prepare."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    with reason_left(base):
        summary = _prepare(base / "processing" / "input", base / "processing" / "output" / "dataset", connect)
    print(", ".join(f"{name} {value}" for name, value in summary.items()))


def _prepare(source: Path, output: Path, connect: Connect) -> dict[str, object]:
    """Pairs that people bring themselves are trained on where there is neither catalogue nor interaction."""
    catalog, interactions, queries = (source / name for name in ("catalog", "interactions", "queries"))
    try:
        return write_dataset(catalog, interactions, queries, output, connect=connect)
    except NothingToPrepareError:
        if not any((source / "pairs").glob("*.jsonl")):
            raise
        return write_pairs_dataset(source / "pairs", output)
