"""Leads each handler through everything it does with AWS: the calls are what its role must allow."""

import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lambdas.endpoints import configured_endpoints
from lambdas.search.pictures import RemoteReader
from lambdas.settings import EndpointVariables
from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import StoreUnavailableError
from object2vec.ingest.pictures import sweep
from object2vec.ingest.pictures.kept import ENCODER, SHOWN, VECTORS, shown_key
from object2vec.ingest.pictures.table import Claim, change
from object2vec.release import Manifest, go_live, live, pruning, save
from object2vec.release.retraining import load_state
from object2vec.search.formats import HEADER, lacks_base
from object2vec.storage import item_log, log_checkpoint
from tests.helpers.deployed_account import ACCOUNT
from tests.helpers.moto_account import CONTEXT, MotoAccount, created, request, sqs
from tests.helpers.pictures import picture, zipped
from tests.helpers.recorded_calls import Call, recorded, sagemaker_arn

COLUMNS = "USER_ID,ITEM_ID,TIMESTAMP\n"
OLD = "seed-0123456789ab"
EXECUTION = sagemaker_arn("pipeline/{pipeline}/execution/1")


def preprocess(aws: MotoAccount) -> set[Call]:
    """Good and bad rows of every kind of upload, each sent twice, the second time replacing the first."""
    from lambdas.preprocess import handler as module

    module._store.cache_clear()
    uploads = {
        "uploads/catalog/items.csv": ["label,text\n1,a\n,missing\n", "label,text\n2,b\n"],
        "uploads/interactions/e.csv": [f"{COLUMNS}u,1,1700000000\nu,,1\n", f"{COLUMNS}u,2,1700000000\n"],
    }
    with recorded() as calls:
        for key, versions in uploads.items():
            for text in versions:
                aws.store.put(key, text.encode())
                assert module.handler(created(key), CONTEXT) == {"batchItemFailures": []}
    module._store.cache_clear()
    return calls


def pictures(aws: MotoAccount) -> set[Call]:
    """A picture before its item, an archive with one that is refused, replaced and deleted."""
    from lambdas.pictures import handler as module

    module._store.cache_clear()
    red, none = (
        picture((1.0, 0.0, 0.0)),
        zipped(**{"x.png": b"no picture", "2.png": picture((0.0, 1.0, 0.0))}),
    )
    item_log.append(aws.store, [CatalogItem("1", "a red shirt"), CatalogItem("2", "a green shirt")])
    with recorded() as calls:
        for key, data in (("1.png", red), ("all.zip", none), ("1.png", none), ("1.png", red)):
            aws.store.put(f"uploads/images/{key}", data)
            assert module.handler(created(f"uploads/images/{key}"), CONTEXT) == {"batchItemFailures": []}
        aws.store.delete("uploads/images/1.png")
        module.handler(created("uploads/images/1.png"), CONTEXT)
    module._store.cache_clear()
    return calls


def picture_reader(aws: MotoAccount) -> set[Call]:
    """A picture that is asked about, and one that is kept."""
    from lambdas.pictures import handler as module

    module._store.cache_clear()
    module._reader.cache_clear()
    content = b64encode(picture((0.0, 0.0, 1.0))).decode()
    with recorded() as calls:
        for what in ("vector", "keep"):
            assert what in module.look({"do": what, "content": content}, CONTEXT)
    module._store.cache_clear()
    module._reader.cache_clear()
    return calls


def snapshot(aws: MotoAccount) -> set[Call]:
    """A first run, whose live model is the seed, and the same execution asking again."""
    from lambdas.snapshot.handler import handler

    item_log.append(aws.store, [CatalogItem("1", "a red shirt")])
    with recorded() as calls:
        handler({"execution_id": "e1"}, CONTEXT)
        handler({"execution_id": "e1"}, CONTEXT)
    return calls


def indexer(aws: MotoAccount) -> set[Call]:
    """A tail that has grown; then a base of another format, and both at once."""
    from lambdas.indexer import handler as module

    aws.publish_seed()
    with recorded() as calls:
        assert _grown(aws, module)
    _of_another_format(aws)
    with recorded() as adding:
        assert module.handler({}, CONTEXT) == {"released": None}
    assert not lacks_base(aws.store, _live(aws))
    with recorded() as both:
        assert _grown(aws, module)
    return calls | adding | both | _compacted(aws, module)


def _compacted(aws: MotoAccount, module: Any) -> set[Call]:
    """A checkpoint, and a second one after which nothing needs what lies before it."""
    with recorded() as calls, pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_checkpoint, "MAX_SEGMENTS", 0)
        patch.setattr(log_checkpoint, "KEEP_S", -10)
        for _ in range(2):
            assert _grown(aws, module)
    assert next(item_log.read(aws.store)).number > 1
    return calls


def _grown(aws: MotoAccount, module: Any) -> str | None:
    """What the indexer releases when the tail has grown."""
    item_log.append(aws.store, [CatalogItem(str(number), "a shirt") for number in range(3)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TAIL_CHANGES", 1)
        released: str | None = module.handler({}, CONTEXT)["released"]
    return released


def _live(aws: MotoAccount) -> Manifest:
    manifest = live(aws.store)
    assert manifest
    return manifest


def _of_another_format(aws: MotoAccount) -> None:
    """As the code of before has built the live base."""
    aws.store.put(f"{_live(aws).index}{HEADER}", b'{"format": 0}')


def search(aws: MotoAccount) -> set[Call]:
    """Reads, writes and removes, pictures too."""
    from lambdas.pictures import handler as reader
    from lambdas.search import handler as module

    aws.publish_seed()
    module._api.cache_clear()
    reader._store.cache_clear()
    reader._reader.cache_clear()
    image = b64encode(picture((0.0, 0.0, 1.0))).decode()
    reader.look({"do": "vector", "content": image}, CONTEXT)  # from here on its own calls are not recorded
    with recorded() as calls, pytest.MonkeyPatch.context() as patch:
        patch.setattr(RemoteReader, "_asked", _read_here)
        for event in (
            request("GET", "/health"),
            request("PUT", "/items/1", {"text": "a red shirt", "metadata": {}}),
            request("PUT", "/items/1/image", {"image": image}),
            request("POST", "/search", {"image": image}),
            request("POST", "/search", {"query": "shirt", "user_id": "u"}),
            request("GET", "/items/1/similar"),
            request("GET", "/items/1/bought-together"),
            request("POST", "/recommendations", {"basket": ["1"], "user_id": "u"}),
            request("POST", "/rank", {"items": ["1"], "user_id": "u", "query": "shirt"}),
            request("PUT", "/rules", {"rules": [], "version": None}),
            request("PUT", "/synonyms", {"synonyms": [], "version": None}),
            request("GET", "/query-report"),
            request("DELETE", "/items/1"),
        ):
            answer = module.handler(event, CONTEXT)
            assert answer["statusCode"] < 300, answer["body"]
    module._api.cache_clear()
    reader._store.cache_clear()
    reader._reader.cache_clear()
    return calls


def _read_here(reader: RemoteReader, what: str, content: bytes) -> Any:
    """Asks the function that reads pictures, which this account lacks, and then answers in its place."""
    from lambdas.pictures import handler as module

    with suppress(StoreUnavailableError):
        _ASKED(reader, what, content)
    return module.look({"do": what, "content": b64encode(content).decode()}, CONTEXT)[what]


_ASKED = RemoteReader._asked


def recorder(aws: MotoAccount) -> set[Call]:
    """Events, the same again, and a person who wants to be forgotten and asks how far that is."""
    from lambdas.events import handler as module

    aws.publish_seed()
    _build_histories(aws)
    item_log.append(aws.store, [CatalogItem("1", "a red shirt")])
    module._api.cache_clear()
    module._service.cache_clear()
    event = {"event_id": "1", "user_id": "u", "item_id": "1"}
    with recorded() as calls:
        for asked in (
            request("POST", "/events", {"events": [event]}),
            request("POST", "/events", {"events": [event]}),
            request("GET", "/users/u"),
            request("DELETE", "/users/u"),
        ):
            answer = module.handler(asked, CONTEXT)
            assert answer["statusCode"] == 200, answer["body"]
    module._api.cache_clear()
    module._service.cache_clear()
    return calls


def _build_histories(aws: MotoAccount) -> None:
    """Of two uploads, so that there is an old version too."""
    from lambdas.preprocess import handler as module
    from object2vec.users.history_build import build_histories

    module._store.cache_clear()
    for name in ("a", "b"):
        aws.store.put(f"uploads/interactions/{name}.csv", f"{COLUMNS}u,1,1700000000\nv,1,5\n".encode())
        module.handler(created(f"uploads/interactions/{name}.csv"), CONTEXT)
        build_histories(aws.store)
    module._store.cache_clear()


def user_data(aws: MotoAccount) -> set[Call]:
    """Curates events, builds histories, closes the erasure of a person who is everywhere."""
    return _looked_after(aws, erasing=False)


def eraser(aws: MotoAccount) -> set[Call]:
    """Erases a person who is everywhere."""
    return _looked_after(aws, erasing=True)


def _looked_after(aws: MotoAccount, *, erasing: bool) -> set[Call]:
    from lambdas.events import handler as api
    from lambdas.preprocess import handler as preprocessing
    from lambdas.user_data import handler as module

    aws.publish_seed()
    preprocessing._store.cache_clear()
    api._service.cache_clear()
    api._api.cache_clear()
    for name in ("a", "b"):
        aws.store.put(f"uploads/interactions/{name}.csv", f"{COLUMNS}u,1,1700000000\nv,1,5\nu,,1\n".encode())
        preprocessing.handler(created(f"uploads/interactions/{name}.csv"), CONTEXT)
    service = api._service()
    service.record([{"event_id": "1", "user_id": "u", "item_id": "1"}])
    with recorded() as calls:
        module.handler(sqs({"detail-type": "Scheduled Event", "detail": {}}), CONTEXT)
        module.handler(created("curated/interactions/a.parquet"), CONTEXT)
    service.record([{"event_id": "2", "user_id": "u", "item_id": "1"}])
    service.forget("u")
    service.record([{"event_id": "3", "user_id": "u", "item_id": "1"}])
    with recorded() as erased:
        entry = module.erase if erasing else module.handler
        entry(created("erasures/u.json"), CONTEXT)
    return erased if erasing else calls | erased


def owner_on_event(aws: MotoAccount) -> set[Call]:
    """Creation; deletion with an endpoint and a registered version to remove, and a run to stop."""
    from lambdas.endpoint_owner import handler as module

    aws.put_job_bundle()
    with recorded() as creating:
        module.on_event({"RequestType": "Create", "RequestId": "1"}, CONTEXT)
    module.is_complete({"RequestType": "Create"}, CONTEXT)
    _register_a_version()
    _create_pipeline()
    with recorded() as deleting, suppress(NotImplementedError):  # moto removes no packages, asked for last
        module.on_event({"RequestType": "Delete"}, CONTEXT)
    # moto's executions have ended before one can stop them
    verbs = ("StopPipelineExecution", "ListPipelineExecutionSteps", "SendPipelineExecutionStepFailure")
    return creating | deleting | {Call(f"sagemaker:{verb}", EXECUTION) for verb in verbs}


def owner_is_complete(aws: MotoAccount) -> set[Call]:
    """An endpoint is asked for, passes its test and goes live, an older one retires; the base index is of
    another format until the indexer has added one; at the end all endpoints go."""
    from lambdas.endpoint_owner import handler as module
    from lambdas.indexer import handler as indexer

    aws.publish_seed()
    _grown(aws, indexer)
    _of_another_format(aws)
    _create_pipeline()
    _start_an_old_endpoint(aws)
    with recorded() as calls:
        assert module.is_complete({"RequestType": "Create"}, CONTEXT) == {"IsComplete": False}
        aws.endpoints_answer()
        assert module.is_complete({"RequestType": "Update"}, CONTEXT) == {"IsComplete": False}
    indexer.handler({}, CONTEXT)
    with recorded() as completing:
        assert module.is_complete({"RequestType": "Update"}, CONTEXT) == {"IsComplete": True}
        module.is_complete({"RequestType": "Delete"}, CONTEXT)
    return calls | completing | _update()


def release(aws: MotoAccount) -> set[Call]:
    """A version's endpoint comes up, an older one retires, the pipeline's step is told."""
    from lambdas.release import handler as module

    arguments = _candidate(aws)
    message = {"token": "callback-token", "arguments": arguments}
    _start_an_old_endpoint(aws)
    with recorded() as calls:
        module.handler(sqs(message), CONTEXT)
        aws.endpoints_answer()
        with suppress(NotImplementedError):  # moto does not know the callback's answer
            module.handler(sqs(message, os.environ["RELEASE_ATTEMPTS"]), CONTEXT)
        module.handler(sqs({"order": "package", "package": arguments["model_package"]}), CONTEXT)
    assert live(aws.store).version == "e1"
    return calls | _update() | {Call("sagemaker:SendPipelineExecutionStepFailure", EXECUTION)}


def cost_guard(aws: MotoAccount) -> set[Call]:
    """The budget is spent while an endpoint runs."""
    from lambdas.cost_guard.handler import handler

    aws.publish_seed()
    _start_an_old_endpoint(aws)
    with recorded() as calls:
        (removed,) = handler({}, CONTEXT)["removed"]
    assert removed.endswith(OLD)
    return calls


def pruner(aws: MotoAccount) -> set[Call]:
    """A release that nobody needs any more, one half removed, what a refused run left, and a registered
    version of none."""
    from lambdas.pruner import handler as module

    first = aws.publish_seed()
    for number in range(1, 4):
        version = f"e{number}"
        save(aws.store, replace(first, version=version, model_version=version, created_at=f"2100-0{number}"))
        aws.store.put(f"releases/{version}/index/index.json", b"{}")
        go_live(aws.store, version, instead_of=f"e{number - 1}" if number > 1 else first.version)
    aws.store.put("releases/refused/model/model.tar.gz", b"model")
    aws.store.put("releases/gone.endpoint.json", b"{}")
    _register_a_version()
    aws.store.put(ENCODER, b"encoder-1")
    aws.store.put(f"{VECTORS}encoder-1/{'0' * 32}", b"[]\n")
    aws.store.put(shown_key("0" * 32, 360), b"a copy")
    change(aws.store, Claim("", "uploads/images/a.png", 1.0), {"a.png": "1" * 32})
    with recorded() as calls, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "UNUSED_S", -1.0)
        patch.setattr(module, "KEPT", 0)
        patch.setattr(module, "UNFINISHED", -timedelta(days=1))
        patch.setattr(pruning, "UNFINISHED", -timedelta(days=1))
        with suppress(NotImplementedError):  # moto removes no packages, asked for last
            module.handler({}, CONTEXT)
    left = {entry.key.split("/")[1] for entry in aws.store.list("releases/")}
    assert not {"e1", "refused", "gone.endpoint.json"} & left
    assert {"e2", "e3", "live.json"} <= left
    assert not [*aws.store.list(VECTORS), *aws.store.list(SHOWN)]
    return calls


def retrain(aws: MotoAccount) -> set[Call]:
    """A report of an upload brings enough, so does a day of events; then the schedule asks."""
    from lambdas.retrain.handler import handler

    _create_pipeline()
    reports = ("reports/uploads/interactions/e.csv.json", "reports/events/2026-11-24.json")
    for key in reports:
        aws.store.put(key, b'{"accepted": 1000000}')
    with recorded() as calls:
        for key in reports:
            handler(created(key), CONTEXT)
        handler(sqs({"source": "schedule"}), CONTEXT)
    assert load_state(aws.store).new_interactions == 0
    return calls


def _start_an_old_endpoint(aws: MotoAccount) -> None:
    endpoints = configured_endpoints(EndpointVariables.read())
    endpoints.start(endpoints.name_for(OLD), f"{aws.store.url}/releases/old/model.tar.gz")


def _update() -> set[Call]:
    """An endpoint gets today's settings; moto cannot update one."""
    name = f"{os.environ['ENDPOINT_PREFIX']}-{OLD}"
    resources = (f"endpoint/{name}", f"endpoint-config/{name}-012345")
    return {Call("sagemaker:UpdateEndpoint", sagemaker_arn(resource)) for resource in resources}


def _candidate(aws: MotoAccount) -> dict[str, str]:
    """The seed's weights once more, as the pipeline's jobs leave a version; the last step's arguments."""
    before = aws.publish_seed()
    for path in aws.seed.iterdir():
        aws.store.upload(path, f"releases/e1/encoder/{path.name}")
    aws.store.put("releases/e1/index/index.json", b"{}")
    aws.store.put("releases/e1/model/model.tar.gz", b"model")
    evaluation = "executions/e1/evaluation/evaluation.json"
    aws.store.put(evaluation, b'{"metrics": {}}')
    return {
        "version": "e1", "created_at": "2026-11-24T00:00:00Z", "instead_of": before.model_version,
        "data_version": "d1", "watermark": "0", "model_package": _register_a_version(),
        "model_artifact": f"{aws.store.url}/releases/e1/model/model.tar.gz",
        "evaluation": f"{aws.store.url}/{evaluation}",
    }  # fmt: skip


def query_report(aws: MotoAccount) -> set[Call]:
    """A day on which nobody searched."""
    from lambdas.query_report.handler import handler

    for group in os.environ["LOG_GROUPS"].split(","):
        boto3.client("logs").create_log_group(logGroupName=group)
    with recorded() as calls:
        handler({}, CONTEXT)
    return calls


def _register_a_version() -> str:
    """Its ARN."""
    sagemaker = boto3.client("sagemaker")
    group = os.environ.get("MODEL_PACKAGE_GROUP", "{pipeline}")  # they have one name
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    pending = "PendingManualApproval"
    registered = sagemaker.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus=pending)
    return str(registered["ModelPackageArn"])


def _create_pipeline() -> None:
    boto3.client("sagemaker").create_pipeline(
        PipelineName=os.environ["PIPELINE_NAME"], PipelineDefinition='{"Steps": []}',
        ClientRequestToken="t" * 32, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline",
    )  # fmt: skip


Scenario = Callable[[MotoAccount], set[Call]]
SCENARIOS: dict[str, Scenario] = {
    "IngestionPreprocess": preprocess,
    "IngestionIndexer": indexer,
    "PicturesTaker": pictures,
    "PicturesReader": picture_reader,
    "TrainingSnapshot": snapshot,
    "TrainingRelease": release,
    "EndpointOnEvent": owner_on_event,
    "EndpointIsComplete": owner_is_complete,
    "Search": search,
    "EventsRecorder": recorder,
    "EventsWorker": user_data,
    "EventsEraser": eraser,
    "QueryReportReporter": query_report,
    "RetrainingRetrain": retrain,
    "PruningPruner": pruner,
    "SpendingCostGuard": cost_guard,
}
"""Our functions by the start of their logical ids."""
