"""What a person sees of a training: a bar in a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_LOG_EVERY = 10.0  # seconds


class TrainingProgress:
    """Counts steps and shows each task's loss; `quiet` is for the processes that do not lead."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._console = Console(file=sys.stdout, highlight=False, quiet=quiet)
        self._bar: Progress | None = None
        self._total = total
        self._done = 0
        self._logged = time.monotonic()
        if self._console.is_terminal and not quiet:
            columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, TextColumn("{task.fields[losses]}"), console=self._console)
            self._task = self._bar.add_task("training", total=total, losses="")

    def __enter__(self) -> "TrainingProgress":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, losses: Mapping[str, float]) -> None:
        """After every step, with the smoothed losses by task."""
        self._done += 1
        text = " ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        if self._bar:
            self._bar.update(self._task, advance=1, losses=text)
        elif time.monotonic() - self._logged > _LOG_EVERY:
            self._logged = time.monotonic()
            self.say(f"step {self._done}/{self._total} {text}")

    def say(self, line: str) -> None:
        """One line for the log, above the bar."""
        self._console.print(line, markup=False, soft_wrap=True)
