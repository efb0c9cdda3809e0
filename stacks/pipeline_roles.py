"""The roles of the training pipeline: those that its jobs run as, and the one that starts the steps."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from object2vec.core.keys import CURATED, EXECUTIONS, LIVE, RELEASES
from stacks.functions import LibraryFunction
from stacks.images import Images
from stacks.ingestion import LOG_READ
from stacks.job_bundle import JobBundle
from stacks.permissions import allow, allow_to_pass, allow_to_run_containers, job_role, sagemaker_arn
from stacks.pictures import let_take_pictures
from stacks.queues import WorkQueue
from stacks.storage import Storage

BUILT = (
    *(f"{RELEASES}*/{part}/" for part in ("model", "encoder", "index", "ranker")),
    f"{RELEASES}*/model.json",
)
"""Files of a release that jobs may write: not the manifest, which has the digests of the others."""
_JOBS_REASON = "The pipeline names its jobs after the execution."
_PACKAGES_REASON = "SageMaker numbers the packages of the group."


def jobs_role(
    scope: Construct, *, storage: Storage, bundle: JobBundle, images: Images, builtin: bool
) -> iam.Role:
    """Reads what the jobs read, writes what they write."""
    role = job_role(scope, "JobRole", "sagemaker.amazonaws.com", "Runs the pipeline's jobs")
    storage.let_read(role, [*LOG_READ, CURATED, EXECUTIONS, RELEASES])
    storage.let_write(role, [EXECUTIONS, *BUILT])
    storage.keep_from(role, [LIVE])  # a job may build a release, not make it live
    bundle.let_read(role)
    repositories = [images.training_repository_arn]
    if builtin:
        repositories.append(images.builtin_repository_arn)
    allow_to_run_containers(role, repositories, "/aws/sagemaker/")
    return role


def pictures_role(scope: Construct, *, storage: Storage, bundle: JobBundle, images: Images) -> iam.Role:
    """Does with uploaded pictures what the function does that reads them on arrival."""
    role = job_role(scope, "PicturesRole", "sagemaker.amazonaws.com", "Reads the pictures that wait")
    let_take_pictures(role, storage)
    bundle.let_read(role)
    allow_to_run_containers(role, [images.training_repository_arn], "/aws/sagemaker/")
    return role


def steps_role(
    scope: Construct,
    *,
    storage: Storage,
    jobs: Sequence[iam.Role],
    group: sagemaker.CfnModelPackageGroup,
    packages_arn: str,
    snapshot: LibraryFunction,
    releases: WorkQueue,
    builtin: bool,
) -> iam.Role:
    """Starts jobs, registers versions, invokes the first step's function and feeds the last step's queue."""
    role = job_role(scope, "PipelineRole", "sagemaker.amazonaws.com", "Starts the pipeline's steps")
    verbs = ("Create", "Describe", "Stop")
    kinds = ("Processing", "Training", *(("Transform",) if builtin else ()))
    actions = [f"sagemaker:{verb}{kind}Job" for kind in kinds for verb in verbs]
    jobs_of_pipelines = [sagemaker_arn(f"{kind.lower()}-job/pipelines-*") for kind in kinds]
    allow(role, [*actions, "sagemaker:AddTags"], jobs_of_pipelines, wildcard=_JOBS_REASON)
    if builtin:
        models = [sagemaker_arn("model/pipelines-*")]
        allow(role, ["sagemaker:CreateModel", "sagemaker:AddTags"], models, wildcard=_JOBS_REASON)
    register = ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:AddTags"]
    allow(role, register, [group.attr_model_package_group_arn, packages_arn], wildcard=_PACKAGES_REASON)
    for job in jobs:
        allow_to_pass(role, job)
    allow(role, ["lambda:InvokeFunction"], [snapshot.function.function_arn])
    allow(role, ["sqs:SendMessage"], [releases.queue.queue_arn])
    storage.let_read(role, [EXECUTIONS, RELEASES])  # evaluations, and the model that is registered
    return role
