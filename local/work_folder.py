"""The work folder: the paths in it, and its lock. One system at a time uses it, and cleans up after a killed
one."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from object2vec.storage import FolderStore

LOCK = "server.lock"
PASSING = ("scratch", "tmp", "store/.store", "endpoints.json", "troubles.json", "metrics")
"""Content that lives only as long as a run: jobs, temporary files, half-written objects, and the files by
which its processes exchange their state."""


class FolderInUseError(RuntimeError):
    """Another server works in the folder; the message says what to do."""


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Names, the same for all processes of a system. `root` is absolute."""

    root: Path

    @property
    def store_path(self) -> Path:
        """The folder of the store, which stands for the bucket."""
        return self.root / "store"

    def store(self) -> FolderStore:
        """The store."""
        return FolderStore(self.store_path)

    @property
    def history_url(self) -> str:
        """The session store."""
        return f"sqlite://{quote(str(self.root / 'sessions.db'))}"

    @property
    def query_log(self) -> Path:
        """The folder of the query log."""
        return self.root / "query-log"

    @property
    def curating(self) -> Path:
        """The lock file of the process that reads uploads, curates or erases."""
        return self.root / "curating.lock"

    @property
    def step_times(self) -> Path:
        """The file with the duration of each step."""
        return self.root / "step_times.json"

    @property
    def scratch(self) -> Path:
        """The folder of the running jobs."""
        return self.root / "scratch"

    @property
    def endpoints(self) -> Path:
        """The file with the running endpoints and their models."""
        return self.root / "endpoints.json"

    @property
    def troubles(self) -> Path:
        """The file with the present faults."""
        return self.root / "troubles.json"

    @property
    def metrics(self) -> Path:
        """The folder of the processes' metrics."""
        return self.root / "metrics"


@contextmanager
def owned(work: Path) -> Iterator[None]:
    """While the context lasts, no other server uses the folder, and temporary files are made inside it if it
    takes any. The lock ends with the process, however that ends. Raises FolderInUseError."""
    work.mkdir(parents=True, exist_ok=True)
    with _opened(work / LOCK) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise FolderInUseError(
                f"{work} is used by another server (process {lock.read().strip() or 'unknown'}): "
                "end that one, or choose another folder with --work"
            ) from error
        with suppress(OSError):  # a disk that takes nothing: the lock holds all the same
            os.ftruncate(lock.fileno(), 0)
            os.write(lock.fileno(), str(os.getpid()).encode())
        clean(work)
        with _temporary(work / "tmp"):
            yield


@contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """A context that holds a file's lock, and tells whether it has it: always, unless `wait` is false. It
    works between threads of one process, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _opened(lock: Path) -> IO[str]:
    """A lock file, opened; on a read-only disk one that is there already is enough."""
    try:
        return open(lock, "a+", encoding="utf-8")
    except OSError as error:
        if error.errno != errno.EROFS or not lock.is_file():
            raise
        return open(lock, encoding="utf-8")


def clean(work: Path) -> None:
    """Removes the leftovers of a killed run. On a read-only disk they stay."""
    for name in PASSING:
        shutil.rmtree(work / name, ignore_errors=True)
        with suppress(OSError):
            (work / name).unlink(missing_ok=True)


@contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    """A context in which this process and its jobs make temporary files in a folder of ours. Where that takes
    none, `tempfile` goes on to the system's."""
    with suppress(OSError):
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
