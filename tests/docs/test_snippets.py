"""What the tutorial and the Python page tell a reader to type is typed here."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SERVE = ".venv/bin/python -m local serve"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def lines(page: str) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The tutorial's own shop, served by its own command until it says that it is ready; port and folder."""
    folder = tmp_path_factory.mktemp("tutorial")
    files = zip(("catalog/products", "interactions/purchases"), blocks("tutorial.md", "csv"), strict=True)
    for name, content in files:
        path = folder / f"shop/uploads/{name}.csv"
        path.parent.mkdir(parents=True)
        path.write_text(content)
    (command,) = (line for line in lines("tutorial.md") if line.startswith(SERVE))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = ["--port", str(port), "--hyperparameter", "distillation=off"]
    words = [sys.executable, *shlex.split(command)[1:], *settings]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(DOCS.parent), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "ready in" in line:
                break
        assert "ready in" in said[-1], "".join(said)
        yield port, folder
        process.send_signal(signal.SIGINT)


@pytest.mark.slow
def test_the_commands_of_the_tutorial_answer(served):
    port, _ = served
    commands = [line for line in lines("tutorial.md") if line.startswith("curl ")]
    assert len(commands) == 4
    for command in commands:
        words = [*shlex.split(command.replace("localhost:8080", f"127.0.0.1:{port}")), "--silent"]
        ended = subprocess.run([*words, "--fail-with-body"], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        answer = json.loads(ended.stdout)
        assert answer.get("hits") or answer.get("accepted") == 1, command


@pytest.mark.slow
def test_python_searches_the_release_that_the_tutorial_made(served, capsys, monkeypatch, tmp_path):
    _, folder = served
    monkeypatch.chdir(tmp_path)
    work = folder / ".work/local"
    names = {"store_url": f"file://{work}/store", "work": work}
    programs = blocks("python.md", "python")
    for program in (programs[0], *programs[2:]):
        exec(program, names)
        assert "T-100" in capsys.readouterr().out
    assert (tmp_path / "items.png").stat().st_size > 5_000


@pytest.mark.slow
def test_the_notebook_runs_over_the_release_that_the_tutorial_made(served):
    _, folder = served
    cells = json.loads((DOCS / "examples/release.ipynb").read_text(encoding="utf-8"))["cells"]
    programs = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict = {}
    exec(programs[0], names)
    assert names["WORK"] == ".work/local"  # where `serve` works
    names["WORK"] = folder / ".work/local"
    for program in programs[1:]:
        exec(program, names)
    assert names["cosines"].shape == (2, 3)
    looks = names["looks"] @ names["looks"].T
    assert looks[0, 1] > looks[0, 2], "dark red looks more like red than like navy"
    assert len(names["figure"].axes[0].collections) >= 2, "a colour for each category"


def test_python_embeds_texts_and_items(capsys):
    names: dict = {}
    exec(blocks("python.md", "python")[1], names)
    assert names["cosines"].shape == (2, 2)
    assert names["cosines"].argmax(axis=1).tolist() == [0, 1]
    assert capsys.readouterr().out.startswith("[[")
