"""A function that imports what its bundle lacks dies before it can say why, and a deployment with it."""

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement

from stacks.source_closure import ROOT, source_closure
from stacks.wheels import HUB_CLIENT, Packages, _strip

HANDLERS = sorted((ROOT / "lambdas").glob("*/handler.py"))
OURS = {"object2vec", "lambdas"}


def imported(path):
    """Top-level names of what importing the module imports; not what its functions import later."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def bundled(requirements):
    """The distributions that pip would install."""
    found = set()
    lines = [line.partition("#")[0].strip() for line in requirements.read_text().splitlines()]
    pending = [Requirement(line) for line in lines if line]
    while pending:
        asked = pending.pop()
        name = canonical(asked.name)
        if name not in found:
            found.add(name)
            needed = map(Requirement, requires(name) or [])
            pending += [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_what_a_function_imports_is_in_its_bundle(handler):
    assert missing(handler, handler.parent / "requirements.txt") == set()


def test_what_the_job_that_reads_pictures_imports_is_in_the_jobs_bundle():
    assert missing(ROOT / "object2vec/jobs/pictures.py", ROOT / "requirements-jobs.txt") == set()


def missing(program, requirements):
    """What a program and what it imports of ours import, without the requirements."""
    have = bundled(requirements)
    provided = packages_distributions()
    return {
        f"{module}, imported by {path.relative_to(ROOT)}"
        for path in source_closure([program])
        if path.suffix == ".py"
        for module in imported(path)
        if module not in OURS | set(sys.stdlib_module_names)
        and not have & {canonical(name) for name in provided[module]}
    }


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_no_function_imports_what_its_bundle_leaves_out(handler):
    """In an interpreter of its own, for which these modules do not exist."""
    left_out = (*HUB_CLIENT, "huggingface_hub", "hf_xet", "torch")
    lines = [
        "import sys",
        *(f"sys.modules[{name!r}] = None" for name in left_out),
        f"import lambdas.{handler.parent.name}.handler",
    ]
    environment = os.environ | {"AWS_DEFAULT_REGION": "eu-central-1"}
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def test_what_is_left_out_is_removed_and_makes_another_folder(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("tokenizers==0.23.3\n")
    whole, slim = Packages(requirements, "x86_64"), Packages(requirements, "x86_64", without=("tqdm",))
    assert whole.folder != slim.folder
    for name in ("tqdm", "tokenizers"):
        (tmp_path / "installed" / name).mkdir(parents=True)
    _strip(tmp_path / "installed", slim.without)
    assert [path.name for path in (tmp_path / "installed").iterdir()] == ["tokenizers"]
