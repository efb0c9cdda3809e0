"""Scenarios of the API: requests over HTTP, user data, and the query report."""

import os
from base64 import b64encode
from contextlib import suppress
from typing import Any

import boto3
import pytest

from lambdas.search.pictures import RemoteReader
from lambdas.settings import EventsSettings
from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import StoreUnavailableError
from object2vec.storage import item_log
from tests.helpers.moto_account import CONTEXT, MotoAccount, created, request, sqs
from tests.helpers.pictures import picture
from tests.helpers.recorded_calls import Call, recorded

COLUMNS = "USER_ID,ITEM_ID,TIMESTAMP\n"


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
        patch.setattr(RemoteReader, "_asked", read_here)
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


def read_here(reader: RemoteReader, what: str, content: bytes) -> Any:
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
    """Builds the histories of two uploads, so that there is an old version too."""
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
    from lambdas.events.handler import event_service
    from lambdas.preprocess import handler as preprocessing
    from lambdas.user_data import handler as module

    aws.publish_seed()
    preprocessing._store.cache_clear()
    for name in ("a", "b"):
        aws.store.put(f"uploads/interactions/{name}.csv", f"{COLUMNS}u,1,1700000000\nv,1,5\nu,,1\n".encode())
        preprocessing.handler(created(f"uploads/interactions/{name}.csv"), CONTEXT)
    settings = EventsSettings(store_url=aws.store.url, history_url=os.environ["HISTORY_URL"], auth="iam")
    service = event_service(settings)
    service.record([{"event_id": "1", "user_id": "u", "item_id": "1"}])
    with recorded() as calls:
        module.handler(sqs({"detail-type": "Scheduled Event", "detail": {}}), CONTEXT)
        module.handler(created("curated/interactions/a.parquet"), CONTEXT)
    service.record([{"event_id": "2", "user_id": "u", "item_id": "1"}])
    service.erase("u")
    service.record([{"event_id": "3", "user_id": "u", "item_id": "1"}])
    with recorded() as erased:
        entry = module.erase if erasing else module.handler
        entry(created("erasures/u.json"), CONTEXT)
    return erased if erasing else calls | erased


def query_report(aws: MotoAccount) -> set[Call]:
    """A day on which nobody searched."""
    from lambdas.query_report.handler import handler

    for group in os.environ["LOG_GROUPS"].split(","):
        boto3.client("logs").create_log_group(logGroupName=group)
    with recorded() as calls:
        handler({}, CONTEXT)
    return calls
