"""`prepare_engine=spark`: the image and the code of the preparation's Spark cluster."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.bundling import spark_asset_options
from stacks.images import Images
from stacks.job_bundle import JobBundle
from stacks.job_permissions import allow_to_pull
from stacks.pipeline_settings import SparkImage
from stacks.source_closure import ROOT

_PROGRAM = ROOT / "object2vec/jobs/spark_program.py"


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
