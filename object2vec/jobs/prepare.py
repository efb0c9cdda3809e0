"""The prepare job: item log and curated logs become the dataset of this training.

Env: EVENT_WEIGHTS, a JSON object of weights by event type, where the usual ones are not right."""

import os
from pathlib import Path
from typing import Any

from object2vec.core.event_weights import read_setting
from object2vec.dataset.engine import Connect, duckdb_engine
from object2vec.dataset.pairs import write_pairs_dataset
from object2vec.dataset.write import NothingToPrepareError, write_dataset
from object2vec.jobs.exit_message import reason_left


def main(connect: Connect = duckdb_engine) -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 if there is nothing to prepare."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    with reason_left(base):
        summary = _prepare(base / "processing" / "input", base / "processing" / "output" / "dataset", connect)
    numbers = {name: value for name, value in summary.items() if name not in ("events", "notes")}
    print(", ".join(f"{name} {value}" for name, value in numbers.items()))
    for note in summary.get("notes", ()):
        print(note)


def _prepare(source: Path, output: Path, connect: Connect) -> dict[str, Any]:
    """Pairs that people bring themselves are trained on where there is neither catalogue nor interaction."""
    event_weights = read_setting(os.environ.get("EVENT_WEIGHTS", ""))
    catalog, interactions, queries = (source / name for name in ("catalog", "interactions", "queries"))
    try:
        return write_dataset(
            catalog, interactions, queries, output, connect=connect, event_weights=event_weights
        )
    except NothingToPrepareError:
        if not any((source / "pairs").rglob("*.jsonl")):
            raise
        return write_pairs_dataset(source / "pairs", output)
