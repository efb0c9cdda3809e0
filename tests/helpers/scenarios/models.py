"""Releases and their endpoints: how they come, how they go, and what starts the next training."""

import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from lambdas.endpoints import configured_endpoints
from lambdas.pruner.handler import LOGS_OF_ENDPOINTS, LOGS_STAY_DAYS
from lambdas.settings import EndpointVariables
from object2vec.core.keys import PICTURE_ENCODER, PICTURE_VECTORS, SHOWN_PICTURES
from object2vec.ingest.pictures import sweep
from object2vec.ingest.pictures.kept import shown_key
from object2vec.ingest.pictures.table import Claim, change
from object2vec.release import go_live, live, pruning, save
from object2vec.release.retraining import load_state
from tests.helpers.deployed_account import ACCOUNT
from tests.helpers.moto_account import CONTEXT, MotoAccount, created, sqs
from tests.helpers.recorded_calls import Call, recorded, sagemaker_arn
from tests.helpers.scenarios.uploads import grown, of_another_format

OLD = "seed-0123456789ab"
EXECUTION = sagemaker_arn("pipeline/{pipeline}/execution/1")


def owner_on_event(aws: MotoAccount) -> set[Call]:
    """Creation; deletion with an endpoint and a registered version to remove, and a run to stop."""
    from lambdas.endpoint_owner import handler as module

    aws.put_job_bundle()
    with recorded() as creating:
        module.on_event({"RequestType": "Create", "RequestId": "1"}, CONTEXT)
    module.is_complete({"RequestType": "Create"}, CONTEXT)
    _register_a_version()
    _create_pipeline()
    with recorded() as deleting, suppress(NotImplementedError):  # moto removes no packages, asked for last
        module.on_event({"RequestType": "Delete"}, CONTEXT)
    # moto's executions have ended before one can stop them
    verbs = ("StopPipelineExecution", "ListPipelineExecutionSteps", "SendPipelineExecutionStepFailure")
    return creating | deleting | {Call(f"sagemaker:{verb}", EXECUTION) for verb in verbs}


def owner_is_complete(aws: MotoAccount) -> set[Call]:
    """An endpoint is asked for, passes its test and goes live, an older one retires; the base index is of
    another format until the indexer has added one; at the end all endpoints go."""
    from lambdas.endpoint_owner import handler as module
    from lambdas.indexer import handler as indexer

    aws.publish_seed()
    grown(aws, indexer)
    of_another_format(aws)
    _create_pipeline()
    _start_an_old_endpoint(aws)
    with recorded() as calls:
        assert module.is_complete({"RequestType": "Create"}, CONTEXT) == {"IsComplete": False}
        aws.endpoints_answer()
        assert module.is_complete({"RequestType": "Update"}, CONTEXT) == {"IsComplete": False}
    indexer.handler({}, CONTEXT)
    with recorded() as completing:
        assert module.is_complete({"RequestType": "Update"}, CONTEXT) == {"IsComplete": True}
        module.is_complete({"RequestType": "Delete"}, CONTEXT)
    return calls | completing | _update()


def release(aws: MotoAccount) -> set[Call]:
    """A version's endpoint comes up, an older one retires, the pipeline's step is told."""
    from lambdas.release import handler as module

    arguments = _release_arguments(aws)
    message = {"token": "callback-token", "arguments": arguments}
    _start_an_old_endpoint(aws)
    with recorded() as calls:
        module.handler(sqs(message), CONTEXT)
        aws.endpoints_answer()
        with suppress(NotImplementedError):  # moto does not know the callback's answer
            module.handler(sqs(message, os.environ["RELEASE_ATTEMPTS"]), CONTEXT)
        module.handler(sqs({"order": "package", "package": arguments["model_package"]}), CONTEXT)
    assert live(aws.store).version == "e1"
    return calls | _update() | {Call("sagemaker:SendPipelineExecutionStepFailure", EXECUTION)}


def cost_guard(aws: MotoAccount) -> set[Call]:
    """The budget is spent while an endpoint runs."""
    from lambdas.cost_guard.handler import handler

    aws.publish_seed()
    _start_an_old_endpoint(aws)
    with recorded() as calls:
        (removed,) = handler({}, CONTEXT)["removed"]
    assert removed.endswith(OLD)
    return calls


def pruner(aws: MotoAccount) -> set[Call]:
    """A release that nobody needs any more, one half removed, what a refused run left, and a registered
    version of none; logs of two endpoints, one of which somebody has given a retention."""
    from lambdas.pruner import handler as module

    first = aws.publish_seed()
    for number in range(1, 4):
        version = f"e{number}"
        save(aws.store, replace(first, version=version, model_version=version, created_at=f"2100-0{number}"))
        aws.store.put(f"releases/{version}/index/index.json", b"{}")
        go_live(aws.store, version, instead_of=f"e{number - 1}" if number > 1 else first.version)
    aws.store.put("releases/refused/model/model.tar.gz", b"model")
    aws.store.put("releases/gone.endpoint.json", b"{}")
    _register_a_version()
    aws.store.put(PICTURE_ENCODER, b"encoder-1")
    aws.store.put(f"{PICTURE_VECTORS}encoder-1/{'0' * 32}", b"[]\n")
    aws.store.put(shown_key("0" * 32, 360), b"a copy")
    change(aws.store, Claim("", "uploads/images/a.png", 1.0), {"a.png": "1" * 32})
    logs = boto3.client("logs")
    for name in ("e1", "e2"):
        logs.create_log_group(logGroupName=_log_group(name))
    logs.put_retention_policy(logGroupName=_log_group("e2"), retentionInDays=365)
    with recorded() as calls, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "UNUSED_S", -1.0)
        patch.setattr(module, "RELEASES_KEPT", 0)
        patch.setattr(module, "UNFINISHED", -timedelta(days=1))
        patch.setattr(pruning, "UNFINISHED", -timedelta(days=1))
        with suppress(NotImplementedError):  # moto removes no packages, asked for last
            module.handler({}, CONTEXT)
    left = {entry.key.split("/")[1] for entry in aws.store.list("releases/")}
    assert not {"e1", "refused", "gone.endpoint.json"} & left
    assert {"e2", "e3", "live.json"} <= left
    assert not [*aws.store.list(PICTURE_VECTORS), *aws.store.list(SHOWN_PICTURES)]
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
    days = {group["logGroupName"]: group["retentionInDays"] for group in groups}
    assert days == {_log_group("e1"): LOGS_STAY_DAYS, _log_group("e2"): 365}
    return calls


def _log_group(version: str) -> str:
    return f"{LOGS_OF_ENDPOINTS}{os.environ.get('ENDPOINT_PREFIX', 'shop')}-{version}"


def retrain(aws: MotoAccount) -> set[Call]:
    """A report of an upload brings enough, so does a day of events; then the schedule asks."""
    from lambdas.retrain.handler import handler

    _create_pipeline()
    reports = ("reports/uploads/interactions/e.csv.json", "reports/events/2026-11-24.json")
    for key in reports:
        aws.store.put(key, b'{"accepted": 1000000}')
    with recorded() as calls:
        for key in reports:
            handler(created(key), CONTEXT)
        handler(sqs({"source": "schedule"}), CONTEXT)
    assert load_state(aws.store).new_interactions == 0
    return calls


def _start_an_old_endpoint(aws: MotoAccount) -> None:
    endpoints = configured_endpoints(EndpointVariables.read())
    endpoints.start(endpoints.name_for(OLD), f"{aws.store.url}/releases/old/model.tar.gz")


def _update() -> set[Call]:
    """An endpoint gets today's settings; moto cannot update one."""
    name = f"{os.environ['ENDPOINT_PREFIX']}-{OLD}"
    resources = (f"endpoint/{name}", f"endpoint-config/{name}-012345")
    return {Call("sagemaker:UpdateEndpoint", sagemaker_arn(resource)) for resource in resources}


def _release_arguments(aws: MotoAccount) -> dict[str, str]:
    """The seed's weights once more, as the pipeline's jobs leave a version; the last step's arguments."""
    before = aws.publish_seed()
    for path in aws.seed.iterdir():
        aws.store.upload(path, f"releases/e1/encoder/{path.name}")
    aws.store.put("releases/e1/index/index.json", b"{}")
    aws.store.put("releases/e1/model/model.tar.gz", b"model")
    evaluation = "executions/e1/evaluation/evaluation.json"
    aws.store.put(evaluation, b'{"metrics": {}}')
    return {
        "version": "e1", "created_at": "2026-11-24T00:00:00Z", "instead_of": before.model_version,
        "data_version": "d1", "watermark": "0", "model_package": _register_a_version(),
        "model_artifact": f"{aws.store.url}/releases/e1/model/model.tar.gz",
        "evaluation": f"{aws.store.url}/{evaluation}",
    }  # fmt: skip


def _register_a_version() -> str:
    """Its ARN."""
    sagemaker = boto3.client("sagemaker")
    group = os.environ.get("MODEL_PACKAGE_GROUP", "{pipeline}")  # they have one name
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    pending = "PendingManualApproval"
    registered = sagemaker.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus=pending)
    return str(registered["ModelPackageArn"])


def _create_pipeline() -> None:
    boto3.client("sagemaker").create_pipeline(
        PipelineName=os.environ["PIPELINE_NAME"], PipelineDefinition='{"Steps": []}',
        ClientRequestToken="t" * 32, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline",
    )  # fmt: skip
