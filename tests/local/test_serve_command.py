"""`python -m local serve` as a person starts it."""

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from local import run
from local.__main__ import main
from local.system import LocalSystem
from object2vec.release import live
from object2vec.search.base_formats import lacks_base
from object2vec.search.engines import HEADER
from object2vec.storage import FolderStore

ROOT = Path(__file__).parents[2]
WARDROBE = ("red cotton shirt", "blue denim jeans", "green wool scarf", "black leather belt")
KITCHEN = ("frozen pizza salami", "green tea leaves", "dark rye bread", "sea salt crackers")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(folder: Path, *arguments: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local", "serve", "--once", "--port", str(port or free_port())]
    command += ["--data", str(folder / "data"), "--work", str(folder / "work"), *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "120"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def upload(folder: Path, key: str, lines: list[str]) -> None:
    path = folder / "data" / "uploads" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def products(texts, count: int) -> list[str]:
    return [
        f"{text[0]}{n},{text} {n},{n}.5" for n, text in ((n, texts[n % len(texts)]) for n in range(count))
    ]


def samples(ended: subprocess.CompletedProcess[str]) -> str:
    """What is printed of them; the report's path, which follows, is another in another folder."""
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.partition("Sample answers")[2].partition("Report with")[0]


def live_release(folder: Path):
    return live(FolderStore(folder / "work" / "store"))


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory):
    """Twenty products and no interaction, served once."""
    folder = tmp_path_factory.mktemp("small")
    upload(folder, "catalog/products.csv", ["label,text,price", *products(WARDROBE + KITCHEN, 20)])
    return folder, serve(folder)


@pytest.mark.slow
def test_a_small_shop_is_trained_and_answers(small_shop):
    _, ended = small_shop
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "20 rows read, 20 accepted" in ended.stdout
    assert re.search(r"Gate (passed|refused): \w", ended.stdout)
    assert "Sample answers" in ended.stdout
    assert "nothing found" not in ended.stdout
    for text in WARDROBE:
        assert re.search(rf": {text} \d+  \d+\.50$", ended.stdout, re.MULTILINE)


@pytest.mark.slow
def test_what_the_gate_said_is_what_is_live(small_shop):
    folder, ended = small_shop
    manifest = live_release(folder)
    assert (manifest.kind == "trained") == ("Gate passed" in ended.stdout)
    assert f"model {manifest.model_version}, ready" in ended.stdout


@pytest.mark.slow
def test_a_restart_serves_at_once_and_trains_nothing(small_shop):
    folder, first = small_shop
    before = live_release(folder)
    again = serve(folder)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Training pipeline" not in again.stdout
    assert live_release(folder) == before
    assert samples(again) == samples(first)


def two_clusters(folder: Path) -> None:
    """Sixty people: half buy clothes, half buy food, and nobody buys both."""
    rows = [*products(WARDROBE, 16), *(f"k{row}" for row in products(KITCHEN, 16))]
    upload(folder, "catalog/products.csv", ["label,text,price", *rows])
    names = [row.partition(",")[0] for row in rows]
    chance, events = random.Random(0), ["USER_ID,ITEM_ID,TIMESTAMP"]
    for user in range(60):
        own = names[:16] if user % 2 else names[16:]
        for visit in range(12):
            events.append(f"u{user},{chance.choice(own)},{1_700_000_000 + visit * 86_400 + user}")
    upload(folder, "interactions/events.csv", events)


@pytest.fixture(scope="module")
def clusters_shop(tmp_path_factory):
    """The two clusters, served once."""
    folder = tmp_path_factory.mktemp("clusters")
    two_clusters(folder)
    return folder, serve(folder, "--hyperparameter", "epochs=2")


@pytest.mark.slow
def test_a_shop_with_interactions_trains_on_both(clusters_shop):
    folder, ended = clusters_shop
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "720 rows read, 720 accepted" in ended.stdout
    store = FolderStore(folder / "work" / "store")
    (evaluation,) = [
        entry.key for entry in store.list("executions/") if entry.key.endswith("evaluation.json")
    ]
    report = json.loads(store.get(evaluation))
    assert {"model", "live", "seed", "popularity"} <= set(report["metrics"])
    assert report["gate"]["reason"] in ended.stdout.replace("\n", " ")
    assert (live_release(folder).kind == "trained") == report["gate"]["passed"]
    held_out = {name: values["ndcg@10"] for name, values in report["metrics"].items() if "ndcg@10" in values}
    assert held_out["model"] > held_out["popularity"]


@pytest.mark.slow
def test_a_copy_somewhere_else_serves_the_same(clusters_shop, tmp_path):
    """The original is out of reach, as if the folder had been moved to another machine."""
    folder, first = clusters_shop
    moved = tmp_path / "une boîte" / "shop"
    shutil.copytree(folder, moved, symlinks=True)
    folder.rename(hidden := folder.with_name("hidden"))
    try:
        again = serve(moved)
    finally:
        hidden.rename(folder)
    assert "Training pipeline" not in again.stdout
    assert samples(again) == samples(first)
    assert live_release(moved).model_version == live_release(folder).model_version


@pytest.mark.slow
def test_a_copy_trains_against_its_own_live_model(clusters_shop, tmp_path):
    folder, _ = clusters_shop
    moved = tmp_path / "shop"
    shutil.copytree(folder, moved, symlinks=True)
    upload(moved, "catalog/more.csv", ["label,text,price", "new,purple velvet curtain,9"])
    folder.rename(hidden := folder.with_name("hidden"))
    try:
        again = serve(moved, "--hyperparameter", "epochs=1", "--start-from", "live")
    finally:
        hidden.rename(folder)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "Gate" in again.stdout


@pytest.mark.slow
def test_new_code_that_reads_another_format_adds_the_base_at_its_start(clusters_shop, tmp_path):
    folder, first = clusters_shop
    shutil.copytree(folder, copy := tmp_path / "shop", symlinks=True)
    store, index = FolderStore(copy / "work" / "store"), live_release(copy).index
    header = json.loads(store.get(f"{index}{HEADER}"))
    store.put(f"{index}{HEADER}", json.dumps(header | {"format": 1}).encode())
    assert samples(serve(copy)) == samples(first)
    assert live_release(copy).index == index
    assert not lacks_base(store, live_release(copy))


def test_a_folder_without_uploads_says_where_to_put_them(tmp_path):
    (tmp_path / "data").mkdir()
    ended = serve(tmp_path)
    assert ended.returncode == 2
    assert "uploads/catalog/" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_folder_with_nothing_usable_says_what_is_wanted(tmp_path):
    upload(tmp_path, "catalog/prices.csv", ["sku;amount", "1;2"])
    upload(tmp_path, "notes/readme.txt", ["hello"])
    ended = serve(tmp_path)
    assert ended.returncode == 2
    assert "Nothing usable" in ended.stdout
    said = " ".join(ended.stdout.split())
    assert "No column says what an item is: `text`" in said
    assert "The columns are sku, amount" in said
    reports = tmp_path / "work" / "store" / "reports"
    assert str(reports) in ended.stdout.replace("\n", "")
    assert (reports / "uploads" / "catalog" / "prices.csv.json").is_file()
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_port_in_use_is_named_with_the_option_to_change_it(tmp_path):
    upload(tmp_path, "catalog/products.csv", ["label,text", "1,shirt"])
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = serve(tmp_path, port=port)
    assert ended.returncode == 2
    assert f"port {port} is in use" in ended.stdout
    assert "--port" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--port", "x"], "'x' is not a port"),
        (["--port", "99999"], "1 to 65535"),
        (["--hyperparameter", "epochs"], "NAME=VALUE"),
        (["--unknown"], "unrecognized"),
    ],
)
def test_arguments_that_cannot_be_used_are_status_2(monkeypatch, capsys, arguments, advice):
    monkeypatch.setattr(sys, "argv", ["local", "serve", "--data", "data", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert advice in capsys.readouterr().err


def test_a_hyperparameter_that_cannot_be_is_refused_before_anything_runs(tmp_path):
    upload(tmp_path, "catalog/products.csv", ["label,text,price", *products(WARDROBE, 8)])
    ended = serve(tmp_path, "--hyperparameter", "epochs=many")
    assert ended.returncode == 2
    assert "epochs: 'many' is not a whole number" in ended.stdout
    assert not list((tmp_path / "work").glob("store/reports/**/*.json"))


@pytest.mark.slow
def test_a_training_that_fails_is_status_1_and_is_tried_again(tmp_path):
    upload(tmp_path, "catalog/products.csv", ["label,text,price", *products(WARDROBE, 8)])
    for _ in range(2):
        ended = serve(
            tmp_path, "--hyperparameter", "weight_decay=10000", "--hyperparameter", "learning_rate=1"
        )
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert re.search(r"Training failed: .*learning_rate", ended.stdout)
        assert live_release(tmp_path).kind == "seed"
        assert "Sample answers" in ended.stdout


def test_a_restart_answers_before_it_reads_what_waits(tmp_path, monkeypatch):
    """In this process, with no training, which takes its time elsewhere."""
    upload(tmp_path, "catalog/products.csv", ["label,text,price", *products(WARDROBE, 8)])
    take, answered = LocalSystem.take_uploads, []

    def take_slowly(system):
        try:
            with urlopen(f"http://127.0.0.1:{port}/search?query=shirt", timeout=30) as reply:
                answered.append(len(json.load(reply)["hits"]))
        except OSError:
            answered.append(None)
        yield from take(system)

    monkeypatch.setattr(LocalSystem, "take_uploads", take_slowly)
    monkeypatch.setattr("local.run._train", lambda *_: 0)
    for _ in range(2):
        port = free_port()
        assert run.serve(tmp_path / "data", tmp_path / "work", port, once=True) == 0
    assert answered[0] is None
    assert answered[1]
