"""The SageMaker pipeline that makes new versions, and the functions of its first and last step."""

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from stacks.config import Settings
from stacks.functions import LibraryFunction
from stacks.hosting import Hosting, allow_to_pass, allow_to_run_containers, sagemaker_arn
from stacks.images import Images
from stacks.job_bundle import JobBundle
from stacks.permissions import allow, job_role
from stacks.pipeline_definition import PipelineSettings, pipeline_definition
from stacks.queues import WorkQueue
from stacks.storage import Storage

RELEASE_ATTEMPTS = 60
"""Looks at one release, a minute apart, before the step gives up."""
_JOBS_REASON = "The pipeline names its jobs after the execution."


class Training(Construct):
    """Snapshot → prepare → train → evaluate → gate → register → index → release, by hand or by schedule."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        storage: Storage,
        hosting: Hosting,
        images: Images,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = cdk.Names.unique_resource_name(self, max_length=63, separator="-").lower()
        self.model_package_group = sagemaker.CfnModelPackageGroup(
            self,
            "Models",
            model_package_group_name=self._name,
            model_package_group_description="Versions that passed the gate",
        )
        self.snapshot = self._snapshot(storage, settings.lambda_architecture)
        self.release, self.releases = self._release(storage, hosting, settings.lambda_architecture)
        self.bundle = JobBundle(self, "Bundle")
        self.pipeline = self._pipeline(settings, storage, hosting, images)
        if settings.retrain_schedule != "none":
            self._schedule(settings.retrain_schedule)

    @property
    def pipeline_arn(self) -> str:
        """ARN of the pipeline, which the resource does not tell."""
        return sagemaker_arn(f"pipeline/{self._name}")

    @property
    def packages_arn(self) -> str:
        """ARN of every model package in the group."""
        return sagemaker_arn(f"model-package/{self._name}/*")

    def _snapshot(self, storage: Storage, architecture: str) -> LibraryFunction:
        snapshot = LibraryFunction(
            self,
            "Snapshot",
            name="snapshot",
            architecture=architecture,
            environment={"STORE_URL": storage.url},
            memory_mb=512,
            timeout=cdk.Duration.minutes(5),
        )
        storage.let_read(snapshot.role, ["executions/", "releases/"])
        storage.let_write(snapshot.role, ["executions/"])
        return snapshot

    def _release(
        self, storage: Storage, hosting: Hosting, architecture: str
    ) -> tuple[LibraryFunction, WorkQueue]:
        environment = {"STORE_URL": storage.url, "RELEASE_ATTEMPTS": str(RELEASE_ATTEMPTS)}
        release = LibraryFunction(
            self,
            "Release",
            name="release",
            architecture=architecture,
            environment=environment | hosting.environment,
            memory_mb=1024,
            timeout=cdk.Duration.minutes(1),
        )
        storage.let_read(release.role, ["executions/", "releases/"])
        storage.let_write(release.role, ["releases/"])
        hosting.let_manage(release.role)
        report = ["sagemaker:SendPipelineExecutionStepSuccess", "sagemaker:SendPipelineExecutionStepFailure"]
        allow(release.role, report, ["*"], wildcard="A callback is named by its token, which is no resource.")
        queue = WorkQueue(self, "Releases", visibility=cdk.Duration.minutes(1), attempts=RELEASE_ATTEMPTS + 5)
        queue.feed(release, batch_size=1, max_concurrency=2)
        return release, queue

    def _pipeline(
        self, settings: Settings, storage: Storage, hosting: Hosting, images: Images
    ) -> sagemaker.CfnPipeline:
        jobs = job_role(self, "JobRole", "sagemaker.amazonaws.com", "Runs the pipeline's jobs")
        storage.let_read(jobs, ["item-log/", "curated/", "executions/", "releases/"])
        storage.let_write(jobs, ["executions/", "releases/"])
        self.bundle.let_read(jobs)
        allow_to_run_containers(jobs, images, "/aws/sagemaker/")
        definition = pipeline_definition(
            PipelineSettings(
                store_url=storage.url,
                code_uri=self.bundle.uri,
                job_role=jobs.role_arn,
                training_image=images.training(settings.training_instance),
                serving_image=hosting.image,
                snapshot_function=self.snapshot.function.function_arn,
                release_queue_url=self.releases.queue.queue_url,
                model_package_group=self.model_package_group.model_package_group_name,
                training_instance=settings.training_instance,
                training_instance_count=settings.training_instance_count,
                spot=settings.spot,
            )
        )
        role = self._pipeline_role(storage, jobs)
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=self._name,
            pipeline_description="Trains, evaluates, gates and releases a version",
            # not Stack.to_json_string, which drops nulls: a definition without them opens an experiment a run
            pipeline_definition={"PipelineDefinitionBody": json.dumps(definition)},
            role_arn=role.role_arn,
        )
        pipeline.node.add_dependency(role, self.model_package_group)
        return pipeline

    def _pipeline_role(self, storage: Storage, jobs: iam.Role) -> iam.Role:
        role = job_role(self, "PipelineRole", "sagemaker.amazonaws.com", "Starts the pipeline's steps")
        verbs = ("Create", "Describe", "Stop")
        actions = [f"sagemaker:{verb}{job}Job" for job in ("Processing", "Training") for verb in verbs]
        jobs_of_pipelines = [sagemaker_arn(f"{kind}-job/pipelines-*") for kind in ("processing", "training")]
        allow(role, [*actions, "sagemaker:AddTags"], jobs_of_pipelines, wildcard=_JOBS_REASON)
        group = self.model_package_group
        register = ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:AddTags"]
        allow(
            role,
            register,
            [group.attr_model_package_group_arn, self.packages_arn],
            wildcard="SageMaker numbers the packages of the group.",
        )
        allow_to_pass(role, jobs)
        allow(role, ["lambda:InvokeFunction"], [self.snapshot.function.function_arn])
        allow(role, ["sqs:SendMessage"], [self.releases.queue.queue_arn])
        storage.let_read(role, ["executions/"])
        return role

    def _schedule(self, expression: str) -> None:
        role = job_role(self, "ScheduleRole", "scheduler.amazonaws.com", "Starts the pipeline on schedule")
        allow(role, ["sagemaker:StartPipelineExecution"], [self.pipeline_arn])
        schedule = scheduler.CfnSchedule(
            self,
            "Retrain",
            schedule_expression=expression,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(arn=self.pipeline_arn, role_arn=role.role_arn),
        )
        schedule.node.add_dependency(self.pipeline)
