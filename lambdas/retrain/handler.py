"""Occasions to train again, one SQS message at a time: a new report, the schedule, a run that has ended."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import orjson
from aws_lambda_powertools import Logger

from lambdas.settings import RetrainSettings
from object2vec.release.retraining import consider, count_report
from object2vec.storage import open_store

logger = Logger(service="retrain")

LONGEST = timedelta(days=28)
"""No execution runs longer, since each of its jobs is stopped after hours (stacks/pipeline_settings.py).
So what is listed does not grow with the stack's years."""


class PipelineRuns:
    """`Runs` of a SageMaker pipeline."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sagemaker: Any = boto3.client("sagemaker")

    def running(self) -> bool:
        listed = self._sagemaker.get_paginator("list_pipeline_executions")
        pages = listed.paginate(PipelineName=self._name, CreatedAfter=datetime.now(UTC) - LONGEST)
        return any(
            run["PipelineExecutionStatus"] in ("Executing", "Stopping")
            for page in pages
            for run in page["PipelineExecutionSummaries"]
        )

    def start(self, token: str) -> None:
        self._sagemaker.start_pipeline_execution(PipelineName=self._name, ClientRequestToken=token)


def handler(event: dict[str, Any], _context: object) -> None:
    """Works on the messages. An error brings them back; a start that was made already is not repeated."""
    for record in event["Records"]:
        _consider(orjson.loads(record["body"]), record["messageId"])


def _consider(occasion: dict[str, Any], message_id: str) -> None:
    settings = RetrainSettings.read()
    store = open_store(settings.store_url)
    if occasion["source"] == "aws.s3":
        count_report(store, occasion["detail"]["object"]["key"])
    started = consider(
        store,
        PipelineRuns(settings.pipeline_name),
        threshold=settings.retrain_after_interactions,
        asked=occasion["source"] == "schedule",
        token=hashlib.sha256(message_id.encode()).hexdigest(),
    )
    logger.info("considered", occasion=occasion["source"], started=started)
