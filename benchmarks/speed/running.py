"""The local server as a person starts it, over a copy of the released sample shop; and the empty one."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.speed.shop import WORK, released_shop
from local.workers import usual_workers

COPY = WORK.with_name("loaded_shop")
_START_SECONDS = 300.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """A server: where it answers, and its process with the ones that it has started."""

    port: int
    process: "subprocess.Popen[bytes]"
    uploads: Path

    def get(self, path: str) -> Any:
        """One answer."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return json.load(answer)

    def memory_mb(self) -> float:
        """Memory of the processes that answer, in MB: private pages, without the mapped index that they
        share."""
        return sum(_private_mb(pid) for pid in _children(self.process.pid))

    def cpu_s(self) -> float:
        """Processor time of everything so far."""
        return sum(_cpu_s(pid) for pid in [self.process.pid, *_children(self.process.pid)])


@contextmanager
def running_shop() -> Iterator[Running]:
    """A shop running over a copy whose stored objects are second names of the shop's: the store never writes
    into one."""
    released_shop()
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(WORK / "store", COPY / "work/store", copy_function=os.link)
    shutil.copytree(WORK / "shop/uploads", COPY / "data/uploads", copy_function=shutil.copy2)
    port = free_port()
    command = [sys.executable, "-m", "local", "serve", "--data", str(COPY / "data")]
    command += ["--work", str(COPY / "work"), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    server = Running(port, process, COPY / "data/uploads")
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)
        shutil.rmtree(COPY, ignore_errors=True)


@contextmanager
def empty_server() -> Iterator[int]:
    """The port of as many processes as the shop's, with an empty handler."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.speed.empty_server", str(port)]
    processes = [subprocess.Popen(command) for _ in range(usual_workers())]
    try:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
            time.sleep(0.1)
        yield port
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=30)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Running) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        with suppress(OSError, ValueError):
            if server.get("/search?query=pizza")["total"]:
                return
        time.sleep(0.5)
    raise RuntimeError("the local server did not come up")


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _private_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
