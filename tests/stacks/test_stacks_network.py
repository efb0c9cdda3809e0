"""`vpc_subnets`: everything that the stack runs, or has run later, is in the network; and what organisations
demand: a network, tags, a permissions boundary."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam

from object2vec.release.endpoint_requests import EndpointSettings, config_request, model_request, tagged
from stacks.config import STACK_TAG, load_settings
from stacks.object2vec_stack import Object2VecStack
from tests.helpers.deployed_account import DeployedAccount
from tests.helpers.iam_verdicts import refused
from tests.helpers.recorded_calls import Call, sagemaker_arn
from tests.stacks.conftest import WITHOUT_BUNDLES

NETWORK = {
    "vpc_subnets": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "vpc_security_groups": "sg-0123456789abcdef2",
}
OF_SAGEMAKER = {
    "Subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "SecurityGroupIds": ["sg-0123456789abcdef2"],
}
OF_LAMBDA = {
    "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "SecurityGroupIds": ["sg-0123456789abcdef2"],
}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"


@pytest.fixture(scope="module", params=["open", "builtin"])
def inside(request, deployed_with):
    return deployed_with(**NETWORK, algorithm=request.param, retain_data="false")


def steps_of(deployment):
    account = DeployedAccount(deployment.template)
    (pipeline,) = account.all("AWS::SageMaker::Pipeline")
    body = json.loads(account.properties(pipeline)["PipelineDefinition"]["PipelineDefinitionBody"])
    (gate,) = (step for step in body["Steps"] if step["Type"] == "Condition")
    return [*body["Steps"], *gate["Arguments"]["IfSteps"]]


def test_every_function_is_in_the_network_and_may_enter_it(inside):
    account = DeployedAccount(inside.template)
    roles = {account.arn(name): name for name in account.all("AWS::IAM::Role")}
    for name in account.all("AWS::Lambda::Function"):
        function = account.properties(name)
        assert function["VpcConfig"] == OF_LAMBDA, name
        assert "ec2:CreateNetworkInterface" in account.actions(roles[function["Role"]]), name


def test_every_job_is_in_the_network_and_stays_isolated(inside):
    for step in steps_of(inside):
        arguments = step.get("Arguments", {})
        if step["Type"] == "Processing":
            assert arguments["NetworkConfig"] == {"EnableNetworkIsolation": True, "VpcConfig": OF_SAGEMAKER}
        elif step["Type"] in ("Training", "Model"):
            assert arguments["VpcConfig"] == OF_SAGEMAKER
            assert arguments["EnableNetworkIsolation"] is True


def test_endpoints_are_in_the_network(inside):
    account = DeployedAccount(inside.template)
    release = account.properties(account.one("AWS::Lambda::Function", "TrainingRelease"))
    assert json.loads(release["Environment"]["Variables"]["ENDPOINT_VPC"]) == OF_SAGEMAKER
    for role in ("HostingModelRole", "TrainingJobRole"):
        actions = account.actions(account.one("AWS::IAM::Role", role))
        assert "ec2:CreateNetworkInterfacePermission" in actions


def test_nothing_unexplained_comes_with_the_network(inside):
    assert inside.findings == []


def test_without_it_nobody_may_touch_networks(deployment):
    assert "ec2:" not in json.dumps(deployment.template)
    assert "VpcConfig" not in json.dumps(deployment.template)


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
STARTS = ["sagemaker:CreateModel", "sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"]


def rule(demand, *actions):
    """A service control policy that denies the actions where a request lacks something."""
    denial = {
        "Effect": "Deny",
        "Action": list(actions),
        "Resource": "*",
        "Condition": {"Null": {demand: "true"}},
    }
    return {"Version": "2012-10-17", "Statement": [EVERYTHING, denial]}


ORGANISATION = [
    rule("sagemaker:VpcSubnets", *STARTS),
    rule("sagemaker:VpcSecurityGroupIds", *STARTS),
    rule("aws:RequestTag/team", *STARTS, "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig"),
]


def in_context(request):
    """The keys that SageMaker sets of a request.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html"""
    vpc = request.get("VpcConfig") or request.get("NetworkConfig", {}).get("VpcConfig", {})
    tags = tuple((f"aws:RequestTag/{tag['Key']}", tag["Value"]) for tag in request.get("Tags", ()))
    network = (("sagemaker:VpcSubnets", ",".join(vpc["Subnets"])),) if vpc else ()
    groups = (("sagemaker:VpcSecurityGroupIds", ",".join(vpc["SecurityGroupIds"])),) if vpc else ()
    return (*network, *groups, *tags, *keys_of(request))


def keys_of(request):
    """The keys of volumes and of outputs."""
    machine = request.get("ResourceConfig") or request.get("ProcessingResources", {}).get("ClusterConfig", {})
    stored = request.get("OutputDataConfig") or request.get("ProcessingOutputConfig", {})
    volume = machine.get("VolumeKmsKeyId") or request.get("KmsKeyId")
    given = {"sagemaker:VolumeKmsKeyArn": volume, "sagemaker:OutputKmsKeyArn": stored.get("KmsKeyId")}
    return tuple((name, key) for name, key in given.items() if key)


def starts_of(deployment):
    """Every job that the pipeline creates, and an endpoint that the release function does, by their roles."""
    for step in steps_of(deployment):
        if step["Type"] in ("Processing", "Training"):
            kind = step["Type"].lower()
            name = sagemaker_arn(f"{kind}-job/pipelines-x")
            yield (
                "TrainingPipelineRole",
                Call(f"sagemaker:Create{step['Type']}Job", name, in_context(step["Arguments"])),
            )
    account = DeployedAccount(deployment.template)
    function = account.properties(account.one("AWS::Lambda::Function", "TrainingRelease"))
    told = function["Environment"]["Variables"]
    settings = EndpointSettings(
        prefix="p", image="i", role="r", instance_type="ml.m5.large",
        vpc=json.loads(told.get("ENDPOINT_VPC", "{}")), tags=json.loads(told["ENDPOINT_TAGS"]),
        volume_key=told.get("ENDPOINT_KMS_KEY"),
    )  # fmt: skip
    name = f"{told['ENDPOINT_PREFIX']}-trained-0123456789ab"
    request = model_request(settings, name, "s3://b/m") | tagged(settings)
    yield (
        "TrainingReleaseRole",
        Call("sagemaker:CreateModel", sagemaker_arn(f"model/{name}-012345"), in_context(request)),
    )
    config = config_request(settings, name) | tagged(settings)
    of_config = sagemaker_arn(f"endpoint-config/{name}-012345")
    yield "TrainingReleaseRole", Call("sagemaker:CreateEndpointConfig", of_config, in_context(config))


@pytest.mark.parametrize("network", [NETWORK, {}], ids=["in a network", "in none"])
@pytest.mark.parametrize("tags", ['{"team": "search"}', "{}"], ids=["tags", "no tags"])
def test_an_organisations_rules(deployed_with, network, tags):
    deployment = deployed_with(**network, tags=tags)
    account = DeployedAccount(deployment.template)
    for role, call in starts_of(deployment):
        verdict = refused(account, account.one("AWS::IAM::Role", role), {call}, ORGANISATION)
        needs_network = call.action in STARTS
        passes = tags != "{}" and (bool(network) or not needs_network)
        assert verdict == ({} if passes else {call: "ExplicitlyDenied"}), call


OF_KEYS = [
    rule("sagemaker:VolumeKmsKeyArn", *STARTS[1:], "sagemaker:CreateEndpointConfig"),
    rule("sagemaker:OutputKmsKeyArn", *STARTS[1:]),
]


@pytest.mark.parametrize("kms", ["customer", "aws"])
def test_an_organisation_that_demands_keys(deployed_with, kms):
    deployment = deployed_with(kms=kms, pictures_instance_count="2")
    account = DeployedAccount(deployment.template)
    for role, call in starts_of(deployment):
        verdict = refused(account, account.one("AWS::IAM::Role", role), {call}, OF_KEYS)
        passes = kms == "customer" or call.action == "sagemaker:CreateModel"
        assert verdict == ({} if passes else {call: "ExplicitlyDenied"}), call


def test_every_job_has_the_tags(deployed_with):
    """What the stack itself makes has them from CloudFormation, which hands on those of the stack."""
    deployment = deployed_with(tags='{"team": "search"}')
    wanted = {"team": "search", STACK_TAG: "Object2Vec"}
    for step in steps_of(deployment):
        if step["Type"] in ("Processing", "Training"):
            assert {tag["Key"]: tag["Value"] for tag in step["Arguments"]["Tags"]} == wanted


def test_every_role_takes_a_permissions_boundary(context):
    """`cdk.json`: `"@aws-cdk/core:permissionsBoundary": {"name": "boundary"}`; this is the same in code."""
    app = cdk.App(context=context | WITHOUT_BUNDLES)
    stack = Object2VecStack(app, "Object2Vec", settings=load_settings(context))
    iam.PermissionsBoundary.of(stack).apply(
        iam.ManagedPolicy.from_managed_policy_arn(stack, "Boundary", BOUNDARY)
    )
    template = assertions.Template.from_stack(stack).to_json()
    roles = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    assert len(roles) > 15
    assert {role.get("PermissionsBoundary") for role in roles} == {BOUNDARY}


def test_the_key_of_the_bootstrap_bucket_opens_the_code(deployed_with):
    key = "arn:aws:kms:eu-central-1:123456789012:key/assets"
    account = DeployedAccount(deployed_with(assets_key=key).template)
    for role in ("TrainingJobRole", "EndpointOnEventRole"):
        statements = account.statements(account.one("AWS::IAM::Role", role))
        assert [s["Resource"] for s in statements if s["Action"] == "kms:Decrypt"] == [key]
