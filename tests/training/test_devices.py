"""Training on a device other than the CPU. None is here: one is made up (tests/helpers/elsewhere.py)."""

from concurrent.futures import Future

import numpy as np
import pytest
import torch

from object2vec.core.catalog import VECTOR
from object2vec.training import trainer
from object2vec.training.cluster import Cluster
from object2vec.training.dataset import read_dataset
from object2vec.training.device import brought
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from tests.helpers.elsewhere import DEVICE, Elsewhere, ElsewhereTensor
from tests.helpers.shops import fit_with_an_interruption, two_clusters, write_shop

SETTINGS = Hyperparameters(
    enc_dim=16, epochs=2, mini_batch_size=64, early_stopping_patience=5, time_limit=1e4, weight_decay=0.1
)
KINDS = {
    "pooled": {},
    "attention": {"session_encoder": "attention", "dropout": 0.0},
    "sets": {"session_order": "any"},
    "similarity": {"task_weight_similarity": 1.0},
    "hard negatives": {"hard_negatives": 1, "event_value_power": 1.0},
}


class AtOnce:
    """What the second thread does, in this one: the made-up device belongs to one thread."""

    def __init__(self, _threads):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, work, *arguments):
        future = Future()
        future.set_result(work(*arguments))
        return future


@pytest.fixture
def elsewhere(monkeypatch):
    """The training loop works on the made-up device."""
    monkeypatch.setattr(Cluster, "device", DEVICE)
    monkeypatch.setattr(trainer, "ThreadPoolExecutor", AtOnce)
    with Elsewhere():
        yield


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return read_dataset(two_clusters(tmp_path_factory.mktemp("shop") / "data", texts=True))


@pytest.fixture(scope="module")
def of_cpu(dataset, seed_folder, tmp_path_factory):
    """The item vectors of the same trainings on the CPU."""
    folder = tmp_path_factory.mktemp("cpu")
    return {
        kind: fit(dataset, seed_folder, folder / kind, SETTINGS.replace(**values))[1].weights.items
        for kind, values in KINDS.items()
    }


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("kind", KINDS)
def test_a_device_learns_what_the_cpu_learns(dataset, seed_folder, tmp_path, of_cpu, kind):
    _, learned = fit(dataset, seed_folder, tmp_path, SETTINGS.replace(**KINDS[kind]))
    np.testing.assert_allclose(learned.weights.items, of_cpu[kind], atol=1e-4)


@pytest.mark.usefixtures("elsewhere")
def test_a_training_on_a_device_goes_on_from_its_checkpoint(dataset, seed_folder, tmp_path, of_cpu):
    _, learned = fit_with_an_interruption(dataset, seed_folder, tmp_path, SETTINGS, at_step=7)
    np.testing.assert_allclose(learned.weights.items, of_cpu["pooled"], atol=1e-4)


def test_dense_vectors_are_learned_on_a_device(seed_folder, tmp_path, request):
    rng = np.random.default_rng(0)
    items = [
        (f"i{n:02}", f"thing {n}" if n % 2 else "", {VECTOR: rng.normal(size=8).tolist()}) for n in range(30)
    ]
    events = [(f"u{n}", f"i{(n + step) % 30:02}", step * 86_400) for n in range(30) for step in range(6)]
    dataset = read_dataset(write_shop(tmp_path / "data", items, {"train": events}))
    on_cpu, _ = fit(dataset, seed_folder, tmp_path / "cpu", SETTINGS)
    request.getfixturevalue("elsewhere")
    assert fit(dataset, seed_folder, tmp_path / "device", SETTINGS)[0].version == on_cpu.version


def test_half_precision_learns_about_the_same(dataset, seed_folder, tmp_path, monkeypatch):
    """As on a GPU, with the CPU's bfloat16."""
    _, exact = fit(dataset, seed_folder, tmp_path / "exact", SETTINGS)
    monkeypatch.setattr(trainer, "half_precision", lambda _: torch.autocast("cpu", torch.bfloat16))
    _, rounded = fit(dataset, seed_folder, tmp_path / "rounded", SETTINGS)
    for name, loss in exact.losses.items():
        assert rounded.losses[name] == pytest.approx(loss, rel=0.02)
    assert rounded.losses != exact.losses


def test_the_made_up_device_refuses_what_a_gpu_refuses():
    with Elsewhere():
        moved = torch.ones(2).to(DEVICE)
        assert isinstance(brought(torch.ones(2), DEVICE), ElsewhereTensor)
        with pytest.raises(RuntimeError, match="of the CPU meets"):
            moved + torch.ones(2)
        with pytest.raises(TypeError, match="no array"):
            moved.numpy()
        assert moved.cpu().numpy().tolist() == [1, 1]
