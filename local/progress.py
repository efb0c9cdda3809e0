"""Shows the progress of steps that take longer than two seconds: a bar in a terminal, else a line every ten.

A step says which share of it is done (object2vec/core/progress.py), a job in a file. The time left follows
from the share and the time so far; until there is a share, from how long the step took the last time, in
proportion to the data. The first time nothing is guessed: the time so far is shown. Each part of training
shows its own progress, after a line that says how long all of them took the last time.
"""

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from local.console import console as terminal
from local.containers import PROGRESS
from object2vec.core.progress import heard

SHORT_S, LINE_S, FRAME_S = 2.0, 10.0, 0.2
TELLS_ITSELF = frozenset({"Train"})
FEWEST = 0.05
"""The share from which on the rest can be told."""
SMOOTHED_S = 5.0
"""Seconds in which two thirds of a new estimate are taken on."""


class TimeLeft:
    """The seconds that a step still takes; `remembered` is how long it took before, if that is known."""

    def __init__(self, remembered: float | None) -> None:
        self._end, self._share = remembered, 0.0
        self._shown, self._at = remembered, 0.0

    def after(self, seconds: float, share: float) -> float | None:
        """Seconds left when the share is done after so many seconds; None where nobody can tell. Between two
        shares it counts down, but not below half of what the last one means by now; what a new one tells is
        taken on within some seconds, not at once."""
        if share > max(self._share, FEWEST):
            self._share, self._end = share, seconds / share
        if self._end is None:
            return None
        passed, self._at = seconds - self._at, seconds
        left, before = self._end - seconds, self._shown
        if self._share:
            left = max(left, seconds * (1 - self._share) / self._share / 2)
        before = left if before is None else before - passed
        self._shown = left + (before - left) * math.exp(-passed / SMOOTHED_S)
        return self._shown


class StepProgress:
    """Progress of steps. The file `remembered` keeps the seconds of each step for a megabyte of uploads;
    below `scratch` jobs say how far they are."""

    def __init__(
        self, remembered: Path, scratch: Path, megabytes: float, console: Console = terminal
    ) -> None:
        self._file, self._scratch, self._console = remembered, scratch, console
        self._megabytes, self._heard = max(megabytes, 0.1), 0.0
        try:
            self._known: dict[str, float] = dict(json.loads(remembered.read_bytes()))
        except (OSError, ValueError, TypeError):
            self._known = {}

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """A context that shows the step while it runs, and remembers how long it took."""
        started, over, self._heard = time.monotonic(), Event(), 0.0
        show = self._foretell if name in TELLS_ITSELF else self._show
        shown = Thread(target=show, args=(name, started, over), daemon=True)
        shown.start()
        try:
            with heard(self._hear):
                yield
        finally:
            over.set()
            shown.join()
        self._keep(name, time.monotonic() - started)

    def _hear(self, share: float) -> None:
        self._heard = share

    def _share(self, name: str) -> float:
        """The share that is done of a step in this process, or of its job."""
        with suppress(OSError, ValueError):  # it ends, or writes
            for file in self._scratch.glob(f"*/{name}/{PROGRESS}"):
                self._heard = max(self._heard, float(file.read_text()))
        return min(self._heard, 0.99)

    def _foretell(self, name: str, _started: float, _over: Event) -> None:
        """The parts of such a step show their own bars; how long they take together is said before them."""
        if (known := self._known.get(name)) is not None and (seconds := known * self._megabytes) > SHORT_S:
            self._console.print(
                f"  {name} takes about {seconds:.0f} s in all, as the last time", markup=False
            )

    def _show(self, name: str, started: float, over: Event) -> None:
        if over.wait(SHORT_S):
            return
        known = self._known.get(name)
        left = TimeLeft(None if known is None else known * self._megabytes)
        if self._console.is_terminal:
            self._draw(name, started, over, left)
            return
        said_at = 0.0
        while not over.wait(FRAME_S):
            seconds = time.monotonic() - started
            said = _said(seconds, self._share(name), left)
            if seconds - said_at >= LINE_S:
                said_at = seconds
                self._console.print(f"  {name} {said}", markup=False)

    def _draw(self, name: str, started: float, over: Event, left: TimeLeft) -> None:
        columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(name, total=1.0, told="")
            while not over.wait(FRAME_S):
                seconds, share = time.monotonic() - started, self._share(name)
                total = 1.0 if share else None  # without a share the bar only moves
                bar.update(task, total=total, completed=share, told=_said(seconds, share, left))

    def _keep(self, name: str, seconds: float) -> None:
        self._known[name] = seconds / self._megabytes
        with suppress(OSError):  # on a disk that takes nothing it is not known the next time
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self._known))


def _said(seconds: float, share: float, left: TimeLeft) -> str:
    rest = left.after(seconds, share)
    done = f"{share:.0%}, " if share else ""
    if rest is None:
        return f"{done}{seconds:.0f} s so far"
    return f"{done}about {rest:.0f} s left" if rest > 1 else f"{done}{seconds:.0f} s so far, nearly done"


def megabytes_below(folder: Path) -> float:
    """The size of all files in the folder, in megabytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
