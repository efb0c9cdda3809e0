"""Pairs through the real entry points: the training job alone, under AWS's toolkit, and on two machines."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from object2vec.model.pairs.artefact import read_pair_artefact
from tests.helpers.processes import JOB, environment, run_together
from tests.helpers.toys import two_clusters, write

SETTINGS = {
    "enc0_network": "pooled_embedding", "enc_dim": "16", "enc0_token_embedding_dim": "12", "mlp_dim": "16",
    "learning_rate": "0.02", "mini_batch_size": "14", "epochs": "3", "dropout": "0", "mlp_layers": "1",
    "negative_sampling_rate": "1",
}  # fmt: skip


@pytest.fixture
def machine(tmp_path):
    """An /opt/ml-shaped folder with toy pairs in it."""

    def make(name="ml", hosts=("algo-1",), current="algo-1"):
        base = tmp_path / name
        for channel in ("train", "validation", "test"):
            write(base / "input" / "data" / channel, two_clusters())
        config = base / "input" / "config"
        config.mkdir(parents=True)
        (config / "hyperparameters.json").write_text(json.dumps(SETTINGS))
        resources = {"current_host": current, "hosts": list(hosts), "network_interface_name": "lo"}
        (config / "resourceconfig.json").write_text(json.dumps(resources))
        channels = {
            c: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"} for c in ("train",)
        }
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        for folder in ("model", "output", "code"):
            (base / folder).mkdir()
        return base

    return make


def run(command, base, **more):
    return subprocess.run(command, env=environment(base, **more), capture_output=True, text=True, check=False)


def weights(base):
    return read_pair_artefact(base / "model")[1].state_dict()


def test_the_training_job(machine):
    base = machine()
    done = run(JOB, base)
    assert done.returncode == 0, done.stderr
    assert "#quality_metric: host=algo-1, test cross_entropy <loss>=" in done.stdout
    assert (base / "checkpoints").is_dir()
    made = {path.name for path in (base / "model").iterdir()}
    assert made >= {"manifest.json", "weights.safetensors", "code"}
    write(base / "input" / "data" / "train", [{"label": 7, "in0": [1], "in1": [2]}])
    done = run(JOB, base)
    assert done.returncode == 2
    assert "line 1: label 7 is none of the classes" in (base / "output" / "failure").read_text()


def test_two_processes_learn_what_one_learns(machine):
    """As torchrun starts them, on gloo; with negatives, batches do not always divide evenly."""
    alone, first, second = machine("alone"), machine("first"), machine("second")
    assert run(JOB, alone).returncode == 0
    results = run_together([first, second])
    assert [done.returncode for done in results] == [0, 0], results
    assert "#quality_metric" not in results[1].stdout
    assert not (second / "model" / "manifest.json").exists()
    one, two = weights(alone), weights(first)
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=1e-4, rtol=1e-3)


@pytest.mark.slow
def test_under_the_toolkit_of_awss_training_images(machine):
    """sagemaker-training calls the script with /opt/ml laid out as the service does (script mode)."""
    toolkit = shutil.which("train", path=str(Path(sys.executable).parent))
    assert toolkit, "install requirements-dev.txt"
    base = machine(hosts=("localhost",), current="localhost")  # the toolkit waits until hosts have addresses
    (base / "code" / "entry.py").write_text("from object2vec.jobs.train import main\n\nmain()\n")
    config = base / "input" / "config" / "hyperparameters.json"
    own = {"sagemaker_program": "entry.py", "sagemaker_submit_directory": str(base / "code")}
    config.write_text(json.dumps(SETTINGS | {name: json.dumps(value) for name, value in own.items()}))
    done = run([toolkit], base, TRAINING_JOB_NAME="toy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert read_pair_artefact(base / "model")[0].metrics["test"]["accuracy"] > 0.5
    assert (base / "output" / "success").is_file()
