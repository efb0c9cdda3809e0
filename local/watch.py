"""Looks after the folder of uploads as a deployment looks after its bucket, also while a training runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from local.console import console, show_reports
from local.system import LocalSystem

LOOK_SECONDS = 1.0


def watch(system: LocalSystem) -> int:
    """Looks for new files until Ctrl-C."""
    console.print("Ctrl-C ends it; new files in uploads/ are searchable at once, trained on at a restart.")
    while True:
        time.sleep(LOOK_SECONDS)
        _look(system)


@contextmanager
def watching(system: LocalSystem) -> Iterator[None]:
    """A context in which new files are read beside whatever else runs. At its end the file that is being read
    is read to its end; an error or Ctrl-C does not wait for that, and the next start reads it."""
    over = Event()

    def look_again() -> None:
        while not over.wait(LOOK_SECONDS):
            _look(system)

    thread = Thread(target=look_again, name="uploads", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
    thread.join()


def _look(system: LocalSystem) -> None:
    show_reports(system.take_uploads())
    system.look_after_growth()
