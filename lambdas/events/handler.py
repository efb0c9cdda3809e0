"""The events API behind API Gateway."""

from functools import cache, partial
from typing import Any

from lambdas.events.app import EventsRoutes
from lambdas.http.logs import log_as_json, logged
from lambdas.settings import EventsSettings
from object2vec.core.event_weights import read_setting
from object2vec.release.manifest import trained_model
from object2vec.search.known_items import KnownItems
from object2vec.search.queries.log import QueryLogWriter, Sink
from object2vec.storage import open_store
from object2vec.users.histories import open_session_store
from object2vec.users.service import EventService


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One API Gateway (REST, proxy integration) event in, its answer out."""
    return logged(_api().answer, event, context)


@cache
def _api() -> EventsRoutes:
    log_as_json()
    settings = EventsSettings.read()
    return EventsRoutes(_service, settings.origins, auth=settings.auth)


@cache
def _service() -> EventService:
    return event_service(EventsSettings.read())


def event_service(settings: EventsSettings, sink: Sink = print) -> EventService:
    """The service behind the routes. `sink` takes the lines of the query log."""
    store = open_store(settings.store_url)
    counted = settings.query_report == "daily"
    query_log = QueryLogWriter(sink, settings.query_log_key or store.url) if counted else None
    return EventService(
        store,
        open_session_store(settings.history_url),
        unknown_items=KnownItems(store).unknown,
        trained_model=partial(trained_model, store),
        event_weights=read_setting(settings.event_weights),
        took=query_log.took if query_log else None,
    )
