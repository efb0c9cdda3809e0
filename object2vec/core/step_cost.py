"""The time and memory that a step of a training took: a file that the report reads later."""

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
    """`seconds` is the program's own time, without the start of its machine; `memory_mb` its greatest
    memory."""

    seconds: float
    memory_mb: float


def cost_since(started: float) -> StepCost:
    """The cost from `started`, a value of `time.monotonic`, until now."""
    return StepCost(time.monotonic() - started, peak_mb())


def leave_cost(folder: Path, started: float) -> None:
    """Writes the cost until now into a folder that the step leaves behind."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(orjson.dumps(asdict(cost_since(started))))


def read_cost(folder: Path) -> StepCost | None:
    """The cost that a step left; None where an earlier version left none, or the file cannot be read."""
    try:
        return StepCost(**orjson.loads((folder / FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def peak_mb() -> float:
    """The most resident memory that this process has had, in MB.

    On Linux `ru_maxrss` will not do: a process that a large one started begins with that one's maximum.
    macOS has only `ru_maxrss`, in bytes.
    """
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("/proc/self/status names no VmHWM: this needs Linux or macOS")
    return int(found[1]) / 1024
