"""Last step of the training pipeline: a callback message per release, taken up again until the release ends.

A release outlasts a Lambda, so an unfinished one fails its message: the queue's visibility timeout is the
polling interval, and after `RELEASE_ATTEMPTS` the step is told what the release still waited for or died of.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.endpoints import configured_endpoints
from object2vec.release.candidate import candidate
from object2vec.release.endpoints import Endpoints
from object2vec.release.rollout import Done, Outcome, Refused, Waiting, advance
from object2vec.store import open_store

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = Logger(service="release")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
"""A message that comes back is the normal case here: no invocation counts as failed for it."""


class StillWaitingError(RuntimeError):
    """The release is under way: the message comes back."""


def handler(event: dict[str, Any], context: Any) -> Any:
    """SQS records of the pipeline's callback step → partial batch response."""
    return process_partial_response(event, _take_up, processor, context)


def _take_up(record: SQSRecord) -> None:
    message = orjson.loads(record.body)
    last = int(record.attributes.approximate_receive_count) >= int(os.environ["RELEASE_ATTEMPTS"])
    sagemaker = boto3.client("sagemaker")
    try:
        take_up(message, configured_endpoints(), sagemaker, last_attempt=last)
    except StillWaitingError:
        raise
    except Exception as error:
        logger.exception("release could not be taken up", last_attempt=last)
        if not last:
            raise
        _report(sagemaker, message["token"], Refused(f"{type(error).__name__}: {error}"))


def take_up(
    message: Mapping[str, Any],
    endpoints: Endpoints | None,
    sagemaker: "SageMakerClient",
    *,
    last_attempt: bool,
) -> None:
    """One look at one release; ends the callback step when there is an outcome. Raises StillWaitingError."""
    arguments = message["arguments"]
    store = open_store(os.environ["STORE_URL"])
    manifest = candidate(store, arguments)
    outcome = advance(store, endpoints, manifest, instead_of=arguments["instead_of"] or None)
    if isinstance(outcome, Waiting) and not last_attempt:
        raise StillWaitingError(outcome.reason)
    logger.info("release ended", version=manifest.version, outcome=repr(outcome))
    _report(sagemaker, message["token"], outcome)


def _report(sagemaker: "SageMakerClient", token: str, outcome: Outcome) -> None:
    match outcome:
        case Done(version=version):
            outputs: Any = [{"Name": "live_version", "Value": version}]
            sagemaker.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=outputs)
        case Refused(reason=reason) | Waiting(reason=reason):
            sagemaker.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason=reason[:256])
