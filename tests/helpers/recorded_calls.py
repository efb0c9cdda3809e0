"""Records our calls to AWS in IAM's terms: every botocore call becomes the permissions that it needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html and its siblings.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3

from tests.helpers.deployed_account import ACCOUNT, REGION

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One permission on one resource."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def s3_read(bucket: str, key: str) -> Iterator[Call]:
    """Reading an object; without the right to list, S3 answers 403 for a missing key, and we want 404."""
    yield Call("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
    yield Call("s3:ListBucket", f"arn:aws:s3:::{bucket}")


def sagemaker_arn(resource: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{resource}"


def pass_role(role: str, service: str = "sagemaker.amazonaws.com") -> Call:
    """Handing a role to a service."""
    return Call("iam:PassRole", role, (("iam:PassedToService", service),))


def _object(action: str) -> Callable[[Parameters], Iterator[Call]]:
    def needed(p: Parameters) -> Iterator[Call]:
        yield Call(action, f"arn:aws:s3:::{p['Bucket']}/{p['Key']}")

    return needed


def _copy(p: Parameters) -> Iterator[Call]:
    yield from s3_read(p["CopySource"]["Bucket"], p["CopySource"]["Key"])
    yield from _object("s3:PutObject")(p)


def _invoke(p: Parameters) -> Iterator[Call]:
    name = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{p['FunctionName']}"
    yield Call("lambda:InvokeFunction", name)


def _named(action: str, *kinds: tuple[str, str]) -> Callable[[Parameters], Iterator[Call]]:
    def needed(p: Parameters) -> Iterator[Call]:
        for kind, parameter in kinds:
            yield Call(f"sagemaker:{action}", sagemaker_arn(f"{kind}/{p[parameter]}"))

    return needed


def _given(action: str, parameter: str) -> Callable[[Parameters], Iterator[Call]]:
    return lambda p: iter([Call(f"sagemaker:{action}", p[parameter])])


def _anywhere(action: str) -> Callable[[Parameters], Iterator[Call]]:
    return lambda _p: iter([Call(f"sagemaker:{action}", "*")])


def _callback(action: str) -> Callable[[Parameters], Iterator[Call]]:
    """The token stands for an execution of the stack's pipeline."""
    return lambda _p: iter([Call(f"sagemaker:{action}", sagemaker_arn("pipeline/{pipeline}/execution/1"))])


def _create_model(p: Parameters) -> Iterator[Call]:
    yield from _named("CreateModel", ("model", "ModelName"))(p)
    yield pass_role(p["ExecutionRoleArn"])


def _table(action: str) -> Callable[[Parameters], Iterator[Call]]:
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"

    def needed(p: Parameters) -> Iterator[Call]:
        index = f"/index/{p['IndexName']}" if "IndexName" in p else ""
        for table in p.get("RequestItems") or [p["TableName"]]:
            yield Call(f"dynamodb:{action}", arn + table.removeprefix(arn) + index)

    return needed


def _on_target(action: str, p: Parameters) -> Call:
    target = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/1ec5"
    parameters = {"service-namespace": "ServiceNamespace", "scalable-dimension": "ScalableDimension"}
    context = tuple((f"application-autoscaling:{key}", p[name]) for key, name in parameters.items())
    return Call(f"application-autoscaling:{action}", target, context)


def _scaling(action: str) -> Callable[[Parameters], Iterator[Call]]:
    """Application Auto Scaling tries in the caller's name what it will do later, alarms without a name:
    https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html"""

    def needed(p: Parameters) -> Iterator[Call]:
        yield _on_target(action, p)
        endpoint = sagemaker_arn(p["ResourceId"].partition("/variant/")[0])
        yield Call("sagemaker:DescribeEndpoint", endpoint)
        yield Call("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint)
        config = f"{endpoint.replace(':endpoint/', ':endpoint-config/')}-012345"
        yield Call("sagemaker:DescribeEndpointConfig", config)
        for verb in ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"):
            yield Call(f"cloudwatch:{verb}", "*")
        yield scaling_role("sagemaker", "SageMakerEndpoint")

    return needed


def scaling_role(service: str, kind: str) -> Call:
    """The first target of an account makes the role that scaling runs as."""
    name = f"AWSServiceRoleForApplicationAutoScaling_{kind}"
    principal = f"{service}.application-autoscaling.amazonaws.com"
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{principal}/{name}"
    return Call("iam:CreateServiceLinkedRole", arn, (("iam:AWSServiceName", principal),))


def _send(p: Parameters) -> Iterator[Call]:
    yield Call("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{p['QueueUrl'].rpartition('/')[2]}")


def _look_into_log(p: Parameters) -> Iterator[Call]:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{p['logGroupName']}:*"
    yield Call("logs:FilterLogEvents", group)


def _let_expire(p: Parameters) -> Iterator[Call]:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{p['logGroupName']}"
    yield Call("logs:PutRetentionPolicy", group)


_TABLE_ACTIONS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchWriteItem")
_ENDPOINT, _CONFIG = ("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")
NEEDED: dict[tuple[str, str], Callable[[Parameters], Iterator[Call]]] = {
    ("s3", "GetObject"): lambda p: s3_read(p["Bucket"], p["Key"]),
    ("s3", "HeadObject"): lambda p: s3_read(p["Bucket"], p["Key"]),
    ("s3", "ListObjectsV2"): lambda p: iter([Call("s3:ListBucket", f"arn:aws:s3:::{p['Bucket']}")]),
    ("s3", "PutObject"): _object("s3:PutObject"),
    ("s3", "CopyObject"): _copy,
    ("s3", "CreateMultipartUpload"): _object("s3:PutObject"),
    ("s3", "UploadPart"): _object("s3:PutObject"),
    ("s3", "CompleteMultipartUpload"): _object("s3:PutObject"),
    ("s3", "AbortMultipartUpload"): _object("s3:AbortMultipartUpload"),
    ("s3", "DeleteObject"): _object("s3:DeleteObject"),
    ("logs", "DescribeLogGroups"): lambda _: iter([Call("logs:DescribeLogGroups", "*")]),
    ("logs", "PutRetentionPolicy"): _let_expire,
    ("sagemaker", "CreateModel"): _create_model,
    ("sagemaker", "CreateEndpointConfig"): _named("CreateEndpointConfig", _CONFIG),
    ("sagemaker", "CreateEndpoint"): _named("CreateEndpoint", _ENDPOINT, _CONFIG),
    ("sagemaker", "DescribeEndpoint"): _named("DescribeEndpoint", _ENDPOINT),
    ("sagemaker", "DeleteEndpoint"): _named("DeleteEndpoint", _ENDPOINT),
    ("sagemaker", "DeleteEndpointConfig"): _named("DeleteEndpointConfig", _CONFIG),
    ("sagemaker", "DeleteModel"): _named("DeleteModel", ("model", "ModelName")),
    ("sagemaker", "ListEndpoints"): _anywhere("ListEndpoints"),
    ("sagemaker", "ListEndpointConfigs"): _anywhere("ListEndpointConfigs"),
    ("sagemaker", "ListModels"): _anywhere("ListModels"),
    ("sagemaker", "ListPipelineExecutions"): _named("ListPipelineExecutions", ("pipeline", "PipelineName")),
    ("sagemaker", "StartPipelineExecution"): _named("StartPipelineExecution", ("pipeline", "PipelineName")),
    ("sagemaker", "StopPipelineExecution"): _given("StopPipelineExecution", "PipelineExecutionArn"),
    ("sagemaker", "ListModelPackages"): _anywhere("ListModelPackages"),
    ("sagemaker", "DescribeModelPackage"): _given("DescribeModelPackage", "ModelPackageName"),
    ("sagemaker", "UpdateModelPackage"): _given("UpdateModelPackage", "ModelPackageArn"),
    ("sagemaker", "DeleteModelPackage"): _given("DeleteModelPackage", "ModelPackageName"),
    ("sagemaker", "SendPipelineExecutionStepSuccess"): _callback("SendPipelineExecutionStepSuccess"),
    ("sagemaker", "SendPipelineExecutionStepFailure"): _callback("SendPipelineExecutionStepFailure"),
    ("sagemaker-runtime", "InvokeEndpoint"): _named("InvokeEndpoint", _ENDPOINT),
    ("application-autoscaling", "RegisterScalableTarget"): _scaling("RegisterScalableTarget"),
    ("application-autoscaling", "PutScalingPolicy"): _scaling("PutScalingPolicy"),
    ("application-autoscaling", "DeregisterScalableTarget"): (
        lambda p: iter([_on_target("DeregisterScalableTarget", p)])
    ),
    ("sqs", "SendMessage"): _send,
    ("logs", "FilterLogEvents"): _look_into_log,
    ("lambda", "Invoke"): _invoke,
    **{("dynamodb", action): _table(action) for action in _TABLE_ACTIONS},
}
"""Permissions by service and operation. An operation that is missing fails the test that made the call."""


@contextmanager
def recorded() -> Iterator[set[Call]]:
    """The calls of every boto3 client that is created inside."""
    calls: set[Call] = set()
    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    assert session is not None

    def note(params: Parameters, model: Any, **_: Any) -> None:
        calls.update(NEEDED[model.service_model.service_name, model.name](params))

    session.events.register("provide-client-params", note)
    yield calls
    boto3.setup_default_session()
