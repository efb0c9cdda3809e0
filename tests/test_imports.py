"""Rules of imports that import-linter cannot tell; those that it can are contracts in pyproject.toml."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.source_closure import imports

ROOT = Path(__file__).resolve().parents[1]
TOPS = ("object2vec", "lambdas", "local", "e2e", "stacks", "app.py")


def sources(top):
    path = ROOT / top
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def everything():
    return [path for top in TOPS for path in sources(top)]


def test_app_imports_nothing_of_ours_but_the_stack():
    """The import contracts are about packages, which app.py is not in."""
    ours = {name.split(".")[0] for name in imports(ROOT / "app.py")} & {*TOPS, "benchmarks", "tools", "tests"}
    assert ours == {"stacks"}


def test_no_handler_reads_the_environment_itself():
    """Names of variables are written in lambdas/settings.py alone."""
    reading = [p.relative_to(ROOT).as_posix() for p in sources("lambdas") if "os.environ[" in p.read_text()]
    reading += [p.as_posix() for p in sources("lambdas") if "os.environ.get" in p.read_text()]
    assert reading == []


def test_only_app_reads_the_context():
    readers = [
        p for p in sources("stacks") if "get_context" in p.read_text() or "get_all_context" in p.read_text()
    ]
    assert readers == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("lambdas.search.handler", {"torch", "boto3", "aws_cdk"}),
        ("lambdas.indexer.handler", {"torch", "boto3", "aws_cdk"}),
        ("lambdas.preprocess.handler", {"torch", "boto3", "aws_cdk"}),
        ("stacks.config", {"torch", "numpy", "boto3"}),  # a synth needs requirements.txt alone
    ],
)
def test_importing_a_module_does_not_load_what_is_heavy(module, heavy):
    program = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr


@pytest.mark.parametrize("path", everything(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_importing_a_module_reads_no_environment(path):
    """Nothing but constants at import: the environment is read inside functions."""
    tree = ast.parse(path.read_text())
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            read = [
                node
                for node in ast.walk(statement)
                if isinstance(node, ast.Attribute) and node.attr == "environ"
            ]
            assert path.name == "serve_app.py" or not read, path
