"""Faults around a real server: it starts on a disk that takes nothing, or one of its processes is killed.

The disk is a tmpfs in a mount namespace of its own, which Linux gives to everybody where it is not forbidden.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from local.system import LocalSystem
from local.work_folder import owned
from object2vec.core.keys import LATEST_EXECUTION
from tools.chaos_faults import Fault

PATIENCE_S = 90.0
ITEMS = 2_500
"""So many that the index has a base."""
FULL, READ_ONLY = Fault("the disk is full at the start"), Fault("the disk is read-only at the start")
KILLED = Fault("a server process is killed")
_ROOT = Path(__file__).parents[1]
_OWN_MOUNTS = ("unshare", "--map-root-user", "--mount")
_SCRIPT = """
[ "$3" = healthy ] || mount -t tmpfs -o size=100m tmpfs "$1" || exit 1
cp -a "$2/." "$1/"
[ "$3" = full ] && cat /dev/zero > "$1/filled"
[ "$3" = read-only ] && mount -o remount,ro "$1"
"$5" -m local serve --data "$1/data" --work "$1/work" --port "$4" --workers 2 &
read -r healed
[ "$3" = full ] && rm "$1/filled"
[ "$3" = read-only ] && mount -o remount,rw "$1"
wait
"""


def possible() -> tuple[Fault, ...]:
    """The faults that this machine lets us make."""
    with suppress(FileNotFoundError):
        if not subprocess.run([*_OWN_MOUNTS, "true"], capture_output=True, check=False).returncode:  # noqa: S603
            return FULL, READ_ONLY, KILLED
    return (KILLED,)


def holds(fault: Fault) -> bool:
    """Whether the server answers all the time, says in `/health` what is wrong, and is healthy again once
    nothing is."""
    disk = {FULL: "full", READ_ONLY: "read-only"}.get(fault, "healthy")
    with _served(disk) as (url, process):
        if fault == KILLED:
            return _until(lambda: _is_healthy(url)) and _kill_one(url) and _until(lambda: _is_healthy(url))
        told = _until(lambda: f"the disk is {disk}" in _health(url)["problem"])
        refused = _status(url, "/items/new", b'{"text": "green scarf"}') == 503
        found = _asked(url, "/search?query=shirt")["total"] == ITEMS
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        healthy = _until(lambda: _is_healthy(url))
        taken = _status(url, "/items/new", b'{"text": "green scarf"}') == 200
    return told and refused and found and healthy and taken


@cache
def _shop() -> "TemporaryDirectory[str]":
    """A data and a work folder that a server has used."""
    folder = TemporaryDirectory(prefix="chaos-")
    data, work = Path(folder.name) / "data", Path(folder.name) / "work"
    (data / "uploads/catalog").mkdir(parents=True)
    rows = (orjson.dumps({"label": str(n), "text": f"shirt {n}"}) for n in range(ITEMS))
    (data / "uploads/catalog/a.jsonl").write_bytes(b"\n".join(rows))
    with owned(work):
        system = LocalSystem(data, work)
        list(system.take_uploads())
        system.curate()
        system.converge()
        system.store.put(LATEST_EXECUTION, b'{"id": "1", "ended": true}')
    return folder


@contextmanager
def _served(disk: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    with TemporaryDirectory() as place, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        own_mounts = () if disk == "healthy" else _OWN_MOUNTS
        arguments = [place, _shop().name, disk, str(port), sys.executable]
        process = subprocess.Popen(  # noqa: S603  # our own
            [*own_mounts, "sh", "-c", _SCRIPT, "sh", *arguments],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}", process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            _until(lambda: not _processes(f"http://127.0.0.1:{port}"))  # they end with their starter


def _kill_one(url: str) -> bool:
    before, *_ = _processes(url)
    os.kill(before, signal.SIGKILL)
    return _until(lambda: "was started again" in _health(url)["problem"])


def _processes(url: str) -> list[int]:
    port = url.rpartition(":")[2]
    listed = subprocess.run(["pgrep", "-f", f"local.worker {port} "], capture_output=True, check=False)  # noqa: S603, S607
    return [int(pid) for pid in listed.stdout.split()]


def _health(url: str) -> dict[str, Any]:
    health: dict[str, Any] = _asked(url, "/health")
    return {**health, "problem": health.get("problem") or ""}


def _is_healthy(url: str) -> bool:
    return bool(_health(url)["status"] == "ok")


def _asked(url: str, path: str) -> Any:
    with urllib.request.urlopen(url + path, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def _status(url: str, path: str, body: bytes) -> int:
    request = urllib.request.Request(url + path, body, {"content-type": "application/json"}, method="PUT")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _until(met: Callable[[], bool]) -> bool:
    """Whether the condition is met in time; while nobody answers, it is not."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with suppress(OSError, KeyError):
            if met():
                return True
        time.sleep(0.1)
    return False
