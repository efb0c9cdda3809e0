from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from object2vec.release import Manifest
from object2vec.storage import FolderStore
from tests.helpers.rollouts import FakeEndpoints, settle, stored_model, write_model


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> list[Path]:
    """Three different models."""
    folder = tmp_path_factory.mktemp("models")
    for number in range(3):
        write_model(folder / str(number), number)
    return [folder / str(number) for number in range(3)]


@dataclass
class World:
    """Release `old` is live with its endpoint, `new` was judged against it, `other` is another's."""

    store: FolderStore
    endpoints: FakeEndpoints
    old: Manifest
    new: Manifest
    other: Manifest


@pytest.fixture
def make_world(models, tmp_path_factory):
    def make(**fake) -> World:
        store = FolderStore(tmp_path_factory.mktemp("world") / "store")
        stored = [stored_model(store, *pair) for pair in zip(models, ("old", "new", "other"), strict=True)]
        manifests = [manifest for manifest, _ in stored]
        encoders = {manifest.model_artifact: encoder for manifest, encoder in stored}
        settle(store, endpoints := FakeEndpoints(encoders), manifests[0], instead_of=None)
        for name, value in fake.items():
            setattr(endpoints, name, value)
        endpoints.calls.clear()
        return World(store, endpoints, *manifests)

    return make


@pytest.fixture
def world(make_world) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def moto():
    with mock_aws():
        yield boto3.client("sagemaker")


@pytest.fixture
def service():
    """The answers are scripted: a request that is missing, another than expected, or unknown to botocore's
    model fails the test."""
    client = boto3.client("sagemaker")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()
