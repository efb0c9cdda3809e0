"""`python -m e2e [--account]` plays the story and tells it. Exit status 1: a broken promise; 2: not begun.

It is played on an emulator of AWS, or with `--account` in the AWS account of the credentials, where it shows
what the emulator cannot: SageMaker's own images and machines, real roles, real quotas. There it ends with the
stack destroyed whatever happens, and keeps no data.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from e2e.cdk import CdkError
from e2e.machine import WORK
from e2e.place import NotConfirmedError, emulated, own_account
from e2e.promise import BrokenPromiseError
from e2e.story import Story

CHAPTERS = (
    Story.synth,
    Story.bootstrap,
    Story.deploy,
    Story.signatures,
    Story.upload,
    Story.upsert,
    Story.pictures,
    Story.distance,
    Story.storefront,
    Story.train,
    Story.released,
    Story.recommend,
    Story.rush,
    Story.redeploy,
    Story.upload_more,
    Story.roll_back,
    Story.silent_endpoint,
    Story.destroy,
)


def main() -> int:
    """Plays the chapters in order."""
    parser = argparse.ArgumentParser(prog="python -m e2e", description=__doc__)
    parser.add_argument("--account", action="store_true", help="in your own AWS account, not on the emulator")
    place = own_account if parser.parse_args().account else emulated
    started = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    with _stage(WORK / "jobs.log") as console:
        try:
            with place() as found:
                _play(Story(found), console)
        except NotConfirmedError as question:
            console.print(str(question), markup=False)
            return 2
        except (BrokenPromiseError, CdkError) as broken:
            console.print("[red]Broken promise:[/]", escape(str(broken)))
            return 1
        except Exception:  # shown with its traceback; the run has failed
            console.print_exception()
            return 1
        console.print(f"[bold green]Every promise kept[/] in {time.monotonic() - started:.0f} s")
    return 0


def _play(story: Story, console: Console) -> None:
    try:
        for number, chapter in enumerate(CHAPTERS, 1):
            moment = time.monotonic()
            console.print(f"[bold]{number:2}  {chapter.__doc__}[/]")
            for sentence in chapter(story):
                console.print(f"      {sentence}", markup=False)
            console.print(f"      [dim]{time.monotonic() - moment:.1f} s[/]")
    finally:
        story.clean_up()


@contextmanager
def _stage(log: Path) -> Iterator[Console]:
    """Where the story is told; what the jobs print, which write to our own output, goes to a log."""
    with os.fdopen(os.dup(1), "w", buffering=1) as stage, log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        yield Console(file=stage, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
