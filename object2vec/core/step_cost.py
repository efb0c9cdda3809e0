"""What a step of a training took, left in a file for the report that comes after it."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from object2vec.core.memory import peak_mb

FILE = "step_cost.json"


@dataclass(frozen=True, slots=True)
class StepCost:
    """`seconds` of the program itself, without the start of its machine; `memory_mb` is the most it had."""

    seconds: float
    memory_mb: float


def cost_since(started: float) -> StepCost:
    """Until now; `started` is of `time.monotonic`."""
    return StepCost(time.monotonic() - started, peak_mb())


def leave_cost(folder: Path, started: float) -> None:
    """Writes it into a folder that the step leaves behind."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(orjson.dumps(asdict(cost_since(started))))


def read_cost(folder: Path) -> StepCost | None:
    """None where an earlier version of the step left nothing, or nothing that can be read."""
    try:
        return StepCost(**orjson.loads((folder / FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
