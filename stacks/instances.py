"""Checks SageMaker instance types: which there are, and what their names say."""

import difflib
import re
from functools import cache
from importlib.metadata import version
from typing import Any

from botocore.loaders import Loader

USES = {
    "endpoint": "ProductionVariantInstanceType",
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
}
"""The uses of a machine, and where botocore lists the types for each."""
_NEURON = ("inf", "trn")
_OTHER_CHIPS = ("dl",)
_ARM = re.compile(r"[a-z]+\d+[a-z]*g[a-z]*(-|$)|.*-gb\d+")
"""Graviton's families have a g behind their number; GB is Grace with Blackwell."""


@cache
def _types() -> dict[str, list[str]]:
    shapes: dict[str, Any] = Loader().load_service_model("sagemaker", "service-2")["shapes"]
    return {use: shapes[shape]["enum"] for use, shape in USES.items()}


def refused_instance(instance_type: str, use: str) -> str:
    """The reason why no machine of this type can run the images for a use; empty if one can. Images and
    packages in them are built for x86-64, without or with NVIDIA GPUs."""
    known = _types()[use]
    if instance_type not in known:
        fitting = [name for name in known if not _foreign(name)]
        near = difflib.get_close_matches(instance_type, fitting, n=1, cutoff=0.5)
        meant = f"; did you mean {near[0]}?" if near else ""
        return f"{instance_type!r} is no {use} instance that botocore {version('botocore')} knows{meant}"
    if foreign := _foreign(instance_type):
        return f"{instance_type} has {foreign}, the images are for x86-64 and NVIDIA; choose another family"
    return ""


def _foreign(instance_type: str) -> str:
    family = _family(instance_type)
    if family.startswith(_NEURON):
        return "AWS's Neuron chips"
    if family.startswith(_OTHER_CHIPS):
        return "Gaudi chips"
    return "an ARM processor" if _ARM.match(family) else ""


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
