"""Every day: removes old releases, what unfinished runs left, the registered versions of what is gone, and
what is kept of pictures that no upload brings any more. SageMaker makes a log group for each endpoint, which
would keep its lines for ever: it gets a retention here.

What a roll-back may need stays (object2vec/release/pruning.py). A run that ends early, because another
release went live or its time is over, continues the next day."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.settings import PrunerSettings
from object2vec.ingest.pictures.sweep import sweep
from object2vec.release.manifest import load, pointer, versions
from object2vec.release.pruning import RELEASES_KEPT, UNFINISHED, prune, prune_unfinished
from object2vec.storage import ConflictError, ObjectStore, open_store

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = Logger(service="pruner")
LEFT_MS = 60_000
"""Milliseconds: with less time left, no further release is removed."""
LOGS_OF_ENDPOINTS = "/aws/sagemaker/Endpoints/"
LOGS_STAY_DAYS = 30
"""Days that lines are kept, as those of the functions."""


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Removes; returns how many releases, unfinished runs, pictures and registered versions, and their
    bytes."""
    settings = PrunerSettings.read()
    store, sagemaker = open_store(settings.store_url), boto3.client("sagemaker")
    _let_logs_expire(boto3.client("logs"), f"{LOGS_OF_ENDPOINTS}{settings.endpoint_prefix}-")
    counts = {"releases": 0, "unfinished": 0, "pictures": 0, "packages": 0, "bytes": 0}
    try:
        for kind, name, size in _removed(store, sagemaker, settings.model_package_group):
            counts[kind] += 1
            counts["bytes"] += size
            logger.info("removed", kind=kind, what=name, bytes=size)
            if context.get_remaining_time_in_millis() < LEFT_MS:
                logger.info("the rest is for tomorrow")
                break
    except ConflictError as conflict:
        logger.info(str(conflict))
    return counts


def _let_logs_expire(logs: Any, prefix: str) -> None:
    """Sets a retention for endpoints' log groups without one. After an error it is tried again tomorrow."""
    try:
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
            for group in page["logGroups"]:
                if "retentionInDays" not in group:
                    name = group["logGroupName"]
                    logs.put_retention_policy(logGroupName=name, retentionInDays=LOGS_STAY_DAYS)
                    logger.info("logs expire", what=name, days=LOGS_STAY_DAYS)
    except (ClientError, BotoCoreError):
        logger.exception("no retention could be set for the logs of endpoints")


def _removed(store: ObjectStore, sagemaker: "SageMakerClient", group: str) -> Iterator[tuple[str, str, int]]:
    for name, size in sweep(store, time.time()):
        yield "pictures", name, size
    if pointer(store) is None:
        return
    for version, size in prune(store, RELEASES_KEPT):
        yield "releases", version, size
    for name, size in prune_unfinished(store, time.time()):
        yield "unfinished", name, size
    for package in _packages_without_release(store, sagemaker, group):
        sagemaker.delete_model_package(ModelPackageName=package)
        yield "packages", package, 0


def _packages_without_release(store: ObjectStore, sagemaker: "SageMakerClient", group: str) -> list[str]:
    """Registered versions that no release names, and that are older than any run under way."""
    named = {load(store, version).model_package for version in versions(store)}
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, CreationTimeBefore=datetime.now(UTC) - UNFINISHED
    )
    listed = [package for page in pages for package in page["ModelPackageSummaryList"]]
    return [p["ModelPackageArn"] for p in listed if p["ModelPackageArn"] not in named]
