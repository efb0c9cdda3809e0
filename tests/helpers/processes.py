"""Several processes of one training, as torchrun starts them."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
JOB = [sys.executable, "-m", "object2vec.jobs", "train"]


def environment(base: Path, **more: str) -> dict[str, str]:
    """The environment of a job that works below `base`."""
    return os.environ | {
        "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more,
    }  # fmt: skip


def run_together(
    bases: Sequence[Path], commands: Sequence[Sequence[str]] | None = None
) -> list[subprocess.CompletedProcess[str]]:
    """One process for each base, the first of them leading; `commands` default to the training job."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    world = {"WORLD_SIZE": str(len(bases)), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [
        subprocess.Popen(
            command,
            env=environment(base, RANK=str(rank), **world),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, (base, command) in enumerate(zip(bases, commands or [JOB] * len(bases), strict=True))
    ]
    ends = [process.communicate() for process in processes]
    return [
        subprocess.CompletedProcess(process.args, process.returncode, *end)
        for process, end in zip(processes, ends, strict=True)
    ]
