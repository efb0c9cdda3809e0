"""`python -m e2e`: plays the story on an emulator of AWS and tells it; 1: a promise was broken."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from e2e.cdk import CdkError
from e2e.emulator import emulator
from e2e.machine import WORK
from e2e.promise import BrokenPromiseError
from e2e.story import Story

CHAPTERS = (
    Story.synth,
    Story.bootstrap,
    Story.deploy,
    Story.signatures,
    Story.upload,
    Story.upsert,
    Story.train,
    Story.released,
    Story.recommend,
    Story.redeploy,
    Story.upload_more,
    Story.roll_back,
    Story.destroy,
)


def main() -> int:
    """Plays the chapters in order."""
    started = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    with _stage(WORK / "jobs.log") as console:
        try:
            with emulator():
                _play(Story(), console)
        except (BrokenPromiseError, CdkError) as broken:
            console.print("[red]Broken promise:[/]", escape(str(broken)))
            return 1
        except Exception:
            console.print_exception()
            return 1
        console.print(f"[bold green]Every promise kept[/] in {time.monotonic() - started:.0f} s")
    return 0


def _play(story: Story, console: Console) -> None:
    for number, chapter in enumerate(CHAPTERS, 1):
        moment = time.monotonic()
        console.print(f"[bold]{number:2}  {chapter.__doc__}[/]")
        for sentence in chapter(story):
            console.print(f"      {sentence}", markup=False)
        console.print(f"      [dim]{time.monotonic() - moment:.1f} s[/]")


@contextmanager
def _stage(log: Path) -> Iterator[Console]:
    """Where the story is told; what the jobs print, which write to our own output, goes to a log."""
    with os.fdopen(os.dup(1), "w", buffering=1) as stage, log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        yield Console(file=stage, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
