"""`python -m e2e`: plays the story on an emulator of AWS and tells it; 1: a promise was broken."""

import sys
import time

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
    Story.destroy,
)
console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Plays the chapters in order."""
    started = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    with emulator():
        story = Story()
        for number, chapter in enumerate(CHAPTERS, 1):
            moment = time.monotonic()
            console.print(f"[bold]{number:2}  {chapter.__doc__}[/]")
            try:
                for sentence in chapter(story):
                    console.print(f"      {sentence}", markup=False)
            except (BrokenPromiseError, CdkError) as broken:
                console.print("[red]      Broken promise:[/]", escape(str(broken)))
                return 1
            console.print(f"      [dim]{time.monotonic() - moment:.1f} s[/]")
    console.print(f"[bold green]Every promise kept[/] in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
