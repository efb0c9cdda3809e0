"""How a version becomes live: save, start its endpoint, try it, move the pointer, retire the old endpoint.

`advance` takes one step as far as it can without waiting and is called again until it is `Done` or `Refused`.
Each step may be repeated and the caller killed between any two: the next call starts from what it finds.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from object2vec.model.encoder import PooledEncoder, load_encoder
from object2vec.release.endpoints import Endpoints, EndpointState, EndpointUnavailableError
from object2vec.release.manifest import PREFIX, Manifest, go_live, live, save
from object2vec.store import ConflictError, NotFoundError, ObjectStore

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
    save(store, manifest)
    outcome = _bring_up(store, endpoints, manifest) if endpoints else Done(manifest.version)
    if not isinstance(outcome, Done):
        return outcome
    current = live(store)
    model_now = current.model_version if current else None
    if model_now not in {instead_of, manifest.model_version}:
        _retire(endpoints, keep=current)
        return Refused(f"model {model_now} went live while this one, judged against {instead_of}, was built")
    if current and _is_newer_base(current, manifest):
        _retire(endpoints, keep=current)
        return Done(current.version, outcome.warning)
    try:
        go_live(store, manifest.version, instead_of=current.version if current else None)
    except ConflictError as conflict:
        return Waiting(str(conflict))
    _retire(endpoints, keep=manifest)
    return outcome


def _is_newer_base(current: Manifest, manifest: Manifest) -> bool:
    """The indexer may have gone further for this very model since the release was first taken up."""
    return current.model_version == manifest.model_version and current.watermark > manifest.watermark


def _bring_up(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> Outcome:
    name = endpoints.name_for(manifest.model_version)
    status = endpoints.status(name)
    match status.state:
        case EndpointState.IN_SERVICE:
            return _tried(store, endpoints, manifest)
        case EndpointState.FAILED:
            outcome = _without_endpoint(store, manifest, status.reason)
            endpoints.delete(name)
            return outcome
        case EndpointState.ABSENT:
            return _started(store, endpoints, manifest)
    return Waiting(f"endpoint {name} is {status.state}")


def _started(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> Outcome:
    """A version whose endpoint failed once goes on without: only a new version or deployment tries again."""
    earlier = endpoint_note(store, manifest.model_version)
    if earlier:
        return Done(manifest.version, earlier)
    name = endpoints.name_for(manifest.model_version)
    try:
        endpoints.start(name, manifest.model_artifact or "")
    except EndpointUnavailableError as error:
        return _without_endpoint(store, manifest, str(error))
    return Waiting(f"endpoint {name} was asked for")


def _tried(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> Outcome:
    reason = _smoke_test(store, endpoints, manifest)
    name = endpoints.name_for(manifest.model_version)
    if not reason:
        endpoints.scale(name)
        return Done(manifest.version)
    endpoints.delete(name)
    return Refused(reason)


def _smoke_test(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> str:
    """What is wrong with the endpoint's answer; empty if it is the exported encoder's own."""
    name = endpoints.name_for(manifest.model_version)
    answer = endpoints.embed(name, SMOKE_TEXT)
    if answer.model_version != manifest.model_version:
        return f"endpoint {name} serves {answer.model_version}, not {manifest.model_version}"
    expected = released_encoder(store, manifest).encode_queries([SMOKE_TEXT])[0]
    got = np.asarray(answer.vector, np.float32)
    if got.shape != expected.shape or not float(got @ expected) >= SMOKE_COSINE:  # NaN is not close either
        return f"endpoint {name} and the exported encoder disagree on {SMOKE_TEXT!r}"
    return ""


def released_encoder(store: ObjectStore, manifest: Manifest) -> PooledEncoder:
    """The torch-free encoder of a release."""
    with tempfile.TemporaryDirectory() as folder:
        for entry in store.list(manifest.encoder):
            store.download(entry.key, Path(folder) / entry.key.removeprefix(manifest.encoder))
        return load_encoder(Path(folder))


def endpoint_note(store: ObjectStore, model_version: str) -> str:
    """Why the model has to do without an endpoint; empty if it does not."""
    try:
        return str(orjson.loads(store.get(_note_key(model_version)))["reason"])
    except NotFoundError:
        return ""


def forget_failure(store: ObjectStore, model_version: str) -> None:
    """A new deployment tries the endpoint of the live model once more."""
    store.delete(_note_key(model_version))


def _without_endpoint(store: ObjectStore, manifest: Manifest, reason: str) -> Done:
    store.put(_note_key(manifest.model_version), orjson.dumps({"reason": reason}))
    return Done(manifest.version, reason)


def _note_key(model_version: str) -> str:
    return f"{PREFIX}{model_version}.endpoint.json"


def _retire(endpoints: Endpoints | None, *, keep: Manifest | None) -> None:
    """In-flight calls to a retired endpoint fall back to the in-process encoder, so it can go at once."""
    if endpoints is None:
        return
    kept = endpoints.name_for(keep.model_version) if keep else ""
    for name in endpoints.names():
        if name != kept:
            endpoints.delete(name)
