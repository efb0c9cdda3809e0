"""The sample shop as the local system leaves it: trained, released, with its ranker and its 92,331 products.

Made by the command that a person would run, and kept until the format of index or ranker changes; `make
clean` removes it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from lambdas.settings import SearchSettings
from object2vec.ranker.features import FEATURES
from object2vec.search.engines import FORMAT

WORK = Path(".cache/bench/shop")
_PORT = "18099"
_FORMATS = f"index {FORMAT}; ranker {' '.join(FEATURES)}"


def released_shop() -> str:
    """The URL of a store with a live release of the whole sample shop."""
    done = WORK / "done"
    if not done.is_file() or done.read_text() != _FORMATS:
        shutil.rmtree(WORK, ignore_errors=True)
        command = [sys.executable, "-m", "local", "demo", "--once", "--work", str(WORK), "--port", _PORT]
        subprocess.run(command, check=True)
        done.write_text(_FORMATS)
    return f"file://{(WORK / 'store').absolute()}"


def search_environment() -> dict[str, str]:
    """The environment of the search function for that store."""
    history = f"sqlite://{(WORK / 'sessions.db').absolute()}"
    settings = SearchSettings.variables(store_url=released_shop(), history_url=history, auth="none")
    return {**settings, "OMP_NUM_THREADS": "1"}
