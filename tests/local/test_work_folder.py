"""A work folder has one server; what a killed one left goes at the next start."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import local.ends_with_starter
from local.work_folder import FolderInUseError, owned

HOLD = """
import sys
from pathlib import Path
from local.work_folder import owned
with owned(Path(sys.argv[1])):
    print("owned", flush=True)
    sys.stdin.read()
"""


def holder(work):
    command = [sys.executable, "-c", HOLD, str(work)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "owned\n"
    return process


def test_a_second_server_says_who_has_the_folder_and_stops(tmp_path):
    process = holder(tmp_path)
    try:
        with (
            pytest.raises(FolderInUseError, match=rf"process {process.pid}\): end that one"),
            owned(tmp_path),
        ):
            pytest.fail("two servers")
    finally:
        process.communicate("")
    with owned(tmp_path):
        pass


def test_what_a_killed_server_left_is_removed_and_the_rest_is_not(tmp_path):
    process = holder(tmp_path)
    left = ["scratch/20260101/prepare/users.parquet", "tmp/model/x", "store/.store/tmpabc"]
    for name in [*left, "store/uploads/a.csv"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with owned(tmp_path):
        assert [name for name in left if (tmp_path / name).exists()] == []
        assert (tmp_path / "store/uploads/a.csv").exists()


def test_temporary_files_lie_in_the_folder_and_go_with_the_run(tmp_path):
    before = tempfile.gettempdir()
    with owned(tmp_path):
        handle, name = tempfile.mkstemp()
        os.close(handle)
        assert Path(name).parent == tmp_path / "tmp"
        assert os.environ["TMPDIR"] == str(tmp_path / "tmp")
    assert not Path(name).exists()
    assert tempfile.gettempdir() == before


def test_a_job_ends_with_its_starter_however_that_ends(tmp_path):
    job = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    starter = f"""
import subprocess, sys
command = [sys.executable, {local.ends_with_starter.__file__!r}, sys.executable, "-c", {job!r}]
subprocess.Popen(command, stdin=subprocess.PIPE).wait()
"""
    process = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    assert int(process.stdout.readline()) > 0
    process.kill()
    assert process.stdout.read() == ""  # its end: the job, which holds the same output, is gone
    process.wait()


@pytest.mark.parametrize(
    ("code", "status"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_a_jobs_status_is_passed_on(code, status):
    command = [sys.executable, local.ends_with_starter.__file__, sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait() == status
