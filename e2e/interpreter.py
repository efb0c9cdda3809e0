"""`interpreter.py 3.13` prints a CPython of that version on this machine; `PYTHON313=…` names one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def candidates(version: str) -> list[str]:
    """Where a Python of a version may be, the likeliest first; pyenv keeps its own apart."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = [os.environ.get(variable(version), ""), shutil.which(f"python{version}") or "", sys.executable]
    return [path for path in (*named, *map(str, sorted(pyenv.glob(f"{version}*/bin/python3")))) if path]


def variable(version: str) -> str:
    """The environment variable that names a Python of a version."""
    return f"PYTHON{version.replace('.', '')}"


def version_of(program: str) -> str:
    """`3.13` and the like; empty for what does not run."""
    ask = [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()


wanted = sys.argv[1]
found = next((path for path in candidates(wanted) if version_of(path) == wanted), None)
if found is None:
    sys.exit(f"make e2e needs a Python {wanted}, as AWS runs it: install it or set {variable(wanted)}")
print(found)
