"""An account in moto for one function of the stack: its buckets, its environment, and a tiny seed model."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.core.exceptions import JsonRESTError

from local.gateway_event import gateway_event
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release import Manifest, seed, snapshot
from object2vec.release.smoke_test import SMOKE_TEXT
from object2vec.serving.package import PACKAGES
from object2vec.storage import ObjectStore, open_store
from tests.helpers.deployed_account import ACCOUNT, REGION, DeployedAccount
from tests.helpers.rollouts import write_model

CONTEXT = SimpleNamespace(
    function_name="function", aws_request_id="1", invoked_function_arn="arn",
    get_remaining_time_in_millis=lambda: 900_000,
)  # fmt: skip
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}


@dataclass(frozen=True)
class MotoAccount:
    """What a scenario finds: the data bucket, and the folders of the seed and of the serving packages."""

    store: ObjectStore
    seed: Path
    packages: Path

    def publish_seed(self) -> Manifest:
        """Makes the seed live."""
        return seed.publish_seed(self.store, self.packages)

    def put_job_bundle(self) -> None:
        """The asset that the function's environment names."""
        bucket, key = os.environ["JOB_BUNDLE_URI"].removeprefix("s3://").split("/", 1)
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as bundle:
            for package in PACKAGES:
                bundle.writestr(f"{package}/__init__.py", "")
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=data.getvalue())

    def endpoints_answer(self) -> None:
        """moto's endpoints are in service at once; this gives them the seed's embedding to answer with."""
        encoder = load_encoder(self.seed)
        vector = encoder.encode_queries([SMOKE_TEXT])[0].tolist()
        body = {"model_version": encoder.version, "predictions": [{"embeddings": vector}]}
        results = [{"Body": json.dumps(body)}] * 10
        requests.post(
            "http://motoapi.amazonaws.com/moto-api/static/sagemaker/endpoint-results",
            json={"results": results, "account_id": ACCOUNT, "region": REGION},
            timeout=5,
        )


@contextmanager
def moto_account(account: DeployedAccount, function: str, scratch: Path) -> Iterator[MotoAccount]:
    """The account under the environment that the template gives the function."""
    variables = account.properties(function)["Environment"]["Variables"]
    write_model(scratch / "seed", 0)
    for package in PACKAGES:
        (scratch / "packages" / package).mkdir(parents=True)
        (scratch / "packages" / package / "__init__.py").write_text("")
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in (variables | KEYS).items():
            patch.setenv(name, value)
        patch.setattr(ApplicationAutoscalingBackend, "deregister_scalable_target", _deregister)
        for module in (seed, snapshot):
            patch.setattr(module, "seed_folder", lambda: scratch / "seed")
        s3 = boto3.client("s3")
        assets = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
        for bucket in (variables["STORE_URL"].removeprefix("s3://"), assets):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        if "HISTORY_URL" in variables:
            _create_table(account, variables["HISTORY_URL"].removeprefix("dynamodb://"))
        if "INDEXER_QUEUE_URL" in variables:
            in_order = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
            name = variables["INDEXER_QUEUE_URL"].rpartition("/")[2]
            boto3.client("sqs").create_queue(QueueName=name, Attributes=in_order)
        yield MotoAccount(open_store(variables["STORE_URL"]), scratch / "seed", scratch / "packages")


def _deregister(backend: ApplicationAutoscalingBackend, _service: str, resource: str, dimension: str) -> None:
    """A target that is not there is AWS's ObjectNotFoundException; moto calls it a ValidationException."""
    if backend.targets.get(dimension, {}).pop(resource, None) is None:
        raise JsonRESTError("ObjectNotFoundException", f"No scalable target found: {resource}")


def _create_table(account: DeployedAccount, name: str) -> None:
    """The session store, with the keys and the index that the template gives it."""
    properties = account.properties(account.one("AWS::DynamoDB::Table", "EventsSessions"))
    wanted = ("AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "BillingMode")
    boto3.client("dynamodb").create_table(TableName=name, **{key: properties[key] for key in wanted})


def sqs(body: dict[str, Any], receive_count: str = "1") -> dict[str, Any]:
    """One message as SQS delivers it to a function."""
    attributes = {"ApproximateReceiveCount": receive_count}
    record = {"messageId": "1", "body": json.dumps(body), "eventSource": "aws:sqs", "attributes": attributes}
    return {"Records": [record]}


def created(key: str) -> dict[str, Any]:
    """S3's event for a new object, through EventBridge and SQS."""
    return sqs({"source": "aws.s3", "detail": {"bucket": {"name": "b"}, "object": {"key": key}}})


def request(method: str, path: str, body: Any = None) -> dict[str, Any]:
    """API Gateway's event for a signed request."""
    event = gateway_event(method, path, body=json.dumps(body).encode() if body else b"")
    event["requestContext"]["identity"]["userArn"] = f"arn:aws:iam::{ACCOUNT}:role/shop"
    return event
