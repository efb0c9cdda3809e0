"""Looks after what users did: erases people, curates the event log by schedule, brings histories up to date.

Two functions share this code. `erase` has its own queue, so that an erasure waits for nothing else. `handler`
does one thing at a time. A history that it writes during an erasure may hold the person again; so each of its
runs begins by carrying out the pending erasures once more, and closes their requests.

Everything may be repeated; after a failure all messages of the batch come again."""

import json
import time
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.ordered_queue import retried_soon
from lambdas.settings import UserDataSettings
from object2vec.core.errors import InputError
from object2vec.core.event_weights import read_setting
from object2vec.core.keys import ERASURES
from object2vec.core.progress import stretch
from object2vec.release.manifest import trained_model
from object2vec.storage import open_store
from object2vec.users.curation import curate
from object2vec.users.erasure import pending
from object2vec.users.erasure_worker import carry_out
from object2vec.users.histories import open_session_store
from object2vec.users.history_build import build_histories
from object2vec.users.month_fold import fold_months

logger = Logger(service="user_data")


def handler(event: dict[str, Any], context: object) -> None:
    """Messages of the queue: EventBridge's "Object Created" and "Scheduled Event"."""
    with retried_soon(event, context):
        work_off(UserDataSettings.read(), event)


def erase(event: dict[str, Any], context: object) -> None:
    """Messages of the erasures' queue: EventBridge's "Object Created" of requests."""
    with retried_soon(event, context):
        damaged = erase_pending(UserDataSettings.read(), close=False)
        if damaged:
            raise damaged[0]


def work_off(settings: UserDataSettings, event: dict[str, Any]) -> None:
    """Does what the messages ask for."""
    bodies = [json.loads(record["body"]) for record in event["Records"]]
    keys = [body["detail"]["object"]["key"] for body in bodies if "object" in body.get("detail", {})]
    store = open_store(settings.store_url)
    damaged = erase_pending(settings)
    scheduled = len(keys) < len(bodies)
    if scheduled:
        with stretch(0.0, 0.4):
            batches = curate(store)
        logger.info("curated", extra={"batches": batches})
        months = fold_months(store, time.time())
        logger.info("folded", extra={"months": months})
    if scheduled or any(not key.startswith(ERASURES) for key in keys):
        with stretch(0.4, 1.0):
            run = build_histories(store, read_setting(settings.event_weights))
        logger.info("histories", extra=asdict(run))
    if damaged:
        raise damaged[0]


def erase_pending(settings: UserDataSettings, *, close: bool = True) -> list[InputError]:
    """Carries out all pending erasures; without `close`, only those that were not carried out yet. Returns
    the errors of requests that cannot be read; they stop no other."""
    store = open_store(settings.store_url)
    if not (asked := pending(store)):
        return []
    history, damaged = open_session_store(settings.history_url), []
    for key in asked:
        try:
            erasure = carry_out(
                store, history, key, int(time.time()), trained_model=trained_model(store), close=close
            )
        except InputError as error:
            logger.error(str(error))
            damaged.append(error)
            continue
        if erasure is not None:
            logger.info("erased", extra={"report": erasure.report})
    return damaged
