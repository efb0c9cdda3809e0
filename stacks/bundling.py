"""Bundles of our code with its packages, made at synth by pip, without Docker.

Wheels are fetched for the target's platform, whatever machine this is, and kept in `.cache/bundles` by the
hash of what was asked for; asset hashes come from the inputs alone, so every machine renders one template.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from stacks.images import TRAINING_PYTHON
from stacks.source_closure import ROOT, imports, source_closure
from stacks.wheels import HUB_CLIENT, Packages, installed

LIMIT_MB = 250
"""Lambda's limit for an unzipped bundle."""
BUILT_FOR = "built_for_python.txt"
"""Names the Python of the packages beside it; object2vec/jobs/exit_message.py reads it."""
_LIBRARY = ROOT / "object2vec"
_MACHINES: Mapping[str, str] = {"arm64": "aarch64", "x86_64": "x86_64"}


def function_code(name: str, architecture: str) -> lambda_.Code:
    """The bundle of `lambdas/<name>`: its modules, what they import of the library, its requirements, and
    with the search page the folder it is read from."""
    folder = ROOT / "lambdas" / name
    sources = source_closure([ROOT / "lambdas/__init__.py", *_files(folder)])
    _refuse_torch(name, sources)
    if ROOT / "lambdas/search/page.py" in sources:
        sources |= set(_files(ROOT / "web"))
    packages = _function_packages(folder / "requirements.txt", architecture)
    recipe = _Recipe(
        packages, _placed(sources), extra_packages=_all_packages(architecture), limit_mb=LIMIT_MB
    )
    return lambda_.Code.from_asset(str(folder), **recipe.asset_options())


def job_asset_options() -> dict[str, Any]:
    """The job bundle, as keyword arguments of an asset."""
    recipe = _Recipe(_job_packages(), job_files(), also=[_serving_packages()])
    return {"path": str(_LIBRARY)} | recipe.asset_options()


def spark_asset_options() -> dict[str, Any]:
    """The job bundle for the Python of AWS's Spark image, as keyword arguments of an asset."""
    packages = Packages(ROOT / "requirements-jobs-spark.txt", "x86_64", python="3.12")
    return {"path": str(_LIBRARY)} | _Recipe(packages, job_files()).asset_options()


def job_files() -> dict[str, Path]:
    """Our files in the job bundle by their path in it: the whole library, run by `__main__.py`."""
    return _placed(_files(_LIBRARY)) | {"__main__.py": _LIBRARY / "jobs/bundle_main.py"}


@jsii.implements(cdk.ILocalBundling)
class _Recipe:
    """The content of one bundle."""

    def __init__(
        self,
        packages: Packages,
        placed: Mapping[str, Path],
        *,
        also: Iterable[Packages] = (),
        extra_packages: Iterable[Packages] = (),
        limit_mb: int | None = None,
    ) -> None:
        """`placed`: our files by their path in the bundle; `also`: packages for another Python, of which only
        files are added that are not there yet: compiled modules, since their names have its version;
        `extra_packages`: to be installed with it."""
        self._packages = [packages, *also]
        self._placed = placed
        self._extra_packages = list(extra_packages)
        self._limit_mb = limit_mb

    def asset_options(self) -> dict[str, Any]:
        """Keyword arguments for CDK's asset constructs."""
        return {
            "asset_hash": self._hash(),
            "asset_hash_type": cdk.AssetHashType.CUSTOM,
            "bundling": cdk.BundlingOptions(image=cdk.DockerImage.from_registry("unused"), local=self),
        }

    def try_bundle(self, output_dir: str, *_options: Any, **_: Any) -> bool:
        """Fills CDK's output folder. Raises where pip fails or the bundle is too large: never Docker."""
        out = Path(output_dir)
        installed([*self._packages, *self._extra_packages])
        for packages in self._packages:
            shutil.copytree(packages.folder, out, copy_function=_link, dirs_exist_ok=True)
        for target, source in self._placed.items():
            (out / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, out / target)
        (out / BUILT_FOR).write_text(self._packages[0].python)
        self._check_size(out)
        return True

    def _check_size(self, out: Path) -> None:
        size_mb = sum(path.stat().st_size for path in _files(out)) / 2**20
        if self._limit_mb and size_mb >= self._limit_mb:
            requirements = self._packages[0].requirements
            raise RuntimeError(
                f"{requirements.parent.name}: the bundle has {size_mb:.0f} MB unzipped, "
                f"Lambda takes {self._limit_mb}: drop or slim a package in {requirements}"
            )

    def _hash(self) -> str:
        digest = hashlib.sha256("".join(packages.key for packages in self._packages).encode())
        for target, source in sorted(self._placed.items()):
            digest.update(f"\0{target}\0{hashlib.sha256(source.read_bytes()).hexdigest()}".encode())
        return digest.hexdigest()


def _refuse_torch(name: str, sources: Iterable[Path]) -> None:
    for path in sorted(sources):
        if path.suffix == ".py" and "torch" in imports(path):
            raise RuntimeError(f"lambdas/{name} reaches {path.relative_to(ROOT)}, which imports torch")


def _placed(sources: Iterable[Path]) -> dict[str, Path]:
    return {path.relative_to(ROOT).as_posix(): path for path in sorted(sources)}


def _all_packages(architecture: str) -> list[Packages]:
    functions = sorted((ROOT / "lambdas").glob("*/requirements.txt"))
    return [
        _job_packages(),
        _serving_packages(),
        *(_function_packages(path, architecture) for path in functions),
    ]


def _function_packages(requirements: Path, architecture: str) -> Packages:
    return Packages(requirements, _MACHINES[architecture], without=HUB_CLIENT)


def _job_packages() -> Packages:
    return Packages(ROOT / "requirements-jobs.txt", "x86_64", python=TRAINING_PYTHON)


def _serving_packages() -> Packages:
    return Packages(ROOT / "requirements-serving.txt", "x86_64", without=HUB_CLIENT)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]


def _link(source: str, target: str) -> None:
    """A second name for the file; what is there already, from the packages for another Python, stays."""
    if os.path.exists(target):  # noqa: PTH110  # copytree hands over texts
        return
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
