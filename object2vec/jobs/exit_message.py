"""Reports why a job ends early: in a line of the log, and in a file that SageMaker reads."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from object2vec.core.errors import InputError, sentence

MESSAGE, FAILURE = "message", "failure"
"""The files that SageMaker reads of a processing job, and of a training."""
BUILT_FOR = "built_for_python.txt"
"""The file in a bundle that names the Python of its packages; a bundle without packages has none."""


@contextmanager
def reason_left(base: Path, *, note: str = MESSAGE) -> Iterator[None]:
    """Writes the reason why a job ends early to `output/<note>`, where SageMaker reads it.

    For input that cannot be used that is one sentence, with exit status 2. Any other error is a fault of this
    program; its traceback is in the log."""
    try:
        yield
    except InputError as error:
        _leave(base, str(error), note)
        sys.exit(2)
    except Exception as error:
        _leave(base, sentence(error), note)
        raise


def require_python(bundle: Path) -> None:
    """Returns if this is the Python that the bundle's packages were built for. Else says what to do and exits
    with status 2: the first compiled module would fail to load, with a reason that names neither."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    file = bundle / BUILT_FOR
    built_for = file.read_text(encoding="utf-8").strip() if file.is_file() else ours
    if built_for == ours:
        return
    reason = (
        f"This image runs Python {ours}, and the packages of the jobs are built for Python {built_for}."
        f" Choose an image with Python {built_for} (training_image; left empty, AWS's own), or set"
        f" TRAINING_PYTHON in stacks/images.py to {ours}; then deploy again."
    )
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))  # no settings: they need a package
    _leave(base, reason, MESSAGE, FAILURE)
    sys.exit(2)


def _leave(base: Path, message: str, *notes: str) -> None:
    print(message, file=sys.stderr)
    (base / "output").mkdir(parents=True, exist_ok=True)
    for note in notes:
        (base / "output" / note).write_text(message, encoding="utf-8")
