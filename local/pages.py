"""Pages that the local server adds to the API: the latest model report, its metrics, and pictures."""

import json
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from lambdas.routes import ID, ROUTES
from local.counts import SharedCounts
from local.gateway_event import gateway_event
from local.http import GUARDED, Handler
from local.waiting import waiting
from object2vec.core.keys import EXECUTIONS, LATEST_EXECUTION, SHOWN_PICTURES
from object2vec.search.queries.report import load_latest
from object2vec.storage import FolderStore, NotFoundError, ObjectStore

REPORT = "evaluation/report.html"
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')
"""A report names its own; those of versions before have none."""
_NO_REPORT = "There is no report yet: it is written when a training has been evaluated."
_EARLIER = "The report was made by an earlier version. Open it as a file:"
_IMAGES, _IMAGE = "/images/", re.compile(r"[0-9a-f]{32}-\d{3,4}\.jpg")
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class LocalPages:
    """A handler of these pages, in front of the handler of the API. `data` holds the uploads."""

    def __init__(self, answer: Handler, store: FolderStore, counts: SharedCounts, data: Path) -> None:
        self._answer, self._store, self._data = answer, store, data
        self._registry = CollectorRegistry()
        self._registry.register(counts)
        self._seconds = Histogram(
            "object2vec_request_seconds",
            "Time in the handler, by route, method and status.",
            ("route", "method", "status"),
            buckets=_BUCKETS,
            registry=counts.registry,
        )
        self._empty = Counter(
            "object2vec_searches_without_result", "Searches that found nothing.", registry=counts.registry
        )
        self._healthy = self._gauge("object2vec_healthy", "1 if /health says ok.")
        self._items = self._gauge("object2vec_items", "Items that can be searched.")
        self._searches = self._gauge(
            "object2vec_searches",
            "Searches of the last seven days, by the latest query report: all, those of shoppers whose events"
            " are known (followed), and those of them after which something was taken (with_click).",
            "kind",
        )
        self._bytes = self._gauge("object2vec_store_bytes", "What the store takes on the disk.")
        self._waiting = self._gauge(
            "object2vec_waiting",
            "What waits to be read: uploads, events that are not curated, segments of the item log that are"
            " not in the base index.",
            "what",
        )
        self._oldest = self._gauge(
            "object2vec_oldest_waiting_seconds", "How long the oldest of them has waited.", "what"
        )
        self._model = self._gauge(
            "object2vec_model_created_timestamp_seconds",
            "When the live model was made: how fresh the data are that it learned from.",
        )

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        """A number that the process that is asked finds out."""
        return Gauge(name, what, labels, registry=self._registry)

    def answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """API Gateway's answer to its event."""
        method, path = event["httpMethod"], event["path"]
        if method == "GET" and path in {"/report", "/metrics"}:
            return self._report() if path == "/report" else self._metrics()
        if method == "GET" and path.startswith(_IMAGES):
            return self._picture(path)
        started = time.perf_counter()
        answer = self._answer(event, context)
        labels = (_route_of(path), method, str(answer["statusCode"]))
        self._seconds.labels(*labels).observe(time.perf_counter() - started)
        if path == "/search" and '"total":0,' in (answer.get("body") or ""):
            self._empty.inc()
        return answer

    def _report(self) -> dict[str, Any]:
        key = latest_report(self._store)
        if key is None:
            return _page(404, "text/plain; charset=utf-8", _NO_REPORT)
        text = self._store.get(key).decode()
        if not (policy := _POLICY.search(text)):
            path = unquote(urlsplit(self._store.url).path)
            return _page(200, "text/plain; charset=utf-8", f"{_EARLIER} {path}/{key}")
        headers = {"Content-Security-Policy": f"{policy[1]}; frame-ancestors 'none'"}
        return _page(200, "text/html; charset=utf-8", text, headers)

    def _picture(self, path: str) -> dict[str, Any]:
        """A copy of a picture. Its key is a hash of its content, so a browser may cache it."""
        name = path.removeprefix(_IMAGES)
        try:
            content = self._store.get(SHOWN_PICTURES + name) if _IMAGE.fullmatch(name) else None
        except NotFoundError:
            content = None
        if content is None:
            return _page(404, "text/plain; charset=utf-8", "there is no such picture")
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        page = _page(200, "image/jpeg", b64encode(content).decode(), kept)
        return {**page, "isBase64Encoded": True}

    def _metrics(self) -> dict[str, Any]:
        health = json.loads(self._answer(gateway_event("GET", "/health"), None)["body"])
        self._healthy.set(health.get("status") == "ok")
        self._items.set((health.get("index") or {}).get("items", 0))
        if created := (health.get("model") or {}).get("created_at"):
            self._model.set(datetime.fromisoformat(created).timestamp())
        report = load_latest(self._store) or {}
        for kind, name in (("all", "searches"), ("followed", "followed"), ("with_click", "clicks")):
            self._searches.labels(kind).set(report.get(name, 0))
        for kind, moments in waiting(self._store, self._data).items():
            self._waiting.labels(kind).set(len(moments))
            self._oldest.labels(kind).set(max(0.0, time.time() - min(moments)) if moments else 0.0)
        self._bytes.set(sum(entry.size for entry in self._store.list("")))
        return _page(200, CONTENT_TYPE_LATEST, generate_latest(self._registry).decode())


def latest_report(store: ObjectStore) -> str | None:
    """The key of the report of the latest training that was evaluated."""
    try:
        key = f"{EXECUTIONS}{json.loads(store.get(LATEST_EXECUTION))['id']}/{REPORT}"
        return key if store.head(key) else None
    except (NotFoundError, ValueError, TypeError, KeyError):  # not there, or damaged
        return None


def _route_of(path: str) -> str:
    """The route without ids, as the table of routes has it: each id would make a metric of its own."""
    patterns = ((route.path, re.escape(route.path).replace(re.escape(ID), "[^/]+")) for route in ROUTES)
    return next((name for name, pattern in patterns if re.fullmatch(pattern, path)), "other")


def _page(status: int, kind: str, body: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": kind, **GUARDED, **(headers or {})},
        "body": body,
        "isBase64Encoded": False,
    }
