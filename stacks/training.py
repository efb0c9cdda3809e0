"""The SageMaker pipeline that makes new versions, and the functions of its first and last step."""

import json

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from lambdas.settings import ReleaseSettings, SnapshotSettings
from object2vec.core import keys
from object2vec.jobs.settings import OF_JOBS, IndexSettings, PicturesJobSettings
from stacks.functions import LibraryFunction
from stacks.hosting import EndpointHosting
from stacks.images import Images
from stacks.job_bundle import JobBundle, Spark
from stacks.network import let_enter, vpc_of
from stacks.permissions import allow, sagemaker_arn
from stacks.pipeline_definition import PipelineSettings, pipeline_definition
from stacks.pipeline_roles import jobs_role, pictures_role, steps_role
from stacks.queues import WorkQueue
from stacks.settings import StackSettings
from stacks.storage import Storage
from stacks.vectors import VectorBucket

TROUBLE = f"{keys.RELEASES}*.trouble.json"
"""The markers of endpoints whose provider refuses; removed once it accepts a request."""
MOVED = (
    keys.LIVE,
    f"{keys.RELEASES}*/manifest.json",
    f"{keys.RELEASES}*/withdrawn.json",
    f"{keys.RELEASES}*.endpoint.json",
    f"{keys.RELEASES}*.renewed",
    TROUBLE,
)
"""Keys that moving a release writes: no file that a release is made of. The function that releases a new
version also keeps the archive of its model, where no job writes."""
_REGION = {"AWS_DEFAULT_REGION": cdk.Aws.REGION}
"""For jobs that call AWS themselves: boto3 asks for it, and AWS does not say that SageMaker sets it."""
RELEASE_ATTEMPTS = 60
"""Looks at one release, a minute apart, before the step gives up."""


class Training(Construct):
    """Snapshot → prepare → train → evaluate → gate → register → index → release."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StackSettings,
        storage: Storage,
        hosting: EndpointHosting,
        images: Images,
        vectors: VectorBucket | None,
        volume_key: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = cdk.Names.unique_resource_name(self, max_length=63, separator="-").lower()
        self.model_package_group = self._model_package_group()
        self.snapshot = self._snapshot(storage, settings.lambda_architecture)
        self.release, self.releases = self._release(settings, storage, hosting)
        builtin = settings.algorithm == "builtin"
        self.bundle = JobBundle(self, "Bundle", key=settings.assets_key)
        self.jobs_role = jobs_role(self, storage=storage, bundle=self.bundle, images=images, builtin=builtin)
        self.pictures_role: iam.Role | None = None
        if settings.pictures_instance_count:
            self.pictures_role = pictures_role(self, storage=storage, bundle=self.bundle, images=images)
        run_as = [role for role in (self.jobs_role, self.pictures_role) if role]
        if settings.vpc_subnets:
            for role in run_as:
                let_enter(role)
        self.spark = Spark(self, "Spark", images=images) if settings.prepare_engine == "spark" else None
        if self.spark:
            self.spark.let_run(self.jobs_role)
        if vectors:
            self._let_fill_and_empty(vectors)
        self.steps_role = steps_role(
            self,
            storage=storage,
            jobs=run_as,
            group=self.model_package_group,
            packages_arn=self.packages_arn,
            snapshot=self.snapshot,
            releases=self.releases,
            builtin=builtin,
        )
        self.pipeline = self._pipeline(
            self._pipeline_settings(
                settings, storage, hosting, images, vectors=vectors, volume_key=volume_key
            )
        )

    @property
    def pipeline_arn(self) -> str:
        """ARN of the pipeline, which the resource does not tell."""
        return sagemaker_arn(f"pipeline/{self.name}")

    @property
    def executions_arn(self) -> str:
        """ARN of every execution of the pipeline."""
        return f"{self.pipeline_arn}/execution/*"

    @property
    def packages_arn(self) -> str:
        """ARN of every model package in the group."""
        return sagemaker_arn(f"model-package/{self.name}/*")

    def let_remove_packages(self, role: iam.Role) -> None:
        """Lets a role find the model packages of the group and delete them."""
        nowhere = "ListModelPackages knows no group to narrow it to."
        allow(role, ["sagemaker:ListModelPackages"], ["*"], wildcard=nowhere)
        numbered = "SageMaker numbers the packages of the group."
        allow(role, ["sagemaker:DeleteModelPackage"], [self.packages_arn], wildcard=numbered)

    def _model_package_group(self) -> sagemaker.CfnModelPackageGroup:
        # Without a description: another one would replace the group, and its name is taken until it is gone.
        return sagemaker.CfnModelPackageGroup(self, "Models", model_package_group_name=self.name)

    def _snapshot(self, storage: Storage, architecture: str) -> LibraryFunction:
        snapshot = LibraryFunction(
            self,
            "Snapshot",
            name="snapshot",
            architecture=architecture,
            environment=SnapshotSettings.variables(store_url=storage.url),
            memory_mb=512,
            timeout=cdk.Duration.minutes(5),
        )
        read = [keys.LOG_END, keys.CHECKPOINT, keys.CHECKPOINTS, keys.FOLDED, keys.EXECUTIONS, keys.RELEASES]
        storage.let_read(snapshot.role, read)
        storage.let_write(snapshot.role, [keys.EXECUTIONS])
        return snapshot

    def _release(
        self, settings: StackSettings, storage: Storage, hosting: EndpointHosting
    ) -> tuple[LibraryFunction, WorkQueue]:
        environment = ReleaseSettings.variables(store_url=storage.url, release_attempts=RELEASE_ATTEMPTS)
        release = LibraryFunction(
            self,
            "Release",
            name="release",
            architecture=settings.lambda_architecture,
            environment=environment | hosting.environment,
            memory_mb=1024,
            timeout=cdk.Duration.minutes(1),
        )
        storage.let_read(release.role, [keys.EXECUTIONS, keys.RELEASES])
        storage.let_write(release.role, [*MOVED, f"{keys.RELEASES}*/model.tar.gz"])
        storage.let_delete(release.role, [TROUBLE])
        hosting.let_start(release.role)
        hosting.let_remove(release.role)
        self._let_report(release.role)
        queue = WorkQueue(self, "Releases", visibility=cdk.Duration.minutes(1), attempts=RELEASE_ATTEMPTS + 5)
        queue.feed(release, batch_size=1, max_concurrency=2)
        self._follow_registry(release, queue)
        return release, queue

    def _follow_registry(self, release: LibraryFunction, queue: WorkQueue) -> None:
        """Approving or rejecting a registered version, in SageMaker Studio say, releases or refuses it; and
        the registry shows what became of a version.

        https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
        """
        packages = self.packages_arn.removesuffix("*")
        events.Rule(
            self,
            "Registry",
            description="Registered versions that somebody approves or rejects",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={"ModelPackageArn": events.Match.prefix(packages)},
            ),
            targets=[
                queue.target(
                    events.RuleTargetInput.from_object(
                        {
                            "order": "package",
                            "package": events.EventField.from_path("$.detail.ModelPackageArn"),
                        }
                    )
                )
            ],
        )
        reason = "SageMaker numbers the packages of the group."
        look = ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"]
        allow(release.role, look, [self.packages_arn], wildcard=reason)

    def _let_report(self, role: iam.Role) -> None:
        ends = ("Success", "Failure")
        actions = [f"sagemaker:SendPipelineExecutionStep{end}" for end in ends]
        allow(
            role, actions, [self.executions_arn], wildcard="SageMaker numbers the executions of the pipeline."
        )

    def _let_fill_and_empty(self, vectors: VectorBucket) -> None:
        vectors.let_build(self.jobs_role)
        vectors.let_remove(self.release.role)
        self.release.tell(ReleaseSettings.variables(vector_bucket=vectors.bucket_name))

    def _pipeline_settings(
        self,
        settings: StackSettings,
        storage: Storage,
        hosting: EndpointHosting,
        images: Images,
        *,
        vectors: VectorBucket | None,
        volume_key: str,
    ) -> PipelineSettings:
        return PipelineSettings(
            store_url=storage.url,
            code_uri=self.bundle.uri,
            job_role=self.jobs_role.role_arn,
            training_image=images.training(settings.training_instance),
            serving_image=hosting.image,
            algorithm=settings.algorithm,
            builtin_image=hosting.builtin_image,
            snapshot_function=self.snapshot.function.function_arn,
            release_queue_url=self.releases.queue.queue_url,
            model_package_group=self.model_package_group.model_package_group_name,
            start_from=settings.start_from,
            environments=_environments(settings, storage, vectors),
            hyperparameters=settings.hyperparameters,
            training_instance=settings.training_instance,
            training_instance_count=settings.training_instance_count,
            job_hours=settings.job_hours,
            spot=settings.spot,
            pictures_instance_count=settings.pictures_instance_count,
            pictures_role=self.pictures_role.role_arn if self.pictures_role else "",
            processing_instance=settings.processing_instance,
            prepare_instance=settings.prepare_instance,
            prepare_instance_count=settings.prepare_instance_count,
            spark=self.spark.image if self.spark else None,
            index_over_network=vectors is not None,
            tags=settings.tags,
            vpc=vpc_of(settings),
            volume_key=volume_key,
        )

    def _pipeline(self, settings: PipelineSettings) -> sagemaker.CfnPipeline:
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=self.name,
            pipeline_description="Trains, evaluates, gates and releases a version",
            # not Stack.to_json_string, which drops nulls: a definition without them opens an experiment a run
            pipeline_definition={"PipelineDefinitionBody": json.dumps(pipeline_definition(settings))},
            role_arn=self.steps_role.role_arn,
        )
        pipeline.node.add_dependency(self.steps_role, self.model_package_group)
        return pipeline


def _environments(
    settings: StackSettings, storage: Storage, vectors: VectorBucket | None
) -> dict[str, dict[str, str]]:
    """The environment of each job: the deployment's settings that its model has under the same name."""
    deployment = settings.model_dump()
    told = {job: model.shared(deployment) for job, model in OF_JOBS.items()}
    told["pictures"] |= PicturesJobSettings.variables(store_url=storage.url) | _REGION
    if vectors:
        told["index"] |= IndexSettings.variables(**vectors.of_builders) | _REGION
    return told
