"""Markers beside a release: why its model has no endpoint, whether new settings were asked for, and since
when the provider refuses."""

from contextlib import suppress

import orjson

from object2vec.core.keys import RELEASES
from object2vec.storage import ConflictError, NotFoundError, ObjectStore


def marked_reason(store: ObjectStore, key: str) -> str:
    """The reason in a marker; empty where there is no marker."""
    try:
        return str(orjson.loads(store.get(key))["reason"])
    except NotFoundError:
        return ""


def mark_reason(store: ObjectStore, key: str, reason: str) -> None:
    """Writes a marker."""
    store.put(key, orjson.dumps({"reason": reason}))


def endpoint_marker(store: ObjectStore, model_version: str) -> str:
    """Why the model has no endpoint; empty if nothing is known against one."""
    return marked_reason(store, _marker_key(model_version))


def clear_markers(store: ObjectStore, model_version: str) -> None:
    """Removes all markers: a new deployment tries the model's endpoint, or its new settings, once more."""
    store.delete(_marker_key(model_version))
    store.delete(_renewed_key(model_version))
    clear_trouble(store, model_version)


def go_without_endpoint(store: ObjectStore, model_version: str, reason: str) -> None:
    """Marks why a model has no endpoint, so that nobody starts one before the next deployment."""
    mark_reason(store, _marker_key(model_version), reason)


def asked_for_settings(store: ObjectStore, model_version: str) -> bool:
    """Whether this deployment has already asked the endpoint to take its settings."""
    return any(store.list(_renewed_key(model_version)))


def mark_settings(store: ObjectStore, model_version: str) -> None:
    """Marks that new settings were asked for: a deployment asks only once."""
    store.put(_renewed_key(model_version), b"")


def minutes_of_trouble(store: ObjectStore, model_version: str, now: float) -> float:
    """The minutes since the provider first refused a request for the model's endpoint; marks the first
    time."""
    key = _trouble_key(model_version)
    with suppress(ConflictError):  # it began earlier
        store.create(key, orjson.dumps({"since": now}))
    return float(now - orjson.loads(store.get(key))["since"]) / 60


def clear_trouble(store: ObjectStore, model_version: str) -> None:
    """Removes the marker of a refusing provider: it has accepted a request."""
    store.delete(_trouble_key(model_version))


def _trouble_key(model_version: str) -> str:
    return f"{RELEASES}{model_version}.trouble.json"


def _marker_key(model_version: str) -> str:
    return f"{RELEASES}{model_version}.endpoint.json"


def _renewed_key(model_version: str) -> str:
    return f"{RELEASES}{model_version}.renewed"
