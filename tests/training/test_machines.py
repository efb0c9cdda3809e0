import orjson
import pytest
import torch

from object2vec.jobs import train


def test_a_catalogue_is_not_trained_beside_an_idle_gpu(tmp_path, monkeypatch):
    (tmp_path / "input" / "data" / "train").mkdir(parents=True)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(SystemExit) as ended:
        train.main()
    assert ended.value.code == 2
    assert "training_instance without a GPU" in (tmp_path / "output" / "failure").read_text()


def test_a_catalogue_is_not_trained_twice_on_two_machines(tmp_path, monkeypatch):
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    hosts = {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}
    (config / "resourceconfig.json").write_bytes(orjson.dumps(hosts))
    (tmp_path / "input" / "data" / "train").mkdir(parents=True)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        train.main()
    assert ended.value.code == 2
    assert "training_instance_count=1" in (tmp_path / "output" / "failure").read_text()
