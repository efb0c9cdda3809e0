"""The events API behind API Gateway; env: STORE_URL and HISTORY_URL, where the session store is."""

import os
from functools import cache, partial
from typing import Any

from lambdas.events.app import EventsRoutes
from object2vec.release.manifest import trained_model
from object2vec.search.known_items import KnownItems
from object2vec.storage import open_store
from object2vec.users.histories import open_history
from object2vec.users.service import EventService


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One API Gateway (REST, proxy integration) event in, its answer out."""
    return _api().answer(event, context)


@cache
def _api() -> EventsRoutes:
    return EventsRoutes(_service)


@cache
def _service() -> EventService:
    store = open_store(os.environ["STORE_URL"])
    return EventService(
        store,
        open_history(os.environ["HISTORY_URL"]),
        unknown_items=KnownItems(store).unknown,
        trained_model=partial(trained_model, store),
    )
