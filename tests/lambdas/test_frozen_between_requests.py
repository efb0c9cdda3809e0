"""Lambda freezes a process once its answer is out, until the next request: nothing may be left to do."""

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

import lambdas
from local.gateway_event import gateway_event
from object2vec.core.catalog import CatalogItem
from object2vec.release import go_live, save
from object2vec.storage import item_log
from object2vec.users.erasure import request_erasure
from tests.helpers.deployed_account import ACCOUNT, REGION
from tests.helpers.frozen import FrozenFunction
from tests.helpers.moto_account import KEYS
from tests.helpers.pictures import picture, zipped
from tests.helpers.rollouts import stored_model

EVERY_S = 2.0
RELEASES = int(os.environ.get("FROZEN_RELEASES", "4"))
"""How many releases and roll-backs in a row; `make chaos` plays more."""
SLOW = 500.0
"""Bytes a second: a tiny model then takes as long as a real one at S3's speed."""


@pytest.fixture
def shop(store, models):
    """Two releases, the first one live."""
    for folder, version in zip(models, ("old", "new"), strict=True):
        save(store, stored_model(store, folder, version)[0])
    go_live(store, "old", instead_of=None)
    item_log.append(store, [CatalogItem("a", "a red shirt"), CatalogItem("b", "a shirt")])
    return store


@pytest.fixture
def start(store, tmp_path) -> Iterator[object]:
    running = []

    def started(name, environment=(), **more):
        environment = dict(environment) | {
            "STORE_URL": store.url,
            "HISTORY_URL": f"sqlite://{tmp_path}/sessions.db",
            "AUTH": "none",
        }
        running.append(FrozenFunction(f"lambdas.{name}.handler", environment, **more))
        return running[-1]

    yield started
    for function in running:
        function.end()


def search(function, later_s=EVERY_S):
    """The version that answers."""
    answer = function(gateway_event("GET", "/search", query=[("query", "red shirt")]), later_s)
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])["model_version"]


def requests_until(function, version, at_most):
    for number in range(at_most):
        if search(function) == version:
            return number
    raise AssertionError(f"{version} did not answer within {at_most} requests")


def test_a_release_and_a_roll_back_reach_a_warm_function_within_two_requests(shop, start):
    function = start("search", bytes_per_s=SLOW)
    old = search(function)
    go_live(shop, "new", instead_of="old")
    new = search(function)
    assert new != old
    assert function.took_s > 1, "the load was too quick to tell"
    assert requests_until(function, new, 2) == 0
    go_live(shop, "old", instead_of="new")
    assert requests_until(function, old, 3) <= 2


def test_release_after_release_reaches_a_warm_function_within_two_requests(shop, start):
    """An item is written before each, and found by the release that was live then and by the new one."""
    function = start("search")
    live, other, models = "old", "new", {"old": search(function)}
    for number in range(RELEASES):
        item_log.append(shop, [CatalogItem(f"item-{number}", "a red red shirt")])
        go_live(shop, other, instead_of=live)
        live, other = other, live
        third = [search(function) for _ in range(3)][-1]
        assert third == models.setdefault(live, third) != models[other]
        answer = function(gateway_event("GET", f"/items/item-{number}"), EVERY_S)
        assert answer["statusCode"] == 200, answer["body"]
        assert function.threads == []


def test_a_release_that_takes_longer_than_a_request_may_wait_arrives_all_the_same(shop, start):
    """Its connections die while the process is frozen; what was copied before stays."""
    for number in range(100):
        shop.put(f"releases/new/encoder/{number}", b"x")
    function = start("search", files_a_request=20, constants={"object2vec.search.live.PATIENCE_S": 0.3})
    old = search(function)
    go_live(shop, "new", instead_of="old")
    assert search(function) == old
    new = next(version for version in (search(function) for _ in range(60)) if version != old)
    assert search(function) == new


def test_an_item_is_found_in_the_next_request(shop, start):
    function = start("search")
    search(function)
    item_log.append(shop, [CatalogItem("c", "a red red shirt")])
    answer = function(gateway_event("GET", "/search", query=[("query", "red shirt")]), EVERY_S)
    assert "c" in [hit["id"] for hit in json.loads(answer["body"])["hits"]]


def queue(*bodies):
    by_sqs = {"eventSource": "aws:sqs", "attributes": {"ApproximateReceiveCount": "1"}}
    return {
        "Records": [{"messageId": str(n), "body": json.dumps(body)} | by_sqs for n, body in enumerate(bodies)]
    }


def created(key):
    return {"source": "aws.s3", "detail": {"object": {"key": key, "etag": "x"}}}


RECORDED = {"events": [{"event_id": "1", "user_id": "u", "item_id": "a"}]}
PICTURE = picture((0.0, 0.0, 1.0))
REPORT = "reports/uploads/interactions/e.csv.json"
EVENTS = {
    "search.handler": gateway_event("GET", "/search", query=[("query", "red")]),
    "events.handler": gateway_event("POST", "/events", body=json.dumps(RECORDED).encode()),
    "user_data.handler": queue({"source": "aws.scheduler"}),
    "user_data.erase": queue(created("erasures/u.json")),
    "preprocess.handler": queue(created("uploads/catalog/a.jsonl")),
    "pictures.handler": queue(created("uploads/images/a.png")),
    "pictures.look": {"do": "vector", "content": b64encode(PICTURE).decode()},
    "indexer.handler": {},
    "snapshot.handler": {"execution_id": "e1"},
    "release.handler": queue({"order": "alarm", "alarm": "ModelFails"}),
    "endpoint_owner.on_event": {"RequestType": "Update", "RequestId": "1"},
    "endpoint_owner.is_complete": {"RequestType": "Update"},
    "cost_guard.handler": {},
    "pruner.handler": {},
    "retrain.handler": queue(created(REPORT), {"source": "schedule"}),
    "query_report.handler": {},
    "sign_in.handler": {"request": {"groupConfiguration": {}}, "response": {}},
}
"""What each function is asked, by its module and entry."""


def test_every_entry_of_every_function_is_here():
    """Lambda calls them with an event and a context."""
    entry = re.compile(r"^def (\w+)\(\s*_?event: [^()]*\b_?context: ", re.M)
    (folder,) = lambdas.__path__
    found = {
        f"{path.parent.name}.{name}"
        for path in Path(folder).glob("*/handler.py")
        for name in entry.findall(path.read_text())
    }
    assert found == set(EVENTS)


@pytest.mark.parametrize("path", ["/rules", "/synonyms", "/query-report", "/openapi.json", "/nowhere"])
def test_a_first_request_that_needs_no_release_does_not_leave_its_copy_under_way(shop, start, path):
    function = start("search")
    function(gateway_event("GET", path))
    assert function.threads == []


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """An account at a local address: connections to it are real, and go on while a process is frozen."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    variables = KEYS | {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_MAX_ATTEMPTS": "1",
        "ENDPOINT_MODE": "cpu", "ENDPOINT_PREFIX": "shop", "ENDPOINT_INSTANCE_TYPE": "ml.m5.large",
        "SERVING_IMAGE_URI": "image", "MODEL_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/model",
        "RELEASE_ATTEMPTS": "60", "JOB_BUNDLE_URI": "s3://assets/jobs.zip",
        "PIPELINE_NAME": "shop", "MODEL_PACKAGE_GROUP": "shop", "RETRAIN_AFTER_INTERACTIONS": "1",
        "LOG_GROUPS": "search,events",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        boto3.setup_default_session()
        boto3.client("s3").create_bucket(
            Bucket="assets", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        boto3.client("s3").put_object(Bucket="assets", Key="jobs.zip", Body=zipped(code=b""))
        in_order = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        queue = boto3.client("sqs").create_queue(QueueName="log.fifo", Attributes=in_order)
        variables["INDEXER_QUEUE_URL"] = queue["QueueUrl"]
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName="shop")
        boto3.client("sagemaker").create_pipeline(
            PipelineName="shop", PipelineDefinition='{"Steps": []}', ClientRequestToken="t" * 32,
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline",
        )  # fmt: skip
        for group in ("search", "events"):
            boto3.client("logs").create_log_group(logGroupName=group)
    yield variables
    boto3.setup_default_session()
    server.stop()


@pytest.mark.parametrize("name", EVENTS)
def test_nothing_is_at_work_once_the_answer_is_out(shop, start, account, name):
    shop.put("uploads/catalog/a.jsonl", b'{"label": "z", "text": "a shirt"}\n')
    shop.put("uploads/images/a.png", PICTURE)
    shop.put(REPORT, b'{"accepted": 10}')
    request_erasure(shop, "u", 0, 0)
    go_live(shop, "new", instead_of="old")
    module, _, entry = name.partition(".")
    function = start(module, entry=entry, environment=account)
    function(EVENTS[name])
    function(EVENTS[name], EVERY_S)
    assert function.threads == []
