"""Shows how far a training is: a bar in a terminal, lines in a log."""

import math
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Tracked = TypeVar("Tracked")

_LOG_EVERY, _SHORT = 10.0, 2.0  # seconds


class TrainingProgress:
    """Counts steps and shows each task's loss; `quiet` processes show nothing."""

    def __init__(self, total: int, *, quiet: bool = False, limit: float = math.inf) -> None:
        """`limit` is how many seconds are left for all steps."""
        self._console = Console(file=sys.stdout, highlight=False, quiet=quiet)
        self._bar: Progress | None = None
        self._total, self._limit = total, limit
        self._done = 0
        self._started = self._logged = self._told = time.monotonic()
        self._untold = ""
        if self._console.is_terminal and not quiet:
            columns = (
                TextColumn("training"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[told]}"),
            )
            self._bar = Progress(*columns, console=self._console)
            self._task = self._bar.add_task("training", total=total, told="")

    def __enter__(self) -> "TrainingProgress":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._untold:
            self.say(self._untold)
        if self._bar:
            self._bar.stop()

    def step(self, losses: Mapping[str, float]) -> None:
        """Counts one step and shows the smoothed losses by task."""
        self._done += 1
        text = " ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        now = time.monotonic()
        left = _left(now - self._started, self._done, self._total, self._limit)
        if self._bar:
            self._bar.update(self._task, advance=1, told=f"{left} {text}")
        elif now - self._logged > _LOG_EVERY:
            self._logged = now
            self.say(f"step {self._done}/{self._total} {left} {text}")

    def epoch(self, line: str) -> None:
        """Prints the line of an epoch that ended. Where epochs take seconds, only one now and then is
        printed, and the last."""
        now = time.monotonic()
        if now - self._told > _LOG_EVERY:
            self._told, self._untold = now, ""
            self.say(line)
        else:
            self._untold = line

    def say(self, line: str) -> None:
        """Prints one line, in a terminal above the bar."""
        self._console.print(line, markup=False, soft_wrap=True)


def tracked(steps: Sequence[Tracked], name: str) -> Generator[Tracked]:
    """Yields the steps, and shows how many are done and the time left: a bar, or a line every ten seconds.
    Whoever needs no more of them closes it."""
    console = Console(file=sys.stdout, highlight=False)
    if console.is_terminal:
        columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            yield from bar.track(steps)
        return
    started = logged = time.monotonic()
    for done, step in enumerate(steps):
        if (now := time.monotonic()) - logged > _LOG_EVERY:
            logged = now
            console.print(
                f"{name} {done}/{len(steps)} {_left(now - started, done, len(steps))}", soft_wrap=True
            )
        yield step


@contextmanager
def waiting(name: str) -> Iterator[None]:
    """A context for work that counts no steps: from the third second on it shows how long this takes so far,
    in a terminal all the time, else every ten seconds."""
    over = Event()
    shown = Thread(target=_show_waiting, args=(name, over), daemon=True)
    shown.start()
    try:
        yield
    finally:
        over.set()
        shown.join()


def _show_waiting(name: str, over: Event) -> None:
    started, console = time.monotonic(), Console(file=sys.stdout, highlight=False)
    if over.wait(_SHORT):
        return
    if console.is_terminal:
        columns = (TextColumn(name), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            bar.add_task(name, total=None)
            over.wait()
        return
    while not over.wait(_LOG_EVERY):
        console.print(f"{name} {time.monotonic() - started:.0f} s so far", soft_wrap=True)


def _left(seconds: float, done: int, total: int, limit: float = math.inf) -> str:
    left = min(seconds / max(done, 1) * (total - done), limit - seconds)
    return f"about {max(left, 0):.0f} s left"
