"""The custom resource that owns the endpoints: deployments, their failures, and the end of a stack."""

import io
import os
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from lambdas.endpoint_owner import handler as module
from lambdas.endpoint_owner.handler import serving_packages
from lambdas.endpoint_owner.teardown import delete_everything
from lambdas.indexer import handler as indexer
from lambdas.settings import EndpointOwnerSettings
from object2vec.core.catalog import CatalogItem
from object2vec.core.endpoints import Embedding, EndpointState
from object2vec.core.errors import CorruptIndexError
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import go_live, live, save
from object2vec.release.endpoint_markers import endpoint_marker
from object2vec.release.seed import seed_folder
from object2vec.release.smoke_test import SMOKE_TEXT
from object2vec.search import engines
from object2vec.search.live import LiveIndex
from object2vec.serving.package import PACKAGES
from object2vec.storage import item_log, open_store
from tests.helpers.rollouts import FAILS, REASON, STARTS, settle

BUCKET = "owner-bucket"
CREATE, UPDATE, DELETE = (
    {"RequestType": kind, "RequestId": f"request-{kind}"} for kind in ("Create", "Update", "Delete")
)
ARN = "arn:aws:sagemaker:eu-central-1:123456789012"


@pytest.fixture
def aws(monkeypatch):
    """An account with the data bucket, a tiny job bundle in it, and the function's environment."""
    environment = {
        "STORE_URL": f"s3://{BUCKET}",
        "JOB_BUNDLE_URI": f"s3://{BUCKET}/bundles/jobs.zip",
        "PIPELINE_NAME": "shop",
        "MODEL_PACKAGE_GROUP": "shop",
        "ENDPOINT_MODE": "cpu",
        "ENDPOINT_PREFIX": "shop",
        "SERVING_IMAGE_URI": "image",
        "MODEL_ROLE_ARN": "arn:aws:iam::123456789012:role/model",
        "ENDPOINT_INSTANCE_TYPE": "ml.m5.large",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_object(Bucket=BUCKET, Key="bundles/jobs.zip", Body=job_bundle())
        in_order = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        queue = boto3.client("sqs").create_queue(QueueName="item-log.fifo", Attributes=in_order)
        monkeypatch.setenv("INDEXER_QUEUE_URL", queue["QueueUrl"])
        sagemaker = boto3.client("sagemaker")
        sagemaker.create_pipeline(
            PipelineName="shop", PipelineDefinition='{"Steps": []}', ClientRequestToken="t" * 32,
            RoleArn="arn:aws:iam::123456789012:role/pipeline",
        )  # fmt: skip
        yield sagemaker


def job_bundle() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as bundle:
        bundle.writestr("__main__.py", "")
        for package in (*PACKAGES, "duckdb", "object2vecs"):
            bundle.writestr(f"{package}/__init__.py", "")
    return data.getvalue()


def test_the_bundle_gives_the_serving_packages_only(aws):
    with serving_packages(f"s3://{BUCKET}/bundles/jobs.zip") as folder:
        assert sorted(path.name for path in folder.iterdir()) == sorted(PACKAGES)
    assert not folder.exists()


def test_creation_publishes_the_seed(aws):
    answer = module.on_event(CREATE, None)
    assert answer == {"PhysicalResourceId": "object2vec-endpoints"}
    manifest = live(open_store(f"s3://{BUCKET}"))
    assert manifest.kind == "seed"
    assert manifest.model_artifact == f"s3://{BUCKET}/releases/{manifest.version}/model.tar.gz"
    assert aws.list_endpoints()["Endpoints"] == []


def messages() -> list[str]:
    """Messages that wait for the indexer."""
    queue = os.environ["INDEXER_QUEUE_URL"]
    received = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [message["Body"] for message in received.get("Messages", [])]


def test_a_deployment_wakes_the_indexer_once(aws):
    for _ in range(2):  # CloudFormation repeats a request whose answer it has not got
        module.on_event(UPDATE, None)
    assert len(messages()) == 1


def test_a_deletion_wakes_nobody(owner, monkeypatch):
    monkeypatch.setattr(module, "delete_everything", lambda settings, endpoints: None)
    module.on_event(DELETE, None)
    assert messages() == []


@pytest.fixture
def indexed(owner, monkeypatch):
    """The live release has a base index; `indexed()` runs the indexer on what waits for it."""
    monkeypatch.setattr(indexer, "TAIL_CHANGES", 0)
    item_log.append(owner.store, [CatalogItem("a", "a red shirt")])
    indexer.handler({}, None)

    def run():
        for message in messages():
            indexer.handler({"Records": [{"body": message}]}, None)

    return run


def test_a_deployment_of_another_format_ends_when_its_base_is_there(owner, indexed, monkeypatch):
    """Until then CloudFormation leaves the search function as it is, which answers all the time."""
    before = LiveIndex(owner.store).get().index.snapshot
    monkeypatch.setattr(engines, "FORMAT", engines.FORMAT + 1)
    module.on_event(UPDATE, None)
    assert module.is_complete(UPDATE, None) == {"IsComplete": False}
    indexed()
    assert module.is_complete(UPDATE, None) == {"IsComplete": True}
    after = LiveIndex(owner.store).get().index.snapshot
    assert (before.get("a"), before.watermark) == (after.get("a"), after.watermark)
    assert after.get("a") is not None


def test_a_deployment_waits_for_the_base_of_what_went_live_meanwhile(owner, indexed, monkeypatch):
    """A training that began before may end with a base of the format before."""
    old = live(owner.store)
    monkeypatch.setattr(engines, "FORMAT", engines.FORMAT + 1)
    module.on_event(UPDATE, None)
    indexed()
    save(owner.store, replace(old, version="later"))
    go_live(owner.store, "later", instead_of=old.version)
    assert module.is_complete(UPDATE, None) == {"IsComplete": False}
    indexer.handler({}, None)
    assert module.is_complete(UPDATE, None) == {"IsComplete": True}


def test_a_deployment_whose_indexer_fails_does_not_end(owner, indexed, monkeypatch):
    """CloudFormation gives it up after the provider's time, and the code of before goes on."""
    monkeypatch.setattr(engines, "FORMAT", engines.FORMAT + 1)
    owner.store.delete(item_log.segment_key(1))
    module.on_event(UPDATE, None)
    with pytest.raises(CorruptIndexError):
        indexed()
    assert module.is_complete(UPDATE, None) == {"IsComplete": False}
    monkeypatch.undo()
    assert LiveIndex(owner.store).get().index.snapshot.get("a") is not None


def test_it_is_complete_when_the_endpoint_has_answered(aws, monkeypatch):
    module.on_event(CREATE, None)
    manifest = live(open_store(f"s3://{BUCKET}"))
    assert module.is_complete(CREATE, None) == {"IsComplete": False}
    (endpoint,) = aws.list_endpoints()["Endpoints"]
    assert endpoint["EndpointName"] == f"shop-{manifest.model_version}"
    vector = load_encoder(seed_folder()).encode_queries([SMOKE_TEXT])[0].tolist()
    monkeypatch.setattr(
        "object2vec.release.sagemaker.SageMakerEndpoints.embed",
        lambda _self, _name, _text: Embedding(manifest.model_version, vector),
    )
    assert module.is_complete(CREATE, None) == {"IsComplete": True}


def test_without_endpoints_it_is_complete_at_once(aws, monkeypatch):
    monkeypatch.setenv("ENDPOINT_MODE", "none")
    module.on_event(CREATE, None)
    assert module.is_complete(CREATE, None) == {"IsComplete": True}
    assert aws.list_endpoints()["Endpoints"] == []


@pytest.fixture
def owner(world, monkeypatch, aws):
    """The function over the world's store and endpoints."""
    monkeypatch.setenv("STORE_URL", world.store.url)
    monkeypatch.setattr(module, "configured_endpoints", lambda _: world.endpoints)
    return world


@pytest.mark.parametrize(("image", "kind"), [("aws:1", "builtin"), ("", "trained")])
def test_a_model_of_awss_image_stays_live_as_long_as_there_is_the_image(owner, monkeypatch, image, kind):
    monkeypatch.setenv("BUILTIN_IMAGE_URI", image)
    save(owner.store, replace(owner.old, version="b", model_version="builtin-1", kind="builtin"))
    go_live(owner.store, "b", instead_of="old")
    module.on_event(UPDATE, None)
    assert live(owner.store).kind == kind


def test_an_update_keeps_a_newer_model(owner):
    settle(owner.store, owner.endpoints, owner.new, instead_of=owner.old.model_version)
    owner.endpoints.calls.clear()
    assert module.on_event(UPDATE, None) == {"PhysicalResourceId": "object2vec-endpoints"}
    assert module.is_complete(UPDATE, None) == {"IsComplete": True}
    assert live(owner.store) == owner.new
    assert owner.endpoints.calls == []


def test_an_update_tries_an_endpoint_that_failed_once_more(owner):
    owner.endpoints.script = FAILS
    settle(owner.store, owner.endpoints, owner.new, instead_of=owner.old.model_version)
    assert endpoint_marker(owner.store, owner.new.model_version) == REASON
    owner.endpoints.script = STARTS
    module.on_event(UPDATE, None)
    assert [module.is_complete(UPDATE, None)["IsComplete"] for _ in range(3)] == [False, False, True]
    assert owner.endpoints.names() == [owner.endpoints.name_for(owner.new.model_version)]
    assert endpoint_marker(owner.store, owner.new.model_version) == ""


def test_no_capacity_does_not_roll_the_deployment_back(owner):
    owner.endpoints.delete(owner.endpoints.name_for(owner.old.model_version))
    owner.endpoints.refusal = "no quota"
    module.on_event(UPDATE, None)
    assert module.is_complete(UPDATE, None) == {"IsComplete": True}
    assert endpoint_marker(owner.store, owner.old.model_version) == "no quota"


def test_an_endpoint_of_another_model_does_not_roll_the_deployment_back(owner):
    """The live model goes on without it, and the stored reason rings the alarm."""
    owner.endpoints.encoders[owner.old.model_artifact] = owner.endpoints.encoders[owner.new.model_artifact]
    assert module.is_complete(UPDATE, None) == {"IsComplete": True}
    assert f"serves {owner.new.model_version}" in endpoint_marker(owner.store, owner.old.model_version)
    assert owner.endpoints.names() == []
    assert live(owner.store) == owner.old


def test_a_pointer_that_was_removed_is_named(owner):
    owner.store.delete("releases/live.json")
    with pytest.raises(RuntimeError, match=r"releases/live\.json"):
        module.is_complete(UPDATE, None)


def test_a_deletion_waits_until_the_last_endpoint_is_gone(owner, monkeypatch):
    monkeypatch.setattr(module, "delete_everything", lambda settings, endpoints: None)
    assert module.on_event(DELETE, None) == {"PhysicalResourceId": "object2vec-endpoints"}
    owner.endpoints.busy = set(owner.endpoints.names())
    assert module.is_complete(DELETE, None) == {"IsComplete": False}
    owner.endpoints.busy.clear()
    assert module.is_complete(DELETE, None) == {"IsComplete": True}


@pytest.mark.parametrize("call", ["names", "delete"])
def test_a_deletion_asks_a_provider_again_that_does_not_take_a_call(owner, monkeypatch, call):
    for name in ("_stop_executions", "_delete_packages", "remove_vector_indexes"):
        monkeypatch.setattr(f"lambdas.endpoint_owner.teardown.{name}", lambda *_, **__: None)
    owner.endpoints.refused = {call}
    assert module.on_event(DELETE, None) == {"PhysicalResourceId": "object2vec-endpoints"}
    assert module.is_complete(DELETE, None) == {"IsComplete": False}
    owner.endpoints.refused.clear()
    assert module.is_complete(DELETE, None) == {"IsComplete": True}


def test_a_deletion_without_endpoints_is_complete(owner, monkeypatch):
    monkeypatch.setattr(module, "configured_endpoints", lambda _: None)
    assert module.is_complete(DELETE, None) == {"IsComplete": True}


def execution(number: int, status: str) -> dict[str, str]:
    return {
        "PipelineExecutionArn": f"{ARN}:pipeline/shop/execution/{number:012}",
        "PipelineExecutionStatus": status,
    }


def callback_step(status: str, token: str) -> dict[str, object]:
    return {"StepName": "Release", "StepStatus": status, "Metadata": {"Callback": {"CallbackToken": token}}}


def package(number: int) -> dict[str, object]:
    return {
        "ModelPackageArn": f"{ARN}:model-package/shop/{number}", "ModelPackageGroupName": "shop",
        "CreationTime": datetime.now(UTC), "ModelPackageStatus": "Completed",
    }  # fmt: skip


def test_the_teardown_leaves_nothing_that_costs_or_blocks(world, aws, monkeypatch):
    client = boto3.client("sagemaker")
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    with Stubber(client) as stub:
        summaries = [execution(1, "Executing"), execution(2, "Succeeded"), execution(3, "Executing")]
        stub.add_response(
            "list_pipeline_executions", {"PipelineExecutionSummaries": summaries}, {"PipelineName": "shop"}
        )
        for number in (1, 3):
            arn = summaries[number - 1]["PipelineExecutionArn"]
            stub.add_response(
                "stop_pipeline_execution",
                {"PipelineExecutionArn": arn},
                {"PipelineExecutionArn": arn},
            )
            steps = [
                callback_step("Succeeded", "past000000"),
                callback_step("Executing", f"token{number:05}"),
            ]
            of_run = {"PipelineExecutionArn": arn}
            stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": steps}, of_run)
            answer = {"CallbackToken": f"token{number:05}", "FailureReason": "the stack is being deleted"}
            stub.add_response("send_pipeline_execution_step_failure", {}, answer)
        for number, more in ((1, {"NextToken": "t"}), (2, {})):
            stub.add_response("list_model_packages", {"ModelPackageSummaryList": [package(number)]} | more)
        for number in (1, 2):
            arn = f"{ARN}:model-package/shop/{number}"
            stub.add_response("delete_model_package", {}, {"ModelPackageName": arn})
        delete_everything(EndpointOwnerSettings.read(), world.endpoints)
        stub.assert_no_pending_responses()
    assert world.endpoints.names() == []


@pytest.mark.parametrize("status", ["Executing", "Stopping"])
def test_a_deletion_waits_until_the_training_has_stopped(aws, monkeypatch, status):
    """CloudFormation deletes the pipeline next, which SageMaker refuses as long as it has a run."""
    client = boto3.client("sagemaker")
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    monkeypatch.setattr(module, "configured_endpoints", lambda _: None)
    with Stubber(client) as stub:
        for now in (status, "Stopped"):
            stub.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": [execution(1, now)]})
        assert module.is_complete(DELETE, None) == {"IsComplete": False}
        assert module.is_complete(DELETE, None) == {"IsComplete": True}


def test_the_teardown_of_an_empty_deployment_is_quiet(aws, monkeypatch):
    client = boto3.client("sagemaker")
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    with Stubber(client) as stub:
        stub.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": []})
        stub.add_response("list_model_packages", {"ModelPackageSummaryList": []})
        delete_everything(EndpointOwnerSettings.read(), None)
        stub.assert_no_pending_responses()


def test_the_teardown_goes_on_where_something_was_removed_by_hand(aws, monkeypatch):
    client = boto3.client("sagemaker")
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    with Stubber(client) as stub:
        stub.add_client_error("list_pipeline_executions", "ResourceNotFound", "Pipeline shop does not exist.")
        gone = "ModelPackageGroup arn:…:model-package-group/shop does not exist."
        stub.add_client_error("list_model_packages", "ValidationException", gone)
        delete_everything(EndpointOwnerSettings.read(), None)
        stub.assert_no_pending_responses()


def test_a_teardown_that_is_not_allowed_is_not_taken_for_done(aws, monkeypatch):
    client = boto3.client("sagemaker")
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    with Stubber(client) as stub:
        stub.add_client_error("list_pipeline_executions", "AccessDeniedException", "not authorized")
        with pytest.raises(client.exceptions.ClientError, match="not authorized"):
            delete_everything(EndpointOwnerSettings.read(), None)


def test_a_stopping_endpoint_is_waited_for(owner):
    owner.endpoints.script = (EndpointState.STOPPING,)
    owner.endpoints.looks[owner.endpoints.name_for(owner.old.model_version)] = 0
    assert module.is_complete(UPDATE, None) == {"IsComplete": False}


def test_a_release_that_comes_during_the_look_is_converged_to(owner, monkeypatch):
    """Another model went live between reading the pointer and deciding: no reason to fail a deployment."""
    real = module.advance

    def meanwhile(*arguments, **keywords):
        monkeypatch.setattr(module, "advance", real)
        settle(owner.store, owner.endpoints, owner.new, instead_of=owner.old.model_version)
        return real(*arguments, **keywords)

    monkeypatch.setattr(module, "advance", meanwhile)
    looks = [module.is_complete(UPDATE, None)["IsComplete"] for _ in range(3)]
    assert looks[-1] is True
    assert live(owner.store) == owner.new
    assert owner.endpoints.names() == [owner.endpoints.name_for(owner.new.model_version)]


def test_a_deletion_during_a_release_removes_what_the_release_starts(owner, monkeypatch):
    """Nothing can be deleted while it is being created, and a release may start one after the first look."""
    monkeypatch.setattr(module, "delete_everything", lambda settings, endpoints: None)
    new = owner.endpoints.name_for(owner.new.model_version)
    owner.endpoints.start(new, owner.new.model_artifact)
    owner.endpoints.busy = {new}
    assert module.is_complete(DELETE, None) == {"IsComplete": False}
    assert owner.endpoints.names() == [new]
    owner.endpoints.busy.clear()
    assert module.is_complete(DELETE, None) == {"IsComplete": True}
