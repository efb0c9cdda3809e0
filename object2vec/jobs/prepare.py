"""The prepare job: item log and curated logs become the dataset of this training.

It keeps the interactions as they are, too: the index job comes hours later, when files that the snapshot
named may be gone, because an upload was deleted.
"""

import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from object2vec.core.event_weights import read_setting
from object2vec.core.step_cost import leave_cost
from object2vec.dataset.engine import Connect, duckdb_engine
from object2vec.dataset.pairs import write_pairs_dataset
from object2vec.dataset.write import NothingToPrepareError, write_dataset
from object2vec.jobs.exit_message import reason_left
from object2vec.jobs.settings import PrepareSettings

KEPT_INTERACTIONS = "interactions"


def main(connect: Connect = duckdb_engine) -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 if there is nothing to prepare."""
    started, settings = time.monotonic(), PrepareSettings.read()
    with reason_left(settings.sagemaker_base_dir):
        summary = _prepare(settings, connect)
        leave_cost(settings.output("dataset") / "auxiliary", started)
    for line in _lines(summary):
        print(line)


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Lines for a person: counts, the days of the periods, notes."""
    counts = {name: value for name, value in summary.items() if isinstance(value, int)}
    yield ", ".join(f"{name} {value:,}" for name, value in counts.items())
    if found := summary.get("time"):
        days = {name: datetime.fromtimestamp(at, UTC).date() for name, at in found.items()}
        yield (
            f"trained on {days['first']} to {days['train_until']}, validated until"
            f" {days['validation_until']}, tested until {days['last']}"
        )
    yield from summary.get("notes", ())


def _prepare(settings: PrepareSettings, connect: Connect) -> dict[str, Any]:
    """Writes the dataset; without catalogue and interactions, from the pairs that people uploaded."""
    source, output = settings.inputs, settings.output("dataset")
    event_weights = read_setting(settings.event_weights)
    catalog, interactions, queries = (source / name for name in ("catalog", "interactions", "queries"))
    if interactions.is_dir():
        shutil.copytree(interactions, output / KEPT_INTERACTIONS, dirs_exist_ok=True)
    try:
        return write_dataset(
            catalog, interactions, queries, output, connect=connect, event_weights=event_weights
        )
    except NothingToPrepareError:
        if not any(path.stat().st_size for path in (source / "pairs").rglob("*.jsonl")):
            raise
        return write_pairs_dataset(source / "pairs", output)
