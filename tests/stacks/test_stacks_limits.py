"""AWS's limits that a template can pass without anybody noticing before the deployment fails."""

import json
import re

import pytest

from tests.helpers.deployed_account import DeployedAccount, listed

LARGEST = {
    "profile": "prod",
    "kms": "customer",
    "auth": "jwt",
    "endpoint_max_instances": "4",
    "data_capture": "true",
    "retrain_after_interactions": "1000",
    "monthly_budget_usd": "50",
    "alarm_email": "shop@example.com",
    "tags": json.dumps({f"tag-{number}": 180 * "x" for number in range(5)}),
    "event_weights": json.dumps({f"type_{number}": 0.5 for number in range(50)}),
}


@pytest.fixture(scope="module")
def account(deployed_with):
    return DeployedAccount(deployed_with(**LARGEST).template)


def test_the_template(account):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    assert len(account.template["Resources"]) < 300  # AWS takes 500; 300 is this project's own limit
    assert len(json.dumps(account.template)) < 1_000_000
    assert len(account.template["Outputs"]) <= 200


def test_inline_policies_of_a_role(account):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (10,240 a role)"""
    for role in account.all("AWS::IAM::Role"):
        size = sum(len("".join(json.dumps(policy).split())) for policy in account.policies(role))
        assert size <= 10_240, role


def test_environment_of_a_function(account):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 4 KB."""
    for name in account.all("AWS::Lambda::Function"):
        variables = account.properties(name).get("Environment", {}).get("Variables", {})
        assert sum(len(key) + len(value) for key, value in variables.items()) <= 4096, name


def test_the_pipelines_function_ends_within_its_step(account):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html: ten minutes."""
    (pipeline,) = account.all("AWS::SageMaker::Pipeline")
    body = account.properties(pipeline)["PipelineDefinition"]["PipelineDefinitionBody"]
    called = [step["FunctionArn"] for step in json.loads(body)["Steps"] if step["Type"] == "Lambda"]
    functions = {account.arn(name): account.properties(name) for name in account.all("AWS::Lambda::Function")}
    assert called
    assert all(functions[arn]["Timeout"] <= 600 for arn in called)
    assert len(body.encode()) <= 100 * 1024  # https://docs.aws.amazon.com/general/latest/gr/sagemaker.html


def test_the_api_waits_as_long_as_api_gateway_does(account):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: 29 seconds."""
    for name in account.all("AWS::ApiGateway::Method"):
        integration = account.properties(name)["Integration"]
        assert integration["TimeoutInMillis"] <= 29_000


def test_names_of_endpoints_leave_room_for_versions(account):
    """63 characters: prefix, version, and the fingerprint of a model's settings."""
    variables = account.properties(account.one("AWS::Lambda::Function", "TrainingReleaseFunction"))[
        "Environment"
    ]
    assert len(variables["Variables"]["ENDPOINT_PREFIX"]) <= 63 - len("-trained-0123456789ab-012345")


WILDCARDS = {
    "objects below a prefix of the data bucket": (
        r"s3:::\w+/[\w./-]+\*(\.(endpoint|trouble)\.json|\.renewed|/\w+\.(json|tar\.gz)|/index\*|/\w+/\*)?",
        131,
    ),
    "streams of a function's log group": (r"log-group:\w+Log\w{8}:\*", 19),
    "logs of jobs and endpoints": (r"log-group:/aws/sagemaker/(Endpoints/([\w-]+-)?)?\*", 3),
    "executions of the pipeline": (r"pipeline/[\w-]+/execution/\*", 2),
    "jobs of the pipeline": (r"(processing|training)-job/pipelines-\*", 2),
    "versions in the model package group": (r"model-package/[\w-]+/\*", 4),
    "scalable targets, of SageMaker's only": (r"scalable-target/\*", 4),
    "calls without a resource": (r"^\*", 21),
}
"""Resources with a `*` in policies of our roles, under the settings above, by kind and number of statements:
each is a decision. `?` stands in names of endpoints only, for digits of their version."""


@pytest.fixture(scope="module")
def ours(account):
    return [role for role in account.all("AWS::IAM::Role") if "Provider" not in role]


def test_wildcards_are_counted_by_kind(account, ours):
    wild = [
        resource
        for role in ours
        for statement in account.statements(role)
        for resource in listed(statement["Resource"])
        if "*" in resource
    ]
    counted = dict.fromkeys(WILDCARDS, 0)
    for resource in wild:
        (kind,) = [k for k, (form, _) in WILDCARDS.items() if re.search(f"{form}$", resource)]
        counted[kind] += 1
    assert counted == {kind: number for kind, (_, number) in WILDCARDS.items()}


WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "sagemaker:ListEndpoints",
    "sagemaker:ListEndpointConfigs", "sagemaker:ListModels", "sagemaker:ListModelPackages",
    "xray:PutTraceSegments", "xray:PutTelemetryRecords", "logs:DescribeLogGroups",
    "cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms",
}  # fmt: skip
"""What IAM knows no resource for, and the alarm calls that Application Auto Scaling tries without a name."""


def test_on_everything_go_only_calls_that_take_no_resource(account, ours):
    anywhere = {
        action
        for role in ours
        for statement in account.statements(role)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert anywhere == WITHOUT_RESOURCE


def test_wildcards_are_explained(account, ours, deployed_with):
    """cdk-nag refuses a wildcard that `allow` was given no reason for."""
    assert [finding for finding in deployed_with(**LARGEST).findings if "IAM5" in finding] == []
    actions = {a for role in ours for s in account.statements(role) for a in listed(s["Action"])}
    assert not [action for action in actions if "*" in action]
