"""The processes that answer: on one port, over one folder, ended and started again as they should be."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from local import system as local_system
from local import worker, workers
from local.api import LocalApi
from local.system import LocalSystem
from local.troubles import Troubles
from local.work_folder import WorkFolder, owned
from local.workers import PortInUseError, claimed, serving
from object2vec.search import live
from tests.helpers.uploads import catalogue
from tests.local.test_damaged_state import ask as call
from tests.local.test_damaged_state import drop

PATIENCE_S = 60.0


CLAIM = """
import sys
from local.workers import PortInUseError, claimed
try:
    with claimed({}):
        pass
except PortInUseError:
    sys.exit(3)
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, path, body=None, method=None):
    """A connection of its own: the system chooses the process."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def until(found):
    """Asks real processes again and again until something is found."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if result := found():
                return result
        except (OSError, urllib.error.URLError):
            pass
    raise AssertionError(f"not within {PATIENCE_S} s")


def processes(port):
    listed = subprocess.run(
        ["pgrep", "-f", f"local.worker {port} "], capture_output=True, text=True, check=False
    )
    return {int(pid) for pid in listed.stdout.split()}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Two processes over a small shop."""
    folder = tmp_path_factory.mktemp("shop")
    drop(folder, "uploads/catalog/a.jsonl", catalogue({"a": "red shirt", "b": "blue jeans"}))
    with owned(folder / "work"):
        system, port = LocalSystem(folder / "data", folder / "work"), free_port()
        list(system.take_uploads())
        with serving(port, system.folder, system.uploads.folder, 2, system.troubles) as url:
            system.converge()
            until(lambda: ask(url, "/health")["status"] == "ok" and len(processes(port)) == 2)
            yield url, system, folder


def test_what_one_process_has_written_all_of_them_know(served):
    url, _, _ = served
    for number in range(5):
        ask(url, f"/items/new{number}", {"text": f"green scarf {number}"}, "PUT")
        # All in one look: a process that does not know it fails the look, and it is asked again.
        assert until(lambda path=f"/items/new{number}": all(ask(url, path) for _ in range(6)))


def test_what_one_has_written_is_in_the_next_answer_of_another(served, monkeypatch):
    """Both in this process, with all the time that a slow machine needs, and no look set off by a clock."""
    monkeypatch.setattr(worker, "BUDGET_S", PATIENCE_S)
    monkeypatch.setattr(live, "CHECK_EVERY_S", 3_600.0)
    folder = served[1].folder
    one, other = (LocalApi(folder, worker.folder_upkeep(folder.store_path)) for _ in range(2))
    for api in (one, other):
        assert call(api, "GET", "/items/a")[0] == 200
    for number in range(5):
        assert call(one, "PUT", f"/items/next{number}", b'{"text": "brown boot"}')[0] in (200, 201)
        assert call(other, "GET", f"/items/next{number}")[0] == 200


def test_an_upload_is_found_by_every_process(served):
    url, system, folder = served
    drop(folder, "uploads/catalog/b.jsonl", catalogue({f"many{n}": f"yellow lamp {n}" for n in range(300)}))
    list(system.take_uploads())
    assert until(lambda: all(ask(url, "/search?query=yellow+lamp")["total"] == 300 for _ in range(6)))


def test_each_process_takes_changes_into_a_base_that_they_share(served, monkeypatch):
    url, system, folder = served
    monkeypatch.setattr(local_system.indexer, "TAIL_CHANGES", 0)
    drop(folder, "uploads/catalog/c.jsonl", catalogue({"one": "purple hat"}))
    list(system.take_uploads())
    until(lambda: ask(url, "/items/one"))
    for number in range(3):
        ask(url, f"/items/hat{number}", {"text": "purple hat"}, "PUT")
        path, total = "/search?query=purple+hat", number + 2
        assert until(lambda path=path, total=total: all(ask(url, path)["total"] == total for _ in range(6)))
    assert until(lambda: ask(url, "/health")["status"] == "ok")


def counted(url):
    lines = until(lambda: urllib.request.urlopen(f"{url}/metrics", timeout=30).read().decode()).splitlines()
    (count,) = (
        line.split()[1]
        for line in lines
        if line.startswith("object2vec_request_seconds_count")
        and 'method="GET",route="/items/{id}",status="200"' in line
    )
    return float(count)


def test_they_count_together(served):
    url, _, _ = served
    for _ in range(8):
        ask(url, "/items/a")
    assert until(lambda: counted(url) >= 8)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_file_is_mapped_into_memory_for_writing(served):
    """A full disk cannot give a page of such a file, which ends the process. SQLite's file of locks (-shm) is
    one, but SQLite writes each of its pages before it is used."""
    url, _, folder = served
    ask(url, "/events", {"events": [{"event_id": "1", "user_id": "ann", "item_id": "a"}]}, "POST")
    ask(url, "/recommendations", {"user_id": "ann"}, "POST")
    ask(url, "/items/a")
    assert urllib.request.urlopen(f"{url}/metrics", timeout=30).status == 200
    mapped = [
        line
        for pid in (os.getpid(), *processes(int(url.rpartition(":")[2])))
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
        if str(folder) in line
    ]
    assert any(" r--s " in line for line in mapped)  # the base, which all of them share
    assert not [line for line in mapped if " rw-s " in line and not line.endswith(".db-shm")]


def test_one_that_is_killed_is_said_and_started_again(served):
    url, _, _ = served
    port = int(url.rpartition(":")[2])
    before = processes(port)
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(processes(port) - before) == 1)
    for _ in range(4):
        assert until(lambda: ask(url, "/items/a"))["id"] == "a"
    until(lambda: "was started again" in (ask(url, "/health")["problem"] or ""))
    until(lambda: ask(url, "/health")["problem"] is None)  # it runs on


def test_one_that_was_started_again_is_said_until_it_has_listened_for_a_while(tmp_path, monkeypatch):
    """However long it takes until it listens: with one process nobody could read it in `/health` before."""
    program, began, go = tmp_path / "python", tmp_path / "began", tmp_path / "go"
    program.write_text(f"""#!/bin/sh
[ -e {began} ] || {{ touch {began}; exit 3; }}
until [ -e {go} ]; do sleep 0.05; done
echo > /dev/fd/$6
exec cat
""")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(workers, "RESTART_SECONDS", 0.0)
    monkeypatch.setattr(workers, "STEADY_SECONDS", 0.05)
    folder = WorkFolder(tmp_path)
    one = workers._Worker(1, folder, tmp_path, Troubles(folder.troubles), 0)
    try:
        told = {"server process 1": "ended with status 3 and was started again"}
        until(lambda: json.loads(folder.troubles.read_bytes()) == told)
        time.sleep(0.5)
        assert json.loads(folder.troubles.read_bytes()) == told
        go.touch()
        until(lambda: json.loads(folder.troubles.read_bytes()) == {})
    finally:
        one.stop()


def test_they_end_with_the_process_that_started_them(tmp_path):
    port = free_port()
    program = f"""
import signal
from pathlib import Path
from local.troubles import Troubles
from local.work_folder import WorkFolder
from local.workers import serving
folder = WorkFolder(Path({str(tmp_path)!r}))
with serving({port}, folder, folder.root, 2, Troubles(folder.troubles)):
    print("serving", flush=True)
    signal.pause()
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE) as starter:
        assert starter.stdout.readline() == b"serving\n"
        assert len(processes(port)) == 2
        starter.kill()
        assert starter.stdout.read() == b""  # its end: the processes, which hold the same output, are gone
    assert not processes(port)


def test_a_port_in_use_is_said_before_anything_starts(served):
    url, system, _ = served
    port = int(url.rpartition(":")[2])
    with (
        pytest.raises(PortInUseError, match=f"port {port} is in use"),
        serving(port, system.folder, system.uploads.folder, 1, system.troubles),
    ):
        pass


def test_two_servers_that_start_at_once_do_not_share_a_port():
    port = free_port()
    with claimed(port):
        with pytest.raises(PortInUseError, match=f"port {port} is in use"), claimed(port):
            pass
        assert subprocess.run([sys.executable, "-c", CLAIM.format(port)], check=False).returncode == 3
    with claimed(port):
        pass
