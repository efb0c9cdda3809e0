"""The work folder belongs to one server at a time, which removes what a killed one left there."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "server.lock"
PASSING = ("scratch", "tmp", "store/.store")
"""Folders of what lives as long as a run: jobs, temporary files, half-written objects."""


class FolderInUseError(RuntimeError):
    """Another server works in the folder; the message says what to do."""


@contextmanager
def owned(work: Path) -> Iterator[None]:
    """While the context lasts, no other server uses the folder, and temporary files are made inside it. The
    lock ends with the process, however that ends. Raises FolderInUseError."""
    work.mkdir(parents=True, exist_ok=True)
    with open(work / LOCK, "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise FolderInUseError(
                f"{work} is used by another server (process {lock.read().strip() or 'unknown'}): "
                "end that one, or choose another folder with --work"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        clean(work)
        with _temporary(work / "tmp"):
            yield


def clean(work: Path) -> None:
    """Removes what a run that was killed has left."""
    for name in PASSING:
        shutil.rmtree(work / name, ignore_errors=True)


@contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    """Temporary files of this process and of its jobs lie in one folder of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"], tempfile.tempdir = str(folder.absolute()), None
    try:
        yield
    finally:
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before
        tempfile.tempdir = None
        shutil.rmtree(folder, ignore_errors=True)
