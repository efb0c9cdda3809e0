"""What CloudFormation cannot know and a deleted stack must not leave behind."""

from contextlib import suppress
from typing import Any

import boto3
from botocore.exceptions import ClientError

from lambdas.settings import EndpointOwnerSettings
from object2vec.core.endpoints import EndpointProviderError, Endpoints
from object2vec.release.rollout import retire
from object2vec.search.s3vectors.bucket import remove_vector_indexes


def delete_everything(settings: EndpointOwnerSettings, endpoints: Endpoints | None) -> None:
    """Stops running trainings, deletes every endpoint that can go yet and every registered version; whoever
    waits for the end removes the other endpoints. May be repeated."""
    sagemaker: Any = boto3.client("sagemaker")
    _stop_executions(sagemaker, settings.pipeline_name)
    with suppress(EndpointProviderError):
        retire(endpoints, keep=None)
    _delete_packages(sagemaker, settings.model_package_group)
    remove_vector_indexes(settings, keep=())


def trainings_ended(settings: EndpointOwnerSettings) -> bool:
    """Whether no training is under way: CloudFormation cannot delete a pipeline that has one.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeletePipeline.html
    """
    return not _under_way(boto3.client("sagemaker"), settings.pipeline_name)


def _under_way(sagemaker: Any, pipeline: str) -> list[dict[str, Any]]:
    executions = _listed(sagemaker, "list_pipeline_executions", PipelineName=pipeline)
    return [run for run in executions if run["PipelineExecutionStatus"] in ("Executing", "Stopping")]


def _stop_executions(sagemaker: Any, pipeline: str) -> None:
    for execution in _under_way(sagemaker, pipeline):
        arn = execution["PipelineExecutionArn"]
        if execution["PipelineExecutionStatus"] == "Executing":
            sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
        _end_release(sagemaker, arn)


def _end_release(sagemaker: Any, execution: str) -> None:
    """A run that waits for its release stops only after an answer, and nothing answers releases any more.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopPipelineExecution.html
    """
    for step in _listed(sagemaker, "list_pipeline_execution_steps", PipelineExecutionArn=execution):
        token = step.get("Metadata", {}).get("Callback", {}).get("CallbackToken")
        if token and step["StepStatus"] in ("Starting", "Executing", "Stopping"):
            sagemaker.send_pipeline_execution_step_failure(
                CallbackToken=token, FailureReason="the stack is being deleted"
            )


def _delete_packages(sagemaker: Any, group: str) -> None:
    for package in _listed(sagemaker, "list_model_packages", ModelPackageGroupName=group):
        sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])


def _listed(sagemaker: Any, operation: str, **of: str) -> list[dict[str, Any]]:
    """The whole list, read before anything is deleted; empty if what it belongs to was removed by hand."""
    paginator = sagemaker.get_paginator(operation)
    try:
        return list(paginator.paginate(**of).search(f"{paginator.result_keys[0].expression}[]"))
    except ClientError as error:
        detail = error.response["Error"]
        if detail["Code"] == "ResourceNotFound" or "does not exist" in detail["Message"]:
            return []
        raise
