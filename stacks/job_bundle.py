"""The jobs' code and packages as one asset, which runs in SageMaker's containers without a network; and what
a Spark cluster needs beside it (`prepare_engine=spark`)."""

from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from stacks.bundling import job_asset_options, spark_asset_options
from stacks.images import Images
from stacks.permissions import allow, allow_to_pull
from stacks.pipeline_settings import SparkImage
from stacks.source_closure import ROOT

_PROGRAM = ROOT / "object2vec/jobs/spark_program.py"


class JobBundle(Construct):
    """The asset that `python3 <bundle>.zip <job>` runs, or another one, made with `options`."""

    def __init__(
        self, scope: Construct, construct_id: str, options: dict[str, Any] | None = None, *, key: str = ""
    ) -> None:
        """`key` is the ARN of the customer managed key of the bootstrap bucket, if it has one."""
        super().__init__(scope, construct_id)
        self._key = key
        self._asset = s3_assets.Asset(self, "Code", **(options or job_asset_options()))
        self.uri = f"s3://{self._asset.s3_bucket_name}/{self._asset.s3_object_key}"

    def let_read(self, role: iam.Role) -> None:
        """Lets a role fetch the bundle, and nothing else of the bucket it lies in."""
        allow(role, ["s3:ListBucket"], [self._asset.bucket.bucket_arn])
        allow(role, ["s3:GetObject"], [self._asset.bucket.arn_for_objects(self._asset.s3_object_key)])
        if self._key:
            allow(role, ["kms:Decrypt"], [self._key])


class Spark(Construct):
    """The code of the prepare step, and AWS's Spark image that runs it."""

    def __init__(self, scope: Construct, construct_id: str, *, images: Images) -> None:
        super().__init__(scope, construct_id)
        self._repository = images.spark_repository_arn
        self._program = JobBundle(self, "Program", {"path": str(_PROGRAM)})
        self._bundle = JobBundle(self, "Bundle", spark_asset_options())
        self.image = SparkImage(
            image=images.spark(), program_uri=self._program.uri, code_uri=self._bundle.uri
        )

    def let_run(self, role: iam.Role) -> None:
        """Lets a job's role fetch the image and the code."""
        allow_to_pull(role, [self._repository])
        self._program.let_read(role)
        self._bundle.let_read(role)
