"""A deployable model: the artefact with the code that serves it; an isolated container installs nothing.

Layout of `model.tar.gz`: the artefact's files at the root, our library and its compiled packages in `code/`,
which the endpoint's `PYTHONPATH` names (`SERVING_ENVIRONMENT`).
"""

import shutil
import tarfile
import tempfile
from pathlib import Path

from object2vec.model.retrieval.artefact import FILES, MANIFEST

PACKAGES = ("object2vec", "tokenizers", "safetensors", "orjson")
"""Packages that the Ray image lacks; numpy and starlette are part of it."""
SERVING_ENVIRONMENT = {
    "SM_RAYSERVE_APP": "object2vec.serving.serve_app:app",
    "PYTHONPATH": "/opt/ml/model/code",
}
_LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "weights.safetensors", "training", "jobs", "search", "_runtime"
)


def add_code(model: Path, bundle: Path) -> None:
    """Copies the packages that lie in `bundle` into the model's `code/`."""
    for name in PACKAGES:
        if (bundle / name).is_dir():
            shutil.copytree(bundle / name, model / "code" / name, ignore=_LEFT_OUT, dirs_exist_ok=True)


def package_model(artefact: Path, bundle: Path, archive: Path) -> None:
    """Writes `archive`, a gzipped tar of the artefact and its code."""
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch)
        for name in (MANIFEST, *FILES):
            shutil.copyfile(artefact / name, model / name)
        add_code(model, bundle)
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            tar.add(model, arcname=".")
