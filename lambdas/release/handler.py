"""Moves releases: the pipeline's callback step, a person's order, an alarm, or a change in the model
registry, each a message.

A release outlasts a Lambda, so an unfinished one fails its message: the queue's visibility timeout is the
polling interval, and after so many attempts it is given up, with what it still waited for, or its last error,
as the reason. With `approval=manual` the pipeline's step ends when the version is complete, and an order
makes it live."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import ClientError

from lambdas.endpoints import configured_endpoints, log_outcome
from lambdas.release import registry
from lambdas.release.orders import take_order
from lambdas.settings import ReleaseSettings
from object2vec.core.endpoints import Endpoints
from object2vec.release.built_manifest import built_manifest
from object2vec.release.manifest import live, load, pointer, save
from object2vec.release.rollback import withdraw
from object2vec.release.rollout import Done, Outcome, Refused, Waiting, advance, retire
from object2vec.search.s3vectors.bucket import remove_vector_indexes
from object2vec.storage import ObjectStore, open_store

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = Logger(service="release")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
"""A message that comes back is the normal case here: no invocation counts as failed for it."""
LAST_ATTEMPTS = 3
"""Number of further attempts, which make up for a report that did not arrive or an attempt that was killed;
the queue allows more."""
_STEP_ENDED = {"ResourceNotFound", "ConflictException", "ValidationException"}


class StillWaitingError(RuntimeError):
    """The release is under way: the message comes back."""


def handler(event: dict[str, Any], context: Any) -> Any:
    """SQS records → partial batch response."""
    return process_partial_response(event, partial(_take_up, ReleaseSettings.read()), processor, context)


def _take_up(settings: ReleaseSettings, record: SQSRecord) -> None:
    count, attempts = int(record.attributes.approximate_receive_count), settings.release_attempts
    message, sagemaker = orjson.loads(record.body), boto3.client("sagemaker")
    if count > attempts + LAST_ATTEMPTS:
        give_up(message, settings, sagemaker)
    else:
        last = count >= attempts
        take_up(message, configured_endpoints(settings), sagemaker, settings=settings, last_attempt=last)


def give_up(message: Mapping[str, Any], settings: ReleaseSettings, sagemaker: "SageMakerClient") -> None:
    """Fails the step of a message whose last attempts were killed, out of memory or time: it must not wait
    days."""
    manifest = live(open_store(settings.store_url))
    version = message.get("arguments", {}).get("version")
    outcome: Outcome = Refused("the function that releases was ended in its last attempts: its log says why")
    if manifest and manifest.version == version:
        outcome = Done(version)
    log_outcome(logger, _subject(message), outcome)
    if "token" in message:
        _report(sagemaker, message["token"], outcome)


def take_up(
    message: Mapping[str, Any],
    endpoints: Endpoints | None,
    sagemaker: "SageMakerClient",
    *,
    settings: ReleaseSettings,
    last_attempt: bool,
) -> None:
    """Takes one message one step further; ends the callback step if there is an outcome. Raises
    StillWaitingError."""
    store = open_store(settings.store_url)
    before = pointer(store)
    try:
        outcome = _outcome(store, settings, endpoints, sagemaker, message)
    except Exception as error:
        logger.exception("release could not be taken up", last_attempt=last_attempt)
        if not last_attempt:
            raise
        outcome = Refused(f"{type(error).__name__}: {error}")
    concerned = {current.version for current in (before, pointer(store)) if current} | {_version(message)}
    for version in sorted(filter(None, concerned)):
        registry.show(store, sagemaker, version)
    if isinstance(outcome, Waiting):
        if not last_attempt:
            raise StillWaitingError(outcome.reason)
        outcome = Refused(outcome.reason)
    log_outcome(logger, _subject(message), outcome)
    if isinstance(outcome, Done):
        _tidy(store, settings)
    if isinstance(outcome, Refused) and last_attempt:
        retire(endpoints, keep=live(store))
    if "token" in message:
        _report(sagemaker, message["token"], outcome)


def _outcome(
    store: ObjectStore,
    settings: ReleaseSettings,
    endpoints: Endpoints | None,
    sagemaker: "SageMakerClient",
    message: Mapping[str, Any],
) -> Outcome:
    if message.get("order") == "package":
        return registry.follow(store, endpoints, sagemaker, message["package"])
    if "order" in message:
        return take_order(store, endpoints, message)
    arguments = message["arguments"]
    if "Stopping" in (message.get("status"), message.get("Status")):
        return _stopped(store, arguments["version"])
    manifest = built_manifest(store, arguments)
    if settings.approval == "manual":
        save(store, manifest)
        current = live(store)
        return Done(current.version if current else "")
    return advance(store, endpoints, manifest, instead_of=arguments["instead_of"] or None)


def _stopped(store: ObjectStore, version: str) -> Outcome:
    """Withdraws the version of a run that somebody stops: the run waits for an answer, and its message finds
    that.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopPipelineExecution.html
    """
    reason = "its run was stopped"
    return Refused(reason) if withdraw(store, version, reason=reason) else Done(version)


def _tidy(store: ObjectStore, settings: ReleaseSettings) -> None:
    """Removes vector indexes of models that are neither live nor needed for a roll-back."""
    current = pointer(store)
    if current:
        versions = filter(None, (current.version, current.previous))
        remove_vector_indexes(settings, keep={load(store, version).model_version for version in versions})


def _version(message: Mapping[str, Any]) -> str:
    return str(message.get("version") or message.get("arguments", {}).get("version") or "")


def _subject(message: Mapping[str, Any]) -> str:
    return str(message.get("order") or _version(message))


def _report(sagemaker: "SageMakerClient", token: str, outcome: Outcome) -> None:
    """Ends the step. That it ended before (by a previous report, or a stopped execution) is no error."""
    try:
        match outcome:
            case Done(version=version):
                outputs: Any = [{"Name": "live_version", "Value": version}]
                sagemaker.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=outputs)
            case Refused(reason=reason) | Waiting(reason=reason):
                sagemaker.send_pipeline_execution_step_failure(
                    CallbackToken=token, FailureReason=reason[:256]
                )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _STEP_ENDED:
            raise
        logger.warning("the pipeline's step had ended already", reason=str(error))
