"""Ends a job whose packages were built for another Python than the image's, with what to do: else the first
compiled module fails to load, with a reason that names neither."""

import os
import sys
from pathlib import Path

BUILT_FOR = "built_for_python.txt"
"""The file in a bundle that names the Python of its packages; a bundle without packages has none."""


def require_python(bundle: Path) -> None:
    """Returns if this is the Python that the bundle's packages were built for. Else leaves the reason where
    SageMaker reads it, for a training or a processing job, and exits with status 2."""
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
    output = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "output"
    output.mkdir(parents=True, exist_ok=True)
    for name in ("failure", "message"):
        (output / name).write_text(reason, encoding="utf-8")
    print(reason, file=sys.stderr)
    sys.exit(2)
