from pathlib import Path

import pytest

from lambdas.events import handler as events
from lambdas.preprocess import handler as preprocess
from lambdas.search import handler as search
from object2vec.storage import FolderStore
from stacks.pipeline_definition import PipelineSettings, pipeline_definition


@pytest.fixture(autouse=True, scope="module")
def started_afresh():
    """The functions, which keep what they opened first: each module here has a system of its own."""
    for opened in (events._api, events._service, preprocess._store, search._api):
        opened.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture(params=["on demand", "spot"])
def definition(request):
    """The deployed pipeline."""
    settings = PipelineSettings(
        store_url="s3://data-bucket",
        code_uri="s3://assets-bucket/jobs.zip",
        job_role="arn:aws:iam::123456789012:role/jobs",
        training_image="763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch-training:1",
        serving_image="763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:1",
        snapshot_function="arn:aws:lambda:eu-central-1:123456789012:function:snapshot",
        release_queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/release",
        model_package_group="shop",
        hyperparameters={"epochs": "2"},
        pictures_instance_count=2,
        pictures_role="arn:aws:iam::123456789012:role/pictures",
        spot=request.param == "spot",
    )
    return pipeline_definition(settings)


@pytest.fixture
def steps(definition):
    """Every step by its name, those of the branches too."""
    found = {step["Name"]: step for step in definition["Steps"]}
    gate = found["Gate"]["Arguments"]
    return found | {step["Name"]: step for step in gate["IfSteps"] + gate["ElseSteps"]}
