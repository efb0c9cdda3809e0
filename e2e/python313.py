"""Prints a CPython of the functions' version on this machine; `PYTHON313=…` names one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "3.13"


def candidates() -> list[str]:
    """Where a Python of that version may be, the likeliest first; pyenv keeps its own apart."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = [os.environ.get("PYTHON313", ""), shutil.which(f"python{VERSION}") or "", sys.executable]
    return [path for path in (*named, *map(str, sorted(pyenv.glob(f"{VERSION}*/bin/python3")))) if path]


def version(program: str) -> str:
    """`3.13` and the like; empty for what does not run."""
    ask = [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()


found = next((path for path in candidates() if version(path) == VERSION), None)
if found is None:
    sys.exit(f"make e2e runs the functions on Python {VERSION}, as Lambda does: install it or set PYTHON313")
print(found)
