"""The custom resource that owns the endpoints: creates the seed's, keeps the live one, deletes them all.

The live pointer decides what runs, never the template: a later deployment finds a newer model and keeps it,
unless it has no image for it any more (object2vec/release/fallback.py). What a deployment may change is the
format of the base index: the owner has the indexer look, and keeps CloudFormation from giving the search
function its new code until the live release has a base for that.
Events: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html (asynchronous
providers: `on_event`, then `is_complete` until it says so).
"""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from aws_lambda_powertools import Logger

from lambdas.endpoint_owner.teardown import delete_everything, trainings_ended
from lambdas.endpoints import configured_endpoints, log_outcome
from lambdas.settings import EndpointOwnerSettings
from object2vec.core.endpoints import EndpointProviderError, Endpoints
from object2vec.release.endpoint_markers import clear_markers
from object2vec.release.fallback import fall_back_from_builtin
from object2vec.release.manifest import live
from object2vec.release.rollout import Refused, Waiting, advance, retire
from object2vec.release.seed import publish_seed
from object2vec.search.base_formats import lacks_base
from object2vec.search.engines import FORMAT
from object2vec.serving.package import PACKAGES
from object2vec.storage import ObjectStore, open_store

logger = Logger(service="endpoint-owner")
RESOURCE_ID = "object2vec-endpoints"


def on_event(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Create and update publish the seed where nothing is live; delete starts the teardown."""
    settings = EndpointOwnerSettings.read()
    if event["RequestType"] == "Delete":
        delete_everything(settings, configured_endpoints(settings))
    else:
        _publish(settings, open_store(settings.store_url))
        _wake_indexer(settings, event["RequestId"])
    return {"PhysicalResourceId": RESOURCE_ID}


def _publish(settings: EndpointOwnerSettings, store: ObjectStore) -> None:
    with serving_packages(settings.job_bundle_uri) as packages:
        manifest = publish_seed(store, packages)
        if not settings.builtin_image_uri:
            manifest = fall_back_from_builtin(store, packages) or manifest
    clear_markers(store, manifest.model_version)


def _wake_indexer(settings: EndpointOwnerSettings, request_id: str) -> None:
    """One message for each request of CloudFormation: the queue drops repeated ones. The indexer, one run at
    a time, adds a base in its own format where there is none."""
    boto3.client("sqs").send_message(
        QueueUrl=settings.indexer_queue_url,
        MessageBody=json.dumps({"deployment": request_id}),
        MessageGroupId="all",
    )


def is_complete(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Takes the next step towards what the event asked for; `{"IsComplete": …}`."""
    settings = EndpointOwnerSettings.read()
    endpoints = configured_endpoints(settings)
    if event["RequestType"] == "Delete":
        return {"IsComplete": _removed_all(endpoints) and trainings_ended(settings)}
    store = open_store(settings.store_url)
    manifest = live(store)
    if manifest is None:
        raise RuntimeError("nothing is live although the seed was published: was releases/live.json removed?")
    outcome = advance(store, endpoints, manifest, instead_of=manifest.model_version)
    log_outcome(logger, manifest.version, outcome)
    if isinstance(outcome, Refused):
        if live(store) != manifest:  # a release went live in between: the next call converges to it
            return {"IsComplete": False}
        raise RuntimeError(outcome.reason)
    return {"IsComplete": not isinstance(outcome, Waiting) and _has_base(store)}


def _removed_all(endpoints: Endpoints | None) -> bool:
    """Removes endpoints, also one that a release under way has started since; whether none is left. A
    provider that does not take the request is asked again at the next look."""
    try:
        retire(endpoints, keep=None)
        return endpoints is None or not endpoints.names()
    except EndpointProviderError as error:
        logger.warning("endpoints cannot be removed yet", reason=str(error))
        return False


def _has_base(store: ObjectStore) -> bool:
    """Whether the search function of this deployment can read the live release."""
    manifest = live(store)
    if manifest is None or lacks_base(store, manifest):
        logger.info("waiting for the base index", version=manifest and manifest.version, format=FORMAT)
        return False
    return True


@contextmanager
def serving_packages(job_bundle_uri: str) -> Iterator[Path]:
    """A folder with `PACKAGES` of the zip at an `s3://` URI, for as long as the context lasts."""
    parts = urlsplit(job_bundle_uri)
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "bundle.zip"
        boto3.client("s3").download_file(parts.netloc, parts.path.lstrip("/"), str(archive))
        folder = Path(scratch) / "packages"
        with zipfile.ZipFile(archive) as bundle:
            wanted = [name for name in bundle.namelist() if name.split("/", 1)[0] in PACKAGES]
            bundle.extractall(folder, wanted)
        yield folder
