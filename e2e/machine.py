"""The emulator's environment on this machine: interpreters, ports, the architecture of its functions."""

import platform
import socket
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".work/e2e"
IMAGE_PYTHON = str(ROOT / ".venv-e2e/bin/python")
"""Python 3.13 with the emulator, and with the serving image's packages except torch."""
BARE_PYTHON = str(ROOT / ".venv-e2e/bare/bin/python")
"""Python 3.13 with nothing installed: a function brings everything it needs."""
JOBS_PYTHON = str(ROOT / ".venv-e2e/jobs/bin/python")
"""Python 3.12 with nothing installed, as in the training image: so does a job."""
TORCH_JOBS = {"train", "evaluate"}
_TORCH_JOB = str(ROOT / "e2e/double/torch_job.py")
NODE_PACKAGES = str(ROOT / "e2e/node_modules")
LAMBDA_ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


def free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
        program = [sys.executable, _TORCH_JOB] if needs_torch else [JOBS_PYTHON]
        copy["ContainerEntrypoint"] = [*(program if python == "python3" else [python]), *bundle]
    return copy
