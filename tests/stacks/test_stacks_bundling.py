import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from object2vec.serving.package import PACKAGES
from stacks import bundling
from stacks.source_closure import ROOT, source_closure
from stacks.wheels import AWS_SERVICES, Packages


def names(*programs):
    return {path.relative_to(ROOT).as_posix() for path in source_closure(ROOT / p for p in programs)}


def test_a_function_gets_what_it_imports_and_no_more():
    found = names("lambdas/snapshot/handler.py")
    assert {"object2vec/release/snapshot.py", "object2vec/storage/s3.py", "object2vec/__init__.py"} <= found
    assert {"object2vec/seed/manifest.json", "object2vec/seed/weights.safetensors"} <= found
    assert not {name for name in found if name.startswith(("object2vec/training", "lambdas/search"))}


@pytest.mark.parametrize("path", sorted((ROOT / "lambdas").glob("*/handler.py")), ids=lambda p: p.parent.name)
def test_no_function_reaches_torch(path):
    files = list(source_closure(path.parent.glob("*.py")))
    assert path in files
    bundling._refuse_torch(path.parent.name, files)  # raises what the next test shows


def test_a_function_that_reaches_torch_is_named():
    with pytest.raises(RuntimeError, match=r"lambdas/search reaches object2vec/model/retrieval/network.py"):
        bundling._refuse_torch("search", [ROOT / "object2vec/model/retrieval/network.py"])


def test_requirements_of_one_package_have_one_version_everywhere():
    pins = {}
    for path in [*ROOT.glob("requirements*.txt"), *ROOT.glob("lambdas/*/requirements.txt")]:
        for line in path.read_text().splitlines():
            name, found, version = line.split("#")[0].strip().partition("==")
            if found:
                pins.setdefault(name.split("[")[0], set()).add(version)
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


def test_every_function_has_requirements():
    handlers = {path.parent for path in (ROOT / "lambdas").glob("*/handler.py")}
    assert {path.parent for path in (ROOT / "lambdas").glob("*/requirements.txt")} == handlers


def test_every_aws_client_of_our_code_is_in_the_bundles():
    files = [*(ROOT / "lambdas").rglob("*.py"), *(ROOT / "object2vec").rglob("*.py")]
    clients = {
        name for path in files for name in re.findall(r'boto3\.client\(\s*"([\w-]+)"', path.read_text())
    }
    assert {"s3", "sagemaker"} <= clients <= set(AWS_SERVICES)


def key(folder, text, machine="aarch64", **more):
    path = Path(folder) / f"{hashlib.sha256(text.encode()).hexdigest()}.txt"
    path.write_text(text)
    return Packages(path, machine, **more).key


def test_the_cache_key_is_what_pip_is_asked_for(tmp_path):
    assert key(tmp_path, "numpy==2.4.6\n") == key(tmp_path, "# why\nnumpy==2.4.6  # vectors\n")
    assert key(tmp_path, "numpy==2.4.6\n") != key(tmp_path, "numpy==2.4.5\n")
    assert key(tmp_path, "numpy==2.4.6\n") != key(tmp_path, "numpy==2.4.6\n", "x86_64")
    assert key(tmp_path, "numpy==2.4.6\n") != key(tmp_path, "numpy==2.4.6\n", python="3.12")


def recipe(tmp_path, source, limit_mb=None):
    requirements = tmp_path / "thing" / "requirements.txt"
    requirements.parent.mkdir(exist_ok=True)
    requirements.write_text("")
    return bundling._Recipe(Packages(requirements, "aarch64"), {"a/b.py": source}, limit_mb=limit_mb)


def test_the_asset_hash_follows_the_content(tmp_path):
    source = tmp_path / "b.py"
    hashes = []
    for text in ("x = 1", "x = 2", "x = 1"):
        source.write_text(text)
        hashes.append(recipe(tmp_path, source).asset_options()["asset_hash"])
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_bundle_too_large_for_lambda_names_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(bundling, "installed", lambda _: None)
    monkeypatch.setattr(Packages, "folder", tmp_path / "packages")
    (tmp_path / "packages").mkdir()
    source = tmp_path / "b.py"
    source.write_bytes(bytes(3 << 20))
    assert recipe(tmp_path, source, limit_mb=4).try_bundle(str(tmp_path / "fits"))
    assert (tmp_path / "fits/a/b.py").stat().st_size == 3 << 20
    with pytest.raises(RuntimeError, match="thing: the bundle has 3 MB unzipped, Lambda takes 2"):
        recipe(tmp_path, source, limit_mb=2).try_bundle(str(tmp_path / "large"))


def test_the_job_bundle_runs_from_its_zip(tmp_path):
    """The layout SageMaker gets: `__main__.py` and the library at the root of one zip."""
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for target, source in bundling.job_files().items():
            bundle.write(source, target)
    run = subprocess.run(
        [sys.executable, archive, "nonsense"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "prepare|prepare_spark|pairs|train|evaluate|index" in run.stderr


@pytest.mark.parametrize("program", ["__main__.py", "object2vec/jobs/spark_program.py"])
def test_a_job_in_an_image_of_another_python_says_what_to_do(tmp_path, monkeypatch, program):
    monkeypatch.setattr(bundling, "installed", lambda _: None)
    monkeypatch.setattr(Packages, "folder", tmp_path / "packages")
    (tmp_path / "packages").mkdir()
    bundle, archive = tmp_path / "bundle", tmp_path / "bundle.zip"
    packages = Packages(tmp_path / "requirements.txt", "x86_64", python="3.9")
    bundling._Recipe(packages, bundling.job_files()).try_bundle(str(bundle))
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in bundle.rglob("*"):
            zipped.write(path, path.relative_to(bundle))
    command = [archive] if program == "__main__.py" else [bundle / program, archive]
    run = subprocess.run(
        [sys.executable, *command, "train"],
        env=os.environ | {"SAGEMAKER_BASE_DIR": str(tmp_path / "ml")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.startswith("This image runs Python 3.")
    assert "built for Python 3.9. Choose an image with Python 3.9" in run.stderr
    for name in ("failure", "message"):
        assert (tmp_path / "ml/output" / name).read_text() == run.stderr.strip()


def test_the_job_bundle_has_the_endpoints_compiled_modules_too(tmp_path, monkeypatch):
    """Jobs run on the training image's Python, endpoints on the serving image's, from one folder."""
    monkeypatch.setattr(bundling, "installed", lambda _: None)
    monkeypatch.setattr(Packages, "folder", property(lambda self: tmp_path / self.python))
    for python, module in (("3.12", "orjson.cpython-312.so"), ("3.13", "orjson.cpython-313.so")):
        folder = tmp_path / python / "orjson"
        folder.mkdir(parents=True)
        (folder / module).write_text(python)
        (folder / "__init__.py").write_text(python)
    jobs, serving = bundling._job_packages(), bundling._serving_packages()
    assert (jobs.python, serving.python) == ("3.12", "3.13")
    bundling._Recipe(jobs, {}, also=[serving]).try_bundle(str(tmp_path / "bundle"))
    found = {path.name: path.read_text() for path in (tmp_path / "bundle/orjson").iterdir()}
    assert found == {
        "__init__.py": "3.12",
        "orjson.cpython-312.so": "3.12",
        "orjson.cpython-313.so": "3.13",
    }
    assert (tmp_path / "3.12/orjson/__init__.py").read_text() == "3.12", (
        "what is kept for the next bundle stays"
    )


def test_what_an_archive_carries_is_fetched_for_the_endpoints_python():
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "requirements-serving.txt").read_text(), re.M)
    assert set(pinned) == set(PACKAGES) - {"object2vec"}
    for_jobs = re.findall(r"^([\w-]+)==", (ROOT / "requirements-jobs.txt").read_text(), re.M)
    assert set(pinned) <= set(for_jobs), "the files that are not compiled come from the jobs' packages"
