"""Adapter: an endpoint's number of instances follows its load, through Application Auto Scaling.

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
"""

from typing import Any

from botocore.exceptions import ClientError

from object2vec.release.endpoint_requests import VARIANT

INVOCATIONS_PER_MINUTE = 1_000.0
"""Seventeen a second for one instance: a cautious start, not a measurement on SageMaker."""
_POLICY = "invocations"


class Scaling:
    """Scales endpoints between `min_instances` and `max_instances`. Both calls may be repeated, and raise
    what botocore raises."""

    def __init__(self, max_instances: int, client: Any, *, min_instances: int = 1) -> None:
        self._min_instances, self._max_instances = min_instances, max_instances
        self._autoscaling: Any = client

    def register(self, endpoint: str) -> None:
        """Scales an endpoint that is in service."""
        self._autoscaling.register_scalable_target(
            **_target(endpoint), MinCapacity=self._min_instances, MaxCapacity=self._max_instances
        )
        self._autoscaling.put_scaling_policy(
            **_target(endpoint),
            PolicyName=_POLICY,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": INVOCATIONS_PER_MINUTE,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
                "ScaleInCooldown": 300,
                "ScaleOutCooldown": 60,
            },
        )

    def deregister(self, endpoint: str) -> None:
        """Removes the target with its policy and alarms; one that is not there is fine."""
        try:
            self._autoscaling.deregister_scalable_target(**_target(endpoint))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ObjectNotFoundException":
                raise


def _target(endpoint: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
