"""A next version of this code that differs in one thing: its base index has another format."""

import shutil
from pathlib import Path

from e2e.machine import ROOT, WORK
from object2vec.search.engines import FORMAT

NEXT_FORMAT = FORMAT + 1
_NOT_CODE = (".*", "__pycache__", "node_modules", "cdk.out", "tests", "benchmarks", "docs")
_SHARED = (".venv", ".cache", "node_modules")


def next_version() -> Path:
    """A folder with that code. It does not read the base indexes of this version."""
    folder = WORK / "next"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*_NOT_CODE))
    for name in _SHARED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    engines = folder / "object2vec/search/engines.py"
    engines.write_text(engines.read_text().replace(f"\nFORMAT = {FORMAT}\n", f"\nFORMAT = {NEXT_FORMAT}\n"))
    return folder
