"""What CloudFormation cannot know and a deleted stack must not leave behind."""

import os
from typing import Any

import boto3

from object2vec.release.endpoints import Endpoints


def delete_everything(endpoints: Endpoints | None) -> None:
    """Stops running trainings, deletes every endpoint and every registered version. May be repeated."""
    sagemaker: Any = boto3.client("sagemaker")
    _stop_executions(sagemaker, os.environ["PIPELINE_NAME"])
    if endpoints is not None:
        for name in endpoints.names():
            endpoints.delete(name)
    _delete_packages(sagemaker, os.environ["MODEL_PACKAGE_GROUP"])


def _stop_executions(sagemaker: Any, pipeline: str) -> None:
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(PipelineName=pipeline)
    for page in pages:
        for execution in page["PipelineExecutionSummaries"]:
            if execution["PipelineExecutionStatus"] == "Executing":
                sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution["PipelineExecutionArn"])


def _delete_packages(sagemaker: Any, group: str) -> None:
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for page in pages:
        for package in page["ModelPackageSummaryList"]:
            sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
