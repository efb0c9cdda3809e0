"""Calls that must not be possible, whoever of our roles makes them."""

import pytest

from tests.helpers.deployed_account import ACCOUNT, REGION, DeployedAccount
from tests.helpers.iam_verdicts import refused
from tests.helpers.recorded_calls import Call, pass_role, sagemaker_arn, scaling_role

ROLES = (
    "IngestionPreprocessRole", "IngestionIndexerRole", "TrainingSnapshotRole", "TrainingReleaseRole",
    "EndpointOnEventRole", "EndpointIsCompleteRole", "SearchRole", "RetrainingRetrainRole",
    "SpendingCostGuardRole", "PruningPrunerRole", "TrainingJobRole", "TrainingPipelineRole",
    "HostingModelRole",
)  # fmt: skip


@pytest.fixture(scope="module")
def account(deployed_with):
    settings = {
        "retrain_after_interactions": "1000",
        "monthly_budget_usd": "50",
        "endpoint_max_instances": "3",
    }
    return DeployedAccount(deployed_with(**settings, alarm_email="shop@example.com").template)


@pytest.fixture(scope="module")
def data(account):
    """`data(key)`: the ARN of an object in the data bucket."""
    bucket = account.arn(account.one("AWS::S3::Bucket", "StorageData"))
    return lambda key: f"{bucket}/{key}"


TABLES = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/1ec5"


def nobodys(account, role) -> set[Call]:
    other = "arn:aws:s3:::somebody-elses-bucket"
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:any"
    bucket = account.arn(account.one("AWS::S3::Bucket", "StorageData"))
    logs = account.arn(account.one("AWS::S3::Bucket", "StorageAccessLogs"))
    of_tables = (("application-autoscaling:service-namespace", "dynamodb"),)
    return {
        Call("s3:GetObject", f"{other}/releases/live.json"),
        Call("s3:PutObject", f"{other}/executions/x"),
        Call("s3:ListBucket", other),
        Call("s3:GetObject", f"{logs}/data/x"),
        Call("s3:DeleteBucket", bucket),
        Call("s3:PutBucketPolicy", bucket),
        Call("s3:DeleteObjectVersion", f"{bucket}/item-log/000000000001.jsonl"),
        Call("s3:DeleteObject", f"{bucket}/item-log/000000000001.jsonl"),
        Call("s3:DeleteObject", f"{bucket}/releases/seed/manifest.json"),
        Call("s3:PutObject", f"{bucket}/uploads/catalog/x.csv"),
        Call("s3:GetObject", f"{bucket}/quarantine/uploads/x.csv"),
        Call("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/new"),
        Call("iam:AttachRolePolicy", account.arn(role)),
        Call("iam:PutRolePolicy", account.arn(role)),
        pass_role(f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        pass_role(account.arn(account.one("AWS::IAM::Role", "HostingModelRole")), "lambda.amazonaws.com"),
        Call("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        Call("lambda:UpdateFunctionCode", function),
        Call("sagemaker:DeleteEndpoint", sagemaker_arn("endpoint/shop-seed-0123456789ab")),
        Call("sagemaker:InvokeEndpoint", sagemaker_arn("endpoint/shop-seed-0123456789ab")),
        Call("sagemaker:CreateEndpoint", sagemaker_arn("endpoint/shop-seed-0123456789ab")),
        Call(
            "sagemaker:UpdateEndpointWeightsAndCapacities", sagemaker_arn("endpoint/shop-seed-0123456789ab")
        ),
        Call("application-autoscaling:RegisterScalableTarget", TABLES, of_tables),
        Call("application-autoscaling:DeregisterScalableTarget", TABLES, of_tables),
        scaling_role("dynamodb", "DynamoDBTable"),
        Call("sagemaker:StartPipelineExecution", sagemaker_arn("pipeline/somebody-elses")),
        Call("sagemaker:DeletePipeline", sagemaker_arn("pipeline/{pipeline}")),
        Call("sagemaker:CreateNotebookInstance", sagemaker_arn("notebook-instance/miner")),
    }


ALLOWED_TO = {
    ("EndpointOnEventRole", "s3:DeleteObject", "releases/"): "the note of a failed endpoint is taken back",
    ("PruningPrunerRole", "s3:DeleteObject", "releases/"): "it removes old releases",
    ("IngestionIndexerRole", "s3:DeleteObject", "item-log/"): "a checkpoint stands for old segments",
    ("IngestionPreprocessRole", "s3:GetObject", "quarantine/"): "it is replaced over the version seen before",
}


@pytest.mark.parametrize("prefix", ROLES)
def test_nobody_may(account, prefix):
    role = account.one("AWS::IAM::Role", prefix)
    forbidden = {
        call
        for call in nobodys(account, role)
        if not any((prefix, call.action) == key[:2] and f"/{key[2]}" in call.resource for key in ALLOWED_TO)
    }
    assert set(refused(account, role, forbidden)) == forbidden


LIVE = "releases/live.json"
SPECIFIC = {
    "SearchRole": [
        "Get uploads/catalog/x",
        "Get curated/interactions/x",
        "Get executions/e1/x",
        f"Put {LIVE}",
    ],
    "IngestionPreprocessRole": ["Get executions/e1/x", f"Put {LIVE}", "Delete reports/x"],
    "IngestionIndexerRole": [
        "Put releases/e1/encoder/weights",
        "Put releases/e1/model/x",
        "Get uploads/x",
        "Put item-log/1",
        "Put curated/x",
    ],
    "TrainingSnapshotRole": [f"Put {LIVE}", "Put item-log/1"],
    "TrainingReleaseRole": [
        "Put releases/e1/index/x",
        "Put releases/e1/encoder/x",
        "Get curated/x",
        "Put executions/e1/x",
        "Put item-log/1",
    ],
    "RetrainingRetrainRole": ["Get item-log/1", f"Put {LIVE}", "Put retraining/other"],
    "SpendingCostGuardRole": ["Put item-log/1", f"Delete {LIVE}", f"Put {LIVE}"],
    "PruningPrunerRole": [
        f"Put {LIVE}",
        f"Delete {LIVE}",
        "Put releases/e1/manifest.json",
        "Delete item-log/1",
    ],
    "TrainingJobRole": [
        "Put releases/e1/model.tar.gz",
        "Put releases/e1/manifest.json",
        "Put releases/e1/withdrawn.json",
        "Put releases/e1/index-format6.1.json",
        "Put releases/trained-0123456789ab.endpoint.json",
        "Get uploads/x",
        f"Put {LIVE}",
        "Put item-log/1",
        "Put curated/x",
        "Delete executions/e1/x",
    ],
    "TrainingPipelineRole": ["Get curated/x", "Put executions/e1/x"],
    "HostingModelRole": ["Get curated/x", "Put releases/seed/model.tar.gz", "Put capture/x"],
}


@pytest.mark.parametrize("prefix", SPECIFIC)
def test_a_role_may_not(account, data, prefix):
    role = account.one("AWS::IAM::Role", prefix)
    forbidden = {Call(f"s3:{verb}Object", data(key)) for verb, key in map(str.split, SPECIFIC[prefix])}
    assert set(refused(account, role, forbidden)) == forbidden


def test_only_the_roles_that_start_endpoints_may(account):
    endpoint = sagemaker_arn("endpoint/object2vec-seed-0123456789ab")
    for prefix in ROLES:
        role = account.one("AWS::IAM::Role", prefix)
        starts = prefix in ("TrainingReleaseRole", "EndpointIsCompleteRole")
        assert (not refused(account, role, {Call("sagemaker:CreateEndpoint", endpoint)})) == starts


def test_the_simulator_can_say_yes(account, data):
    """Else every test of a refusal would pass."""
    role = account.one("AWS::IAM::Role", "SearchRole")
    assert refused(account, role, {Call("s3:GetObject", data(LIVE))}) == {}


def test_plain_http_is_refused_to_everybody(account, data):
    role = account.one("AWS::IAM::Role", "SearchRole")
    call = Call("s3:GetObject", data(LIVE), (("aws:SecureTransport", "false"),))
    assert refused(account, role, {call}) == {call: "ExplicitlyDenied"}
