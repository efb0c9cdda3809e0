"""The endpoints of this deployment, from the environment of the functions that own them."""

import os

from object2vec.release.endpoints import Endpoints
from object2vec.release.sagemaker import EndpointSettings, SageMakerEndpoints


def configured_endpoints() -> Endpoints | None:
    """None with `ENDPOINT_MODE=none`: every version answers from the in-process encoder."""
    if os.environ["ENDPOINT_MODE"] == "none":
        return None
    settings = EndpointSettings(
        prefix=os.environ["ENDPOINT_PREFIX"],
        image=os.environ["SERVING_IMAGE_URI"],
        role=os.environ["MODEL_ROLE_ARN"],
        instance_type=os.environ["ENDPOINT_INSTANCE_TYPE"],
        ami_version=os.environ.get("INFERENCE_AMI_VERSION") or None,
    )
    return SageMakerEndpoints(settings)
