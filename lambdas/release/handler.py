"""Last step of the training pipeline: a callback message per release, taken up again until the release ends.

A release outlasts a Lambda, so an unfinished one fails its message: the queue's visibility timeout is the
polling interval, and after `RELEASE_ATTEMPTS` the step is told that the endpoint did not come up.
"""

import os
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.endpoints import configured_endpoints
from object2vec.release.candidate import candidate
from object2vec.release.rollout import Done, Outcome, Refused, Waiting, advance
from object2vec.store import open_store

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = Logger(service="release")
processor = BatchProcessor(event_type=EventType.SQS)


class StillWaitingError(RuntimeError):
    """The release is under way: the message comes back."""


def handler(event: dict[str, Any], context: Any) -> Any:
    """SQS records of the pipeline's callback step → partial batch response."""
    return process_partial_response(event, take_up, processor, context)


def take_up(record: SQSRecord) -> None:
    """One look at one release."""
    message = orjson.loads(record.body)
    arguments = message["arguments"]
    store = open_store(os.environ["STORE_URL"])
    manifest = candidate(store, arguments)
    outcome = advance(store, configured_endpoints(), manifest, instead_of=arguments["instead_of"] or None)
    attempts = int(record.attributes.approximate_receive_count)
    if isinstance(outcome, Waiting) and attempts < int(os.environ["RELEASE_ATTEMPTS"]):
        raise StillWaitingError(outcome.reason)
    logger.info("release ended", version=manifest.version, outcome=repr(outcome))
    report(boto3.client("sagemaker"), message["token"], outcome)


def report(sagemaker: "SageMakerClient", token: str, outcome: Outcome) -> None:
    """Ends the callback step."""
    match outcome:
        case Done(version=version):
            outputs: Any = [{"Name": "live_version", "Value": version}]
            sagemaker.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=outputs)
        case Refused(reason=reason) | Waiting(reason=reason):
            sagemaker.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason=reason[:256])
