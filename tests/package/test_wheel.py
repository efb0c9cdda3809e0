"""`pip install .` without network, into a folder: what is installed imports, runs and is complete."""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("object2vec", "lambdas", "local", "stacks", "tools", "web")
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "requirements-runtime.txt")
RUNTIME = Path("object2vec/_runtime")
SHOP = """label,text,category
T-1,"Tent, waterproof",Tents
T-2,Family tent for four,Tents
B-1,Sleeping bag,Bags
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed into; building leaves files beside the source, so it is a copy."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *offline, "--target", target, source], check=True, cwd=target
    )
    return target


def run(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with the installed package, and nothing of this checkout."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_every_file_is_in_the_wheel(installed):
    def files(folder: Path) -> set[str]:
        found = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
        return {path.relative_to(folder).as_posix() for path in found}

    packed = {name for name in files(installed / "object2vec") if not name.startswith("_runtime/")}
    assert packed == files(ROOT / "object2vec")
    for name in ("lambdas", "local", "stacks", "tools", "web"):
        assert files(installed / RUNTIME / name) == files(ROOT / name)


def test_nothing_but_the_library_is_on_the_top_floor(installed):
    names = {path.name for path in installed.iterdir()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"object2vec", "bin"}


def test_the_extras_are_the_pins_of_the_run_time(installed):
    (metadata,) = installed.glob("*.dist-info/METADATA")
    required = re.findall(r"^Requires-Dist: ([^;\n]+)", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    lines = (ROOT / "requirements-runtime.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("#")[0].strip() for line in lines]
    assert sorted(pin.strip() for pin in required) == sorted(filter(None, pins))


def test_the_package_embeds_with_the_seed_and_without_torch(installed, tmp_path):
    program = (
        "import sys\n"
        "from object2vec.model.retrieval.encoder import load_encoder\n"
        "from object2vec.release.seed import seed_folder\n"
        "vectors = load_encoder(seed_folder()).encode_queries(['tent', 'camping tent', 'yogurt'])\n"
        "near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]\n"
        "print(near > far, 'torch' in sys.modules, seed_folder())\n"
    )
    ended = run(installed, tmp_path, "-c", program)
    assert ended.stdout.split() == ["True", "False", str(installed / "object2vec/seed")], ended.stderr


def test_the_command_explains_itself(installed, tmp_path):
    ended = run(installed, tmp_path, str(installed / "bin/object2vec"), "--help")
    assert ended.returncode == 0
    assert "object2vec serve --data DIR" in ended.stdout
    assert run(installed, tmp_path, str(installed / "bin/object2vec")).returncode == 2
    unknown = run(installed, tmp_path, str(installed / "bin/object2vec"), "trian", "--data", ".")
    assert unknown.returncode == 2
    assert "There is no command trian" in unknown.stderr
    assert "object2vec serve --data DIR" in unknown.stderr


@pytest.mark.parametrize("command", ["demo", "serve", "check", "pictures", "report", "release"])
def test_every_command_explains_itself_under_its_own_name(installed, tmp_path, command):
    ended = run(installed, tmp_path, "-m", "object2vec", command, "--help")
    assert ended.stdout.startswith(f"usage: object2vec {command}")


def test_a_stack_that_cannot_be_read_is_a_sentence(installed, tmp_path):
    ended = run(installed, tmp_path, "-m", "object2vec", "release", "status")
    assert ended.returncode == 1
    assert ended.stderr.startswith("The stack Object2Vec cannot be read: ")


def test_the_command_says_which_packages_are_missing(installed, tmp_path):
    program = (
        "import importlib.util, sys\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'torch' else found(name)\n"
        "from object2vec.__main__ import main\n"
        "sys.exit(main(['serve', '--data', '.']))\n"
    )
    ended = run(installed, tmp_path, "-c", program)
    assert ended.returncode == 2
    assert "needs torch: in a checkout, pip install '.[serve,train]'" in ended.stderr


@pytest.mark.slow
def test_the_installed_command_trains_and_answers(installed, tmp_path):
    catalog = tmp_path / "shop/uploads/catalog"
    catalog.mkdir(parents=True)
    (catalog / "products.csv").write_text(SHOP)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = str(installed / "bin/object2vec")
    settings = ("--hyperparameter", "distillation=off", "--hyperparameter", "epochs=1")
    ended = run(installed, tmp_path, command, "train", "--data", "shop", "--port", str(port), *settings)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 rows read, 3 accepted" in ended.stdout
    assert "Gate" in ended.stdout
    assert "Family tent for four" in ended.stdout.partition("Sample answers")[2]
