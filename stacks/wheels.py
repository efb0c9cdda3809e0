"""Packages for another machine than this one: pip resolves wheels for its platform into a cached folder."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_CACHE = _ROOT / ".cache/bundles"
_CONSTRAINTS = _ROOT / "constraints.txt"
_GLIBC = (
    "manylinux_2_28",
    "manylinux_2_27",
    "manylinux_2_26",
    "manylinux_2_24",
    "manylinux_2_17",
    "manylinux2014",
)
"""Tags that run on Amazon Linux 2023; pip takes a platform literally, so older ones are named too."""
_UNUSED = (
    "__pycache__",
    "tests",
    "bin",
    "*.pyi",
    "*.dist-info/RECORD",
    "*.dist-info/sboms",
    "numpy/_core/include",
    "huggingface_hub*",  # tokenizers declares the hub's client, and needs it only to download
    "hf_xet*",
)
AWS_SERVICES = (
    "application-autoscaling",
    "dynamodb",
    "lambda",
    "logs",
    "s3",
    "s3vectors",
    "sagemaker",
    "sagemaker-runtime",
    "sqs",
    "sts",
)
"""Services whose API models stay in botocore's 25 MB of them; a client of any other fails at once."""
HUB_CLIENT = (
    "_yaml",
    "anyio",
    "click",
    "filelock",
    "fsspec",
    "h11",
    "httpcore2",
    "httpx2",
    "idna",
    "tqdm",
    "truststore",
    "yaml",
)
"""Modules that only the hub's client needs, in a function: 8 MB of Lambda's 250. The jobs keep them, because
torch and others of their image import some of the same names."""
_FORMAT = "8"  # of the stripped folder


@dataclass(frozen=True)
class Packages:
    """The packages of a requirements file for one CPython on one machine type (aarch64 or x86_64)."""

    requirements: Path
    machine: str
    python: str = "3.13"
    without: tuple[str, ...] = ()
    """Modules that are left out although a package declares that it needs them."""

    @cached_property
    def key(self) -> str:
        """Hash of everything that decides what pip installs; comments do not."""
        wanted = [line.split("#")[0].strip() for line in self.requirements.read_text().splitlines()]
        chosen = [_FORMAT, self.python, self.machine, *(f"-{name}" for name in self.without)]
        parts = [*chosen, *filter(None, wanted), _CONSTRAINTS.read_text()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def folder(self) -> Path:
        """The folder of the installed packages."""
        return _CACHE / self.key[:32]


def installed(wanted: Iterable[Packages]) -> None:
    """Installs what is missing, two at a time: one waits for the network while the other unpacks.

    Raises RuntimeError with pip's own words.
    """
    missing = {packages.folder: packages for packages in wanted if not packages.folder.exists()}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_install, missing.values()))


def _install(packages: Packages) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
        target = Path(scratch) / "packages"
        run = subprocess.run(_pip(packages, target), check=False, capture_output=True, text=True)  # noqa: S603 (no user input)
        if run.returncode:
            raise RuntimeError(f"pip could not install {packages.requirements}:\n{run.stderr.strip()}")
        _strip(target, packages.without)
        if not packages.folder.exists():
            target.rename(packages.folder)


def _pip(packages: Packages, target: Path) -> list[str]:
    platforms = [f"--platform={glibc}_{packages.machine}" for glibc in _GLIBC]
    chosen = [*platforms, f"--python-version={packages.python}", "--implementation=cp", "--only-binary=:all:"]
    sources = [f"--requirement={packages.requirements}", f"--constraint={_CONSTRAINTS}"]
    return [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        f"--target={target}",
        "--no-compile",
        *chosen,
        *sources,
    ]


def _strip(folder: Path, without: Iterable[str]) -> None:
    for name in without:
        shutil.rmtree(folder / name, ignore_errors=True)
    for pattern in _UNUSED:
        for path in list(folder.rglob(pattern) if "/" not in pattern else folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in folder.glob("botocore/data/*/"):
        if path.name not in AWS_SERVICES:
            shutil.rmtree(path)
