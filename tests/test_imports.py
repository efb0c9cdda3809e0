"""Who may import whom (one rule a test); the walk reads syntax trees, so imports inside functions count."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.source_closure import imports

ROOT = Path(__file__).resolve().parents[1]
TORCH = ("object2vec/model/", "object2vec/training/", "object2vec/serving/")
ADAPTERS = (
    "object2vec/storage/s3.py",
    "object2vec/release/sagemaker.py",
    "object2vec/release/scaling.py",
    "object2vec/users/dynamodb.py",
    "object2vec/search/s3vectors/bucket.py",
    "lambdas/",
    "e2e/",
)
ALLOWED = {
    "object2vec": {"object2vec"},
    "lambdas": {"lambdas", "object2vec"},
    "local": {"local", "lambdas", "object2vec", "stacks.pipeline_definition"},
    "e2e": {"e2e", "local.pipeline", "object2vec"},
    "stacks": {"stacks", "object2vec.training.hyperparameters", "object2vec.training.pairs.hyperparameters"},
    "app.py": {"stacks"},
}
OURS = {"object2vec", "lambdas", "local", "e2e", "stacks", "app", "tests", "benchmarks"}


def sources(top):
    path = ROOT / top
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def everything():
    return [path for top in ALLOWED for path in sources(top)]


def importers(module):
    """Files that import a top-level module anywhere, as paths relative to the repository."""
    found = (path for path in everything() if module in {name.split(".")[0] for name in imports(path)})
    return [path.relative_to(ROOT).as_posix() for path in found]


def under(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("top", ALLOWED)
def test_nothing_imports_upward(top):
    for path in sources(top):
        ours = {name for name in imports(path) if name.split(".")[0] in OURS and name != "stacks"}
        assert {name for name in ours if not under(name, ALLOWED[top])} == set(), path


def test_torch_stays_under_model_training_and_serving():
    assert [path for path in importers("torch") if not path.startswith(TORCH)] == []


def test_lightgbm_stays_under_training():
    assert {path for path in importers("lightgbm") if not path.startswith("object2vec/training/")} == set()


def test_boto3_stays_in_lambdas_and_adapters():
    for module in ("boto3", "botocore"):
        assert [path for path in importers(module) if not path.startswith(ADAPTERS)] == []


def test_aws_cdk_stays_in_the_stacks():
    for module in ("aws_cdk", "constructs", "cdk_nag"):
        assert [path for path in importers(module) if not path.startswith(("stacks/", "app.py"))] == []


def test_the_pipeline_definition_is_plain_data():
    parts = [
        ROOT / f"stacks/{name}.py"
        for name in (
            "pipeline_definition",
            "pipeline_parts",
            "open_steps",
            "builtin_steps",
            "pipeline_settings",
            "instances",
        )
    ]
    assert {name.split(".")[0] for path in parts for name in imports(path)} <= {
        "collections",
        "dataclasses",
        "stacks",
        "typing",
    }


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
