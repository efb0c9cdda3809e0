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
