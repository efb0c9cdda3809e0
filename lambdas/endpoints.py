"""The endpoints of this deployment, for the functions that own them."""

from lambdas.settings import EndpointVariables
from object2vec.core.endpoints import Endpoints
from object2vec.release.endpoint_requests import EndpointSettings
from object2vec.release.sagemaker import SageMakerEndpoints


def configured_endpoints(given: EndpointVariables) -> Endpoints | None:
    """None with `endpoint=none`: every version answers from the in-process encoder."""
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
    )
    return SageMakerEndpoints(settings)
