from types import SimpleNamespace

import pytest

from object2vec.storage import FolderStore
from tests.helpers.rollouts import FakeEndpoints, settle, stored_model, write_model

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "ENDPOINT_MODE": "cpu",
    "RELEASE_ATTEMPTS": "60",
    "JOB_BUNDLE_URI": "s3://bundle",
    "PIPELINE_NAME": "shop",
    "MODEL_PACKAGE_GROUP": "shop",
    "INDEXER_QUEUE_URL": "queue",
}


@pytest.fixture(autouse=True)
def account(monkeypatch):
    """What every function is told, the parts that a test replaces among it."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def store(tmp_path, monkeypatch) -> FolderStore:
    store = FolderStore(tmp_path / "store")
    monkeypatch.setenv("STORE_URL", store.url)
    return store


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for number in range(2):
        write_model(folder / str(number), number)
    return [folder / str(number) for number in range(2)]


@pytest.fixture
def world(store, models):
    """Release `old` is live with its endpoint; the files of `new` lie where the index job left them."""
    stored = [stored_model(store, *pair) for pair in zip(models, ("old", "new"), strict=True)]
    (old, _), (new, _) = stored
    endpoints = FakeEndpoints({manifest.model_artifact: encoder for manifest, encoder in stored})
    store.put("releases/new/index/index.json", b"{}")
    settle(store, endpoints, old, instead_of=None)
    return SimpleNamespace(store=store, endpoints=endpoints, old=old, new=new)
