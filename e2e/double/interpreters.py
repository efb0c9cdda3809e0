"""Which program takes the place of `python3` in a job's image."""

import sys
from pathlib import Path
from typing import Any

from e2e.machine import BARE_PYTHON

TORCH_JOBS = {"train", "evaluate"}
_TORCH_JOB = str(Path(__file__).parent / "torch_job.py")


def with_interpreters(node: Any) -> Any:
    """A copy of a pipeline definition whose jobs run here: the bundle under the image's Python version with
    nothing else installed, and the jobs that need torch under this environment (`torch_job.py`)."""
    if isinstance(node, list):
        return [with_interpreters(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: with_interpreters(value) for key, value in node.items()}
    if "ContainerEntrypoint" in copy:
        python, *bundle = copy["ContainerEntrypoint"]
        needs_torch = copy["ContainerArguments"][0] in TORCH_JOBS
        program = [sys.executable, _TORCH_JOB] if needs_torch else [BARE_PYTHON]
        copy["ContainerEntrypoint"] = [*(program if python == "python3" else [python]), *bundle]
    return copy
