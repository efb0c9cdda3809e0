"""kms=customer: one key, everywhere, and usable by all who need it."""

import json

import pytest

from stacks.instances import takes_volume_key
from tests.helpers.deployed_account import DeployedAccount, listed
from tests.helpers.iam_verdicts import refused
from tests.helpers.recorded_calls import Call
from tests.stacks.test_stacks_limits import steps_of

WHERE = {
    "AWS::SQS::Queue": lambda p: p["KmsMasterKeyId"],
    "AWS::SNS::Topic": lambda p: p["KmsMasterKeyId"],
    "AWS::Logs::LogGroup": lambda p: p["KmsKeyId"],
    "AWS::Lambda::Function": lambda p: p["KmsKeyArn"],
    "AWS::DynamoDB::Table": lambda p: p["SSESpecification"]["KMSMasterKeyId"],
}


@pytest.fixture(scope="module")
def account(deployed_with):
    settings = {"kms": "customer", "monthly_budget_usd": "50", "alarm_email": "shop@example.com"}
    return DeployedAccount(deployed_with(**settings).template)


@pytest.fixture(scope="module")
def key(account):
    (key,) = account.all("AWS::KMS::Key")
    assert account.properties(key)["EnableKeyRotation"] is True
    return account.arn(key)


@pytest.mark.parametrize("kind", WHERE)
def test_every_store_has_the_key(account, key, kind):
    stores = account.all(kind)
    assert stores
    assert {WHERE[kind](account.properties(name)) for name in stores} == {key}


def test_the_data_bucket_has_the_key_and_the_access_logs_cannot(account, key):
    rules = {
        name: account.properties(name)["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        for name in account.all("AWS::S3::Bucket")
    }
    data = rules[account.one("AWS::S3::Bucket", "StorageData")]
    assert data["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert data["BucketKeyEnabled"] is True
    logs = rules[account.one("AWS::S3::Bucket", "StorageAccessLogs")]
    assert logs["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_every_role_of_ours_may_use_it(account, key):
    ours = [
        role for role in account.all("AWS::IAM::Role") if "Provider" not in role and "CloudWatch" not in role
    ]
    for role in ours:
        assert refused(account, role, {Call("kms:Decrypt", key), Call("kms:GenerateDataKey", key)}) == {}, (
            role
        )
        assert refused(account, role, {Call("kms:ScheduleKeyDeletion", key)}), role


def test_services_that_deliver_to_us_may_use_it_for_this_account_if_they_name_it(account):
    """EventBridge does not, so a condition would keep every event from the queues and the topic."""
    (key,) = account.all("AWS::KMS::Key")
    statements = account.properties(key)["KeyPolicy"]["Statement"]
    services = {
        service: statement.get("Condition")
        for statement in statements
        for service in listed(statement["Principal"].get("Service", []))
    }
    senders = {"events", "cloudwatch", "budgets", "sns"}
    assert {f"{name}.amazonaws.com" for name in senders} | {"logs.eu-central-1.amazonaws.com"} == set(
        services
    )
    assert services.pop("events.amazonaws.com") is None
    assert all("123456789012" in json.dumps(condition) for condition in services.values())


def test_jobs_and_endpoints_have_it_on_their_volumes(account, key):
    (pipeline,) = account.all("AWS::SageMaker::Pipeline")
    body = json.loads(account.properties(pipeline)["PipelineDefinition"]["PipelineDefinitionBody"])
    by_name = {step["Name"]: step["Arguments"] for step in body["Steps"]}
    assert by_name["Train"]["ResourceConfig"]["VolumeKmsKeyId"] == key
    assert by_name["Prepare"]["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key
    for prefix in ("TrainingRelease", "EndpointIsComplete"):
        function = account.one("AWS::Lambda::Function", f"{prefix}Function")
        assert account.properties(function)["Environment"]["Variables"]["ENDPOINT_KMS_KEY"] == key
        role = account.one("AWS::IAM::Role", f"{prefix}Role")
        grant = Call("kms:CreateGrant", key, (("kms:GrantIsForAWSResource", "true"),))
        assert refused(account, role, {grant}) == {}


@pytest.mark.parametrize("algorithm", ["open", "builtin"])
def test_what_jobs_and_endpoints_store_has_it_too(deployed_with, algorithm):
    """Without a key in the request SageMaker takes the account's key for S3, not the bucket's."""
    settings = {"kms": "customer", "algorithm": algorithm, "spot": "false", "data_capture": "true"}
    account = DeployedAccount(deployed_with(**settings, pictures_instance_count="1").template)
    (key,) = (account.arn(name) for name in account.all("AWS::KMS::Key"))
    arguments = [step["Arguments"] for step in steps_of(account)]
    places = ("OutputDataConfig", "ProcessingOutputConfig", "TransformOutput")
    outputs = [request[place] for request in arguments for place in places if place in request]
    assert len(outputs) >= (7 if algorithm == "builtin" else 5)
    assert {output["KmsKeyId"] for output in outputs} == {key}
    release = account.properties(account.one("AWS::Lambda::Function", "TrainingReleaseFunction"))
    assert release["Environment"]["Variables"]["DATA_CAPTURE_KEY"] == key
    for role in ("TrainingJobRole", "TrainingPicturesRole", "HostingModelRole"):
        assert refused(account, account.one("AWS::IAM::Role", role), {Call("kms:Encrypt", key)}) == {}


@pytest.mark.parametrize(
    ("instance", "takes"),
    [("ml.m5.large", True), ("ml.c6i.xlarge", True), ("ml.m5d.large", False), ("ml.c5d.xlarge", False),
     ("ml.r6idn.large", False), ("ml.g4dn.xlarge", False), ("ml.g5.xlarge", False)],
)  # fmt: skip
def test_disks_of_the_machine_itself_take_no_key(instance, takes):
    assert takes_volume_key(instance) is takes


def test_without_it_there_is_no_key_to_pay_for(deployment):
    assert not deployment.of("AWS::KMS::Key")
    assert "KmsMasterKeyId" not in json.dumps(deployment.template)
