"""AWS's container images, from the region tables that the SageMaker SDK ships.

The tables are read as data: importing the SDK would want a region and a network. One template serves every
region, so the account that holds the images becomes a CloudFormation mapping.
"""

import json
from functools import cache, cached_property
from importlib.metadata import distribution
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from stacks.instances import is_gpu

SERVING = "1.4"
TRAINING = "2.14"
TRAINING_PYTHON = "3.12"
"""The Python of that image: the jobs' wheels are built for it."""
PYTORCH = "pytorch-amzn2023"
"""The SageMaker SDK's name of PyTorch's images on Amazon Linux 2023."""
SPARK = "3.5"
SPARK_TAG = "3.5-cpu-py312-v1.5"
"""The newest one named in public; the table knows version and Python, not the last number."""
_TABLES = "sagemaker/core/image_uri_config"


@cache
def _table(framework: str) -> dict[str, Any]:
    path = distribution("sagemaker-core").locate_file(f"{_TABLES}/{framework}.json")
    table: dict[str, Any] = json.loads(path.read_text())
    return table


def regions_with(image: str) -> frozenset[str]:
    """The regions whose registries have one of AWS's images: ray-serve, `PYTORCH`, object2vec or spark."""
    table = _table(image)
    found = {
        "ray-serve": lambda: table["versions"][SERVING],
        PYTORCH: lambda: table["training"]["versions"][TRAINING],
        "object2vec": lambda: table["versions"]["1"],
        "spark": lambda: table["processing"]["versions"][SPARK],
    }[image]()
    return frozenset(found["registries"])


class Images(Construct):
    """URIs of the training and serving images in whichever region the stack is deployed to."""

    def __init__(self, scope: Construct, construct_id: str, *, training: str = "", serving: str = "") -> None:
        """`training` and `serving`: copies in a registry of one's own, instead of AWS's."""
        super().__init__(scope, construct_id)
        self._own_training, self._own_serving = training, serving
        self._serving = _table("ray-serve")["versions"][SERVING]
        self._training = _table(PYTORCH)["training"]["versions"][TRAINING]
        self._builtin = _table("object2vec")["versions"]["1"]
        self._spark = _table("spark")["processing"]["versions"][SPARK]

    def training(self, instance_type: str) -> str:
        """PyTorch as SageMaker's training and processing jobs run it."""
        if self._own_training:
            return self._own_training
        tag = _tag(self._training, gpu=is_gpu(instance_type))
        return self._uri(self._training["repository"], tag, self._training_account)

    def serving(self, *, gpu: bool) -> str:
        """Ray Serve under SageMaker's inference contract."""
        if self._own_serving:
            return self._own_serving
        return self._uri(self._serving["repository"], _tag(self._serving, gpu=gpu), self._serving_account)

    def builtin(self) -> str:
        """AWS's own Object2Vec, for training and serving. Each image has registries of its own: in a region
        without one a deployment ends at once, with the mapping's name and the region in the reason."""
        return self._uri(self._builtin["repository"], "1", self._builtin_account)

    @property
    def builtin_repository_arn(self) -> str:
        """The repository of AWS's own Object2Vec."""
        return self._repository_arn(self._builtin["repository"], self._builtin_account)

    @cached_property
    def _training_account(self) -> str:
        return self._account_of("TrainingRegistry", self._training)

    @cached_property
    def _serving_account(self) -> str:
        return self._account_of("Registry", self._serving)

    @cached_property
    def _builtin_account(self) -> str:
        return self._account_of("BuiltinRegistry", self._builtin)

    def spark(self) -> str:
        """Spark on YARN as SageMaker's processing jobs run it, in registries of its own and fewer."""
        return self._uri(self._spark["repository"], SPARK_TAG, self._spark_account)

    @property
    def spark_repository_arn(self) -> str:
        """The repository of AWS's Spark."""
        return self._repository_arn(self._spark["repository"], self._spark_account)

    @cached_property
    def _spark_account(self) -> str:
        return self._account_of("SparkRegistry", self._spark)

    @property
    def training_repository_arn(self) -> str:
        """The repository that jobs pull from."""
        if self._own_training:
            return _repository_of(self._own_training)
        return self._repository_arn(self._training["repository"], self._training_account)

    @property
    def serving_repository_arn(self) -> str:
        """The repository that endpoints pull from."""
        if self._own_serving:
            return _repository_of(self._own_serving)
        return self._repository_arn(self._serving["repository"], self._serving_account)

    def _account_of(self, construct_id: str, image: dict[str, Any]) -> str:
        accounts = {region: {"account": account} for region, account in image["registries"].items()}
        mapping = cdk.CfnMapping(self, construct_id, mapping=accounts)
        return mapping.find_in_map(cdk.Aws.REGION, "account")

    def _repository_arn(self, repository: str, account: str) -> str:
        registry = f"{cdk.Aws.REGION}:{account}"
        return f"arn:{cdk.Aws.PARTITION}:ecr:{registry}:repository/{repository}"

    def _uri(self, repository: str, tag: str, account: str) -> str:
        host = f"{account}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        return f"{host}/{repository}:{tag}"


def _tag(image: dict[str, Any], *, gpu: bool) -> str:
    return f"{image['tag_prefix']}-{image['container_version']['gpu' if gpu else 'cpu']}"


def _repository_of(image: str) -> str:
    """ARN of the repository in `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`."""
    host, _, rest = image.partition("/")
    account, _, _, region, *_ = host.split(".")
    repository = rest.partition("@")[0].partition(":")[0]
    return f"arn:{cdk.Aws.PARTITION}:ecr:{region}:{account}:repository/{repository}"
