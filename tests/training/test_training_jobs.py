import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from object2vec.core.errors import InputError
from object2vec.jobs import train
from object2vec.jobs.exit_message import reason_left
from object2vec.training import fit as fitting
from object2vec.training.ranker.job import RankerTraining
from tests.helpers.shops import two_clusters

ROOT = Path(__file__).parents[2]
LONG_S = 60.0
"""Longest wait of a test, for something that never takes that long."""


def run(job, base):
    environment = os.environ | {
        "SAGEMAKER_BASE_DIR": str(base),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "object2vec.jobs", *job]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_train_then_evaluate(tmp_path):
    train, evaluation = tmp_path / "train", tmp_path / "evaluate" / "processing"
    data = two_clusters(train / "input" / "data", texts=True)
    (train / "input" / "config").mkdir()
    (train / "input" / "config" / "hyperparameters.json").write_text('{"epochs": "3", "enc_dim": "16"}')
    done = run(["train"], train)
    assert done.returncode == 0, done.stderr
    (evaluation / "input").mkdir(parents=True)
    for name in ("auxiliary", "train", "validation", "test"):
        (evaluation / "input" / name).symlink_to(data / name)
    (evaluation / "input" / "model").symlink_to(train / "model")
    done = run(["evaluate"], tmp_path / "evaluate")
    assert done.returncode == 0, done.stderr
    result = json.loads((evaluation / "output" / "evaluation" / "evaluation.json").read_text())
    assert isinstance(result["gate"]["passed"], bool)
    assert result["gate"]["reason"] in done.stdout


def test_bad_input_leaves_a_message_and_exits_2(tmp_path):
    done = run(["train"], tmp_path)
    assert done.returncode == 2
    assert "run the prepare job first" in (tmp_path / "output" / "failure").read_text()
    done = run(["evaluate"], tmp_path)
    assert done.returncode == 2
    assert "train first" in (tmp_path / "output" / "message").read_text()


def test_a_training_that_fails_says_so_at_once(tmp_path, monkeypatch):
    """It does not wait for what is counted beside it."""
    two_clusters(tmp_path / "input" / "data", texts=True)
    go_on, counted = Event(), Event()

    def counts(_self):
        go_on.wait(LONG_S)
        counted.set()

    def fails(*_, **__):
        raise InputError("nothing can be learned from this")

    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setattr(RankerTraining, "counts", counts)
    monkeypatch.setattr(fitting, "learn", fails)
    with pytest.raises(SystemExit):
        train.main()
    assert (tmp_path / "output" / "failure").read_text() == "nothing can be learned from this"
    assert not counted.is_set()
    go_on.set()


def test_a_mistake_of_ours_leaves_its_reason_and_is_raised(tmp_path):
    """A ValueError of a library's is none of ours: without its traceback nobody could find it."""
    with pytest.raises(ValueError, match="invalid literal"), reason_left(tmp_path):
        int("x")
    assert (tmp_path / "output" / "message").read_text().startswith("ValueError: invalid literal")


def test_an_unknown_job_names_the_jobs(tmp_path):
    done = run(["bake"], tmp_path)
    assert done.returncode == 2
    assert "prepare|prepare_spark|pairs|train|evaluate|index" in done.stderr
