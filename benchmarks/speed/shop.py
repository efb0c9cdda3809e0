"""The sample shop as the local system leaves it: trained, released, with its ranker and its 92,331 products.

Made once by the very command a person would run, and kept; `make clean` removes it.
"""

import subprocess
import sys
from pathlib import Path

WORK = Path(".cache/bench/shop")
_PORT = "18099"


def released_shop() -> str:
    """The URL of a store with a live release of the whole sample shop."""
    if not (WORK / "done").is_file():
        command = [sys.executable, "-m", "local", "demo", "--once", "--work", str(WORK), "--port", _PORT]
        subprocess.run(command, check=True)
        (WORK / "done").touch()
    return f"file://{(WORK / 'store').absolute()}"


def search_environment() -> dict[str, str]:
    """What the search function reads, for that store."""
    history = f"sqlite://{(WORK / 'sessions.db').absolute()}"
    return {"STORE_URL": released_shop(), "HISTORY_URL": history, "OMP_NUM_THREADS": "1"}
