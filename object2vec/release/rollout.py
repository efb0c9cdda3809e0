"""How a version goes live: save it, start its endpoint, test it, move the pointer, retire the old endpoint.

`advance` takes one step as far as it can without waiting and is called again until it is `Done` or `Refused`.
Each step may be repeated, and the caller may be killed between any two: the next call starts from what it
finds.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from object2vec.core.endpoints import (
    EndpointBusyError,
    EndpointProviderError,
    Endpoints,
    EndpointSilentError,
    EndpointState,
    EndpointStatus,
    EndpointUnavailableError,
)
from object2vec.model.builtin.encoder import KIND as BUILTIN
from object2vec.release.endpoint_markers import (
    Phase,
    asked_for_settings,
    clear_trouble,
    endpoint_marker,
    go_without_endpoint,
    mark_settings,
    minutes_of_trouble,
)
from object2vec.release.manifest import Manifest, go_live, live, save
from object2vec.release.rollback import withdrawn
from object2vec.release.smoke_test import smoke_test
from object2vec.storage import ConflictError, ObjectStore

NEEDS_ENDPOINT = "a model of AWS's own image cannot go live without its endpoint"
PATIENCE_MINUTES = 40.0
"""Longest time that an endpoint may neither come up nor fail. A deployment waits for it and must end within
an hour."""
TROUBLE_MINUTES = 10.0
"""Longest time that a provider may refuse a request."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Call again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The version is live; `warning` says what it lacks, an endpoint for example."""

    version: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The version did not go live and the one before it stays."""

    reason: str


Outcome = Waiting | Done | Refused


@dataclass(frozen=True, slots=True)
class _Patience:
    """What a release does while the provider does not take its requests: it waits, but not for ever."""

    store: ObjectStore
    model_version: str
    now: float

    def over(self, step: Phase, take: Callable[[], Outcome], given_up: Callable[[str], Outcome]) -> Outcome:
        """What `take` returns; when it has been refused for too long, what `given_up` makes of the reason."""
        try:
            outcome = take()
        except EndpointProviderError as error:
            if minutes_of_trouble(self.store, self.model_version, step, self.now) < TROUBLE_MINUTES:
                return Waiting(f"the endpoint's provider: {error}")
            return given_up(str(error))
        clear_trouble(self.store, self.model_version, step)
        return outcome


def advance(
    store: ObjectStore,
    endpoints: Endpoints | None,
    manifest: Manifest,
    *,
    instead_of: str | None,
    clock: Callable[[], float] = time.time,
) -> Outcome:
    """Brings `manifest` live in place of the model `instead_of` (a model version; None: of nothing).

    Without `endpoints`, or if the provider refuses one or does not answer, the version goes live without an
    endpoint: the in-process encoder answers. The endpoint marker and the outcome's warning say why. The same
    happens to a version that is live already and whose endpoint turns out to be wrong. That an endpoint
    cannot be made to scale, or cannot be removed, refuses no version: the outcome says so.
    """
    save(store, manifest)
    patience, current = _Patience(store, manifest.model_version, clock()), live(store)
    if refusal := _refusal(store, manifest, current, instead_of):
        return _retired(endpoints, patience, current, Refused(refusal))
    outcome = _ready(endpoints, patience, manifest, current)
    if not isinstance(outcome, Done):
        return outcome
    current = live(store)
    if refusal := _refusal(store, manifest, current, instead_of):  # bringing it up took its time
        return _retired(endpoints, patience, current, Refused(refusal))
    if current and _is_newer_base(current, manifest):
        return _retired(endpoints, patience, current, Done(current.version, outcome.warning))
    try:
        go_live(store, manifest.version, instead_of=current.version if current else None)
    except ConflictError as conflict:
        return Waiting(str(conflict))
    return _retired(endpoints, patience, manifest, outcome)


def _ready(
    endpoints: Endpoints | None, patience: _Patience, manifest: Manifest, current: Manifest | None
) -> Outcome:
    """`Done` when the version can go live. A version that has no encoder of its own needs its endpoint to go
    live; if it is live already it stays, and search goes on by words."""
    store = patience.store
    outcome = _brought_up(endpoints, patience, manifest) if endpoints else Done(manifest.version)
    is_live = current is not None and current.model_version == manifest.model_version
    if is_live and isinstance(outcome, Refused):
        outcome = _without_endpoint(store, manifest, outcome.reason)
    if manifest.kind == BUILTIN and isinstance(outcome, Done) and not is_live:
        lacking = outcome.warning if endpoints else "endpoint=none"
        if lacking:
            return _retired(endpoints, patience, current, Refused(f"{lacking}: {NEEDS_ENDPOINT}"))
    if endpoints and isinstance(outcome, Done) and not endpoint_marker(store, manifest.model_version):
        return _scaled(endpoints, patience, manifest, outcome)
    return outcome


def _retired(
    endpoints: Endpoints | None, patience: _Patience, keep: Manifest | None, outcome: Done | Refused
) -> Outcome:
    """Removes the other endpoints; returns the outcome once they are gone."""

    def removed() -> Outcome:
        busy = retire(endpoints, keep=keep)
        return Waiting(busy) if busy else outcome

    return patience.over("retire", removed, lambda why: _adding(outcome, f"an endpoint is left: {why}"))


def _adding(outcome: Done | Refused, sentence: str) -> Outcome:
    if isinstance(outcome, Done):
        return replace(outcome, warning="; ".join(filter(None, (outcome.warning, sentence))))
    return replace(outcome, reason=f"{outcome.reason}; {sentence}")


def _refusal(store: ObjectStore, manifest: Manifest, current: Manifest | None, instead_of: str | None) -> str:
    """The reason why the version may not replace the live one; empty if it may."""
    model_now = current.model_version if current else None
    if model_now not in {instead_of, manifest.model_version}:
        return f"model {model_now} went live while this one, judged against {instead_of}, was built"
    if current and current.version != manifest.version and (reason := withdrawn(store, manifest.version)):
        return f"{manifest.version} was rolled back: {reason}"
    return ""


def _is_newer_base(current: Manifest, manifest: Manifest) -> bool:
    """Whether the indexer has built a newer base for this same model since the release was begun."""
    return current.model_version == manifest.model_version and current.watermark > manifest.watermark


def _brought_up(endpoints: Endpoints, patience: _Patience, manifest: Manifest) -> Outcome:
    """A step towards the version's endpoint."""
    return patience.over(
        "start",
        lambda: _bring_up(patience.store, endpoints, manifest),
        lambda why: _without_endpoint(patience.store, manifest, why),
    )


def _bring_up(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> Outcome:
    name = endpoints.name_for(manifest.model_version)
    status = endpoints.status(name)
    match status.state:
        case EndpointState.IN_SERVICE:
            return _tried(store, endpoints, manifest, status)
        case EndpointState.OUTDATED:
            return _renewed(store, endpoints, manifest)
        case EndpointState.FAILED:
            outcome = _without_endpoint(store, manifest, status.reason)
            with suppress(EndpointBusyError):  # it costs nothing: the next deployment removes it
                endpoints.delete(name)
            return outcome
        case EndpointState.ABSENT:
            return _started(store, endpoints, manifest)
    if status.minutes > PATIENCE_MINUTES:
        return _without_endpoint(store, manifest, f"{status.state} for {status.minutes:.0f} minutes")
    return Waiting(f"endpoint {name} is {status.state}")


def _started(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> Outcome:
    """Starts the endpoint; a version whose endpoint failed goes live without: only a deployment tries
    again."""
    if failure := endpoint_marker(store, manifest.model_version):
        return Done(manifest.version, failure)
    name = endpoints.name_for(manifest.model_version)
    try:
        endpoints.start(name, manifest.model_artifact or "")
    except EndpointUnavailableError as error:
        return _without_endpoint(store, manifest, str(error))
    return Waiting(f"endpoint {name} was asked for")


def _renewed(store: ObjectStore, endpoints: Endpoints, manifest: Manifest) -> Outcome:
    """Asks for the deployment's settings, once; if the endpoint does not take them, it keeps its old ones."""
    name = endpoints.name_for(manifest.model_version)
    if asked_for_settings(store, manifest.model_version):
        return _kept(manifest, "the new ones did not come up")
    try:
        endpoints.start(name, manifest.model_artifact or "")
    except EndpointUnavailableError as error:
        return _kept(manifest, str(error))
    mark_settings(store, manifest.model_version)
    return Waiting("the endpoint gets new settings")


def _kept(manifest: Manifest, why: str) -> Done:
    return Done(manifest.version, f"the endpoint keeps its earlier settings: {why}")


def _tried(store: ObjectStore, endpoints: Endpoints, manifest: Manifest, status: EndpointStatus) -> Outcome:
    name = endpoints.name_for(manifest.model_version)
    if given_up := endpoint_marker(store, manifest.model_version):  # while it started
        return _removed(endpoints, name) or Done(manifest.version, given_up)
    try:
        reason = smoke_test(store, endpoints, manifest)
    except EndpointSilentError as error:
        if status.minutes < PATIENCE_MINUTES:
            return Waiting(f"endpoint {name} does not answer yet: {error}")
        outcome = _without_endpoint(store, manifest, str(error))
        return _removed(endpoints, name) or outcome
    if not reason:
        return Done(manifest.version)
    return _removed(endpoints, name) or Refused(reason)


def _scaled(endpoints: Endpoints, patience: _Patience, manifest: Manifest, outcome: Done) -> Outcome:
    """Lets the endpoint scale, also one that keeps its earlier settings: scaling was switched off to change
    them. One that cannot scale is good enough to answer."""

    def scale() -> Outcome:
        endpoints.scale(endpoints.name_for(manifest.model_version))
        return outcome

    return patience.over("scale", scale, lambda why: _adding(outcome, f"the endpoint does not scale: {why}"))


def _removed(endpoints: Endpoints, name: str) -> Waiting | None:
    """Removes an endpoint; what to wait for if it cannot go yet."""
    try:
        endpoints.delete(name)
    except EndpointBusyError as busy:
        return Waiting(str(busy))
    return None


def _without_endpoint(store: ObjectStore, manifest: Manifest, reason: str) -> Done:
    go_without_endpoint(store, manifest.model_version, reason)
    return Done(manifest.version, reason)


def retire(endpoints: Endpoints | None, *, keep: Manifest | None) -> str:
    """Removes every endpoint but one; returns which of them cannot be removed yet. Calls that are under way
    fall back to the in-process encoder, so an endpoint can be removed at once. Raises
    EndpointProviderError."""
    if endpoints is None:
        return ""
    kept = endpoints.name_for(keep.model_version) if keep else ""
    busy = []
    for name in endpoints.names():
        if name != kept:
            try:
                endpoints.delete(name)
            except EndpointBusyError as error:
                busy.append(str(error))
    return "; ".join(busy)
