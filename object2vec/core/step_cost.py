"""The time and memory of a training's step, left in a file for the report that comes after it."""

import re
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

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


def peak_mb() -> float:
    """The most resident memory this process has had, in MB.

    On Linux not `ru_maxrss`: a process started by a large one begins with that one's maximum. macOS has
    nothing else, and counts bytes.
    """
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("/proc/self/status names no VmHWM: this needs Linux or macOS")
    return int(found[1]) / 1024
