"""Restoring from a versioned bucket, redriving, training: the page's own commands against moto."""

import boto3
import pytest
from botocore.stub import Stubber

from tests.helpers.documented import BUCKET, command, commands, run_aws

POINTER = "releases/live.json"
TRIED = (
    "aws s3api list-object-versions", "aws s3api copy-object", "aws s3api delete-object",
    "aws sqs start-message-move-task", "aws sagemaker start-pipeline-execution",
    "curl --request DELETE", "curl --request GET", ".venv/bin/python -m tools.release status",
    ".venv/bin/python -m tools.release rollback", ".venv/bin/python -m tools.release approve",
    ".venv/bin/python -m tools.release prune",
)  # fmt: skip
"""Commands that the tests in this folder run."""


def test_every_command_that_the_page_calls_tried_is_tried():
    starts = [[start for start in TRIED if line.startswith(start)] for line in commands()]
    assert sorted(start for (start,) in starts) == sorted(TRIED)


def versions(account, prefix):
    found = run_aws(command("aws s3api list-object-versions", BucketName=BUCKET))
    assert found["Prefix"] == prefix
    return [version["VersionId"] for version in found["Versions"] if not version["IsLatest"]]


def restore(version):
    run_aws(command("aws s3api copy-object", BucketName=BUCKET, VersionId=version))


def test_the_pointer_comes_back_as_it_was(account):
    for content in (b"first", b"second", b"damaged"):
        account.put_object(Bucket=BUCKET, Key=POINTER, Body=content)
    restore(versions(account, POINTER)[0])
    assert account.get_object(Bucket=BUCKET, Key=POINTER)["Body"].read() == b"second"


def test_what_was_deleted_comes_back(account):
    account.put_object(Bucket=BUCKET, Key=POINTER, Body=b"live")
    account.delete_object(Bucket=BUCKET, Key=POINTER)
    restore(versions(account, POINTER)[0])
    assert account.get_object(Bucket=BUCKET, Key=POINTER)["Body"].read() == b"live"


def test_an_old_version_of_an_upload_goes_for_good(account):
    key = "uploads/interactions/spring.csv"
    old = account.put_object(Bucket=BUCKET, Key=key, Body=b"ann,bob")["VersionId"]
    account.put_object(Bucket=BUCKET, Key=key, Body=b"bob")
    run_aws(command("aws s3api delete-object", BucketName=BUCKET, File="spring.csv", VersionId=old))
    with pytest.raises(account.exceptions.ClientError, match="NoSuchVersion"):
        account.get_object(Bucket=BUCKET, Key=key, VersionId=old)
    assert account.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"bob"


def test_a_training_is_started(account):
    sagemaker = boto3.client("sagemaker")
    role = "arn:aws:iam::123456789012:role/pipeline"
    sagemaker.create_pipeline(
        PipelineName="shop", PipelineDefinition='{"Steps": []}', ClientRequestToken="t" * 32, RoleArn=role
    )
    run_aws(command("aws sagemaker start-pipeline-execution", PipelineName="shop"))
    assert len(sagemaker.list_pipeline_executions(PipelineName="shop")["PipelineExecutionSummaries"]) == 1


def test_the_service_takes_the_order_to_redrive(account):
    """moto cannot move messages: the request is held against botocore's model."""
    queue = "arn:aws:sqs:eu-central-1:123456789012:dead"
    client = boto3.client("sqs")
    with Stubber(client) as stub:
        stub.add_response("start_message_move_task", {"TaskHandle": "1"}, {"SourceArn": queue})
        run_aws(command("aws sqs start-message-move-task", DeadLetterQueueArn=queue), client)
        stub.assert_no_pending_responses()
