"""The parts of the wheel that pyproject.toml cannot express: packages outside `object2vec/`, and the extras.

The command `object2vec serve` runs the deployed functions and the pipeline's definition, which lie beside the
library in the repository. In the wheel they are below `object2vec/_runtime`, so that no package named `local`
or `tools` is installed for everybody; `object2vec/__main__.py` finds them there.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
RUNTIME = "object2vec._runtime"
FOLDERS = ("lambdas", "local", "stacks", "tools")
LIBRARY = ("numpy", "tokenizers", "safetensors", "orjson")
"""Packages that loading a release's encoder needs."""
TRAIN = ("torch", "lightgbm")


def _runtime_packages() -> dict[str, str]:
    """Folders of the packages below `_runtime`, by their names in the wheel."""
    names = [name for folder in FOLDERS for name in (folder, *_below(folder))]
    return {f"{RUNTIME}.{name}": name.replace(".", "/") for name in [*names, "web"]}


def _below(folder: str) -> list[str]:
    return [f"{folder}.{name}" for name in find_packages(str(ROOT / folder))]


def _pins() -> list[str]:
    lines = (ROOT / "requirements-runtime.txt").read_text(encoding="utf-8").splitlines()
    return [pin for line in lines if (pin := line.partition("#")[0].strip())]


def _named(pin: str) -> str:
    found = re.match(r"[\w.-]+", pin)
    assert found is not None, f"requirements-runtime.txt: {pin!r} is not a pinned package"
    return found[0]


pins = _pins()
runtime = _runtime_packages()
setup(
    packages=[*find_packages(str(ROOT), include=["object2vec", "object2vec.*"]), *runtime],
    package_dir=runtime,
    package_data={
        "": ["*.json", "*.safetensors", "*.onnx", "*.npy", "*.txt", "*.md", "py.typed", "LICENSE", "NOTICE"]
    }
    | {f"{RUNTIME}.web": ["*"]},
    install_requires=[pin for pin in pins if _named(pin) in LIBRARY],
    extras_require={
        "train": [pin for pin in pins if _named(pin) in TRAIN],
        "serve": [pin for pin in pins if _named(pin) not in (*LIBRARY, *TRAIN)],
    },
)
