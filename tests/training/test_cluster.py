"""One training in two processes, on gloo, through the training job."""

import json
import shutil
import sys

import numpy as np
import pytest

from object2vec.model.retrieval.artefact import read_artefact
from object2vec.training.cluster import Cluster
from tests.helpers.processes import JOB, run_together
from tests.helpers.shops import two_clusters

SETTINGS = {"epochs": "3", "enc_dim": "16", "mini_batch_size": "64", "early_stopping_patience": "5"}
KILLED_AT_STEP = 12  # in the third epoch of five steps
KILLED = [
    sys.executable,
    "-c",
    f"""
import itertools, os, signal
from object2vec.jobs import train
from object2vec.training.row_adam import RowAdam

steps, step = itertools.count(), RowAdam.step

def killed(*arguments):
    if next(steps) == {KILLED_AT_STEP}:
        os.kill(os.getpid(), signal.SIGKILL)
    step(*arguments)

RowAdam.step = killed
train.main()
""",
]


@pytest.fixture
def machine(tmp_path):
    """Makes an /opt/ml-shaped folder with a small shop in it."""

    def make(name, **settings):
        base = tmp_path / name
        two_clusters(base / "input" / "data", texts=True)
        (base / "input" / "config").mkdir()
        (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(SETTINGS | settings))
        return base

    return make


def artefact(base):
    return read_artefact(base / "model")


@pytest.mark.parametrize("encoder", ["pooled", "attention"])
def test_two_processes_learn_what_one_learns(machine, encoder):
    alone, first, second = (machine(name, session_encoder=encoder) for name in ("alone", "first", "second"))
    (done,) = run_together([alone])
    assert done.returncode == 0, done.stderr
    leader, other = run_together([first, second])
    assert (leader.returncode, other.returncode) == (0, 0), (leader.stderr, other.stderr)
    assert "validation ndcg" in leader.stdout
    assert not other.stdout.strip()
    assert not (second / "model").exists()
    of_one, of_two = artefact(alone).manifest.metrics, artefact(first).manifest.metrics
    for task in ("next_item", "text"):  # each basket and text is learned from once an epoch
        assert of_two["tasks"][task] == of_one["tasks"][task]
    assert of_two["validation_ndcg"] == pytest.approx(of_one["validation_ndcg"], abs=0.05)
    assert len(of_two["history"]) == 3
    assert of_two["losses"]["next_item"] == pytest.approx(of_one["losses"]["next_item"], rel=0.05)


def test_a_process_that_is_killed_ends_the_others_and_training_goes_on_from_the_last_epoch(machine):
    whole = [machine("a"), machine("b")]
    assert [done.returncode for done in run_together(whole)] == [0, 0]
    resumed = [machine("c"), machine("d")]
    leader, killed = run_together(resumed, [JOB, KILLED])
    assert killed.returncode < 0
    assert leader.returncode > 0
    told = (resumed[0] / "output" / "failure").read_text()
    assert told == "another machine of this training has ended: its own log says why"
    assert not (resumed[0] / "model" / "manifest.json").exists()
    leader, _ = run_together(resumed)
    assert leader.returncode == 0, leader.stderr
    assert "goes on after epoch 2" in leader.stdout
    assert artefact(resumed[0]).manifest.version == artefact(whole[0]).manifest.version


SOON_TIRED = [
    sys.executable,
    "-c",
    "from datetime import timedelta\n"
    "from object2vec.jobs import train\n"
    "from object2vec.training import cluster\n"
    "cluster._ARRIVAL = timedelta(seconds=3)\n"
    "train.main()\n",
]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_machine_that_never_comes_is_not_waited_for(machine, missing):
    bases = [machine("first"), machine("second")]
    commands = [SOON_TIRED, SOON_TIRED]
    commands[missing] = [sys.executable, "-c", "raise SystemExit(3)"]
    done = run_together(bases, commands)
    assert done[1 - missing].returncode == 1, done[1 - missing].stderr
    told = (bases[1 - missing] / "output" / "failure").read_text()
    assert told == "another machine of this training did not come: its own log says why"


def other_data(base, _):
    (base / "input" / "data" / "auxiliary" / "summary.json").write_text('{"fingerprint": "another"}')


def other_settings(base, _):
    settings = SETTINGS | {"mini_batch_size": "32", "epochs": "2"}
    (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(settings))


def other_start(base, seed):
    model = shutil.copytree(seed, base / "input" / "data" / "seed")
    manifest = json.loads((model / "manifest.json").read_text())
    (model / "manifest.json").write_text(json.dumps(manifest | {"version": "another"}))


@pytest.mark.parametrize("change", [other_data, other_settings, other_start])
def test_machines_with_different_channels_say_what_to_set(machine, seed_folder, change):
    first, second = machine("first"), machine("second")
    change(second, seed_folder)
    for base, done in zip((first, second), run_together([first, second]), strict=True):
        assert done.returncode == 2
        assert "S3DataDistributionType=FullyReplicated" in (base / "output" / "failure").read_text()


def test_nothing_to_learn_from_is_said_by_all(machine):
    nothing = {"task_weight_next_item": "0", "task_weight_text": "0", "distillation": "off"}
    bases = [machine(name, **nothing) for name in ("first", "second")]
    for base, done in zip(bases, run_together(bases), strict=True):
        assert done.returncode == 2
        assert "there is nothing to learn from" in (base / "output" / "failure").read_text()


@pytest.mark.parametrize("count", [2, 3, 7, 100])
def test_each_example_belongs_to_one_process(count):
    examples, cluster = np.arange(count), [Cluster(rank, 3) for rank in range(3)]
    shares = [process.share(examples) for process in cluster]
    assert all(len(share) for share in shares)
    assert set(np.concatenate(shares)) == set(examples)
    if count >= len(cluster):
        assert sum(map(len, shares)) == count
    assert sum(process.part(256) for process in cluster) >= 256
