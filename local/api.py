"""The API's functions behind one address, routed as the stack does, and the user-data worker."""

import json
from functools import cache, partial
from typing import Any

import lambdas.user_data.handler as user_data
from lambdas.events.app import EventsRoutes
from lambdas.events.handler import event_service
from lambdas.routes import function_of
from lambdas.search.handler import search_api
from lambdas.settings import EventsSettings, SearchSettings, UserDataSettings
from local.endpoints import PREFIX


class LocalApi:
    """Both functions and the worker over one store."""

    def __init__(self, store_url: str, history_url: str) -> None:
        self._search = search_api(
            SearchSettings(
                store_url=store_url, history_url=history_url, serve_page=True, endpoint_prefix=PREFIX
            )
        )
        events = EventsSettings(store_url=store_url, history_url=history_url)
        self._events = EventsRoutes(cache(partial(event_service, events)))
        self._worker = UserDataSettings(store_url=store_url, history_url=history_url)

    def answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answers API Gateway's event by the function that owns its path."""
        if function_of(event["path"]) != "events":
            return self._search.answer(event, context)
        reply = self._events.answer(event, context)
        if event["httpMethod"] == "DELETE":
            user_data.erase_pending(self._worker)
        return reply

    def curate(self) -> None:
        """What the schedule and new interactions set off: events join the curated data, users get their
        history."""
        messages = [{"detail-type": "Scheduled Event", "detail": {}}, _created("curated/interactions/")]
        user_data.work_off(self._worker, {"Records": [{"body": json.dumps(message)} for message in messages]})


def _created(key: str) -> dict[str, Any]:
    return {"detail-type": "Object Created", "detail": {"object": {"key": key}}}
