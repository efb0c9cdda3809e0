"""The events API behind API Gateway; env: STORE_URL and HISTORY_URL, where the session store is."""

import os
from functools import cache
from typing import Any

from lambdas.events.app import EventsApi
from object2vec.events import open_history
from object2vec.events.service import EventService
from object2vec.store import open_store


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One API Gateway (REST, proxy integration) event in, its answer out."""
    return _api().answer(event, context)


@cache
def _api() -> EventsApi:
    return EventsApi(_service)


@cache
def _service() -> EventService:
    return EventService(open_store(os.environ["STORE_URL"]), open_history(os.environ["HISTORY_URL"]))
