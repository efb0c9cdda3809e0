"""What the emulator runs with on this machine: interpreters, ports, the architecture of its functions."""

import platform
import socket
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".work/e2e"
IMAGE_PYTHON = str(ROOT / ".venv-e2e/bin/python")
"""Python 3.13 with the emulator, and with the serving image's packages except torch."""
BARE_PYTHON = str(ROOT / ".venv-e2e/bare/bin/python")
"""Python 3.13 with nothing installed: a function or a job brings everything it needs."""
NODE_PACKAGES = str(ROOT / "e2e/node_modules")
LAMBDA_ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


def free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
