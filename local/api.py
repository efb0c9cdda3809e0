"""The API's functions behind one address, routed as the stack does, and the user-data worker."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import lambdas.user_data.handler as user_data
from lambdas.events.app import EventsRoutes
from lambdas.events.handler import event_service
from lambdas.routes import function_of
from lambdas.search.api import search_api
from lambdas.search.app import SearchRoutes
from lambdas.settings import EventsSettings, SearchSettings, StorefrontVariable, UserDataSettings
from local.endpoints import PREFIX
from local.gateway_event import gateway_event
from local.query_log import FolderLog
from local.work_folder import WorkFolder, exclusive
from object2vec.core.errors import InputError
from object2vec.core.keys import CURATED_INTERACTIONS
from object2vec.ingest.pictures.encode import InProcessReader
from object2vec.model.pictures.encoder import EfficientNetLite
from object2vec.search.live import Upkeep
from object2vec.search.queries.report import write_report
from object2vec.users.erasure import pending
from object2vec.users.service import EventService

RETRY_S = 30.0
"""Seconds between two attempts at erasures that damage keeps open."""

_log = logging.getLogger(__name__)


class LocalApi:
    """Both functions and the worker over one folder."""

    def __init__(self, folder: WorkFolder, upkeep: Upkeep | None = None) -> None:
        self._folder, self._upkeep = folder, upkeep
        self._store_url, self._history_url = folder.store().url, folder.history_url
        self._worker = UserDataSettings(store_url=self._store_url, history_url=self._history_url)
        self._searching, self._of_thread = threading.Lock(), threading.local()
        self._starting = threading.Lock()
        self._query_log = FolderLog(folder.query_log)
        self._damaged: list[InputError] = []
        self._kept_open: set[str] = set()
        self._tried_at = 0.0

    def answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answers API Gateway's event by the function that owns its path: search one request at a time, as in
        one instance of a Lambda function, and events several at once, since they wait for the disk."""
        if function_of(event["path"]) != "events":
            with self._searching:
                return self._search.answer(event, context)
        reply = self._events().answer(event, context)
        if event["httpMethod"] == "DELETE" and reply["statusCode"] == 200:
            self._query_log.forget(unquote(event["path"].removeprefix("/users/")))
            with exclusive(self._folder.curating, wait=False) as free:
                if free:
                    self._erase_now()
        return reply

    @cached_property
    def _search(self) -> SearchRoutes:
        return self._new_search()

    def _new_search(self) -> SearchRoutes:
        settings = SearchSettings(
            store_url=self._store_url,
            history_url=self._history_url,
            auth="none",
            serve_page=True,
            endpoint_prefix=PREFIX,
            images="public",
            images_url="/images/",
        )
        reader = InProcessReader(self._folder.store(), EfficientNetLite)
        return search_api(settings, self._upkeep, reader, self._query_log.write)

    def _events(self) -> EventsRoutes:
        """A router answers one request at a time: each thread has one."""
        routes: EventsRoutes | None = getattr(self._of_thread, "routes", None)
        if routes is None:
            origins = StorefrontVariable.read().origins
            routes = self._of_thread.routes = EventsRoutes(self._event_service, origins, auth="none")
        return routes

    def _event_service(self) -> EventService:
        with self._starting:
            return self._one_event_service

    @cached_property
    def _one_event_service(self) -> EventService:
        settings = EventsSettings(store_url=self._store_url, history_url=self._history_url, auth="none")
        return event_service(settings, self._query_log.write)

    def _erase_now(self) -> None:
        """Carries out the pending erasures and leaves them open until the next look at the uploads: one that
        waits, while a model is trained, say, may hold the person."""
        try:
            self._erase(close=False)
        except Exception:  # the request stays, and is tried and reported again later
            _log.warning("an erasure is not done yet", exc_info=True)

    def health(self) -> dict[str, Any]:
        """`/health` as a process that starts now would answer it; nothing of it stays in memory."""
        reply = self._new_search().answer(gateway_event("GET", "/health"), None)
        health: dict[str, Any] = json.loads(reply["body"])
        return health

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A context in which no other process reads uploads, curates or erases. Erasures that are requested
        meanwhile are carried out at its end, so that rows which were read before bring nobody back."""
        with exclusive(self._folder.curating):
            yield
            self._erase()

    def _erase(self, *, close: bool = True) -> None:
        """Carries out the pending erasures. What damage keeps open is tried again after a while, since each
        attempt reads all that is stored; at once if somebody else asks."""
        asked = set(pending(self._folder.store()))
        if not (self._damaged and asked == self._kept_open and time.monotonic() < self._tried_at + RETRY_S):
            self._damaged = user_data.erase_pending(self._worker, close=close)
            self._kept_open = set(pending(self._folder.store())) if self._damaged else set()
            self._tried_at = time.monotonic()
        if self._damaged:
            raise self._damaged[0].with_traceback(None)

    def report_queries(self) -> None:
        """Writes the daily query report, as the schedule does in a deployment."""
        write_report(self._folder.store(), self._query_log.lines, time.time())
        self._query_log.remove_old()

    @property
    def query_log_size(self) -> int:
        """The size of the query log in bytes."""
        return self._query_log.size

    def curate(self) -> None:
        """Curates events and builds histories, as the schedule and new interactions do in a deployment."""
        messages = [{"detail-type": "Scheduled Event", "detail": {}}, _created(CURATED_INTERACTIONS)]
        user_data.work_off(self._worker, {"Records": [{"body": json.dumps(message)} for message in messages]})


def _created(key: str) -> dict[str, Any]:
    return {"detail-type": "Object Created", "detail": {"object": {"key": key}}}
