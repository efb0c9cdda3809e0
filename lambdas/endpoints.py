"""The endpoints of this deployment, from the environment of the functions that own them."""

import os

from object2vec.core.endpoints import Endpoints
from object2vec.release.endpoint_requests import EndpointSettings
from object2vec.release.sagemaker import SageMakerEndpoints


def configured_endpoints() -> Endpoints | None:
    """None with `ENDPOINT_MODE=none`: every version answers from the in-process encoder."""
    if os.environ["ENDPOINT_MODE"] == "none":
        return None
    settings = EndpointSettings(
        prefix=os.environ["ENDPOINT_PREFIX"],
        image=os.environ["SERVING_IMAGE_URI"],
        builtin_image=os.environ.get("BUILTIN_IMAGE_URI") or None,
        role=os.environ["MODEL_ROLE_ARN"],
        instance_type=os.environ.get("ENDPOINT_INSTANCE_TYPE") or None,
        max_instances=int(os.environ.get("ENDPOINT_MAX_INSTANCES") or 1),
        ami_version=os.environ.get("INFERENCE_AMI_VERSION") or None,
        volume_key=os.environ.get("ENDPOINT_KMS_KEY") or None,
        capture_uri=os.environ.get("DATA_CAPTURE_URI") or None,
    )
    return SageMakerEndpoints(settings)
