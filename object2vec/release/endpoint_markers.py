"""What is kept beside a model of its endpoint: why it has none, and that new settings were asked for."""

from contextlib import suppress

import orjson

from object2vec.release.manifest import PREFIX
from object2vec.storage import ConflictError, NotFoundError, ObjectStore


def endpoint_note(store: ObjectStore, model_version: str) -> str:
    """Why the model has to do without an endpoint; empty if it does not."""
    try:
        return str(orjson.loads(store.get(_note_key(model_version)))["reason"])
    except NotFoundError:
        return ""


def forget_failure(store: ObjectStore, model_version: str) -> None:
    """A new deployment tries the endpoint of the live model, or its new settings, once more."""
    store.delete(_note_key(model_version))
    store.delete(_renewed_key(model_version))
    forget_trouble(store, model_version)


def go_without_endpoint(store: ObjectStore, model_version: str, reason: str) -> None:
    """Notes why a model has no endpoint, so that nobody starts it before the next deployment."""
    store.put(_note_key(model_version), orjson.dumps({"reason": reason}))


def asked_for_settings(store: ObjectStore, model_version: str) -> bool:
    """Whether this deployment's settings were asked for already."""
    return any(store.list(_renewed_key(model_version)))


def note_settings(store: ObjectStore, model_version: str) -> None:
    """They are asked for once a deployment."""
    store.put(_renewed_key(model_version), b"")


def minutes_of_trouble(store: ObjectStore, model_version: str, now: float) -> float:
    """For how long the provider has not taken what is asked for the model's endpoint, with this time."""
    key = _trouble_key(model_version)
    with suppress(ConflictError):
        store.create(key, orjson.dumps({"since": now}))
    return float(now - orjson.loads(store.get(key))["since"]) / 60


def forget_trouble(store: ObjectStore, model_version: str) -> None:
    """It has taken it."""
    store.delete(_trouble_key(model_version))


def _trouble_key(model_version: str) -> str:
    return f"{PREFIX}{model_version}.trouble.json"


def _note_key(model_version: str) -> str:
    return f"{PREFIX}{model_version}.endpoint.json"


def _renewed_key(model_version: str) -> str:
    return f"{PREFIX}{model_version}.renewed"
