"""What the release step and the endpoints' owner share: settings, and the right to manage endpoints."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.config import Settings
from stacks.images import Images
from stacks.permissions import allow, job_role
from stacks.storage import Storage

DEFAULT_INSTANCES: Mapping[str, str] = {"cpu": "ml.m5.large", "gpu": "ml.g4dn.xlarge"}
GPU_HOST = "al2023-ami-sagemaker-inference-gpu-4-1"
"""`InferenceAmiVersion` whose driver is new enough for the CUDA of the serving image."""
_NAMES_REASON = "Each released version has its own endpoint; the prefix is this stack's."
_ACTIONS = (
    *(
        f"sagemaker:{verb}{what}"
        for verb in ("Create", "Delete")
        for what in ("Model", "EndpointConfig", "Endpoint")
    ),
    "sagemaker:DescribeEndpoint",
    "sagemaker:InvokeEndpoint",
)


class Hosting(Construct):
    """Endpoints of this stack, named `<prefix>-<version>`; with `endpoint=none` there are none to manage."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, storage: Storage, images: Images
    ) -> None:
        super().__init__(scope, construct_id)
        self.instance = settings.endpoint_instance or DEFAULT_INSTANCES.get(settings.endpoint, "")
        self.prefix = cdk.Stack.of(self).stack_name.lower()
        self.image = images.serving(gpu=settings.endpoint == "gpu")
        self.environment = {"ENDPOINT_MODE": settings.endpoint}
        if settings.endpoint != "none":
            self.role = self._model_role(storage, images)
            self.environment |= self._endpoint_environment(settings)

    def let_manage(self, role: iam.Role) -> None:
        """Lets a role start, try and remove this stack's endpoints, and nobody else's."""
        if self.environment["ENDPOINT_MODE"] == "none":
            return
        allow(role, _ACTIONS, self.arns("model", "endpoint-config", "endpoint"), wildcard=_NAMES_REASON)
        allow(
            role,
            ["sagemaker:ListEndpoints"],
            ["*"],
            wildcard="ListEndpoints knows no resource to narrow it to.",
        )
        allow_to_pass(role, self.role)

    def arns(self, *kinds: str) -> list[str]:
        """ARNs of everything of these kinds that has the prefix."""
        return [sagemaker_arn(f"{kind}/{self.prefix}-*") for kind in kinds]

    def _endpoint_environment(self, settings: Settings) -> dict[str, str]:
        host = {"INFERENCE_AMI_VERSION": GPU_HOST} if settings.endpoint == "gpu" else {}
        return host | {
            "ENDPOINT_PREFIX": self.prefix,
            "SERVING_IMAGE_URI": self.image,
            "MODEL_ROLE_ARN": self.role.role_arn,
            "ENDPOINT_INSTANCE_TYPE": self.instance,
        }

    def _model_role(self, storage: Storage, images: Images) -> iam.Role:
        role = job_role(self, "ModelRole", "sagemaker.amazonaws.com", "Runs the endpoints' containers")
        storage.let_read(role, ["executions/", "releases/"])
        allow_to_run_containers(role, images, "/aws/sagemaker/Endpoints/")
        return role


def sagemaker_arn(resource: str) -> str:
    """ARN of a SageMaker resource in the stack's own account and region."""
    return f"arn:{cdk.Aws.PARTITION}:sagemaker:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"


def allow_to_pass(role: iam.Role, passed: iam.Role) -> None:
    """Lets a role hand another role to SageMaker, and to no other service."""
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    allow(role, ["iam:PassRole"], [passed.role_arn], conditions=condition)


def allow_to_run_containers(role: iam.Role, images: Images, log_groups: str) -> None:
    """What SageMaker does in the name of a role that runs a container: pull, log, count."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    allow(role, pull, images.repository_arns())
    allow(role, ["ecr:GetAuthorizationToken"], ["*"], wildcard="The registry's token knows no resource.")
    logs = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group:{log_groups}*"
    write = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    allow(role, write, [logs], wildcard="SageMaker names log groups and streams by job and endpoint.")
    namespaces = {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}}
    allow(
        role,
        ["cloudwatch:PutMetricData"],
        ["*"],
        wildcard="PutMetricData knows no resource; the condition narrows its namespace.",
        conditions=namespaces,
    )
