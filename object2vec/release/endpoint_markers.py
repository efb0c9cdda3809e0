"""Markers beside a release: why its model has no endpoint, whether new settings were asked for, and since
when the provider refuses a step."""

from contextlib import suppress
from typing import Literal, get_args

import orjson

from object2vec.core.keys import RELEASES
from object2vec.storage import ConflictError, NotFoundError, ObjectStore

Phase = Literal["start", "scale", "retire"]
"""What a release asks of the endpoints' provider."""


def marked_reason(store: ObjectStore, key: str) -> str:
    """The reason in a marker; empty where there is no marker. A damaged one is a marker all the same."""
    try:
        return str(orjson.loads(store.get(key))["reason"])
    except NotFoundError:
        return ""
    except (ValueError, TypeError, KeyError):
        return f"{key} cannot be read"


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
    for step in get_args(Phase):
        clear_trouble(store, model_version, step)


def go_without_endpoint(store: ObjectStore, model_version: str, reason: str) -> None:
    """Marks why a model has no endpoint, so that nobody starts one before the next deployment."""
    mark_reason(store, _marker_key(model_version), reason)


def asked_for_settings(store: ObjectStore, model_version: str) -> bool:
    """Whether this deployment has already asked the endpoint to take its settings."""
    return any(store.list(_renewed_key(model_version)))


def mark_settings(store: ObjectStore, model_version: str) -> None:
    """Marks that new settings were asked for: a deployment asks only once."""
    store.put(_renewed_key(model_version), b"")


def minutes_of_trouble(store: ObjectStore, model_version: str, step: Phase, now: float) -> float:
    """The minutes since the provider first refused this step of the model's release; marks the first time."""
    key = _trouble_key(model_version, step)
    with suppress(ConflictError):  # it began earlier
        store.create(key, orjson.dumps({"since": now}))
    return float(now - orjson.loads(store.get(key))["since"]) / 60


def clear_trouble(store: ObjectStore, model_version: str, step: Phase) -> None:
    """Removes the marker of a refusing provider: it has taken the step."""
    store.delete(_trouble_key(model_version, step))


def _trouble_key(model_version: str, step: Phase) -> str:
    return f"{RELEASES}{model_version}.{step}.trouble.json"


def _marker_key(model_version: str) -> str:
    return f"{RELEASES}{model_version}.endpoint.json"


def _renewed_key(model_version: str) -> str:
    return f"{RELEASES}{model_version}.renewed"
