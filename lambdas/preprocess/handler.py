"""S3 "Object Created" and "Object Deleted" events, through EventBridge and SQS: each upload gets its report,
and owns what it holds."""

import json
from collections.abc import Mapping
from functools import cache, partial

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.settings import PreprocessSettings
from object2vec.core.keys import IMAGE_UPLOADS
from object2vec.ingest.owner import MakeOwner
from object2vec.ingest.ownership.versions import Announced
from object2vec.ingest.pictures.attach import attach
from object2vec.ingest.preprocess import OWNERS, preprocess_upload
from object2vec.storage import ObjectStore, open_store
from object2vec.users.erasure import erased_ids_since

logger = Logger(service="preprocess")


def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Answers with the messages to deliver again: those on which the store failed. Raises if all did."""
    return take(_store(), event, context)


def take(
    store: ObjectStore,
    event: dict[str, object],
    context: LambdaContext,
    owners: Mapping[str, MakeOwner] = OWNERS,
) -> PartialItemFailureResponse:
    """Reads the uploads that the messages name; then items are updated from pictures that were added or
    removed."""
    failed = work_off(store, event, context, owners)
    if changed := attach(store):
        logger.info("items show other pictures", extra={"items": changed})
    return failed


def work_off(
    store: ObjectStore,
    event: dict[str, object],
    context: LambdaContext,
    owners: Mapping[str, MakeOwner] = OWNERS,
) -> PartialItemFailureResponse:
    """Reads the uploads that the messages name."""
    return process_partial_response(
        event=event,
        record_handler=partial(_process, store, owners),
        processor=BatchProcessor(EventType.SQS),
        context=context,
    )


def _process(store: ObjectStore, owners: Mapping[str, MakeOwner], record: SQSRecord) -> None:
    found = json.loads(record.body)["detail"]["object"]
    key = found["key"]  # not URL-encoded, unlike in S3 notifications
    announced = Announced(found.get("etag", ""), found.get("sequencer", ""))
    if key.startswith(IMAGE_UPLOADS) and IMAGE_UPLOADS not in owners:
        return  # the pictures function gets its own message
    report = preprocess_upload(store, key, announced, owners, partial(erased_ids_since, store))
    logger.info(report.summary(), extra={"key": key, "problem": report.problem})


@cache
def _store() -> ObjectStore:
    return open_store(PreprocessSettings.read().store_url)
