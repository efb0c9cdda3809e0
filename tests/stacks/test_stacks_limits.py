"""AWS's limits that a template can pass without anybody noticing before the deployment fails."""

import json
import re
from collections import Counter

import botocore.session
import pytest

from local.references import resolve
from stacks.values import LANGUAGES, MOST_TEXT, TOLD_AT_MOST
from tests.helpers.deployed_account import DeployedAccount, listed
from tests.helpers.deployments import LONG, REGISTRY
from tests.helpers.service_model import violations
from tests.local.test_builtin_requests import OPERATIONS, Names
from tests.local.test_pipeline_requests import EVALUATION

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


TAGS = {f"tag {number}": 6 * "x" for number in range(39)} | {"owner": 186 * "x"}
WEIGHTS = {f"type_{number:02}": -0.123 for number in range(51)}
ORIGINS = ",".join(f"https://shop-{number:02}.example.com" for number in range(35))
CRON = f"cron(0 3 {','.join(map(str, range(1, 32)))} * ? {','.join(map(str, range(2026, 2057)))})"
LONGEST = {
    "stack_name": LONG,
    "tags": json.dumps(TAGS),
    "event_weights": json.dumps(WEIGHTS),
    "storefront": ORIGINS,
    "languages": ",".join(LANGUAGES),
    "vpc_subnets": ",".join(f"subnet-{number:017x}" for number in range(16)),
    "vpc_security_groups": ",".join(f"sg-{number:017x}" for number in range(5)),
    "serving_image": f"{REGISTRY}/{'s' * 90}@sha256:{'0' * 64}",
    "training_image": f"{REGISTRY}/{'t' * 90}@sha256:{'0' * 64}",
    "docs_url": f"https://docs.example.com/{'d' * 230}",
    "retrain_schedule": CRON,
    "pictures_instance_count": "2",
    "data_capture": "true",
    "endpoint_min_instances": "2",
    "endpoint_max_instances": "100",
    "monthly_budget_usd": "50",
    "alarm_email": f"{'m' * 240}@example.com",
}
"""Settings about as long as they may be."""
LONG_ONES = (
    LONGEST | {"kms": "customer", "auth": "jwt", "hyperparameters": '{"recency_half_lives": "1, 16, 256"}'},
    LONGEST | {"index": "s3vectors", "query_encoder": "endpoint", "prepare_engine": "spark"},
    LONGEST | {"algorithm": "builtin", "spot": "false", "pictures_instance_count": "0", "serving_image": ""},
)


@pytest.fixture(scope="module", params=LONG_ONES, ids=["customer", "s3vectors", "builtin"])
def long_one(request, deployed_with):
    return DeployedAccount(deployed_with(**request.param).template)


@pytest.fixture(scope="module")
def account(deployed_with):
    return DeployedAccount(deployed_with(**LARGEST).template)


def test_the_template(account):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    assert len(account.template["Resources"]) < 300  # AWS takes 500; 300 is this project's own limit
    assert len(json.dumps(account.template)) < 1_000_000
    assert len(account.template["Outputs"]) <= 200


def test_inline_policies_of_a_role(account, long_one):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (10,240 a role)"""
    for deployed in (account, long_one):
        for role in deployed.all("AWS::IAM::Role"):
            size = sum(len("".join(json.dumps(policy).split())) for policy in deployed.policies(role))
            assert size <= 10_240, role


def test_the_settings_are_about_as_long_as_they_may_be():
    assert 0.95 * TOLD_AT_MOST < len(json.dumps(TAGS)) <= TOLD_AT_MOST
    assert 0.95 * TOLD_AT_MOST < len(json.dumps(WEIGHTS)) <= TOLD_AT_MOST
    assert 0.95 * TOLD_AT_MOST < len(ORIGINS) <= TOLD_AT_MOST
    for name in ("serving_image", "training_image", "docs_url", "alarm_email"):
        assert 0.8 * MOST_TEXT < len(LONGEST[name]) <= MOST_TEXT


NAMES_MAY_BE_LONGER_BY = 500
"""Characters: names that CloudFormation makes have the stack's name, unlike those of `DeployedAccount`."""


def test_environment_of_a_function(account, long_one):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 4 KB, of JSON."""
    for deployed in (account, long_one):
        for name in deployed.all("AWS::Lambda::Function"):
            variables = deployed.properties(name).get("Environment", {}).get("Variables", {})
            assert len(json.dumps(variables).encode()) <= 4096 - NAMES_MAY_BE_LONGER_BY, name


def test_every_job_takes_its_request(long_one):
    """The lengths that SageMaker sets, which a pipeline's step meets when it starts its job."""
    service = botocore.session.get_session().get_service_model("sagemaker")
    asked = 0
    for step in steps_of(long_one):
        if step["Type"] in OPERATIONS:
            operation, names = OPERATIONS[step["Type"]]
            request = resolve(step["Arguments"], Names(), lambda _uri: EVALUATION) | names
            assert list(violations(service.operation_model(operation).input_shape, request)) == []
            asked += 1
    assert asked >= 5


def test_texts_of_alarms_and_rules(long_one):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html and
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
    for name in long_one.all("AWS::CloudWatch::Alarm"):
        assert len(long_one.properties(name)["AlarmDescription"]) <= 1024
    for name in long_one.all("AWS::Events::Rule"):
        rule = long_one.properties(name)
        assert len(rule["Description"]) <= 512
        assert len(json.dumps(rule.get("EventPattern", ""))) <= 4096
    for name in long_one.all("AWS::IAM::ManagedPolicy"):
        policy = long_one.properties(name)
        assert len(policy["Description"]) <= 1000
        assert len("".join(json.dumps(policy["PolicyDocument"]).split())) <= 6_144


def test_statements_of_a_functions_policy(long_one):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 20 KB, some 45 statements."""
    resources = long_one.template["Resources"]
    permissions = [resources[name]["Properties"] for name in long_one.all("AWS::Lambda::Permission")]
    functions = Counter(json.dumps(permission["FunctionName"]) for permission in permissions)
    assert max(functions.values()) <= 10


def steps_of(account):
    """All steps of the training pipeline."""
    (pipeline,) = account.all("AWS::SageMaker::Pipeline")
    body = account.properties(pipeline)["PipelineDefinition"]["PipelineDefinitionBody"]
    assert len(body.encode()) <= 100 * 1024  # https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
    steps = json.loads(body)["Steps"]
    (gate,) = (step for step in steps if step["Type"] == "Condition")
    return [*steps, *gate["Arguments"]["IfSteps"]]


def test_the_pipelines_function_ends_within_its_step(account):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html: ten minutes."""
    called = [step["FunctionArn"] for step in steps_of(account) if step["Type"] == "Lambda"]
    functions = {account.arn(name): account.properties(name) for name in account.all("AWS::Lambda::Function")}
    assert called
    assert all(functions[arn]["Timeout"] <= 600 for arn in called)


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
        135,
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
