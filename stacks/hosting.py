"""Settings of endpoints, and permissions to manage them: for the release step and the endpoints' owner."""

import hashlib
import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from lambdas.settings import EndpointVariables
from object2vec.core.keys import CAPTURE, RELEASES
from stacks.images import Images
from stacks.instances import takes_volume_key
from stacks.network import let_enter, vpc_of
from stacks.permissions import allow, allow_to_pass, allow_to_run_containers, job_role, sagemaker_arn
from stacks.settings import StackSettings
from stacks.storage import Storage

DEFAULT_INSTANCES: Mapping[str, str] = {"cpu": "ml.m5.large", "gpu": "ml.g4dn.xlarge"}
GPU_HOST = "al2023-ami-sagemaker-inference-gpu-4-1"
"""`InferenceAmiVersion` whose driver is new enough for the CUDA of the serving image."""
PREFIX_LIMIT = 35
"""Characters of a prefix: SageMaker's names have 63, less a version and the fingerprint of its settings."""
_VERSIONS = tuple(f"{kind}-{'?' * 12}" for kind in ("seed", "trained", "pairs", "builtin"))
_KINDS = ("model", "endpoint-config", "endpoint")
_STARTS = (
    *(f"sagemaker:Create{kind}" for kind in ("Model", "EndpointConfig", "Endpoint")),
    "sagemaker:UpdateEndpoint",
    "sagemaker:AddTags",
    "sagemaker:DescribeEndpoint",
    "sagemaker:InvokeEndpoint",
)
_REMOVALS = tuple(f"sagemaker:Delete{kind}" for kind in ("Model", "EndpointConfig", "Endpoint"))


class EndpointHosting(Construct):
    """Endpoints of this stack, named `<prefix>-<version>`; with `endpoint=none` there are none to manage."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StackSettings,
        storage: Storage,
        images: Images,
        volume_key: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.instance = settings.endpoint_instance or DEFAULT_INSTANCES.get(settings.endpoint, "")
        self.exists = settings.endpoint != "none"
        self.prefix = endpoint_prefix(cdk.Stack.of(self).stack_name)
        self.image = images.serving(gpu=settings.endpoint == "gpu")
        self.environment = EndpointVariables.variables(endpoint_mode=settings.endpoint)
        self.builtin_image = images.builtin() if settings.algorithm == "builtin" else ""
        self._scales = settings.endpoint_max_instances > settings.endpoint_min_instances
        self.role = self._model_role(storage, images, captures=settings.data_capture) if self.exists else None
        if self.role:
            self.environment |= EndpointVariables.variables(
                endpoint_prefix=self.prefix,
                serving_image_uri=self.image,
                model_role_arn=self.role.role_arn,
                **self._capacity(settings, volume_key),
            )
            if settings.tags:
                self.environment |= EndpointVariables.variables(endpoint_tags=json.dumps(dict(settings.tags)))
            if vpc := vpc_of(settings):
                self.environment |= EndpointVariables.variables(endpoint_vpc=json.dumps(vpc))
                let_enter(self.role)
            if self.builtin_image:
                self.environment |= EndpointVariables.variables(builtin_image_uri=self.builtin_image)
            if settings.data_capture:
                uri = f"{storage.url}/{CAPTURE.rstrip('/')}"
                self.environment |= EndpointVariables.variables(data_capture_uri=uri)
                if volume_key:
                    self.environment |= EndpointVariables.variables(data_capture_key=volume_key)

    def let_start(self, role: iam.Role) -> None:
        """Lets a role start and try this stack's endpoints, and nobody else's."""
        if self.role is None:
            return
        allow(role, _STARTS, self.arns(*_KINDS))
        allow_to_pass(role, self.role)
        if self._scales:
            self._let_scale(role)

    def let_remove(self, role: iam.Role) -> None:
        """Lets a role find and remove this stack's endpoints, and nobody else's."""
        if not self.exists:
            return
        allow(role, _REMOVALS, self.arns(*_KINDS))
        lists = [f"sagemaker:List{kind}s" for kind in ("Model", "EndpointConfig", "Endpoint")]
        allow(role, lists, ["*"], wildcard="Lists know no resource to narrow them to.")
        if self.instance:  # an earlier deployment may have let it scale, and SageMaker then wants this
            self._let_act_on_targets(role, ["DeregisterScalableTarget"])

    def let_ask(self, role: iam.Role) -> None:
        """Lets a role invoke this stack's endpoints."""
        if self.exists:
            allow(role, ["sagemaker:InvokeEndpoint"], self.arns("endpoint"))

    def arns(self, *kinds: str) -> list[str]:
        """ARNs by the whole form of a name, so that the stack `shop` reaches nothing of `shop-prod`."""
        return [
            sagemaker_arn(f"{kind}/{self.prefix}-{version}{'' if kind == 'endpoint' else '-??????'}")
            for kind in kinds
            for version in _VERSIONS
        ]

    def _capacity(self, settings: StackSettings, volume_key: str) -> dict[str, str]:
        """The settings of a machine, as fields of `EndpointVariables`."""
        if not self.instance:
            return {}
        capacity = {"endpoint_instance_type": self.instance}
        if settings.endpoint == "gpu":
            capacity["inference_ami_version"] = GPU_HOST
        if settings.endpoint_min_instances > 1:
            capacity["endpoint_min_instances"] = str(settings.endpoint_min_instances)
        if self._scales:
            capacity["endpoint_max_instances"] = str(settings.endpoint_max_instances)
        if volume_key and takes_volume_key(self.instance):
            capacity["endpoint_kms_key"] = volume_key
        return capacity

    def _model_role(self, storage: Storage, images: Images, *, captures: bool) -> iam.Role:
        role = job_role(self, "ModelRole", "sagemaker.amazonaws.com", "Runs the endpoints' containers")
        storage.let_read(role, [RELEASES])
        if captures:
            storage.let_write(role, [CAPTURE])
        repositories = [images.serving_repository_arn]
        if self.builtin_image:
            repositories.append(images.builtin_repository_arn)
        allow_to_run_containers(role, repositories, "/aws/sagemaker/Endpoints/")
        return role

    def _let_scale(self, role: iam.Role) -> None:
        """Whoever sets up scaling needs the permissions that scaling will use: Application Auto Scaling tries
        them in the caller's name.

        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html and
        https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
        """
        self._let_act_on_targets(role, ["RegisterScalableTarget", "PutScalingPolicy"])
        allow(role, ["sagemaker:UpdateEndpointWeightsAndCapacities"], self.arns("endpoint"))
        allow(role, ["sagemaker:DescribeEndpointConfig"], self.arns("endpoint-config"))
        alarms = ["cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"]
        allow(role, alarms, ["*"], wildcard="Application Auto Scaling tries these without an alarm's name.")
        service = "sagemaker.application-autoscaling.amazonaws.com"
        linked = f"aws-service-role/{service}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        allow(
            role,
            ["iam:CreateServiceLinkedRole"],
            [f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:role/{linked}"],
            conditions={"StringEquals": {"iam:AWSServiceName": service}},
        )

    def _let_act_on_targets(self, role: iam.Role, verbs: list[str]) -> None:
        target = f"application-autoscaling:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:scalable-target/*"
        allow(
            role,
            [f"application-autoscaling:{verb}" for verb in verbs],
            [f"arn:{cdk.Aws.PARTITION}:{target}"],
            wildcard="A scalable target's id is generated; the condition narrows it to SageMaker's.",
            conditions={
                "StringEquals": {
                    "application-autoscaling:service-namespace": "sagemaker",
                    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
                }
            },
        )


def endpoint_prefix(stack_name: str) -> str:
    """The prefix of a stack's endpoint names; a long stack name is cut and gets a hash."""
    name = stack_name.lower()
    if len(name) <= PREFIX_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: PREFIX_LIMIT - 7]}-{digest}"
