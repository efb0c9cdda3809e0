"""What a SageMaker instance type tells by its name."""


def is_gpu(instance_type: str) -> bool:
    """Whether it has an NVIDIA GPU, by its family's letter."""
    return _family(instance_type)[0] in "gp"


def takes_volume_key(instance_type: str) -> bool:
    """Whether SageMaker takes a KMS key for its volumes: not where disks are part of the machine, which
    encrypts them with keys of its own.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html (KmsKeyId)
    """
    return not is_gpu(instance_type) and not _family(instance_type).rstrip("n").endswith("d")


def _family(instance_type: str) -> str:
    return instance_type.split(".")[1]
