"""How a version becomes live: save, start its endpoint, try it, move the pointer, retire the old endpoint.

`advance` takes one step as far as it can without waiting and is called again until it is `Done` or `Refused`.
Each step may be repeated and the caller killed between any two: the next call starts from what it finds.
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import orjson

from object2vec.model.encoder import PooledEncoder, load_encoder
from object2vec.release.endpoints import Endpoints, EndpointState, EndpointUnavailableError
from object2vec.release.manifest import Manifest, go_live, live, save
from object2vec.store import ConflictError, ObjectStore

SMOKE_TEXT = "a red shirt"
SMOKE_COSINE = 0.999


@dataclass(frozen=True, slots=True)
class Waiting:
    """Call again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The version is live; `warning` says what it has to do without."""

    version: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The version did not go live and the one before it stays."""

    reason: str


Outcome = Waiting | Done | Refused


def advance(
    store: ObjectStore, endpoints: Endpoints | None, manifest: Manifest, *, instead_of: str | None
) -> Outcome:
    """Brings `manifest` live in place of the model `instead_of` (a model version; None: of nothing).

    Without `endpoints`, or where the provider has no capacity, the version goes live without an endpoint:
    the in-process encoder answers, and the stored note and the outcome's warning say why.
    """
    if endpoints is not None:
        manifest = replace(manifest, endpoint=endpoints.name_for(manifest.version))
    save(store, manifest)
    warning = ""
    if endpoints is not None and manifest.endpoint:
        outcome = _bring_up(store, endpoints, manifest)
        if isinstance(outcome, Waiting | Refused):
            return outcome
        warning = outcome.warning
    current = live(store)
    model_now = current.model_version if current else None
    if model_now not in {instead_of, manifest.model_version}:
        _retire(endpoints, keep=current)
        return Refused(f"model {model_now} went live while this one, judged against {instead_of}, was built")
    try:
        go_live(store, manifest.version, instead_of=current.version if current else None)
    except ConflictError as conflict:
        return Waiting(str(conflict))
    _retire(endpoints, keep=manifest)
    return Done(manifest.version, warning)


def endpoint_note(store: ObjectStore, manifest: Manifest) -> str:
    """Why the version has no endpoint; empty if it has one or wants none."""
    key = _note_key(manifest)
    notes = [entry.key for entry in store.list(key)]
    return str(orjson.loads(store.get(key))["reason"]) if notes else ""


def _bring_up(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> Outcome:
    name = manifest.endpoint
    assert name is not None
    status = endpoints.status(name)
    if status.state is EndpointState.IN_SERVICE:
        reason = _smoke_test(store, endpoints, manifest)
        if reason:
            endpoints.delete(name)
            return Refused(reason)
        return Done(manifest.version)
    if status.state is EndpointState.FAILED:
        endpoints.delete(name)
        return _without_endpoint(store, manifest, status.reason)
    if status.state is EndpointState.ABSENT and not endpoint_note(store, manifest):
        try:
            endpoints.start(name, manifest.model_artifact or "")
        except EndpointUnavailableError as error:
            return _without_endpoint(store, manifest, str(error))
    note = endpoint_note(store, manifest)
    return Done(manifest.version, note) if note else Waiting(f"endpoint {name} is {status.state}")


def _smoke_test(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> str:
    assert manifest.endpoint is not None
    answer = endpoints.embed(manifest.endpoint, SMOKE_TEXT)
    if answer.model_version != manifest.model_version:
        return f"endpoint {manifest.endpoint} serves {answer.model_version}, not {manifest.model_version}"
    expected = released_encoder(store, manifest).encode_queries([SMOKE_TEXT])[0]
    got = np.asarray(answer.vector, np.float32)
    if got.shape != expected.shape or float(got @ expected) < SMOKE_COSINE:
        return f"endpoint {manifest.endpoint} and the exported encoder disagree on {SMOKE_TEXT!r}"
    return ""


def released_encoder(store: ObjectStore, manifest: Manifest) -> PooledEncoder:
    """The torch-free encoder of a release."""
    with tempfile.TemporaryDirectory() as folder:
        for entry in store.list(manifest.encoder):
            store.download(entry.key, Path(folder) / entry.key.removeprefix(manifest.encoder))
        return load_encoder(Path(folder))


def _without_endpoint(store: ObjectStore, manifest: Manifest, reason: str) -> Done:
    store.put(_note_key(manifest), orjson.dumps({"reason": reason}))
    return Done(manifest.version, reason)


def _note_key(manifest: Manifest) -> str:
    return manifest.key.replace("manifest.json", "endpoint.json")


def _retire(endpoints: Endpoints | None, *, keep: Manifest | None) -> None:
    """In-flight calls to a retired endpoint fall back to the in-process encoder, so it can go at once."""
    if endpoints is None:
        return
    for name in endpoints.names():
        if keep is None or name != keep.endpoint:
            endpoints.delete(name)
