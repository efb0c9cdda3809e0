"""The endpoints of this deployment, for the functions that own them, and what these log about a release."""

from aws_lambda_powertools import Logger

from lambdas.settings import EndpointVariables
from object2vec.core.endpoints import Endpoints
from object2vec.release.endpoint_requests import EndpointSettings
from object2vec.release.rollout import Done, Outcome
from object2vec.release.sagemaker import SageMakerEndpoints

WITHOUT_ENDPOINT = "live without its endpoint"
"""An alarm counts the log lines with this message (stacks/observability.py)."""


def configured_endpoints(given: EndpointVariables) -> Endpoints | None:
    """The endpoints; None with `endpoint=none`: then every version answers from the in-process encoder."""
    if given.endpoint_mode == "none":
        return None
    settings = EndpointSettings(
        prefix=given.endpoint_prefix,
        image=given.serving_image_uri,
        builtin_image=given.builtin_image_uri,
        role=given.model_role_arn,
        instance_type=given.endpoint_instance_type,
        min_instances=given.endpoint_min_instances,
        max_instances=given.endpoint_max_instances,
        tags=given.endpoint_tags,
        vpc=given.endpoint_vpc,
        ami_version=given.inference_ami_version,
        volume_key=given.endpoint_kms_key,
        capture_uri=given.data_capture_uri,
        capture_key=given.data_capture_key,
    )
    return SageMakerEndpoints(settings)


def log_outcome(logger: Logger, version: str, outcome: Outcome) -> None:
    """One line; a version that went live without its endpoint is a warning."""
    if isinstance(outcome, Done) and outcome.warning:
        logger.warning(WITHOUT_ENDPOINT, version=version, reason=outcome.warning)
    else:
        logger.info("release", version=version, outcome=repr(outcome))
