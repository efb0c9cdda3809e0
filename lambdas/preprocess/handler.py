"""S3 "Object Created" events, through EventBridge and SQS: each upload gets its report and curated data."""

import json
import os
from functools import cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import ObjectStore, open_store

logger = Logger(service="preprocess")


def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Answers with the messages to deliver again: those on which the store failed. Raises if all did."""
    return process_partial_response(
        event=event, record_handler=_process, processor=BatchProcessor(EventType.SQS), context=context
    )


def _process(record: SQSRecord) -> None:
    key = json.loads(record.body)["detail"]["object"]["key"]  # not URL-encoded, unlike in S3 notifications
    report = preprocess_upload(_store(), key)
    logger.info(report.summary(), extra={"key": key, "problem": report.problem})


@cache
def _store() -> ObjectStore:
    return open_store(os.environ["STORE_URL"])
