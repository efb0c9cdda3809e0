"""Shows the progress of steps that take longer than two seconds: a bar in a terminal, else a line every ten.

The time left is estimated from how long the same step took the last time, in proportion to the data; the
first time it is guessed by their size. Training shows its own progress.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from local.console import console as terminal

SHORT_S, LINE_S, FRAME_S = 2.0, 10.0, 0.2
TELLS_ITSELF = frozenset({"Train"})
SECONDS_PER_MB = {"Reading": 0.17, "Serve": 0.22, "Prepare": 0.13, "Evaluate": 0.9, "Index": 0.4}
"""About, on two cores, for the first time; 0.1 for other steps."""
_OTHER = 0.1


class StepProgress:
    """Progress of steps. The file `remembered` keeps the seconds of each step for a megabyte of uploads."""

    def __init__(self, remembered: Path, megabytes: float, console: Console = terminal) -> None:
        self._file, self._megabytes, self._console = remembered, max(megabytes, 0.1), console
        try:
            self._known: dict[str, float] = dict(json.loads(remembered.read_bytes()))
        except (OSError, ValueError, TypeError):
            self._known = {}

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """A context that shows the step while it runs, and remembers how long it took."""
        if name in TELLS_ITSELF:
            yield
            return
        started, over = time.monotonic(), Event()
        shown = Thread(target=self._show, args=(name, started, over), daemon=True)
        shown.start()
        try:
            yield
        finally:
            over.set()
            shown.join()
        self._keep(name, time.monotonic() - started)

    def _show(self, name: str, started: float, over: Event) -> None:
        if over.wait(SHORT_S):
            return
        if self._console.is_terminal:
            self._draw(name, started, over)
        else:
            while not over.wait(LINE_S - SHORT_S if time.monotonic() - started < LINE_S else LINE_S):
                self._console.print(f"  {name} {self._told(name, time.monotonic() - started)}", markup=False)

    def _draw(self, name: str, started: float, over: Event) -> None:
        columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(name, total=self._expected(name), told=self._told(name, SHORT_S))
            while not over.wait(FRAME_S):
                seconds = time.monotonic() - started
                done = min(seconds, 0.99 * self._expected(name))
                bar.update(task, completed=done, told=self._told(name, seconds))

    def _told(self, name: str, seconds: float) -> str:
        left = self._expected(name) - seconds
        return f"about {left:.0f} s left" if left > 1 else f"{seconds:.0f} s, longer than expected"

    def _expected(self, name: str) -> float:
        return self._megabytes * self._known.get(name, SECONDS_PER_MB.get(name, _OTHER))

    def _keep(self, name: str, seconds: float) -> None:
        self._known[name] = seconds / self._megabytes
        with suppress(OSError):  # on a disk that takes nothing it is guessed again
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self._known))


def megabytes_below(folder: Path) -> float:
    """The size of all files in the folder, in megabytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
