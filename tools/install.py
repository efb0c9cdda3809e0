"""`python tools/install.py LOCK ARGUMENT…`: `pip install ARGUMENT…` with a bar and the time left.

Nothing but the standard library: it runs before anything is installed. LOCK lists what there will be, so its
length tells how far pip is: each package is fetched, and then put in its place. In a terminal the bar is one
line that is written anew; elsewhere a line comes every ten seconds.
"""

import re
import subprocess
import sys
import sysconfig
import time
from collections import Counter, deque
from pathlib import Path
from threading import Thread

LINE_S, FRAME_S, WIDTH = 10.0, 0.5, 40
_FETCHED = ("Collecting ", "Requirement already satisfied")
_PLACING = "Installing collected packages: "
_TOLD_OF_A_FAILURE = 20


def told(done: int, total: int, seconds: float) -> str:
    """How far it is, in a line."""
    share = min(done / max(total, 1), 0.99)
    full = round(share * WIDTH)
    left = f"about {seconds * (1 - share) / share:.0f} s left" if share > 0.05 else f"{seconds:.0f} s"
    return f"  {'━' * full}{'╺' * (WIDTH - full)} {left}"


def _installed() -> int:
    return len(list(Path(sysconfig.get_path("purelib")).glob("*.dist-info")))


def main() -> int:
    """Exit status of pip."""
    lock, *arguments = sys.argv[1:]
    packages = len(re.findall(r"^[\w.-]+==", Path(lock).read_text(encoding="utf-8"), re.MULTILINE))
    started, shown, before = time.monotonic(), 0.0, _installed()
    command = [sys.executable, "-m", "pip", "install", "--progress-bar", "off", "--disable-pip-version-check"]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as pip:  # noqa: S603
        assert pip.stdout is not None
        count, last = Counter(expected=packages), deque[str](maxlen=_TOLD_OF_A_FAILURE)

        def read() -> None:
            for line in pip.stdout or ():
                last.append(line)
                count["fetched"] += line.startswith(_FETCHED)
                if line.startswith(_PLACING):  # now it is known how many there are here
                    count["fetched"] = count["expected"] = line.count(",") + 1

        reader = Thread(target=read, daemon=True)
        reader.start()
        terminal = sys.stdout.isatty()
        while pip.poll() is None:
            time.sleep(FRAME_S)
            seconds = time.monotonic() - started
            if terminal or seconds - shown >= LINE_S:
                shown = seconds
                line = told(count["fetched"] + _installed() - before, 2 * count["expected"], seconds)
                print(f"\r{line}\033[K" if terminal else line, end="" if terminal else "\n", flush=True)
        reader.join()
        if terminal:
            print("\r\033[K", end="", flush=True)
        if pip.returncode:
            print("".join(last), end="")
        return pip.returncode


if __name__ == "__main__":
    sys.exit(main())
