"""The API's functions behind one address, routed as the stack does, and the user-data worker."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from threading import Lock
from typing import Any

import lambdas.user_data.handler as user_data
from lambdas.events.app import EventsRoutes
from lambdas.events.handler import event_service
from lambdas.routes import function_of
from lambdas.search.handler import search_api
from lambdas.settings import EventsSettings, SearchSettings, UserDataSettings
from local.endpoints import PREFIX
from local.gateway_event import gateway_event

_log = logging.getLogger(__name__)


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
        self._worker_free = Lock()

    def answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answers API Gateway's event by the function that owns its path."""
        if function_of(event["path"]) != "events":
            return self._search.answer(event, context)
        reply = self._events.answer(event, context)
        if event["httpMethod"] == "DELETE" and self._worker_free.acquire(blocking=False):
            try:
                self._erase()
            except Exception:  # it stays asked for, is tried again after the next look, and told there
                _log.warning("an erasure is not done yet", exc_info=True)
            finally:
                self._worker_free.release()
        return reply

    def health(self) -> dict[str, Any]:
        """What search says of itself."""
        reply = self._search.answer(gateway_event("GET", "/health"), None)
        health: dict[str, Any] = json.loads(reply["body"])
        return health

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the context lasts, nobody else reads uploads, curates or erases; erasures that are asked for
        meanwhile are carried out at its end, so that nothing read before brings a person back."""
        with self._worker_free:
            yield
            self._erase()

    def _erase(self) -> None:
        if damaged := user_data.erase_pending(self._worker):
            raise damaged[0]

    def curate(self) -> None:
        """What the schedule and new interactions set off: events join the curated data, users get their
        history."""
        messages = [{"detail-type": "Scheduled Event", "detail": {}}, _created("curated/interactions/")]
        user_data.work_off(self._worker, {"Records": [{"body": json.dumps(message)} for message in messages]})


def _created(key: str) -> dict[str, Any]:
    return {"detail-type": "Object Created", "detail": {"object": {"key": key}}}
